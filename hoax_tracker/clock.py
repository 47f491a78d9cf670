"""Time: aware UTC inside, WITA (Asia/Makassar) on screen."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WITA = ZoneInfo("Asia/Makassar")
CLOCK_TOLERANCE = timedelta(hours=1)
"""How far ahead a noted moment may lie: clocks differ a little; what lies further was noted by one that was wrong."""


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC. Services take ``now`` as a parameter; only their callers ask here."""
    return datetime.now(UTC)


def is_recent(moment: datetime, length: timedelta, now: datetime) -> bool:
    """Tell whether a noted moment lies at most ``length`` ago, and not further ahead than any right clock would say."""
    return -CLOCK_TOLERANCE <= now - moment <= length


def day_in_kupang(moment: datetime) -> date:
    """Return the day of a moment in Kupang."""
    return moment.astimezone(WITA).date()


def start_of_day(day: date) -> datetime:
    """Return the moment at which a day begins in Kupang."""
    return datetime.combine(day, time(), WITA)
