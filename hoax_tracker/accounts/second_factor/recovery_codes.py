"""When a phone is lost: ten recovery codes, and a reset that a second person confirms (officer_acts.py).

Each code is shown once, stored as a keyed digest, and works once. Nobody resets their own second factor. A reset
deletes all factors and codes and ends every session of the account. An officer who needs a second factor sets up a new
one at the next sign-in, before the desk opens.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor.events import record_factor_event
from hoax_tracker.accounts.sign_on_client import forget_identities
from hoax_tracker.core.encryption import derivation_key
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, Passkey, RecoveryCode, SecondFactor, db

CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no i, l, o, 0, 1
LETTERS, GROUP = 12, 4


def _generate_code() -> str:
    """Return a code of 59 random bits, in groups that can be read aloud."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return "-".join(letters[start : start + GROUP] for start in range(0, LETTERS, GROUP))


def _clean_code(typed: str) -> str:
    """Return the typed code in lower case without spaces and hyphens."""
    return "".join(letter for letter in typed.lower() if letter.isalnum())


def _code_digest(code: str, officer_id: int, key: str) -> str:
    """Return the digest stored for a code. Without the key nobody can find the code by trying."""
    text = f"hoax-tracker recovery code|{officer_id}|{_clean_code(code)}"
    return hmac.new(derivation_key(key), text.encode(), hashlib.sha256).hexdigest()


def replace_codes(officer_id: int, key: str) -> list[str]:
    """Replace all codes in the current transaction and return the new ones, to be shown once."""
    delete_codes(officer_id)
    codes = [_generate_code() for _ in range(CODES)]
    db.session.add_all(
        RecoveryCode(officer_id=officer_id, digest=_code_digest(code, officer_id, key)) for code in codes
    )
    return codes


def delete_codes(officer_id: int) -> None:
    """Delete an officer's codes in the current transaction."""
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.officer_id == officer_id))


def use_code(code: str, officer_id: int, key: str, now: datetime) -> bool:
    """Mark a code as used in the current transaction; False where it is wrong or used.

    One database statement decides, so that only one of two simultaneous uses succeeds.
    """
    if len(_clean_code(code)) != LETTERS:
        return False
    fitting = sa.and_(RecoveryCode.digest == _code_digest(code, officer_id, key), RecoveryCode.used_at.is_(None))
    used = sa.update(RecoveryCode).where(fitting).values(used_at=now).returning(RecoveryCode.id)
    return db.session.execute(used).scalar() is not None


def count_unused_codes(officer_id: int) -> int:
    """Return how many codes are unused."""
    unused = sa.select(sa.func.count()).where(RecoveryCode.officer_id == officer_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


REASON_MIN_LENGTH, REASON_MAX_LENGTH = 10, 500


def require_resettable(person: Officer, by: Officer | None) -> None:
    """Raise NotAllowedError for one's own second factor, EditConflictError where there is none."""
    if by is not None and person.id == by.id:
        message = _("Kode kedua Anda sendiri disetel ulang oleh administrator lain.")
        raise NotAllowedError("one's own second factor", user_message=message)
    if not person.has_second_factor:
        message = _("Akun ini tidak punya kode kedua. Mungkin administrator lain baru saja menyetelnya ulang.")
        raise EditConflictError("no second factor", user_message=message)


def require_reason(reason: str) -> str:
    """Return the reason. Raises InvalidInputError where it is too short or too long."""
    reason = " ".join(reason.split())
    if not REASON_MIN_LENGTH <= len(reason) <= REASON_MAX_LENGTH:
        message = _("Tulis alasannya dalam satu kalimat, misalnya bagaimana Anda memastikan orangnya.")
        raise InvalidInputError("no real reason", user_message=message, field="reason")
    return reason


def erase_factors(person: Officer, reason: str, *, by: Officer | None, now: datetime) -> None:
    """Delete all second factors of an account in the current transaction and end its sessions."""
    for table in (Passkey, SecondFactor):
        db.session.execute(sa.delete(table).where(table.officer_id == person.id))
    delete_codes(person.id)
    forget_identities(person, by=by, now=now)
    person.has_second_factor, person.second_factor_due_at = False, now
    sessions.end_all_sessions(person)
    record_factor_event("second_factor_reset", person, {"reason": reason}, by=by, now=now)
