"""The administrators' pages below /petugas/kelola: nobody else gets in, whatever the page."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask_security import current_user

from hoax_tracker.accounts.sign_in import signed_in
from hoax_tracker.core.web.session_expiry import keep_what_was_typed
from hoax_tracker.models import Officer, RoleName

bp = APIBlueprint("accounts", __name__, url_prefix="/petugas/kelola", enable_openapi=False)

keep_what_was_typed(bp)


@bp.before_request
@signed_in(RoleName.ADMINISTRATOR)
def only_administrators() -> None:
    """Let administrators pass; all others are sent to the sign-in or refused."""


def me() -> Officer:
    """Return the administrator who is signed in."""
    person: Officer = current_user._get_current_object()
    return person
