"""Officers: list, add, change, close and open accounts, new passwords."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts import officer_edits
from hoax_tracker.admin.blueprint import bp, me
from hoax_tracker.admin.forms import NewOfficerForm, OfficerForm, offer_units
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import find
from hoax_tracker.models import Officer, RoleName

Page = str | Response | tuple[str, int]


@bp.get("/petugas")
def officer_list() -> str:
    """List the officers."""
    return render_template("accounts/officers.html", people=officer_edits.everyone(), roles=RoleName)


@bp.route("/petugas/baru", methods=["GET", "POST"])
def add_officer() -> Page:
    """Add an officer; the password is made here and shown once, in the answer itself."""
    form = NewOfficerForm.over({"name": "", "roles": [RoleName.OFFICER.value], "unit_id": me().unit_id})
    offer_units(form.unit_id)
    made: list[str] = []
    if form.attempt(lambda: made.append(officer_edits.add(form.email.data, form.values(), by=me(), now=utc_now()))):
        return render_template("accounts/password.html", email=form.email.data, password=made[0], fresh=True)
    return render_template("accounts/officer.html", form=form, person=None), form.status


@bp.route("/petugas/<int:officer_id>", methods=["GET", "POST"])
def change_officer(officer_id: int) -> Page:
    """Change an officer's name, roles and unit."""
    person = find(Officer, officer_id)
    form = OfficerForm.over(officer_edits.officer_values(person))
    offer_units(form.unit_id)
    saved = form.attempt(
        lambda: officer_edits.change(officer_id, form.values(), form.seen.data, by=me(), now=utc_now()),
        lambda: officer_edits.officer_values(find(Officer, officer_id)),
    )
    if saved:
        flash(_("Tersimpan: %(name)s.", name=form.name.data), "done")
        return redirect(url_for("accounts.officer_list"))
    return render_template("accounts/officer.html", form=form, person=person), form.status


@bp.post("/petugas/<int:officer_id>/tutup")
def disable_officer(officer_id: int) -> Response:
    """Close an account."""
    person = officer_edits.disable(officer_id, by=me(), now=utc_now())
    flash(_("Akun %(name)s ditutup. Semua yang pernah dikerjakannya tetap ada.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/buka")
def enable_officer(officer_id: int) -> Response:
    """Open a closed account again."""
    person = officer_edits.enable(officer_id, by=me(), now=utc_now())
    flash(_("Akun %(name)s dibuka lagi.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/sandi")
def reset_password(officer_id: int) -> str:
    """Give a new password and show it once."""
    person, password = officer_edits.reset(officer_id, by=me(), now=utc_now())
    return render_template("accounts/password.html", email=person.email, password=password, fresh=False)
