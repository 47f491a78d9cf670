"""When a source is read next: as often as it brings something, never sooner than its server asks, never all at once.

- New entries bring the wait back to what an administrator chose; readings without any stretch it, to four times that.
- ``Cache-Control: max-age`` and ``Retry-After`` of the server are waited for, up to a day.
- Failures wait longer each time, up to a day. After two weeks of them, or where the server says that the feed is gone
  for good (410), the source pauses by itself.
- Every wait is stretched by up to a tenth, by chance: sources that were added together are not read together for ever.
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
    """Return the wait in minutes after a reading that went well; ``brought``: there was something new."""
    if brought or pace_minutes is None:
        return interval_minutes
    slowest = max(
        interval_minutes, min(interval_minutes * MAX_STRETCH_FACTOR, int(LONGEST_READ_WAIT.total_seconds() // 60))
    )
    return min(slowest, ceil(max(pace_minutes, interval_minutes) * STRETCH_FACTOR))


def wait_after_success(pace_minutes: int, headers: Mapping[str, str], now: datetime, chance: float) -> timedelta:
    """Return how long to wait; ``headers`` have names in lower case, ``chance`` is in 0..1."""
    wait = timedelta(minutes=pace_minutes) * (1 + JITTER * chance)
    return max(wait, server_requested_wait(headers, now))


def wait_after_failure(
    interval_minutes: int, failures: int, headers: Mapping[str, str], now: datetime, chance: float
) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    wait = timedelta(minutes=interval_minutes << min(failures, 10)) * (1 + JITTER * chance)
    return min(LONGEST_READ_WAIT, max(wait, server_requested_wait(headers, now)))


def server_requested_wait(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long the server asks to wait, at most a day; nothing where it does not ask."""
    asked = [read_retry_after(headers.get("retry-after", ""), now)]
    control = headers.get("cache-control", "").lower()
    if "no-cache" not in control and "no-store" not in control:
        asked += [timedelta(seconds=int(seconds)) for seconds in _MAX_AGE.findall(control)]
    return min(LONGEST_READ_WAIT, max(asked))


def read_retry_after(value: str, now: datetime) -> timedelta:
    """Return the wait that a Retry-After header names, in seconds or as a date; nothing where it is in the past."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return timedelta(seconds=int(value))
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(timedelta(0), moment - now)
    except (ValueError, TypeError, OverflowError):
        return timedelta(0)
