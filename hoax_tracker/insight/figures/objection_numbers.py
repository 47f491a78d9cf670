"""Objections to pages in numbers. They are not rounded: each of them stands on a public page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from hoax_tracker.clock import start_of_day
from hoax_tracker.insight.figures.months import next_month
from hoax_tracker.models import Objection, ObjectionOutcome, db


@dataclass(frozen=True)
class ObjectionNumbers:
    """Objections that were received in some months. ``changed``: upheld, wholly or in part; ``late`` ones are open."""

    received: int
    changed: int
    refused: int
    open: int
    late: int
    average_days: float | None


def count_objections(first: date, last: date, now: datetime) -> ObjectionNumbers:
    """Return the numbers of the objections that were received from one month to another."""
    row, upheld = Objection, Objection.outcome != ObjectionOutcome.REFUSED
    count = sa.func.count
    query = sa.select(
        count(),
        count().filter(upheld),
        count().filter(row.outcome == ObjectionOutcome.REFUSED),
        count().filter(row.outcome.is_(None)),
        count().filter(row.outcome.is_(None), row.due_at < now),
        sa.func.avg(row.working_days),
    ).where(row.received_at >= start_of_day(first), row.received_at < start_of_day(next_month(last)))
    received, changed, refused, undecided, late, average = db.session.execute(query).one()
    days = None if average is None else round(float(average), 1)
    return ObjectionNumbers(received, changed, refused, undecided, late, days)
