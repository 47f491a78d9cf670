"""Months in Kupang, each by the date of its first day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hoax_tracker.clock import day_in_kupang, start_of_day

MONTHS_SHOWN = 12
SETTLED_AFTER = timedelta(days=7)
"""So long after its end a month is counted for good: reports of its last days have been answered, or are late."""


def month_of(moment: datetime) -> date:
    """Return the month of a moment."""
    return day_in_kupang(moment).replace(day=1)


def next_month(month: date) -> date:
    """Return the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def list_shown_months(now: datetime) -> list[date]:
    """Return the present month and the eleven before it, oldest first."""
    months = [month_of(now)]
    while len(months) < MONTHS_SHOWN:
        months.insert(0, month_of(start_of_day(months[0]) - timedelta(hours=1)))
    return months


def settling_moment(month: date) -> datetime:
    """Return from when on a month is counted for good."""
    return start_of_day(next_month(month)) + SETTLED_AFTER


def is_settled(month: date, now: datetime) -> bool:
    """Tell whether a month may be counted for good."""
    return now >= settling_moment(month)
