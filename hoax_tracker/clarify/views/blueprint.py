"""The blueprint of the drafting desk, and helpers that its views share."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, url_for

from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.errors import NotFoundError
from hoax_tracker.models import Clarification, db

bp = APIBlueprint("clarify", __name__, url_prefix="/petugas/klarifikasi", enable_openapi=False)
preserve_typed_input(bp)


def require_clarification(clarification_id: int) -> Clarification:
    """Return the clarification. Raises NotFoundError."""
    page = db.session.get(Clarification, clarification_id)
    if page is None:
        raise NotFoundError(f"clarification {clarification_id}")
    return page


def redirect_to_page(clarification_id: int) -> Response:
    """Return a redirect to the clarification's page."""
    return make_response(redirect(url_for("clarify.page", clarification_id=clarification_id), 303))
