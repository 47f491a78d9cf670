"""Page for resetting a lost second factor, by two administrators or by one who gives a reason."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts.second_factor import resets
from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp, current_officer
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer


@bp.route("/petugas/<int:officer_id>/faktor-kedua", methods=["GET", "POST"])
def reset_second_factor(officer_id: int) -> Response | str | tuple[str, int]:
    """Reset an officer's second factor, or store the request for another administrator to approve."""
    person, reason = require_row(Officer, officer_id), request.form.get("reason", "")
    if request.method == "GET":
        return render_reset(person)
    require_fresh_second_factor()
    try:
        is_done = resets.reset_second_factor(officer_id, reason, by=current_officer(), now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return render_reset(require_row(Officer, officer_id), error=error, reason=reason), error.status
    if is_done:
        flash(_("Kode kedua %(name)s disetel ulang. Pemiliknya diberi tahu.", name=person.name), "done")
    else:
        flash(_("Tercatat. Administrator lain perlu menyetujuinya dalam tiga hari."), "done")
    return redirect(url_for("accounts.change_officer", officer_id=officer_id), 303)


def render_reset(person: Officer, *, error: HoaxTrackerError | None = None, reason: str = "") -> str:
    """Return the page, with the administrator who requested the reset already, if any."""
    waiting = resets.find_waiting_reset(person.id, utc_now())
    shown = {"is_own": person.id == current_officer().id, "asked_by_me": False, "waiting": waiting}
    shown["asked_by_me"] = waiting is not None and waiting.asked_by_id == current_officer().id
    return render_template("accounts/reset_second_factor.html", person=person, error=error, reason=reason, **shown)
