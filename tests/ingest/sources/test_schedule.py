"""When a source is read next: by its results, and by its server's wishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.ingest.sources import schedule

MINUTE = timedelta(minutes=1)


def test_a_quiet_source_is_read_less_and_a_busy_one_as_often_as_chosen() -> None:
    waits = [30]
    for _ in range(10):
        waits.append(schedule.next_pace_minutes(30, waits[-1], brought=False))
    assert waits[:4] == [30, 38, 48, 60]
    assert waits[-1] == 120
    assert schedule.next_pace_minutes(30, 120, brought=True) == 30
    assert schedule.next_pace_minutes(30, None, brought=False) == 30


def test_a_shorter_interval_counts_at_once_and_a_day_stays_a_day() -> None:
    assert schedule.next_pace_minutes(60, 15, brought=False) == 75
    assert schedule.next_pace_minutes(1440, 1440, brought=False) == 1440
    assert schedule.next_pace_minutes(2880, 2880, brought=False) == 2880


@given(st.integers(1, 3000), st.integers(1, 3000), st.booleans(), st.floats(0, 1))
def test_no_wait_is_shorter_than_chosen_nor_far_beyond_it(
    interval: int, before: int, brought: bool, chance: float
) -> None:
    now = datetime.fromisoformat("2026-11-24T08:05:00+00:00")
    wait = schedule.wait_after_success(schedule.next_pace_minutes(interval, before, brought=brought), {}, now, chance)
    assert interval * MINUTE <= wait <= max(interval * 4, interval) * 1.1 * MINUTE


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"cache-control": "public, max-age=7200"}, 120),
        ({"cache-control": "max-age=60, s-maxage=3600"}, 60),
        ({"cache-control": "MAX-AGE=99999999"}, 1440),
        ({"cache-control": "no-cache, max-age=7200"}, 30),
        ({"cache-control": "x-max-age=7200"}, 30),
        ({"cache-control": "max-age=banyak"}, 30),
        ({"retry-after": "5400"}, 90),
        ({"retry-after": "besok"}, 30),
        ({"retry-after": "-5"}, 30),
        ({"retry-after": "9" * 400}, 30),
        ({}, 30),
    ],
)
def test_what_a_server_asks_is_waited_for_up_to_a_day(now: datetime, headers: dict[str, str], minutes: int) -> None:
    assert schedule.wait_after_success(30, headers, now, 0.0) == minutes * MINUTE


def test_retry_after_may_be_a_date(now: datetime) -> None:
    then, before = (format_datetime(now + hours * timedelta(hours=1), usegmt=True) for hours in (5, -5))
    assert schedule.wait_after_failure(30, 1, {"retry-after": then}, now, 0.0) == timedelta(hours=5)
    assert schedule.wait_after_failure(30, 1, {"retry-after": before}, now, 0.0) == timedelta(hours=1)


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_header_raises(retry: str, control: str) -> None:
    now = datetime.fromisoformat("2026-11-24T08:05:00+00:00")
    assert (
        timedelta(0)
        <= schedule.server_requested_wait({"retry-after": retry, "cache-control": control}, now)
        <= schedule.LONGEST_READ_WAIT
    )
