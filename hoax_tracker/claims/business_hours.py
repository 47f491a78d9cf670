"""Working days and hours of the city's offices: pure calendar arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from hoax_tracker.clock import WITA, day_in_kupang

OpeningHours = tuple[time, time]
DAY = timedelta(days=1)
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
        for _ in range(days):
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
