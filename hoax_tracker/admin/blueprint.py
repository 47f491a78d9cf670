"""The administrators' pages below /petugas/kelola: nobody else gets in, whatever the page."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask_security import current_user

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.web.session_expiry import preserve_typed_input
from hoax_tracker.models import Officer, RoleName

bp = APIBlueprint("accounts", __name__, url_prefix="/petugas/kelola", enable_openapi=False)

preserve_typed_input(bp)


@bp.before_request
@sign_in_required(RoleName.ADMINISTRATOR)
def only_administrators() -> None:
    """Let administrators pass; all others are sent to the sign-in or refused."""


def current_officer() -> Officer:
    """Return the administrator who is signed in."""
    person: Officer = current_user._get_current_object()
    return person
