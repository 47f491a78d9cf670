"""Officers: made, changed, disabled, given a new password. Every act is audited; the last administrator stays."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_security.utils import hash_password

from hoax_tracker.core.audit import audit_log
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import Officer, Role, RoleName, Unit, db

PASSWORD_MIN_LENGTH = 10


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
    """Add an officer in the current transaction.

    Raises InvalidInputError for a bad or known address, or a bad password.
    """
    address = require_mail_address(email)
    if db.session.scalar(sa.select(Officer.id).where(Officer.email == address)):
        message = _("Surel itu sudah dipakai petugas lain.")
        raise InvalidInputError("that address has an officer", user_message=message, field="email")
    person = Officer(
        email=address,
        name=name.strip() or address.split("@")[0],
        password=hash_password(require_long_password(password)),
        fs_uniquifier=uuid.uuid4().hex,
        unit_id=unit.id,
        created_at=now,
        roles=list_role_rows(roles),
    )
    db.session.add(person)
    db.session.flush()
    audit_log.record_event(
        "officer_added",
        f"officer:{person.id}",
        officer=by,
        now=now,
        detail={"roles": sorted(role.value for role in roles), "unit": unit.code},
    )
    return person


def change_officer(
    person: Officer, *, name: str, roles: Iterable[RoleName], unit: Unit, by: Officer | None, now: datetime
) -> None:
    """Change name, roles and unit. Raises EditConflictError where no administrator would be left."""
    wanted = set(roles)
    if person.is_administrator and RoleName.ADMINISTRATOR not in wanted:
        require_other_administrator(person)
    before = {"name": person.name, "roles": sorted(role.name for role in person.roles), "unit": person.unit.code}
    person.name = name.strip() or person.name
    person.roles = list_role_rows(wanted)
    person.unit_id = unit.id
    after = {"name": person.name, "roles": sorted(role.value for role in wanted), "unit": unit.code}
    audit_log.record_event(
        "officer_changed", f"officer:{person.id}", officer=by, now=now, detail={"before": before, "after": after}
    )


def disable_officer(person: Officer, *, by: Officer | None, now: datetime) -> None:
    """Close an account: it cannot sign in and its sessions end at once. What the officer did stays.

    Raises EditConflictError for the last administrator; closing it twice changes nothing.
    """
    if not person.active:
        return
    if person.is_administrator:
        require_other_administrator(person)
    person.active = False
    person.fs_uniquifier = uuid.uuid4().hex
    audit_log.record_event("officer_disabled", f"officer:{person.id}", officer=by, now=now)


def enable_officer(person: Officer, *, by: Officer | None, now: datetime) -> None:
    """Open a closed account again; opening it twice changes nothing."""
    if person.active:
        return
    person.active = True
    audit_log.record_event("officer_enabled", f"officer:{person.id}", officer=by, now=now)


def reset_password(person: Officer, *, by: Officer | None, now: datetime) -> str:
    """Give the account a new password, end its sessions, and return the password, to be told once."""
    password = generate_password()
    person.password = hash_password(password)
    person.fs_uniquifier = uuid.uuid4().hex
    audit_log.record_event("password_reset", f"officer:{person.id}", officer=by, now=now)
    return password


def generate_password() -> str:
    """Return a password of 80 random bits in groups that can be read out."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(4))


def require_officer_by_email(email: str) -> Officer:
    """Return the officer with that address. Raises NotFoundError."""
    person = db.session.scalar(sa.select(Officer).where(Officer.email == email.strip().lower()))
    if person is None:
        raise NotFoundError("no officer with that address", user_message=_("Petugas dengan surel itu tidak ada."))
    return person


def require_other_administrator(person: Officer) -> None:
    """Raise EditConflictError if nobody else who can sign in is an administrator."""
    administrators = sa.select(Officer).join(Officer.roles).where(Role.name == RoleName.ADMINISTRATOR.value)
    others = db.session.scalars(administrators.where(Officer.active))
    if all(other.id == person.id for other in others):
        raise EditConflictError(
            "the last administrator",
            user_message=_("Ini administrator terakhir. Angkat administrator lain lebih dulu."),
        )


def require_mail_address(email: str) -> str:
    """Return the address in lower case. Raises InvalidInputError."""
    try:
        return validate_email(
            email, check_deliverability=False, test_environment=True, allow_domain_literal=False
        ).normalized.lower()
    except EmailNotValidError as error:
        raise InvalidInputError(str(error), user_message=_("Alamat surel itu tidak sah."), field="email") from error


def require_long_password(password: str) -> str:
    """Return the password if it is long enough. Raises InvalidInputError."""
    if len(password) < PASSWORD_MIN_LENGTH:
        message = _("Kata sandi harus paling sedikit %(n)s huruf atau angka.", n=PASSWORD_MIN_LENGTH)
        raise InvalidInputError("password too short", user_message=message, field="password")
    return password


def list_role_rows(roles: Iterable[RoleName]) -> list[Role]:
    """Return the role rows. Raises InvalidInputError where auditor, who only reads, stands beside another role."""
    wanted = [role.value for role in roles]
    if RoleName.AUDITOR.value in wanted and len(set(wanted)) > 1:
        message = _("Auditor hanya membaca: peran itu tidak dapat digabung dengan peran lain.")
        raise InvalidInputError("auditor beside another role", user_message=message, field="roles")
    return list(db.session.scalars(sa.select(Role).where(Role.name.in_(wanted)).order_by(Role.id)))
