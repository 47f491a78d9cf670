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

from hoax_tracker.clock import SET_BACK
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.core.structured_logging import facts
from hoax_tracker.models import ClockSeen, db

log = logging.getLogger(__name__)

LEAP = timedelta(days=4)
"""The longest step between two looks that is none: a machine may be off from Friday to Monday."""
WATCHED_FOR = timedelta(days=1)
FORGOTTEN_AFTER = timedelta(days=60)


def is_steady(now: datetime, host: str | None = None) -> bool:
    """Note what this machine's clock says, and tell whether it can be trusted.

    Each machine is held against what it said itself: clocks of two may differ. One that was never seen is held against
    what another said last; where there is no other, it is trusted.
    """
    name = (host or socket.gethostname())[:180]
    with writing():
        row, newest = db.session.get(ClockSeen, name), last()
        if row is None:
            known = newest.seen_at if newest is not None else now
            row = ClockSeen(host=name, seen_at=known, watched_s=int(WATCHED_FOR.total_seconds()))
            db.session.add(row)
        step = now - row.seen_at
        if -SET_BACK <= step <= LEAP:
            row.watched_s += max(0, int(step.total_seconds()))
        elif is_trusted(row):
            row.watched_s = 0
            log.warning("the clock leapt: nothing is deleted for a day", extra=facts(before=row.seen_at.isoformat()))
        row.seen_at = now
        if is_trusted(row):
            row.watched_s = int(WATCHED_FOR.total_seconds())
            db.session.execute(sa.delete(ClockSeen).where(ClockSeen.seen_at < now - FORGOTTEN_AFTER))
        return is_trusted(row)


def is_trusted(row: ClockSeen) -> bool:
    """Tell whether a clock went on at ordinary steps for long enough."""
    return row.watched_s >= WATCHED_FOR.total_seconds()


def last() -> ClockSeen | None:
    """Return what the machine that looked last saw."""
    return db.session.scalar(sa.select(ClockSeen).order_by(ClockSeen.seen_at.desc()).limit(1))


def resumes_at(now: datetime) -> datetime | None:
    """Return when deleting goes on at the earliest, None where it is not put off.

    A clock that was set right since the last look is watched anew from the next one on.
    """
    row = last()
    if row is None or is_trusted(row):
        return None
    if not -SET_BACK <= now - row.seen_at <= LEAP:
        return now + WATCHED_FOR
    return row.seen_at + WATCHED_FOR - timedelta(seconds=row.watched_s)
