"""The blueprint of the administrators' pages below /petugas/kelola. Nobody else may open any of them."""

from __future__ import annotations

from apiflask import APIBlueprint

from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.core.web.edit_forms import preserve_typed_input
from hoax_tracker.models import RoleName

bp = APIBlueprint("accounts", __name__, url_prefix="/petugas/kelola", enable_openapi=False)

preserve_typed_input(bp)


@bp.before_request
@sign_in_required(RoleName.ADMINISTRATOR)
def only_administrators() -> None:
    """Restrict the pages to administrators; others are refused or sent to the sign-in page."""
