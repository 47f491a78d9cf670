"""Response targets: how soon a claim must be decided. The office's settings are read once; the rest is a pure function.

Urgent and high targets run round the clock, others in the city's working hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from hoax_tracker.claims.business_hours import BusinessCalendar, OpeningHours
from hoax_tracker.models import Holiday, OfficeRules, db
from hoax_tracker.models.organisation import WEEK
from hoax_tracker.organisation.office_hours import default_office_rules

URGENT_PRIORITY = 0.75
HIGH_PRIORITY = 0.55


@dataclass(frozen=True)
class ResponseTargets:
    """The targets in force; ``calendar`` applies to claims that are neither urgent nor high."""

    urgent: timedelta
    high: timedelta
    other_days: int
    calendar: BusinessCalendar

    def due(self, priority: float, since: datetime, *, is_report: bool = False) -> datetime:
        """Return the deadline for a claim of that priority (0..1), or for a question about it."""
        urgency = _urgency_level(priority, is_report)
        if urgency == "other":
            return self.calendar.after(since, self.other_days)
        return since + (self.urgent if urgency == "urgent" else self.high)


def _urgency_level(priority: float, is_report: bool = False) -> str:
    """Return "urgent", "high" or "other" for a priority; a reported claim is at least "high"."""
    if priority >= URGENT_PRIORITY:
        return "urgent"
    return "high" if priority >= HIGH_PRIORITY or is_report else "other"


def load_targets() -> ResponseTargets:
    """Return the targets in force."""
    rules, holidays = _load_rules_and_holidays()
    return ResponseTargets(
        timedelta(hours=rules.urgent_hours),
        timedelta(hours=rules.high_hours),
        rules.other_days,
        BusinessCalendar(_read_week_hours(rules.hours), holidays),
    )


def _load_rules_and_holidays() -> tuple[OfficeRules, frozenset[date]]:
    """Return the office's rules and holidays, in one query: pages for residents ask for both."""
    nothing = sa.select(sa.literal(1).label("stands")).subquery()
    query = (
        sa.select(OfficeRules, Holiday.day)
        .select_from(nothing)
        .outerjoin(OfficeRules, OfficeRules.id == 1)
        .outerjoin(Holiday, Holiday.is_kept == sa.true())
    )
    rows = db.session.execute(query).all()
    return rows[0][0] or default_office_rules(), frozenset(day for _rules, day in rows if day)


def default_targets() -> ResponseTargets:
    """Return the default targets without holidays."""
    return ResponseTargets(timedelta(hours=3), timedelta(hours=24), 3, BusinessCalendar(_read_week_hours([*WEEK])))


def _read_week_hours(stored: list[list[str] | None]) -> tuple[OpeningHours | None, ...]:
    """Return the stored hours of the week as times."""
    return tuple((time.fromisoformat(day[0]), time.fromisoformat(day[1])) if day else None for day in stored)
