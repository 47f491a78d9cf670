"""Adding and removing an officer's second factors. Every act is audited and mailed to the owner."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.second_factor.code_app import SETUP_TIME, CodeFit, match_code, open_secret, seal_secret
from hoax_tracker.accounts.second_factor.events import record_factor_event
from hoax_tracker.accounts.second_factor.verification import clean_digits, code_error, load_factor
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError
from hoax_tracker.errors import InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import Officer, Passkey, RoleName, SecondFactor, db

GRACE_TIME = timedelta(days=7)
REQUIRING_ROLES = (RoleName.APPROVER, RoleName.ADMINISTRATOR)
REQUIRED = "required"


def needs_second_factor(person: Officer, rule: str) -> bool:
    """Tell whether the officer must have a second factor; ``rule``: "required" or "offered"."""
    return rule == REQUIRED and (person.is_named_second or any(person.is_a(role) for role in REQUIRING_ROLES))


def add_code_app(officer_id: int, sealed: str, code: str, *, key: str, now: datetime) -> list[str]:
    """Enable app codes after a first code matches. Return recovery codes where the officer had no factor.

    Raises InvalidInputError for a code that does not match, or a QR code shown too long ago.
    """
    with write_transaction():
        person, row = lock_row(Officer, officer_id), load_factor(officer_id)
        if row.sealed_secret is not None:
            raise InvalidInputError("has an app already", user_message=_("Aplikasi kode sudah nyala."))
        secret = _open_pending_secret(sealed, officer_id, key)
        match = match_code(secret, clean_digits(code), now, last_step=None, burnt_step=None)
        if match.fit is not CodeFit.RIGHT:
            raise code_error(match, now)
        row.sealed_secret, row.added_at = seal_secret(secret, officer_id, key), now
        row.last_step, row.burnt_step, row.wrong_codes = match.step, None, 0
        return finish_adding(person, {"kind": "code app"}, key=key, now=now)


def _open_pending_secret(sealed: str, officer_id: int, key: str) -> str:
    """Return the secret that a set-up page showed. Raises InvalidInputError for an invalid or expired one."""
    try:
        return open_secret(sealed.encode("ascii", "replace"), officer_id, key, max_age=SETUP_TIME)
    except DecryptionError as error:
        message = _("Halaman ini terlalu lama terbuka. Pindai kode QR yang baru, lalu ketik angkanya.")
        raise InvalidInputError("the set-up is too old", user_message=message, field="sealed") from error


def finish_adding(person: Officer, detail: dict[str, Any], *, key: str, now: datetime) -> list[str]:
    """Record an added factor in the current transaction.

    Return recovery codes where it is the first factor.
    """
    is_first = not person.has_second_factor
    person.has_second_factor = True
    record_factor_event("second_factor_added", person, detail, by=person, now=now)
    return recovery_codes.replace_codes(person.id, key) if is_first else []


def remove_code_app(officer_id: int, rule: str, *, now: datetime) -> None:
    """Disable app codes.

    Raises NotAllowedError where this is the last factor and the officer's role requires one; NotFoundError where there
    is no app.
    """
    with write_transaction():
        person, row = lock_row(Officer, officer_id), load_factor(officer_id)
        if row.sealed_secret is None:
            raise NotFoundError(f"officer {officer_id} has no code app")
        row.sealed_secret = row.added_at = row.last_step = row.burnt_step = None
        _finish_removing(person, {"kind": "code app"}, rule, now=now)


def remove_passkey(officer_id: int, passkey_id: int, rule: str, *, now: datetime) -> str:
    """Remove a passkey and return its name. Raises as ``remove_code_app`` does."""
    with write_transaction():
        person = lock_row(Officer, officer_id)
        passkey = db.session.scalar(sa.select(Passkey).filter_by(id=passkey_id, officer_id=officer_id))
        if passkey is None:
            raise NotFoundError(f"officer {officer_id} has no passkey {passkey_id}")
        name = passkey.name
        db.session.delete(passkey)
        _finish_removing(person, {"kind": "passkey", "name": name}, rule, now=now)
    return name


def _finish_removing(person: Officer, detail: dict[str, Any], rule: str, *, now: datetime) -> None:
    """Record a removed factor in the current transaction.

    The recovery codes are deleted with the last factor. Raises NotAllowedError where that one was required.
    """
    db.session.flush()
    person.has_second_factor = _has_any_factor(person.id)
    if not person.has_second_factor:
        if needs_second_factor(person, rule):
            message = _("Peran Anda memerlukan kode kedua. Tambahkan cara lain dulu, baru hapus yang ini.")
            raise NotAllowedError("the last factor of who needs one", user_message=message)
        recovery_codes.delete_codes(person.id)
    record_factor_event("second_factor_removed", person, detail, by=person, now=now)


def _has_any_factor(officer_id: int) -> bool:
    """Tell whether the tables hold a code app or a passkey of the officer."""
    app = sa.exists().where(SecondFactor.officer_id == officer_id, SecondFactor.sealed_secret.is_not(None))
    return bool(db.session.scalar(sa.select(sa.or_(app, sa.exists().where(Passkey.officer_id == officer_id)))))


def renew_recovery_codes(officer_id: int, *, key: str, now: datetime) -> list[str]:
    """Replace the recovery codes and return the new ones, to be shown once.

    Raises NotAllowedError without a second factor.
    """
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if not person.has_second_factor:
            raise NotAllowedError("no second factor", user_message=_("Nyalakan kode kedua dulu."))
        record_factor_event("recovery_codes_made", person, {}, by=person, now=now)
        return recovery_codes.replace_codes(officer_id, key)
