"""How soon a claim is decided: the office's own targets, read from the rows once and then a pure function.

Urgent and high run round the clock; what can wait runs in the working hours of the city.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import sqlalchemy as sa

from hoax_tracker.claims.business_hours import Calendar, Hours
from hoax_tracker.models import Holiday, OfficeRules, db
from hoax_tracker.models.organisation import WEEK

URGENT = 0.75
HIGH = 0.55
DEFAULTS = {"urgent_hours": 3, "high_hours": 24, "other_days": 3, "digest_from": "07:00", "review_months": 6}


@dataclass(frozen=True)
class Targets:
    """The targets in force; ``calendar`` counts for what is neither urgent nor high."""

    urgent: timedelta
    high: timedelta
    other_days: int
    calendar: Calendar

    def due(self, priority: float, since: datetime, *, is_report: bool = False) -> datetime:
        """Return when a claim of that priority (0..1), or what is asked about it, is due."""
        urgency = level(priority, is_report)
        if urgency == "other":
            return self.calendar.after(since, self.other_days)
        return since + (self.urgent if urgency == "urgent" else self.high)


def level(priority: float, is_report: bool = False) -> str:
    """Return "urgent", "high" or "other" for a priority; a resident's report is at least "high"."""
    if priority >= URGENT:
        return "urgent"
    return "high" if priority >= HIGH or is_report else "other"


def rules() -> OfficeRules:
    """Return what the administrator set, or the defaults where nobody did (a row that is not stored)."""
    return db.session.get(OfficeRules, 1) or OfficeRules(id=1, hours=[*WEEK], **DEFAULTS)


def read() -> Targets:
    """Return the targets in force."""
    held = rules()
    return Targets(
        timedelta(hours=held.urgent_hours),
        timedelta(hours=held.high_hours),
        held.other_days,
        Calendar(week(held.hours), frozenset(db.session.scalars(sa.select(Holiday.day).where(Holiday.is_kept)))),
    )


def default() -> Targets:
    """Return the targets of an office that changed nothing and has no holidays."""
    return Targets(timedelta(hours=3), timedelta(hours=24), 3, Calendar(week([*WEEK])))


def week(stored: list[list[str] | None]) -> tuple[Hours | None, ...]:
    """Return the hours of the week as they are stored, as times."""
    return tuple((time.fromisoformat(day[0]), time.fromisoformat(day[1])) if day else None for day in stored)
