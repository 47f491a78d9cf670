"""/petugas/konfirmasi: what somebody did to an account and waits for a second person, who confirms or rejects it."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_in import sign_in_required
from hoax_tracker.accounts.waiting_periods import settlement
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import Officer

bp = APIBlueprint("waiting_periods", __name__, url_prefix="/petugas/konfirmasi", enable_openapi=False)


@bp.before_request
@sign_in_required()
def only_second_persons() -> None:
    """Restrict the pages to administrators and the named second."""
    if not (current_user.is_administrator or current_user.is_named_second):
        raise NotAllowedError("confirms nothing")


def current_officer() -> Officer:
    """Return the signed-in officer."""
    person: Officer = current_user._get_current_object()
    return person


@bp.get("")
def listing() -> str:
    """List what waits."""
    changes = settlement.list_waiting_changes(current_officer(), utc_now())
    return render_template("accounts/waiting_periods.html", changes=changes)


@bp.post("/<int:period_id>/konfirmasi")
def confirm(period_id: int) -> Response:
    """Confirm a change: the account may use its powers at once."""
    require_fresh_second_factor()
    name = settlement.confirm_change(period_id, by=current_officer(), now=utc_now())
    flash(_("Dikonfirmasi: %(name)s.", name=name), "done")
    return redirect(url_for("waiting_periods.listing"), 303)


@bp.post("/<int:period_id>/tolak")
def reject(period_id: int) -> Response:
    """Reject a change: the given roles are taken away, or the account is closed."""
    require_fresh_second_factor()
    name = settlement.reject_change(period_id, by=current_officer(), now=utc_now())
    flash(_("Ditolak: %(name)s. Orangnya dan semua administrator diberi tahu.", name=name), "done")
    return redirect(url_for("waiting_periods.listing"), 303)
