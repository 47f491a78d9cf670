"""Brakes on sign-in: after five failures from anywhere an account waits 1, 2, 4, … 60 minutes.

An attempt counts before its password is checked, so that a hundred parallel attempts give no more guesses than five.
While the account waits, every answer is the one for a wrong password, even to the right one: an attacker learns
nothing. A known browser has its own counter, so that failures from elsewhere do not lock the officer out. A link from
the officer's mailbox ends the wait (passwords.py).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.accounts import connections
from hoax_tracker.accounts.connections import current_connection
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import Officer, SignInBrake, SignInFailure, db

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(minutes=60)
FORGOTTEN_AFTER = timedelta(days=1)
UNKNOWN_ADDRESSES = 256
"""How many rows all addresses share that nobody has: made-up ones must neither fill the table nor take less time."""


@dataclass(frozen=True)
class Attempt:
    """A counted attempt: its counter, its officer (None: unknown address), and whether it may succeed."""

    key: str
    officer_id: int | None
    is_allowed: bool


def wait_after(failures: int) -> timedelta | None:
    """Return how long an account waits after that many failures in a row; None for no wait."""
    if failures < FREE_FAILURES:
        return None
    return min(LONGEST_WAIT, timedelta(minutes=2 ** min(failures - FREE_FAILURES, 10)))


def count_attempt(email: str, now: datetime) -> Attempt:
    """Count a sign-in attempt for an address, whether or not an officer has it."""
    account = db.session.execute(
        sa.select(Officer.id, Officer.fs_uniquifier).where(Officer.email == email.strip().lower())
    ).first()
    if account is None:
        return count_attempt_of(unknown_address_key(email), None, now)
    known_browser = connections.find_known_browser(account.id, account.fs_uniquifier)
    return count_attempt_of(known_browser or account_key(account.id), account.id, now)


def count_attempt_of(key: str, officer_id: int | None, now: datetime) -> Attempt:
    """Count an attempt under a counter's key, in a transaction of its own."""
    with write_transaction(None):
        new = {"key": key, "officer_id": officer_id, "failures": 0, "first_at": now, "last_at": now}
        db.session.execute(insert_into(SignInBrake).values(new).on_conflict_do_nothing(index_elements=["key"]))
        row = db.session.get_one(SignInBrake, key, with_for_update=True, populate_existing=True)
        return Attempt(key, officer_id, count_failure(row, now))


def count_failure(row: SignInBrake, now: datetime) -> bool:
    """Add one failure to the counter; False where the account waits, and nothing is counted."""
    if abs(now - row.last_at) > FORGOTTEN_AFTER:  # by a clock that was set back since, too
        row.failures, row.first_at, row.waits_until, row.told_at = 0, now, None, None
    if _is_waiting(row.waits_until, now):
        return False
    row.failures, row.last_at = row.failures + 1, now
    wait = wait_after(row.failures)
    row.waits_until = now + wait if wait else None
    return True


def _is_waiting(until: datetime | None, now: datetime) -> bool:
    """Tell whether a wait is in force. One longer than a correct clock would set is ignored."""
    return until is not None and now < until <= now + LONGEST_WAIT + CLOCK_TOLERANCE


def note_failure(attempt: Attempt, now: datetime) -> None:
    """Store a refused attempt.

    The worker writes it to the audit log, whether or not an officer has the address. The answer therefore takes the
    same time for an account, an unknown address, and an account that waits.
    """
    connection = current_connection()
    with write_transaction(None):
        db.session.add(
            SignInFailure(officer_id=attempt.officer_id, at=now, network=connection.network, browser=connection.browser)
        )


def release_brakes(officer: Officer) -> None:
    """After a sign-in, delete the current browser's failure counter in the current transaction."""
    known_browser = connections.find_known_browser(officer.id, officer.fs_uniquifier)
    release_brake(known_browser or account_key(officer.id))


def release_brake(key: str) -> None:
    """Delete a counter in the current transaction."""
    deletion = sa.delete(SignInBrake).where(SignInBrake.key == key)
    db.session.execute(deletion, execution_options={"synchronize_session": False})


def account_key(officer_id: int) -> str:
    """Return the key of the counter for all browsers that the account does not know."""
    return _brake_digest(f"account|{officer_id}")


def own_password_key(officer_id: int) -> str:
    """Return the key of the counter for the old password, which the account's page asks for."""
    return _brake_digest(f"own|{officer_id}")


def unknown_address_key(email: str) -> str:
    """Return the key of a counter that many unknown addresses share."""
    number = int(_brake_digest(f"address|{email.strip().lower()}")[:8], 16) % UNKNOWN_ADDRESSES
    return _brake_digest(f"unknown|{number}")


def _brake_digest(of: str) -> str:
    """Return a digest keyed with the secret key."""
    secret = current_settings().secret_key
    return hmac.new(secret.encode(), f"brake|{of}".encode(), hashlib.sha256).hexdigest()
