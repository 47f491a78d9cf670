"""The schedule of readings: when a source is read next.

- New entries bring the wait back to the interval that an administrator chose; readings without any stretch it, to four
  times that.
- ``Cache-Control: max-age`` and ``Retry-After`` of the server are respected, up to a day.
- Failures lengthen the wait each time, up to a day. After two weeks of them, or where the server says that the feed is
  gone for good (410), the source pauses automatically.
- Every wait is stretched by up to a tenth, at random: otherwise sources that were added together would always be read
  together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import ceil

LONGEST_READ_WAIT = timedelta(hours=24)
STRETCH_FACTOR = 1.25
MAX_STRETCH_FACTOR = 4
JITTER = 0.1
FAILURES_BEFORE_PAUSE = 20
"""With the waits of ``wait_after_failure`` about two weeks at thirty minutes."""

_MAX_AGE = re.compile(r"(?:^|[\s,])(?:s-maxage|max-age)\s*=\s*\"?([0-9]{1,10})", re.IGNORECASE)
_SECONDS = re.compile(r"[0-9]{1,10}")


def next_pace_minutes(interval_minutes: int, pace_minutes: int | None, *, brought: bool) -> int:
    """Return the wait in minutes after a successful reading; ``brought``: it found something new."""
    if brought or pace_minutes is None:
        return interval_minutes
    slowest = max(
        interval_minutes, min(interval_minutes * MAX_STRETCH_FACTOR, int(LONGEST_READ_WAIT.total_seconds() // 60))
    )
    return min(slowest, ceil(max(pace_minutes, interval_minutes) * STRETCH_FACTOR))


def wait_after_success(pace_minutes: int, headers: Mapping[str, str], now: datetime, chance: float) -> timedelta:
    """Return the wait after a success; ``headers`` have names in lower case, ``chance`` is in 0..1."""
    wait = timedelta(minutes=pace_minutes) * (1 + JITTER * chance)
    return max(wait, server_requested_wait(headers, now))


def wait_after_failure(
    interval_minutes: int, failures: int, headers: Mapping[str, str], now: datetime, chance: float
) -> timedelta:
    """Return the wait after that many failures in a row."""
    wait = timedelta(minutes=interval_minutes << min(failures, 10)) * (1 + JITTER * chance)
    return min(LONGEST_READ_WAIT, max(wait, server_requested_wait(headers, now)))


def server_requested_wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return the wait that the server asks for, at most a day; zero where it asks for none."""
    asked = [_read_retry_after(headers.get("retry-after", ""), now)]
    control = headers.get("cache-control", "").lower()
    if "no-cache" not in control and "no-store" not in control:
        asked += [timedelta(seconds=int(seconds)) for seconds in _MAX_AGE.findall(control)]
    return min(LONGEST_READ_WAIT, max(asked))


def _read_retry_after(value: str, now: datetime) -> timedelta:
    """Return the wait in a Retry-After header, in seconds or as a date; zero where it is in the past."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(timedelta(0), moment - now)
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
