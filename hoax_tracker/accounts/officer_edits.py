"""What an administrator, or a command on the server, proposes about an officer's account.

A name is changed at once. Roles, unit, a reset, a reopened account and the named second wait for a second person, who
confirms them (officer_acts.py). An account is closed at once, because a stolen one must be stopped; who refuses that
opens it again. ``by`` None: a command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import invitations, officer_acts, officers, passwords
from hoax_tracker.accounts.connections import connection_facts
from hoax_tracker.accounts.passwords import HandedLink
from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.sign_on.identities import require_identity
from hoax_tracker.authority import proposals
from hoax_tracker.authority.independence import tie_hands
from hoax_tracker.authority.row_acts import Values
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row, require_unchanged_values
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import Officer, OfficerIdentity, Proposal, RoleName, Unit, db
from hoax_tracker.organisation.units import field_error


@dataclass(frozen=True)
class OfficerEdit:
    """What became of an edit: whether the name was changed, and what waits for a second person."""

    is_renamed: bool
    proposal: Proposal | None


def officer_values(person: Officer) -> Values:
    """Return the editable values of an officer."""
    return {"name": person.name, **officer_acts.power_values(person)}


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
        now_held = officer_acts.power_values(person)
        is_same = power == now_held
        row = None if is_same else _propose(officer_acts.CHANGE, person, power, now_held, by=by, now=now)
    return OfficerEdit(is_renamed, row)


def disable_officer_account(officer_id: int, *, by: Officer | None, now: datetime) -> Officer:
    """Close an account at once; a second person confirms it or opens it again.

    Raises EditConflictError for the last administrator. Closing a closed account changes nothing.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if person.active:
            officers.disable_officer(person, by=by, now=now)
            _propose(officer_acts.CLOSING, person, {"active": False}, {"active": True}, by=by, now=now)
    return person


def enable_officer_account(officer_id: int, *, by: Officer, now: datetime) -> Officer:
    """Propose to reopen a closed account. For an open account that does nothing."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if not person.active:
            _propose(officer_acts.REOPENING, person, {"active": True}, {"active": False}, by=by, now=now)
    return person


def propose_password_reset(officer_id: int, *, by: Officer | None, now: datetime) -> Proposal:
    """Propose to end an officer's password and send a link to a new one. Raises EditConflictError for a closed one."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if not person.may_sign_in:
            message = _("Akun ini ditutup, atau perangkat daerahnya tidak aktif. Buka dulu, lalu setel ulang.")
            raise EditConflictError("closed account", user_message=message)
        return _propose(officer_acts.PASSWORD, person, {"password": None}, by=by, now=now)  # nosec B105


def hand_password_link(officer_id: int, *, by: Officer | None, now: datetime, mail: bool = True) -> HandedLink:
    """Make a new link of a reset that a second person confirmed; whoever holds it is tied to the officer.

    Raises EditConflictError where no reset waits for its officer to choose a password.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if officer_acts.find_settled_reset(person) is None:
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
        return _propose(officer_acts.SECOND_FACTOR, person, {"second_factor": None}, by=by, now=now, note=note)


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
        waiting = proposals.find_open(officer_acts.IDENTITIES, officer_acts.officer_subject(person))
        keys |= set(waiting.values["identities"]) if waiting else set()
        return _propose(officer_acts.IDENTITIES, person, {"identities": sorted(keys)}, by=by, now=now)


def propose_second(officer_id: int, *, is_named: bool, by: Officer | None, now: datetime) -> Proposal | None:
    """Propose to name an officer as the second person, or no longer; None where that is so already.

    Raises InvalidInputError for an administrator, an auditor, or a closed account.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if person.is_named_second == is_named:
            return None
        if is_named:
            officer_acts.require_possible_second(person)
        before, after = {"is_named_second": not is_named}, {"is_named_second": is_named}
        return _propose(officer_acts.NAMED_SECOND, person, after, before, by=by, now=now)


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
    subject = officer_acts.officer_subject(person)
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
