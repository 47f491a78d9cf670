"""Officer pages: list, invite, change, close and reopen accounts, resets, the named second.

What gives or takes power is proposed here, and waits for a second person (/petugas/menunggu).
"""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from hoax_tracker.accounts import invitations, officer_acts
from hoax_tracker.accounts.passwords import HandedLink
from hoax_tracker.accounts.second_factor.freshness import require_fresh_second_factor
from hoax_tracker.accounts.sign_on_client import list_joined_identities
from hoax_tracker.admin.blueprint import bp
from hoax_tracker.admin.forms import NewOfficerForm, OfficerForm, offer_units
from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import find_act
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import require_row
from hoax_tracker.core.extensions import current_officer
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, RoleName

ViewResult = str | Response | tuple[str, int]


def _say_proposed() -> None:
    """Tell the administrator that a second person confirms it."""
    flash(_("Diusulkan; orang kedua yang mengonfirmasi."), "done")


def _to_officer(officer_id: int) -> Response:
    """Redirect to the officer's page."""
    return redirect(url_for("accounts.change_officer", officer_id=officer_id), 303)


@bp.get("/petugas")
def officer_list() -> str:
    """List the officers, the open invitations, and what waits for a second person."""
    waiting = proposals.list_open((invitations.INVITATION, *officer_acts.OFFICER_ACTS))
    return render_template(
        "accounts/officers.html",
        people=officer_acts.list_all_officers(),
        invited=invitations.list_invitations(),
        waiting=[(find_act(row.act).label, find_act(row.act).show(row).title) for row in waiting],
        roles=RoleName,
    )


@bp.route("/petugas/baru", methods=["GET", "POST"])
def invite_officer() -> ViewResult:
    """Propose to invite an officer."""
    if request.method == "POST":
        require_fresh_second_factor()
    form = NewOfficerForm.over({"name": "", "roles": [RoleName.OFFICER.value], "unit_id": current_officer().unit_id})
    offer_units(form.unit_id)
    if form.attempt(
        lambda: officer_acts.invite_officer_account(form.email.data, form.values(), by=current_officer(), now=utc_now())
    ):
        _say_proposed()
        return redirect(url_for("accounts.officer_list"))
    return render_template("accounts/officer.html", form=form, person=None), form.status


@bp.post("/petugas/undangan/<int:invitation_id>/ulangi")
def repeat_invitation(invitation_id: int) -> ViewResult:
    """Send a confirmed invitation again with a new link. Where no mail leaves, the response shows it once."""
    require_fresh_second_factor()
    handed = invitations.hand_link(invitation_id, by=current_officer(), now=utc_now())
    return _show_link(handed, is_invitation=True)


@bp.post("/petugas/undangan/<int:invitation_id>/cabut")
def withdraw_invitation(invitation_id: int) -> Response:
    """Withdraw an invitation."""
    name = invitations.withdraw_invitation(invitation_id, by=current_officer(), now=utc_now())
    flash(_("Undangan untuk %(name)s dicabut. Tautannya tidak berlaku lagi.", name=name), "done")
    return redirect(url_for("accounts.officer_list"))


def _show_link(handed: HandedLink, *, is_invitation: bool) -> ViewResult:
    """Redirect to the list where the link was mailed; otherwise show it once, to be handed over."""
    if not handed.is_mailed:
        return render_template("accounts/link.html", handed=handed, is_invitation=is_invitation)
    flash(_("Tautan dikirim ke %(email)s. Berlaku sekali, 72 jam.", email=handed.email), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.route("/petugas/<int:officer_id>", methods=["GET", "POST"])
def change_officer(officer_id: int) -> ViewResult:
    """Change an officer's name; propose roles and unit."""
    if request.method == "POST":
        require_fresh_second_factor()
    person = require_row(Officer, officer_id)
    form = OfficerForm.over(officer_acts.officer_values(person))
    offer_units(form.unit_id)
    done: list[officer_acts.OfficerEdit] = []
    saved = form.attempt(
        lambda: done.append(
            officer_acts.edit_officer_account(
                officer_id, form.values(), form.seen.data, by=current_officer(), now=utc_now()
            )
        ),
        lambda: officer_acts.officer_values(require_row(Officer, officer_id)),
    )
    if not saved:
        return _show_officer(officer_id, form), form.status
    if done[0].proposal is not None:
        _say_proposed()
    else:
        flash(_("Tersimpan: %(name)s.", name=form.name.data), "done")
    return redirect(url_for("accounts.officer_list"))


def _show_officer(officer_id: int, form: OfficerForm) -> str:
    """Return the officer's page, with what waits for a second person."""
    person = require_row(Officer, officer_id)
    waiting = proposals.find_open_of(officer_acts.officer_subject(person))
    return render_template(
        "accounts/officer.html",
        form=form,
        person=person,
        identities=list_joined_identities(person),
        is_reset=officer_acts.find_settled_reset(person) is not None,
        waiting=[(row, find_act(row.act)) for row in waiting],
    )


@bp.post("/petugas/<int:officer_id>/tutup")
def disable_officer(officer_id: int) -> Response:
    """Close an account."""
    require_fresh_second_factor()
    person = officer_acts.disable_officer_account(officer_id, by=current_officer(), now=utc_now())
    flash(_("Akun %(name)s ditutup saat ini juga; orang kedua yang mengonfirmasi.", name=person.name), "done")
    return redirect(url_for("accounts.officer_list"))


@bp.post("/petugas/<int:officer_id>/buka")
def enable_officer(officer_id: int) -> Response:
    """Propose to reopen an account."""
    require_fresh_second_factor()
    officer_acts.enable_officer_account(officer_id, by=current_officer(), now=utc_now())
    _say_proposed()
    return _to_officer(officer_id)


@bp.post("/petugas/<int:officer_id>/akun-kantor/<int:identity_id>/lepas")
def unlink_officer_identity(officer_id: int, identity_id: int) -> Response:
    """Propose to unlink an officer's account at an identity provider."""
    require_fresh_second_factor()
    officer_acts.propose_unlinking(officer_id, identity_id, by=current_officer(), now=utc_now())
    _say_proposed()
    return _to_officer(officer_id)


@bp.post("/petugas/<int:officer_id>/sandi")
def reset_password(officer_id: int) -> Response:
    """Propose to end an officer's password, so that they choose another."""
    require_fresh_second_factor()
    officer_acts.propose_password_reset(officer_id, by=current_officer(), now=utc_now())
    _say_proposed()
    return _to_officer(officer_id)


@bp.post("/petugas/<int:officer_id>/tautan")
def hand_password_link(officer_id: int) -> ViewResult:
    """Send the link of a confirmed reset again. Where no mail leaves, the response shows it once."""
    require_fresh_second_factor()
    handed = officer_acts.hand_password_link(officer_id, by=current_officer(), now=utc_now())
    return _show_link(handed, is_invitation=False)


@bp.post("/petugas/<int:officer_id>/pihak-kedua")
def name_second(officer_id: int) -> Response:
    """Propose to name the officer as the second person, or no longer."""
    require_fresh_second_factor()
    is_named = request.form.get("named") == "1"
    officer_acts.propose_second(officer_id, is_named=is_named, by=current_officer(), now=utc_now())
    _say_proposed()
    return _to_officer(officer_id)


@bp.route("/petugas/<int:officer_id>/faktor-kedua", methods=["GET", "POST"])
def reset_second_factor(officer_id: int) -> ViewResult:
    """Propose to reset an officer's lost second factor, with a reason that the second person reads."""
    if request.method == "GET":
        return _render_reset(officer_id)
    require_fresh_second_factor()
    reason, by = request.form.get("reason", ""), current_officer()
    try:
        officer_acts.propose_second_factor_reset(officer_id, reason, by=by, now=utc_now())
    except (InvalidInputError, EditConflictError, NotAllowedError) as error:
        return _render_reset(officer_id, error=error, reason=reason), error.status
    _say_proposed()
    return _to_officer(officer_id)


def _render_reset(officer_id: int, *, error: HoaxTrackerError | None = None, reason: str = "") -> str:
    """Return the page on which a reset of the second factor is proposed."""
    person = require_row(Officer, officer_id)
    is_own = officer_id == current_officer().id
    return render_template(
        "accounts/reset_second_factor.html", person=person, is_own=is_own, error=error, reason=reason
    )
