"""How many checks, searches, pictures and reports one address may send, and all together."""

from __future__ import annotations

from datetime import datetime, timedelta

from hoax_tracker.check.answers.question_log import forgiven
from hoax_tracker.check.reports.proof_of_work import PUZZLE_VALID_FOR, is_solved
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import DatabaseBusyError, ReadOnlyError, StorageFullError

FORGIVEN_AFTER_MS = 200
"""Milliseconds that a resident waits for a use to be counted."""
SOLVED_LIMIT_FACTOR = 3
# Twice as long as it is valid: a window that ends in between does not forget it.
EACH_PUZZLE_ONCE = Limit("puzzle", 1, 2 * PUZZLE_VALID_FOR, is_exact=True)


def consume_check_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one question of an address. Raises RateLimitedError beyond its limit."""
    _spend_a_minute("check", settings.checks_per_minute, who, now)


def consume_search_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one search of a program, in a count of its own, so that programs leave residents theirs."""
    _spend_a_minute("search", settings.checks_per_minute, who, now)


def consume_picture_limit(who: str, settings: Settings, now: datetime) -> None:
    """Count one picture of an address. Raises RateLimitedError beyond its limit or the limit in total."""
    _spend_a_minute("picture", settings.pictures_per_minute, who, now, settings.pictures_per_minute_in_total)


def _spend_a_minute(name: str, most: int, who: str, now: datetime, in_total: int | None = None) -> None:
    """Count one use by an address against its limit per minute. A count that cannot be stored in time is skipped."""
    with (
        forgiven(StorageFullError, ReadOnlyError, DatabaseBusyError),
        write_transaction(None, patience_ms=FORGIVEN_AFTER_MS),
    ):
        Limit(name, most, timedelta(minutes=1), in_total).use(who, now)


def consume_report_limit(who: str, settings: Settings, now: datetime, puzzle: str = "", answer: str = "") -> None:
    """Count one report of an address, in the current transaction.

    Raises RateLimitedError beyond its limit or the limit in total. Each solved puzzle counts once.
    """
    is_worked = is_solved(puzzle, answer, settings, now) and EACH_PUZZLE_ONCE.allows(puzzle, now)
    name, room = ("report with work", SOLVED_LIMIT_FACTOR) if is_worked else ("report", 1)
    most, in_total = room * settings.reports_per_hour, room * settings.reports_per_hour_in_total
    Limit(name, most, timedelta(hours=1), in_total).use(who, now)
