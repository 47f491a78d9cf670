"""Hours since 1970, by which everything is counted that may rise."""

from __future__ import annotations

from datetime import date, datetime

from hoax_tracker.clock import start_of_day

HOUR_S = 3600


def hour_of(moment: datetime) -> int:
    """Return the hour of a moment."""
    return int(moment.timestamp()) // HOUR_S


def first_hour_of(day: date) -> int:
    """Return the first hour of a day in Kupang, in which its questions are counted."""
    return hour_of(start_of_day(day))
