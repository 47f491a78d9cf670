"""Deadlines in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.claims.response_targets import deadline_status, next_midnight


@pytest.mark.parametrize(
    ("minutes", "state", "text"),
    [
        (-35, "late", "Terlambat 35 menit"),
        (-0.1, "late", "Terlambat 1 menit"),
        (0, "soon", "Sisa 1 menit"),
        (59, "soon", "Sisa 59 menit"),
        (60, "", "Sisa 1 jam"),
        (135, "", "Sisa 2 jam 15 menit"),
        (26 * 60 + 5, "", "Sisa 26 jam"),
        (-3 * 1440, "late", "Terlambat 3 hari"),
    ],
)
def test_a_deadline(app: APIFlask, now: datetime, minutes: float, state: str, text: str) -> None:
    found = deadline_status(now + timedelta(minutes=minutes), now)
    assert (found.state, found.text) == (state, text)


def test_the_day_ends_at_midnight_in_kupang() -> None:
    assert next_midnight(datetime(2026, 11, 24, 15, 59, tzinfo=UTC)) == datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
    assert next_midnight(datetime(2026, 11, 24, 16, 0, tzinfo=UTC)) == datetime(2026, 11, 25, 16, 0, tzinfo=UTC)
