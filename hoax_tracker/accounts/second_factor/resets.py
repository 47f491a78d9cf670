"""Resets of a lost second factor, by two administrators, or by one who gives a reason.

Nobody resets their own. A reset deletes all factors and recovery codes and ends every session of the account. An
officer who needs a second factor sets up a new one at the next sign-in, before the desk opens.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor import letters, recovery_codes
from hoax_tracker.accounts.second_factor.events import record_factor_event
from hoax_tracker.accounts.sign_on.identities import forget_identities
from hoax_tracker.accounts.waiting_periods import periods
from hoax_tracker.accounts.waiting_periods.policy import powers_of
from hoax_tracker.clock import is_recent
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.tracked_edits import lock_row
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Officer,
    Passkey,
    Power,
    Role,
    RoleName,
    SecondFactor,
    SecondFactorReset,
    WaitingReason,
    db,
)

AGREE_WITHIN = timedelta(days=3)
REASON_MIN_LENGTH, REASON_MAX_LENGTH = 10, 500


def reset_second_factor(officer_id: int, reason: str, *, by: Officer, now: datetime) -> bool:
    """Reset an officer's second factor; False where the reset now waits for another administrator.

    Raises NotAllowedError for one's own factor, EditConflictError where there is none, InvalidInputError for a reason
    that is too short or too long.
    """
    reason = " ".join(reason.split())
    with write_transaction():
        person = lock_row(Officer, officer_id)
        if person.id == by.id:
            message = _("Kode kedua Anda sendiri disetel ulang oleh administrator lain.")
            raise NotAllowedError("one's own second factor", user_message=message)
        if not person.has_second_factor:
            message = _("Akun ini tidak punya kode kedua. Mungkin administrator lain baru saja menyetelnya ulang.")
            raise EditConflictError("no second factor", user_message=message)
        if reason:
            erase_factors(person, {"reason": require_reason(reason)}, by=by, now=now)
            return True
        waiting = find_waiting_reset(officer_id, now)
        if waiting is None or waiting.asked_by_id == by.id:
            ask_for_reset(person, by=by, now=now)
            return False
        asker_id = waiting.asked_by_id
        erase_factors(person, {"asked_by": asker_id}, by=by, now=now, asker_id=asker_id)
    return True


def require_reason(reason: str) -> str:
    """Return the reason. Raises InvalidInputError where it is too short or too long."""
    if not REASON_MIN_LENGTH <= len(reason) <= REASON_MAX_LENGTH:
        message = _("Tulis alasannya dalam satu kalimat, misalnya bagaimana Anda memastikan orangnya.")
        raise InvalidInputError("no real reason", user_message=message, field="reason")
    return reason


def find_waiting_reset(officer_id: int, now: datetime) -> SecondFactorReset | None:
    """Return the reset requested within the last three days, if the requester is still an administrator."""
    waiting = db.session.get(SecondFactorReset, officer_id)
    if waiting is None or not is_recent(waiting.asked_at, AGREE_WITHIN, now):
        return None
    asker = waiting.asked_by
    return waiting if asker.active and asker.is_administrator else None


def ask_for_reset(person: Officer, *, by: Officer, now: datetime) -> None:
    """Store one administrator's request in the current transaction and mail the other administrators."""
    db.session.merge(SecondFactorReset(officer_id=person.id, asked_by_id=by.id, asked_at=now))
    event = audit_log.record_event("second_factor_reset_asked", f"officer:{person.id}", officer=by, now=now)
    administrators = Officer.roles.any(Role.name == RoleName.ADMINISTRATOR.value)
    for other in db.session.scalars(sa.select(Officer).where(Officer.active, administrators)):
        if other.id not in (by.id, person.id):
            letters.ask_administrator(other, person, event, now)


def erase_factors(
    person: Officer, detail: dict[str, object], *, by: Officer | None, now: datetime, asker_id: int | None = None
) -> None:
    """Delete all second factors of an account in the current transaction and end its sessions.

    Where only one person did it, what the officer may do waits for a second one (``waiting_periods``). An
    administrator whose own power to confirm waits is no second to who asked for it (``asker_id``).
    """
    for table in (Passkey, SecondFactor, SecondFactorReset):
        db.session.execute(sa.delete(table).where(table.officer_id == person.id))
    recovery_codes.delete_codes(person.id)
    forget_identities(person, by=by, now=now)
    person.has_second_factor, person.second_factor_due_at = False, now
    sessions.end_all_sessions(person)
    record_factor_event("second_factor_reset", person, detail, by=by, now=now)
    if by is None or asker_id is None or periods.is_waiting(by, Power.CONFIRM, now):
        others = [] if asker_id is None else [asker_id]
        reason, powers = WaitingReason.SECOND_FACTOR, powers_of(person)
        periods.start_waiting_period(person, reason, powers, by=by, now=now, others=others)
