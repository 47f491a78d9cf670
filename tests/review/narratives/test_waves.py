"""Waves: days that belong together, counted in Kupang's time, drawn by week or month beside the same numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.models import Officer
from hoax_tracker.review.narratives.wave_chart import (
    QUIET_DAYS,
    Wave,
    count_days,
    count_periods,
    draw_waves,
    split_waves,
)
from tests import factories
from tests.review.narratives.stories import JULY, MARCH, add_sightings, make_edition

FIRST = date(2026, 3, 2)  # a Monday


def after(days: int) -> date:
    """A day so long after the first."""
    return FIRST + timedelta(days=days)


def test_a_wave_ends_after_two_quiet_weeks() -> None:
    days = [(FIRST, 3), (after(QUIET_DAYS), 1), (after(2 * QUIET_DAYS + 1), 2)]
    assert split_waves(days) == [
        Wave(FIRST, after(QUIET_DAYS), 4),
        Wave(after(2 * QUIET_DAYS + 1), after(2 * QUIET_DAYS + 1), 2),
    ]
    assert split_waves([]) == []


def test_days_are_those_of_kupang_and_of_all_claims_of_the_narrative(app: APIFlask, officer: Officer) -> None:
    first, second, other = (make_edition(text) for text in (MARCH, JULY, JULY + " lain"))
    late_evening = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # midnight in Kupang
    add_sightings(first, late_evening - timedelta(seconds=1), late_evening)
    add_sightings(second, late_evening + timedelta(hours=23, minutes=59, seconds=59))
    add_sightings(other, late_evening)
    narrative, alone = factories.make_narrative(officer, first, second), factories.make_narrative(officer, other)
    empty = factories.make_narrative(officer)
    days = count_days([narrative.id, alone.id, empty.id])
    today = factories.NOW.date()
    assert list(days[narrative.id]) == [(date(2026, 3, 1), 1), (date(2026, 3, 2), 2), (today, 2)]
    assert list(days[alone.id]) == [(date(2026, 3, 2), 1), (today, 1)]
    assert empty.id not in days
    assert count_days([]) == {}


def test_weeks_without_appearances_are_drawn_empty(app: APIFlask) -> None:
    days = [(after(6), 2), (after(14), 1)]
    periods = count_periods(days)
    assert [(period.begins, period.appearances, period.is_month) for period in periods] == [
        (FIRST, 2, False),
        (after(7), 0, False),
        (after(14), 1, False),
    ]
    with app.test_request_context():
        chart = draw_waves(periods, split_waves(days))
        assert [(bar.style, bar.text) for bar in chart.columns.bars] == [("hot", "2"), ("hot", "")]
        assert [label.text for label in chart.columns.labels] == ["2 Mar 2026", "16 Mar 2026"]
        assert periods[0].name == "2 Mar – 8 Mar 2026"
    assert not chart.is_cut


def test_half_a_year_is_drawn_by_months_of_which_the_last_wave_is_dark(app: APIFlask) -> None:
    days = [(date(2025, 12, 31), 5), (date(2026, 7, 1), 1)]
    periods = count_periods(days)
    assert [period.begins for period in periods] == [date(2025, 12, 1), *(date(2026, n, 1) for n in range(1, 8))]
    with app.test_request_context():
        chart = draw_waves(periods, split_waves(days))
        assert [(bar.style, bar.text) for bar in chart.columns.bars] == [("s-bar", "5"), ("hot", "")]
        assert chart.columns.words == ("2 gelombang sejak 31 Desember 2025; yang terakhir 1 Juli 2026, 1 kemunculan")
        assert periods[-1].name == "Juli 2026"


def test_of_a_long_story_the_newest_months_are_drawn(app: APIFlask) -> None:
    days = [(date(2020, 1, 1), 9), (date(2026, 7, 1), 1)]
    with app.test_request_context():
        chart = draw_waves(count_periods(days), split_waves(days))
    assert chart.is_cut
    assert len(chart.columns.bars) == 1


@pytest.mark.parametrize("weeks", [25, 26])
def test_the_change_from_weeks_to_months_is_at_half_a_year(weeks: int) -> None:
    periods = count_periods([(FIRST, 1), (after(7 * weeks), 1)])
    assert periods[0].is_month == (weeks == 26)
