"""What a second person confirms about an officer's account, and how it is carried out then.

Whoever proposed it, and wrote in it, is tied to the officer from then on: they confirm nothing for one another
(authority/independence.py). Each act is about one officer, ``officer:12``; invitations have a module of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from hoax_tracker.accounts import officers, passwords
from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.sign_on import identities
from hoax_tracker.authority.acts import Act, ActClass, Shown, register_act
from hoax_tracker.authority.independence import tie_hands
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.acts import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, Proposal, ProposalOutcome, RoleName, Unit, db

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


def power_values(person: Officer) -> dict[str, Any]:
    """Return what gives the officer power: roles and unit."""
    return {"roles": sorted(role.name for role in person.roles), "unit_id": person.unit_id}


def require_possible_second(person: Officer) -> None:
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
    identities.forget_identities(person, keys, by=_actor(proposal, confirmer), now=now)
    tie_hands(proposal.hand_ids, person, "identity unlinked", now)


def _name_second(proposal: Proposal, confirmer: Officer | None, now: datetime) -> None:
    person, is_named = _lock_person(proposal), bool(proposal.values["is_named_second"])
    if is_named:
        require_possible_second(person)
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
        read_current=lambda proposal: power_values(_find_person(proposal)),
    ),
    Act(CLOSING, _l("Tutup akun petugas"), ActClass.POWER, _close, _show, undo=_open_again),
    Act(REOPENING, _l("Buka lagi akun petugas"), ActClass.POWER, _reopen, _show),
    Act(PASSWORD, _l("Setel ulang kata sandi petugas"), ActClass.POWER, _reset_password, _show),
    Act(SECOND_FACTOR, _l("Setel ulang kode kedua"), ActClass.POWER, _reset_second_factor, _show),
    Act(IDENTITIES, _l("Lepas akun kantor petugas"), ActClass.POWER, _unlink, _show),
    Act(NAMED_SECOND, _l("Pihak kedua"), ActClass.POWER, _name_second, _show_second, read_current=_read_second),
):
    register_act(_act)
