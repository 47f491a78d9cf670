"""What is proposed about an officer's account, and how it is carried out once a second person confirms it.

Whoever proposed it, and wrote in it, is tied to the officer from then on: they confirm nothing for one another
(authority/confirmers.py). Each act is about one officer, ``officer:12``; invitations have a module of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.accounts import invitations, officers, passwords, sign_on_client
from hoax_tracker.accounts.connections import connection_facts
from hoax_tracker.accounts.passwords import HandedLink
from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.sign_on_client import require_identity
from hoax_tracker.authority import proposals
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.authority.confirmers import tie_hands
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.models import Officer, OfficerIdentity, Proposal, ProposalOutcome, RoleName, Unit, db
from hoax_tracker.organisation.units import field_error

CHANGE, CLOSING, REOPENING = "officer_change", "officer_closing", "officer_reopening"
PASSWORD, SECOND_FACTOR, IDENTITIES = "officer_password", "officer_second_factor", "officer_identities"
NAMED_SECOND = "named_second"
OFFICER_ACTS = (CHANGE, CLOSING, REOPENING, PASSWORD, SECOND_FACTOR, IDENTITIES, NAMED_SECOND)
register_acts(
    AuditAct("officer_added", _l("menambah petugas %(what)s")),
    AuditAct("officer_changed", _l("mengubah nama, peran, atau perangkat daerah %(what)s")),
    AuditAct("officer_disabled", _l("menutup akun %(what)s")),
    AuditAct("officer_enabled", _l("membuka lagi akun %(what)s")),
    AuditAct("password_reset", _l("mengganti kata sandi %(what)s")),
    AuditAct("officer_invited", _l("mengundang %(what)s")),
    AuditAct("invitation_repeated", _l("mengirim ulang undangan untuk %(what)s")),
    AuditAct("invitation_withdrawn", _l("membatalkan undangan untuk %(what)s")),
    AuditAct("invitation_accepted", _l("menerima undangan: %(what)s")),
    AuditAct("password_link_repeated", _l("membuat lagi tautan kata sandi %(what)s")),
    AuditAct("password_chosen", _l("memilih kata sandi baru lewat tautan: %(what)s")),
    AuditAct("password_changed", _l("mengganti kata sandi sendiri: %(what)s")),
    AuditAct("second_named", _l("menunjuk pihak kedua: %(what)s")),
    AuditAct("second_removed", _l("mencabut penunjukan pihak kedua: %(what)s")),
    AuditAct("second_factor_added", _l("memasang faktor kedua: %(what)s")),
    AuditAct("second_factor_removed", _l("melepas faktor kedua: %(what)s")),
    AuditAct("second_factor_reset", _l("menyetel ulang faktor kedua %(what)s")),
    group="akun",
    is_setup=True,
)
register_acts(
    AuditAct("password_asked", _l("meminta tautan kata sandi baru untuk %(what)s")),
    AuditAct("recovery_code_used", _l("memakai satu kode cadangan: %(what)s")),
    AuditAct("recovery_codes_made", _l("membuat kode cadangan baru: %(what)s")),
    AuditAct("second_factor_braked", _l("menahan faktor kedua %(what)s karena terlalu banyak kode salah")),
    AuditAct("identity_joined", _l("menyambungkan akun kantor: %(what)s")),
    AuditAct("identity_removed", _l("melepas akun kantor dari %(what)s")),
    group="akun",
)
register_acts(
    AuditAct("profile_changed", _l("mengubah profil sendiri: %(what)s"), is_setup=True),
    AuditAct("alarm_browser_added", _l("menambah browser yang dikabari untuk %(what)s")),
    AuditAct("alarm_browser_removed", _l("mencabut browser yang dikabari dari %(what)s")),
)
register_acts(
    AuditAct("signed_in", _l("masuk: %(what)s")),
    AuditAct("session_ended", _l("mengakhiri satu sesi %(what)s")),
    AuditAct("sessions_ended", _l("mengakhiri semua sesi lain %(what)s")),
    group="masuk",
)
register_acts(
    AuditAct("sign_in_failed", _l("gagal masuk: %(what)s")),
    AuditAct("sign_in_stopped", _l("berhenti sesudah langkah pertama masuk, tanpa kode kedua: %(what)s")),
    AuditAct("sign_in_waits", _l("menunda percobaan masuk ke akun %(what)s karena terlalu sering gagal")),
    group="masuk",
    actor=_l("Seseorang"),
)


def officer_subject(person: Officer) -> str:
    """Return the subject of proposals about the officer."""
    return f"officer:{person.id}"


def _power_values(person: Officer) -> dict[str, Any]:
    """Return what gives the officer power: roles and unit."""
    return {"roles": sorted(role.name for role in person.roles), "unit_id": person.unit_id}


def _require_possible_second(person: Officer) -> None:
    """Raise InvalidInputError for an administrator, an auditor, or a closed account."""
    if person.is_administrator or person.is_auditor or not person.may_sign_in:
        message = _("Pihak kedua punya akun yang terbuka, dan bukan administrator atau auditor.")
        raise InvalidInputError("cannot be the second", user_message=message)


def name_roles(names: list[str]) -> str:
    """Return the roles in words."""
    return ", ".join(str(role.label) for role in RoleName if role.value in names) or "–"


def name_unit(unit_id: int) -> str:
    """Return the unit's name."""
    unit = db.session.get(Unit, unit_id)
    return unit.name if unit is not None else "–"


def _find_person(proposal: Proposal) -> Officer:
    return db.session.get_one(Officer, int(proposal.subject.partition(":")[2]))


def _lock_person(proposal: Proposal) -> Officer:
    return lock_row(Officer, int(proposal.subject.partition(":")[2]))


def _actor(proposal: Proposal, confirmer: Officer | None) -> Officer | None:
    """Return whom the audit log names; the proposal itself tells who asked for it."""
    return confirmer or proposal.proposed_by


def _change(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person, values = _lock_person(proposal), proposal.values
    roles, unit = [RoleName(name) for name in values["roles"]], db.session.get_one(Unit, values["unit_id"])
    is_given, is_moved = set(values["roles"]) - {role.name for role in person.roles}, unit.id != person.unit_id
    by = _actor(proposal, confirmer)
    officers.change_officer(person, name=person.name, roles=roles, unit=unit, by=by, now=now)
    if is_given or is_moved:
        tie_hands(proposal.hand_ids, person, "given a role" if is_given else "moved", now)


def _show_change(proposal: Proposal) -> Shown:
    before, after = proposal.before, proposal.values
    lines = [(_("Peran"), name_roles(before["roles"]), name_roles(after["roles"]))]
    if before["unit_id"] != after["unit_id"]:
        lines.append((_("Perangkat daerah"), name_unit(before["unit_id"]), name_unit(after["unit_id"])))
    return Shown(_name(proposal), lines=tuple(lines))


def _close(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    officers.disable_officer(_lock_person(proposal), by=_actor(proposal, confirmer), now=now)


def _open_again(proposal: Proposal, by: Officer | None, now: datetime) -> None:
    officers.enable_officer(_lock_person(proposal), by=by, now=now)


def _reopen(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person = _lock_person(proposal)
    officers.enable_officer(person, by=_actor(proposal, confirmer), now=now)
    tie_hands(proposal.hand_ids, person, "reopened", now)


def _reset_password(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person = _lock_person(proposal)
    passwords.send_password_link(person, by=_actor(proposal, confirmer), now=now)
    tie_hands(proposal.hand_ids, person, "password reset", now)


def _reset_second_factor(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person = _lock_person(proposal)
    recovery_codes.erase_factors(person, proposal.note, by=_actor(proposal, confirmer), now=now)
    tie_hands(proposal.hand_ids, person, "second factor reset", now)


def _unlink(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person, keys = _lock_person(proposal), proposal.values["identities"]
    sign_on_client.forget_identities(person, keys, by=_actor(proposal, confirmer), now=now)
    tie_hands(proposal.hand_ids, person, "identity unlinked", now)


def _name_second(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person, is_named = _lock_person(proposal), bool(proposal.values["is_named_second"])
    if is_named:
        _require_possible_second(person)
        tie_hands(proposal.hand_ids, person, "named second", now)
    person.is_named_second = is_named
    action = "second_named" if is_named else "second_removed"
    audit_log.record_event(action, officer_subject(person), officer=_actor(proposal, confirmer), now=now)


def _read_second(proposal: Proposal) -> Mapping[str, Any]:
    return {"is_named_second": _find_person(proposal).is_named_second}


def _show_second(proposal: Proposal) -> Shown:
    person = _find_person(proposal)
    effect = (
        _("%(name)s dapat mengonfirmasi semua yang menunggu orang kedua.", name=person.name)
        if proposal.values["is_named_second"]
        else _("%(name)s bukan lagi pihak kedua.", name=person.name)
    )
    return Shown(_name(proposal), effect)


def _name(proposal: Proposal) -> str:
    """Return whom it is about: two may have one name, and whoever names people may rename them."""
    person = _find_person(proposal)
    return f"{person.name} ({person.email}, {person.unit.short_name})"


_ASK_FIRST = _l("Tanyakan dulu kepada orangnya, dengan bertemu atau menelepon nomor yang Anda kenal.")
_EFFECTS = {
    CLOSING: _l("Akunnya sudah tertutup sejak diusulkan. Bila ditolak atau ditarik, akunnya terbuka lagi."),
    REOPENING: _l("Akun yang ditutup ini dapat masuk lagi, dengan perannya yang lama."),
    PASSWORD: _l("Kata sandi lama dan semua sesinya berakhir, dan ia menerima tautan untuk memilih yang baru."),
    SECOND_FACTOR: _l(
        "Aplikasi kode, kunci sandi, dan kode cadangannya tidak berlaku lagi, dan semua sesinya berakhir."
    ),
    IDENTITIES: _l("Akun kantornya dilepas; masuk berikutnya menyambungkan lagi, lewat alamat email."),
}


def _show(proposal: Proposal) -> Shown:
    return Shown(_name(proposal), f"{_EFFECTS[proposal.act]} {_ASK_FIRST}")


def find_settled_reset(person: Officer) -> Proposal | None:
    """Return the reset after which the officer has not chosen a password yet, or None."""
    if person.password is not None or not person.may_sign_in:
        return None
    about = (Proposal.act == PASSWORD) & (Proposal.subject == officer_subject(person))
    in_effect = Proposal.outcome.in_((ProposalOutcome.CONFIRMED, ProposalOutcome.ALONE))
    return db.session.scalar(sa.select(Proposal).where(about, in_effect).order_by(Proposal.id.desc()).limit(1))


for _act in (
    Act(
        CHANGE,
        _l("Peran dan perangkat daerah petugas"),
        ActClass.POWER,
        _change,
        _show_change,
        read_current=lambda proposal: _power_values(_find_person(proposal)),
    ),
    Act(CLOSING, _l("Tutup akun petugas"), ActClass.POWER, _close, _show, undo=_open_again),
    Act(REOPENING, _l("Buka lagi akun petugas"), ActClass.POWER, _reopen, _show),
    Act(PASSWORD, _l("Setel ulang kata sandi petugas"), ActClass.POWER, _reset_password, _show),
    Act(SECOND_FACTOR, _l("Setel ulang kode kedua"), ActClass.POWER, _reset_second_factor, _show),
    Act(IDENTITIES, _l("Lepas akun kantor petugas"), ActClass.POWER, _unlink, _show),
    Act(NAMED_SECOND, _l("Pihak kedua"), ActClass.POWER, _name_second, _show_second, read_current=_read_second),
):
    register_act(_act)


@dataclass(frozen=True)
class OfficerEdit:
    """What became of an edit: whether the name was changed, and what waits for a second person."""

    is_renamed: bool
    proposal: Proposal | None


def officer_values(person: Officer) -> Values:
    """Return the editable values of an officer."""
    return {"name": person.name, **_power_values(person)}


def list_all_officers() -> Sequence[Officer]:
    """Return every officer with unit and roles: active accounts first, then by name."""
    rows = db.session.scalars(sa.select(Officer).options(sa.orm.joinedload(Officer.unit)))
    return sorted(rows, key=lambda person: (not person.active, person.name.casefold(), person.email))


def invite_officer_account(email: str, values: Values, *, by: Officer, now: datetime) -> Proposal:
    """Propose to invite an officer. Raises InvalidInputError."""
    with write_transaction():
        return invitations.invite_officer(email, by=by, now=now, **_require_officer_values(values))


def edit_officer_account(officer_id: int, values: Values, seen: str, *, by: Officer, now: datetime) -> OfficerEdit:
    """Change the name; propose other roles or another unit. Raises EditConflictError or InvalidInputError."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        before = officer_values(person)
        require_unchanged_values(f"officer:{officer_id}", before, seen)
        wanted = _require_officer_values(values)
        roles = officers.require_compatible_roles(wanted["roles"])
        power = {"roles": sorted(role.value for role in roles), "unit_id": wanted["unit"].id}
        if person.is_administrator and RoleName.ADMINISTRATOR not in roles:
            officers.require_other_administrator(person)
        is_renamed = wanted["name"] != person.name
        if is_renamed:
            had = [RoleName(role.name) for role in person.roles]
            officers.change_officer(person, name=wanted["name"], roles=had, unit=person.unit, by=by, now=now)
        now_held = _power_values(person)
        is_same = power == now_held
        row = None if is_same else _propose(CHANGE, person, power, now_held, by=by, now=now)
    return OfficerEdit(is_renamed, row)


def disable_officer_account(officer_id: int, *, by: Officer | None, now: datetime) -> Officer:
    """Close an account at once; a second person confirms it or opens it again.

    Raises EditConflictError for the last administrator. Closing a closed account changes nothing.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if person.active:
            officers.disable_officer(person, by=by, now=now)
            _propose(CLOSING, person, {"active": False}, {"active": True}, by=by, now=now)
    return person


def enable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Propose to reopen a closed account. For an open account that does nothing."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if not person.active:
            _propose(REOPENING, person, {"active": True}, {"active": False}, by=by, now=now)
    return person


def propose_password_reset(officer_id: int, *, by: Officer | None, now: datetime) -> Proposal:
    """Propose to end an officer's password and send a link to a new one. Raises EditConflictError for a closed one."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if not person.may_sign_in:
            message = _("Akun ini ditutup, atau perangkat daerahnya tidak aktif. Buka dulu, lalu setel ulang.")
            raise EditConflictError("closed account", user_message=message)
        return _propose(PASSWORD, person, {"password": None}, by=by, now=now)


def hand_password_link(officer_id: int, *, by: Officer | None, now: datetime, mail: bool = True) -> HandedLink:
    """Make a new link of a reset that a second person confirmed; whoever holds it is tied to the officer.

    Raises EditConflictError where no reset waits for its officer to choose a password.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if find_settled_reset(person) is None:
            message = _("Tidak ada setel ulang yang menunggu kata sandi baru. Usulkan dulu.")
            raise EditConflictError("no reset", user_message=message)
        handed = passwords.renew_password_link(person, by=by, now=now, mail=mail)
        tie_hands({by.id if by else None}, person, "password link", now)
        detail = connection_facts()
        audit_log.record_event("password_link_repeated", f"officer:{person.id}", officer=by, now=now, detail=detail)
    return handed


def propose_second_factor_reset(officer_id: int, reason: str, *, by: Officer | None, now: datetime) -> Proposal:
    """Propose to reset an officer's second factor.

    Raises NotAllowedError for one's own factor, EditConflictError where there is none, InvalidInputError for a reason
    that is too short or too long.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        recovery_codes.require_resettable(person, by)
        note = recovery_codes.require_reason(reason)
        return _propose(SECOND_FACTOR, person, {"second_factor": None}, by=by, now=now, note=note)


def propose_unlinking(
    officer_id: int, identity_id: int | None = None, *, by: Officer | None, now: datetime
) -> Proposal | None:
    """Propose to unlink one of an officer's identities (None: all, or nothing where there is none).

    Raises NotFoundError for another officer's identity.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if identity_id is None:
            query = sa.select(OfficerIdentity.id).filter_by(officer_id=officer_id)
            keys = set(db.session.scalars(query))
        else:
            keys = {require_identity(officer_id, identity_id).id}
        if not keys:
            return None
        waiting = proposals.find_open(IDENTITIES, officer_subject(person))
        keys |= set(waiting.values["identities"]) if waiting else set()
        return _propose(IDENTITIES, person, {"identities": sorted(keys)}, by=by, now=now)


def propose_second(officer_id: int, *, is_named: bool, by: Officer | None, now: datetime) -> Proposal | None:
    """Propose to name an officer as the second person, or no longer; None where that is so already.

    Raises InvalidInputError for an administrator, an auditor, or a closed account.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if person.is_named_second == is_named:
            return None
        if is_named:
            _require_possible_second(person)
        before, after = {"is_named_second": not is_named}, {"is_named_second": is_named}
        return _propose(NAMED_SECOND, person, after, before, by=by, now=now)


def _propose(
    act: str,
    person: Officer,
    values: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
    *,
    by: Officer | None,
    now: datetime,
    note: str = "",
) -> Proposal:
    subject = officer_subject(person)
    return proposals.propose(act, subject, values, by=by, now=now, before=before, note=note)


def _require_officer_values(values: Values) -> dict[str, Any]:
    """Return name, roles and unit as arguments for the service.

    Raises InvalidInputError for no role or an unknown unit.
    """
    unit = db.session.get(Unit, values["unit_id"]) if values["unit_id"] else None
    if unit is None:
        raise field_error("unit_id", _("Pilih perangkat daerahnya."))
    if not values["roles"]:
        raise field_error("roles", _("Pilih paling sedikit satu peran."))
    return {"name": values["name"], "roles": [RoleName(role) for role in values["roles"]], "unit": unit}
