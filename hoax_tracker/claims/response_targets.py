"""Response targets: how soon a claim must be decided, its deadline, and the words in which pages show that.

Urgent and high targets run round the clock, others in the working days and hours of the city's offices. The office's
settings are read once; the rest is a pure function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

import sqlalchemy as sa
from babel.units import format_unit
from flask_babel import get_locale, gettext as _

from hoax_tracker.clock import WITA, day_in_kupang
from hoax_tracker.models import Holiday, OfficeRules, db
from hoax_tracker.organisation.office_hours import default_office_rules

OpeningHours = tuple[time, time]
LONGEST_CLOSURE_DAYS = 400  # a calendar without any working day in so long is no calendar


@dataclass(frozen=True)
class BusinessCalendar:
    """``hours`` from Monday to Sunday in local time (None: closed), and ``holidays``, when all offices are closed."""

    hours: tuple[OpeningHours | None, ...]
    holidays: frozenset[date] = frozenset()

    def opening(self, day: date) -> OpeningHours | None:
        """Return the opening hours of the day, None where the offices are closed."""
        return None if day in self.holidays else self.hours[day.weekday()]

    def after(self, start: datetime, days: int) -> datetime:
        """Return the time ``days`` working days after ``start``.

        A start outside working hours counts from the next opening. The time of day is kept within the hours of the last
        day: three working days from Tuesday 10.00 end on Friday 10.00.
        """
        begun = self.next_open(start.astimezone(WITA))
        last = begun.date()
        for _day in range(days):
            last = next(self.open_days(last + DAY), last + DAY)
        opened, closed = self.opening(last) or (time.min, time.max)
        time_of_day = min(max(begun.time(), opened), closed)
        return datetime.combine(last, time_of_day, WITA).astimezone(start.tzinfo)

    def days_between(self, start: datetime, end: datetime) -> int:
        """Return how many working days lie between: ``after(start, days)`` is so many days after ``start``."""
        first, last = self.next_open(start.astimezone(WITA)).date(), day_in_kupang(end)
        return sum(1 for _ in takewhile(lambda day: day <= last, self.open_days(first + DAY)))

    def is_open(self, moment: datetime) -> bool:
        """Tell whether the offices are open."""
        local = moment.astimezone(WITA)
        return self.next_open(local) == local

    def next_open(self, local: datetime) -> datetime:
        """Return the time itself during working hours, else the next opening."""
        hours = self.opening(local.date())
        if hours and local.time() <= hours[1]:
            return max(local, datetime.combine(local.date(), hours[0], WITA))
        day = next(self.open_days(local.date() + DAY), None)
        opening = self.opening(day) if day else None
        return datetime.combine(day, opening[0], WITA) if day and opening else local

    def open_days(self, first: date) -> Iterator[date]:
        """Yield the working days from ``first`` on, within the horizon."""
        days = (first + DAY * number for number in range(LONGEST_CLOSURE_DAYS))
        return (day for day in days if self.opening(day))


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
    return _targets_of(*_load_rules_and_holidays())


def _targets_of(rules: OfficeRules, holidays: frozenset[date]) -> ResponseTargets:
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
    return _targets_of(default_office_rules(), frozenset())


def _read_week_hours(stored: list[list[str] | None]) -> tuple[OpeningHours | None, ...]:
    """Return the stored hours of the week as times."""
    return tuple((time.fromisoformat(day[0]), time.fromisoformat(day[1])) if day else None for day in stored)


SOON = timedelta(hours=1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class DeadlineStatus:
    """``state`` is "late", "soon" or "" (enough time); ``text`` says the same in words."""

    state: str
    text: str


def deadline_status(due_at: datetime, now: datetime, awaits_approval: bool = False) -> DeadlineStatus:
    """Return the state of a deadline at ``now``; a claim whose answer awaits approval is late for nobody."""
    if awaits_approval:
        return DeadlineStatus("", _("Menunggu persetujuan"))
    remaining = due_at - now
    if remaining < timedelta(0):
        return DeadlineStatus("late", _("Terlambat %(time)s", time=format_duration(-remaining)))
    return DeadlineStatus("soon" if remaining < SOON else "", _("Sisa %(time)s", time=format_duration(remaining)))


def format_duration(length: timedelta) -> str:
    """Return a duration in everyday words: "35 menit", "2 jam 15 menit", "26 jam", "3 hari"."""
    minutes = max(1, int(length.total_seconds() // 60))
    hours = minutes // 60
    if hours >= 48:
        return _format_unit_count(hours // 24, "day")
    if hours >= 12 or (hours and not minutes % 60):
        return _format_unit_count(hours, "hour")
    return (
        f"{_format_unit_count(hours, 'hour')} {_format_unit_count(minutes % 60, 'minute')}"
        if hours
        else _format_unit_count(minutes, "minute")
    )


def _format_unit_count(count: int, name: str) -> str:
    """Return a count with its unit in the reader's language."""
    return str(format_unit(count, f"duration-{name}", length="long", locale=get_locale()))


def next_midnight(now: datetime) -> datetime:
    """Return the next midnight in Kupang."""
    local = now.astimezone(WITA)
    return (local + DAY).replace(hour=0, minute=0, second=0, microsecond=0)
