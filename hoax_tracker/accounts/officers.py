"""Officer accounts: created, changed, disabled.

Every act is audited, and the last administrator cannot be removed. What gives or takes power is proposed first
and comes here once a second person confirmed it (both in officer_acts.py).
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_security.utils import hash_password

from hoax_tracker.accounts import passwords, sessions
from hoax_tracker.accounts.connections import connection_facts
from hoax_tracker.accounts.passwords import require_good_password
from hoax_tracker.core.audit import audit_log
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import Officer, Role, RoleName, Unit, db


def add_officer(
    email: str,
    name: str,
    roles: Iterable[RoleName],
    *,
    unit: Unit,
    password: str,
    by: Officer | None,
    now: datetime,
) -> Officer:
    """Add an officer with a password in the current transaction.

    Used for the first administrator and for demo officers.

    Raises InvalidInputError for an invalid or used address, or a weak password.
    """
    address, name = require_unused_address(email), name.strip()
    hashed = hash_password(require_good_password(password, name, address))
    person = add_officer_row(address, name or address.split("@")[0], roles, unit=unit, hashed=hashed, now=now)
    record_added(person, by=by, now=now)
    return person


def add_officer_row(
    address: str, name: str, roles: Iterable[RoleName], *, unit: Unit, hashed: str, now: datetime
) -> Officer:
    """Add an officer with an already hashed password, in the current transaction.

    Raises InvalidInputError for an officer's address.
    """
    require_unused_address(address)
    person = Officer(
        email=address,
        name=name,
        password=hashed,
        password_changed_at=now,
        fs_uniquifier=uuid.uuid4().hex,
        unit=unit,
        created_at=now,
        roles=list_role_rows(roles),
    )
    db.session.add(person)
    db.session.flush()
    return person


def record_added(person: Officer, *, by: Officer | None, now: datetime, more: dict[str, int] | None = None) -> None:
    """Record in the audit log, in the current transaction, that an officer was added."""
    detail = {"roles": sorted(role.name for role in person.roles), "unit": person.unit.code}
    audit_log.record_event("officer_added", f"officer:{person.id}", officer=by, now=now, detail=detail | (more or {}))


def require_unused_address(email: str) -> str:
    """Return the address in lower case.

    Raises InvalidInputError for an invalid address or an officer's address.
    """
    address = _require_mail_address(email)
    if db.session.scalar(sa.select(Officer.id).where(Officer.email == address)):
        message = _("Email itu sudah dipakai petugas lain.")
        raise InvalidInputError("that address has an officer", user_message=message, field="email")
    return address


def change_officer(
    person: Officer, *, name: str, roles: Iterable[RoleName], unit: Unit, by: Officer | None, now: datetime
) -> None:
    """Change name, roles and unit, in the current transaction.

    Raises EditConflictError where no administrator would remain.
    """
    wanted = set(roles)
    if person.is_administrator and RoleName.ADMINISTRATOR not in wanted:
        require_other_administrator(person)
    before = {"name": person.name, "roles": sorted(role.name for role in person.roles), "unit": person.unit.code}
    person.name = name.strip() or person.name
    person.roles = list_role_rows(wanted)
    person.unit_id = unit.id
    after = {"name": person.name, "roles": sorted(role.value for role in wanted), "unit": unit.code}
    detail = {"before": before, "after": after} | connection_facts()
    audit_log.record_event("officer_changed", f"officer:{person.id}", officer=by, now=now, detail=detail)


def disable_officer(person: Officer, *, by: Officer | None, now: datetime) -> None:
    """Close an account: its sessions end at once and it cannot sign in.

    The officer's past acts stay on record. Raises EditConflictError for the last administrator. Closing a closed
    account changes nothing.
    """
    if not person.active:
        return
    if person.is_administrator:
        require_other_administrator(person)
    person.active = False
    sessions.end_all_sessions(person)
    passwords.delete_links_of(person)
    audit_log.record_event("officer_disabled", f"officer:{person.id}", officer=by, now=now, detail=connection_facts())


def enable_officer(person: Officer, *, by: Officer | None, now: datetime) -> None:
    """Reopen a closed account, in the current transaction. Opening an open account changes nothing."""
    if person.active:
        return
    person.active = True
    audit_log.record_event("officer_enabled", f"officer:{person.id}", officer=by, now=now, detail=connection_facts())


def renew_password(person: Officer, *, now: datetime) -> str:
    """Give a demo account a new password, end its sessions and return the password.

    The password of any other account is never shown to anybody.
    """
    password = generate_password()
    passwords.set_password(person, hash_password(password), now)
    audit_log.record_event("password_reset", f"officer:{person.id}", officer=None, now=now)
    return password


def generate_password() -> str:
    """Return a password of 80 random bits, in groups that can be read aloud."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def require_officer_by_email(email: str) -> Officer:
    """Return the officer with that address. Raises NotFoundError."""
    person = db.session.scalar(sa.select(Officer).where(Officer.email == email.strip().lower()))
    if person is None:
        words = _("Petugas dengan email itu tidak ada.")
        raise NotFoundError(f"no officer with the address {email}", user_message=words)
    return person


def has_administrator() -> bool:
    """Tell whether there is an administrator whose account is open."""
    query = sa.select(Officer.id).join(Officer.roles).where(Role.name == RoleName.ADMINISTRATOR.value, Officer.active)
    return db.session.scalar(query) is not None


def require_other_administrator(person: Officer) -> None:
    """Raise EditConflictError unless another active officer is an administrator."""
    administrators = sa.select(Officer).join(Officer.roles).where(Role.name == RoleName.ADMINISTRATOR.value)
    others = db.session.scalars(administrators.join(Officer.unit).where(Officer.active, Unit.is_active))
    if all(other.id == person.id for other in others):
        raise EditConflictError(
            "the last administrator",
            user_message=_("Ini administrator terakhir. Angkat administrator lain lebih dulu."),
        )


def _require_mail_address(email: str) -> str:
    """Return the address in lower case. Raises InvalidInputError for an invalid one."""
    try:
        return validate_email(
            email, check_deliverability=False, test_environment=True, allow_domain_literal=False
        ).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidInputError(str(error), user_message=_("Alamat email itu tidak sah."), field="email") from error


def list_role_rows(roles: Iterable[RoleName]) -> list[Role]:
    """Return the role rows. Raises InvalidInputError for roles that one person cannot hold together."""
    wanted = [role.value for role in require_compatible_roles(roles)]
    return list(db.session.scalars(sa.select(Role).where(Role.name.in_(wanted)).order_by(Role.id)))


def require_compatible_roles(roles: Iterable[RoleName]) -> set[RoleName]:
    """Return the roles.

    Raises InvalidInputError where the read-only role auditor is combined with another role.
    """
    wanted = set(roles)
    if RoleName.AUDITOR in wanted and len(wanted) > 1:
        message = _("Auditor hanya membaca: peran itu tidak dapat digabung dengan peran lain.")
        raise InvalidInputError("auditor beside another role", user_message=message, field="roles")
    return wanted
