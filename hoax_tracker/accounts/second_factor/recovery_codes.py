"""Ten recovery codes for a lost phone. Each is shown once, stored as a keyed digest, and works once."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.encryption import derivation_key
from hoax_tracker.models import RecoveryCode, db

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
