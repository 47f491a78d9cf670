"""Officers: list, add, change, close and open accounts, new passwords."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts import officer_edits
from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.admin.blueprint import bp, current_officer
from hoax_tracker.admin.forms import NewOfficerForm, OfficerForm, offer_units
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.models import Officer, RoleName

ViewResult = str | Response | tuple[str, int]


@bp.get("/petugas")
def officer_list() -> str:
    """List the officers."""
    return render_template("accounts/officers.html", people=officer_edits.list_all_officers(), roles=RoleName)


@bp.route("/petugas/baru", methods=["GET", "POST"])
def add_officer() -> ViewResult:
    """Add an officer; the password is made here and shown once, in the answer itself."""
    if request.method == "POST":
        require_fresh_second_factor()
    form = NewOfficerForm.over({"name": "", "roles": [RoleName.OFFICER.value], "unit_id": current_officer().unit_id})
    offer_units(form.unit_id)
    made: list[str] = []
    if form.attempt(
        lambda: made.append(
            officer_edits.add_officer_account(form.email.data, form.values(), by=current_officer(), now=utc_now())
        )
    ):
        return render_template("accounts/password.html", email=form.email.data, password=made[0], fresh=True)
    return render_template("accounts/officer.html", form=form, person=None), form.status


@bp.route("/petugas/<int:officer_id>", methods=["GET", "POST"])
def change_officer(officer_id: int) -> ViewResult:
    """Change an officer's name, roles and unit."""
    if request.method == "POST":
        require_fresh_second_factor()
    person = require_row(Officer, officer_id)
    form = OfficerForm.over(officer_edits.officer_values(person))
    offer_units(form.unit_id)
    saved = form.attempt(
        lambda: officer_edits.edit_officer_account(
            officer_id, form.values(), form.seen.data, by=current_officer(), now=utc_now()
        ),
        lambda: officer_edits.officer_values(require_row(Officer, officer_id)),
    )
    if saved:
        flash(_("Tersimpan: %(name)s.", name=form.name.data), "done")
        return redirect(url_for("accounts.officer_list"))
    return render_template("accounts/officer.html", form=form, person=person), form.status


@bp.post("/petugas/<int:officer_id>/tutup")
def disable_officer(officer_id: int) -> Response:
    """Close an account."""
    person = officer_edits.disable_officer_account(officer_id, by=current_officer(), now=utc_now())
    flash(_("Akun %(name)s ditutup. Semua yang pernah dikerjakannya tetap ada.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/buka")
def enable_officer(officer_id: int) -> Response:
    """Open a closed account again."""
    require_fresh_second_factor()
    person = officer_edits.enable_officer_account(officer_id, by=current_officer(), now=utc_now())
    flash(_("Akun %(name)s dibuka lagi.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/sandi")
def reset_password(officer_id: int) -> str:
    """Give a new password and show it once."""
    require_fresh_second_factor()
    person, password = officer_edits.reset_officer_password(officer_id, by=current_officer(), now=utc_now())
    return render_template("accounts/password.html", email=person.email, password=password, fresh=False)
