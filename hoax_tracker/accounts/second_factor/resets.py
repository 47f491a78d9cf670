"""Resets of a lost second factor, which a second person confirms (officer_acts.py). Nobody resets their own.

A reset deletes all factors and recovery codes and ends every session of the account. An officer who needs a second
factor sets up a new one at the next sign-in, before the desk opens.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor import recovery_codes
from hoax_tracker.accounts.second_factor.events import record_factor_event
from hoax_tracker.accounts.sign_on.identities import forget_identities
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Officer, Passkey, SecondFactor, db

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
    recovery_codes.delete_codes(person.id)
    forget_identities(person, by=by, now=now)
    person.has_second_factor, person.second_factor_due_at = False, now
    sessions.end_all_sessions(person)
    record_factor_event("second_factor_reset", person, {"reason": reason}, by=by, now=now)
