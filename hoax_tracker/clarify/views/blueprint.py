"""The blueprint of the drafting desk, and what its views share."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, url_for
from flask_security import current_user

from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.errors import NotFound
from hoax_tracker.models import Clarification, Officer, db

bp = APIBlueprint("clarify", __name__, url_prefix="/petugas/klarifikasi", enable_openapi=False)
keep_what_was_typed(bp)


def me() -> Officer:
    """Return the officer who is signed in."""
    person: Officer = current_user._get_current_object()
    return person


def found(clarification_id: int) -> Clarification:
    """Return the clarification. Raises NotFound."""
    page = db.session.get(Clarification, clarification_id)
    if page is None:
        raise NotFound(f"clarification {clarification_id}")
    return page


def to_page(clarification_id: int) -> Response:
    """Return a redirect to the clarification's page."""
    return make_response(redirect(url_for("clarify.page", clarification_id=clarification_id), 303))
