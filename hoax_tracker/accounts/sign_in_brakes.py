"""Signing in is slowed down: after five failures an account waits 1, 2, 4, … 60 minutes, wherever they come from.

An attempt counts before its password is looked at, so that a hundred at once are no more guesses than five. While the
account waits, every answer is the one to a wrong password, also to the right one: who guesses learns nothing. The
failures of a browser that the account knows count apart from all others, so that nobody who fails from elsewhere keeps
an officer out; and a link from the officer's mailbox ends the wait (``password_links``).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.accounts import known_browsers
from hoax_tracker.accounts.connections import current_connection
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.models import Officer, SignInBrake, SignInFailure, db

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(minutes=60)
FORGOTTEN_AFTER = timedelta(days=1)
UNKNOWN_ADDRESSES = 256
"""How many rows all addresses share that nobody has: made-up ones must neither fill the table nor take less time."""


@dataclass(frozen=True)
class Attempt:
    """An attempt that was counted: whose it is (None: nobody's), by which counter, and whether its password counts."""

    key: str
    officer_id: int | None
    is_allowed: bool


def wait_after(failures: int) -> timedelta | None:
    """Return how long an account waits after so many failures in a row; None where it does not."""
    if failures < FREE_FAILURES:
        return None
    return min(LONGEST_WAIT, timedelta(minutes=2 ** min(failures - FREE_FAILURES, 10)))


def count_attempt(email: str, now: datetime) -> Attempt:
    """Count an attempt to sign in with an address, whoever has it."""
    found = db.session.execute(
        sa.select(Officer.id, Officer.fs_uniquifier).where(Officer.email == email.strip().lower())
    ).first()
    if found is None:
        return count_attempt_of(unknown_address_key(email), None, now)
    known = known_browsers.find_known_browser(found.id, found.fs_uniquifier)
    return count_attempt_of(known or account_key(found.id), found.id, now)


def count_attempt_of(key: str, officer_id: int | None, now: datetime) -> Attempt:
    """Count an attempt by a counter, in a transaction of its own."""
    with write_transaction(None):
        new = {"key": key, "officer_id": officer_id, "failures": 0, "first_at": now, "last_at": now}
        db.session.execute(insert_into(SignInBrake).values(new).on_conflict_do_nothing(index_elements=["key"]))
        row = db.session.get_one(SignInBrake, key, with_for_update=True, populate_existing=True)
        return Attempt(key, officer_id, count_failure(row, now))


def count_failure(row: SignInBrake, now: datetime) -> bool:
    """Count one more failure; False where the account waits, and the attempt is not one."""
    if abs(now - row.last_at) > FORGOTTEN_AFTER:  # by a clock that was set back since, too
        row.failures, row.first_at, row.waits_until, row.told_at = 0, now, None, None
    if is_waiting(row.waits_until, now):
        return False
    row.failures, row.last_at = row.failures + 1, now
    wait = wait_after(row.failures)
    row.waits_until = now + wait if wait else None
    return True


def is_waiting(until: datetime | None, now: datetime) -> bool:
    """Tell whether a wait lasts. One that no right clock would have set does not."""
    return until is not None and now < until <= now + LONGEST_WAIT + CLOCK_TOLERANCE


def note_failure(attempt: Attempt, now: datetime) -> None:
    """Note an attempt that was refused; the worker writes it into the audit log, whoever it was aimed at.

    So the answer takes the same time for an account, for none, and for one that waits.
    """
    connection = current_connection()
    with write_transaction(None):
        db.session.add(
            SignInFailure(officer_id=attempt.officer_id, at=now, network=connection.network, browser=connection.browser)
        )


def release_brakes(officer: Officer) -> None:
    """Forget the failures that count against the present browser, in the current transaction: the officer is in."""
    known = known_browsers.find_known_browser(officer.id, officer.fs_uniquifier)
    release_brake(known or account_key(officer.id))


def release_brake(key: str) -> None:
    """Forget the failures of a counter, in the current transaction."""
    gone = sa.delete(SignInBrake).where(SignInBrake.key == key)
    db.session.execute(gone, execution_options={"synchronize_session": False})


def account_key(officer_id: int) -> str:
    """Return the counter of an account, for all browsers that it does not know."""
    return brake_digest(f"account|{officer_id}")


def own_password_key(officer_id: int) -> str:
    """Return the counter of the old password, which is asked on the account's page."""
    return brake_digest(f"own|{officer_id}")


def unknown_address_key(email: str) -> str:
    """Return the counter that an address shares with many others that nobody has."""
    number = int(brake_digest(f"address|{email.strip().lower()}")[:8], 16) % UNKNOWN_ADDRESSES
    return brake_digest(f"unknown|{number}")


def brake_digest(of: str) -> str:
    """Return a digest made with the secret key."""
    secret = current_app.extensions["settings"].secret_key
    return hmac.new(secret.encode(), f"brake|{of}".encode(), hashlib.sha256).hexdigest()
