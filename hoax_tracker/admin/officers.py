"""Officer pages: list, invite, change, close and reopen accounts, send password links."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts import invitations, officer_edits
from hoax_tracker.accounts.password_links import HandedLink
from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_on.identities import list_joined_identities, unlink_identity
from hoax_tracker.admin.blueprint import bp, current_officer
from hoax_tracker.admin.forms import NewOfficerForm, OfficerForm, offer_units
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.models import Officer, RoleName

ViewResult = str | Response | tuple[str, int]


@bp.get("/petugas")
def officer_list() -> str:
    """List the officers and the open invitations."""
    return render_template(
        "accounts/officers.html",
        people=officer_edits.list_all_officers(),
        invited=invitations.list_invitations(),
        roles=RoleName,
    )


@bp.route("/petugas/baru", methods=["GET", "POST"])
def invite_officer() -> ViewResult:
    """Invite an officer. Where the instance sends no mail, the response shows the link once."""
    if request.method == "POST":
        require_fresh_second_factor()
    form = NewOfficerForm.over({"name": "", "roles": [RoleName.OFFICER.value], "unit_id": current_officer().unit_id})
    offer_units(form.unit_id)
    handed: list[HandedLink] = []
    if form.attempt(
        lambda: handed.append(
            officer_edits.invite_officer_account(form.email.data, form.values(), by=current_officer(), now=utc_now())
        )
    ):
        return show_link(handed[0], is_invitation=True)
    return render_template("accounts/officer.html", form=form, person=None), form.status


@bp.post("/petugas/undangan/<int:invitation_id>/ulangi")
def repeat_invitation(invitation_id: int) -> ViewResult:
    """Send an invitation again with a new link."""
    require_fresh_second_factor()
    handed = invitations.repeat_invitation(invitation_id, by=current_officer(), now=utc_now())
    return show_link(handed, is_invitation=True)


@bp.post("/petugas/undangan/<int:invitation_id>/cabut")
def withdraw_invitation(invitation_id: int) -> Response:
    """Withdraw an invitation."""
    name = invitations.withdraw_invitation(invitation_id, by=current_officer(), now=utc_now())
    flash(_("Undangan untuk %(name)s dicabut. Tautannya tidak berlaku lagi.", name=name), "done")
    return redirect(url_for("accounts.officer_list"))


def show_link(handed: HandedLink, *, is_invitation: bool) -> ViewResult:
    """Redirect to the list where the link was mailed; otherwise show it once, to be handed over."""
    if not handed.is_mailed:
        return render_template("accounts/link.html", handed=handed, is_invitation=is_invitation)
    flash(_("Tautan dikirim ke %(email)s. Berlaku sekali, 72 jam.", email=handed.email), "done")
    return redirect(url_for("accounts.officer_list"))


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
    state = officer_edits.password_state(require_row(Officer, officer_id))
    identities = list_joined_identities(person)
    page = render_template("accounts/officer.html", form=form, person=person, state=state, identities=identities)
    return page, form.status


@bp.post("/petugas/<int:officer_id>/tutup")
def disable_officer(officer_id: int) -> Response:
    """Close an account."""
    require_fresh_second_factor()
    person = officer_edits.disable_officer_account(officer_id, by=current_officer(), now=utc_now())
    flash(_("Akun %(name)s ditutup. Semua yang pernah dikerjakannya tetap ada.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/buka")
def enable_officer(officer_id: int) -> Response:
    """Reopen a closed account."""
    require_fresh_second_factor()
    person = officer_edits.enable_officer_account(officer_id, by=current_officer(), now=utc_now())
    flash(_("Akun %(name)s dibuka lagi.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/akun-kantor/<int:identity_id>/lepas")
def unlink_officer_identity(officer_id: int, identity_id: int) -> Response:
    """Unlink an officer's account at an identity provider."""
    require_fresh_second_factor()
    unlink_identity(officer_id, identity_id, by=current_officer(), now=utc_now())
    flash(_("Akun kantor itu dilepas."), "done")
    return redirect(url_for("accounts.change_officer", officer_id=officer_id), 303)


@bp.post("/petugas/<int:officer_id>/sandi")
def reset_password(officer_id: int) -> ViewResult:
    """Send a link to choose a new password. The old password and all sessions end at once."""
    require_fresh_second_factor()
    handed = officer_edits.send_officer_password_link(
        officer_id, request.form.get("seen", ""), by=current_officer(), now=utc_now()
    )
    return show_link(handed, is_invitation=False)
