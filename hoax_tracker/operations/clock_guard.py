"""Whether the machine's clock can be trusted with deleting: a leap of months would make everything look old.

A leap puts deleting off until the clock went on at ordinary steps for a day in all. That is time to notice and set it
right; an instance that was off for months goes on by itself, and so does one that runs some hours a week, after days of
them. ``hoax-tracker purge`` asks nothing: a person runs it.
"""

from __future__ import annotations

import logging
import socket
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import ClockSeen, db

log = logging.getLogger(__name__)

CLOCK_LEAP = timedelta(days=4)
"""The longest step between two looks that is none: a machine may be off from Friday to Monday."""
CLOCK_WATCH_PERIOD = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=60)


def is_clock_steady(now: datetime, host: str | None = None) -> bool:
    """Note what this machine's clock says, and tell whether it can be trusted.

    Each machine is held against what it said itself: clocks of two may differ. One that was never seen is held against
    what another said last; where there is no other, it is trusted.
    """
    name = (host or socket.gethostname())[:180]
    with write_transaction():
        row, newest = db.session.get(ClockSeen, name), find_newest_clock()
        if row is None:
            known = newest.seen_at if newest is not None else now
            row = ClockSeen(host=name, seen_at=known, watched_s=int(CLOCK_WATCH_PERIOD.total_seconds()))
            db.session.add(row)
        step = now - row.seen_at
        if -CLOCK_TOLERANCE <= step <= CLOCK_LEAP:
            row.watched_s += max(0, int(step.total_seconds()))
        elif is_clock_trusted(row):
            row.watched_s = 0
            log.warning(
                "the clock leapt: nothing is deleted for a day", extra=log_fields(before=row.seen_at.isoformat())
            )
        row.seen_at = now
        if is_clock_trusted(row):
            row.watched_s = int(CLOCK_WATCH_PERIOD.total_seconds())
            db.session.execute(sa.delete(ClockSeen).where(ClockSeen.seen_at < now - FORGOTTEN_AFTER))
        return is_clock_trusted(row)


def is_clock_trusted(row: ClockSeen) -> bool:
    """Tell whether a clock went on at ordinary steps for long enough."""
    return row.watched_s >= CLOCK_WATCH_PERIOD.total_seconds()


def find_newest_clock() -> ClockSeen | None:
    """Return what the machine that looked last saw."""
    return db.session.scalar(sa.select(ClockSeen).order_by(ClockSeen.seen_at.desc()).limit(1))


def deleting_resumes_at(now: datetime) -> datetime | None:
    """Return when deleting goes on at the earliest, None where it is not put off.

    A clock that was set right since the last look is watched anew from the next one on.
    """
    row = find_newest_clock()
    if row is None or is_clock_trusted(row):
        return None
    if not -CLOCK_TOLERANCE <= now - row.seen_at <= CLOCK_LEAP:
        return now + CLOCK_WATCH_PERIOD
    return row.seen_at + CLOCK_WATCH_PERIOD - timedelta(seconds=row.watched_s)
