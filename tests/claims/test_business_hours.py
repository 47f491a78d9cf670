"""Working days with weekends, holidays and office hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from hoax_tracker.claims.response_targets import BusinessCalendar
from hoax_tracker.clock import WITA

HOURS = (*[(time(7, 30), time(16))] * 4, (time(7, 30), time(16, 30)), None, None)
OFFICE = BusinessCalendar(HOURS, frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def local(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """A moment in Kupang in late 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=WITA)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        (local(24, 10), local(27, 10)),  # Tuesday to Friday
        (local(26, 10), local(1, 10, month=12)),  # Thursday, over the weekend
        (local(27, 16, 20), local(2, 16, month=12)),  # Friday ends later than Wednesday does
        (local(28, 3), local(3, 7, 30, month=12)),  # Saturday night counts from Monday morning
        (local(24, 22), local(30, 7, 30)),  # after hours counts from the next morning
        (local(24, 5), local(27, 7, 30)),  # before hours counts from the opening
        (local(23, 9, month=12), local(30, 9, month=12)),  # two holidays and a weekend between
    ],
)
def test_three_working_days(start: datetime, due: datetime) -> None:
    assert OFFICE.after(start.astimezone(UTC), 3) == due


def test_the_answer_keeps_the_zone_it_was_asked_in() -> None:
    assert OFFICE.after(local(24, 10).astimezone(UTC), 1).tzinfo is UTC


def test_a_calendar_without_any_working_day_still_answers() -> None:
    never = BusinessCalendar((None,) * 7)
    assert never.after(local(24, 10), 3) == local(27, 10)
