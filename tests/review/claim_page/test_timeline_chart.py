"""The chart of appearances over time: few bars, right counts, and the same in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings, strategies as st

from hoax_tracker.review.claim_page.claim_page import MAX_BARS, build_timeline_chart


def test_one_moment_is_no_chart(app: APIFlask, now: datetime) -> None:
    assert build_timeline_chart([]) is None
    assert build_timeline_chart([now]) is None
    assert build_timeline_chart([now, now + timedelta(seconds=30)]) is None


def test_a_day_of_appearances(app: APIFlask, now: datetime) -> None:
    drawn = build_timeline_chart(
        [now - timedelta(hours=25), now - timedelta(hours=1), now - timedelta(minutes=50), now]
    )
    assert drawn is not None
    assert drawn.heading == "4 kemunculan dalam 25 jam"
    assert [(bar.text, bar.style) for bar in drawn.columns.bars] == [("", "s-bar"), ("3", "hot")]
    assert len(drawn.columns.labels) == 3
    assert "Paling ramai sejak 24 November 2026, 15.00 WITA selama 3 jam: 3." in drawn.words


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(offsets=st.lists(st.integers(0, 40_000_000), min_size=2, max_size=40))
def test_every_appearance_is_in_a_bar_inside_the_drawing(app: APIFlask, now: datetime, offsets: list[int]) -> None:
    drawn = build_timeline_chart([now - timedelta(seconds=offset) for offset in offsets])
    if drawn is None:
        assert max(offsets) - min(offsets) < 60
        return
    bars = drawn.columns.bars
    assert sum(int(bar.text or 1) for bar in bars) == len(offsets)
    assert len(bars) <= MAX_BARS
    assert all(bar.x >= 0 and bar.x + bar.width <= 100 and 10 < bar.y < 84 for bar in bars)
    assert sum(bar.style == "hot" for bar in bars) == 1
