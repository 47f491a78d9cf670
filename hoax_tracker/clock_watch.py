"""Whether the machine's clock can be trusted with deleting: a leap of months would make everything look old.

A leap puts deleting off until the clock went on at ordinary steps for a day. That is time to notice and set it right;
an instance that was off for months goes on by itself. ``hoax-tracker purge`` asks nothing: a person runs it.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from hoax_tracker.clock import SET_BACK
from hoax_tracker.database import writing
from hoax_tracker.logs import facts
from hoax_tracker.models import ClockSeen, db

log = logging.getLogger(__name__)

LEAP = timedelta(days=4)
"""The longest step between two looks that is none: a machine may be off from Friday to Monday."""
WATCHED_FOR = timedelta(days=1)


def is_steady(now: datetime) -> bool:
    """Note what the clock says, and tell whether it can be trusted; of a database without a note it is."""
    with writing():
        row = db.session.get(ClockSeen, 1) or ClockSeen(id=1, seen_at=now)
        if not -SET_BACK <= now - row.seen_at <= LEAP:
            row.leapt_at = now
            log.warning("the clock leapt: nothing is deleted for a day", extra=facts(before=row.seen_at.isoformat()))
        elif row.leapt_at is not None and now - row.leapt_at >= WATCHED_FOR:
            row.leapt_at = None
        row.seen_at = now
        db.session.add(row)
        return row.leapt_at is None


def resumes_at() -> datetime | None:
    """Return when deleting goes on, None where it is not put off."""
    row = db.session.get(ClockSeen, 1)
    return row.leapt_at + WATCHED_FOR if row is not None and row.leapt_at is not None else None
