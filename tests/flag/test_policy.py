"""The policy is a function of numbers: every condition in its docstring has a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoax_tracker.flag.policy import HARM, Parts, Thresholds, due, is_flagged, level, parts_of, priority
from hoax_tracker.models import Topic

LINES = Thresholds(0.5, 0.6)
UNIT = st.floats(0, 1)


@pytest.mark.parametrize(
    ("relevance", "misinformation", "flagged"),
    [(0.5, 0.6, True), (1, 1, True), (0.49, 1, False), (1, 0.59, False), (0, 0, False)],
)
def test_both_scores_must_reach_their_line(relevance: float, misinformation: float, flagged: bool) -> None:
    assert is_flagged(relevance, misinformation, LINES) is flagged


@given(UNIT, UNIT, UNIT)
def test_priority_is_a_share_and_rises_with_each_part(model: float, harm: float, reach: float) -> None:
    value = priority(Parts(model, harm, reach))
    assert 0 <= value <= 1
    for more in (Parts(1, harm, reach), Parts(model, 1, reach), Parts(model, harm, 1)):
        assert priority(more) >= value - 1e-12


def test_harm_alone_raises_nothing() -> None:
    assert priority(Parts(0, 1, 0)) == 0


def test_a_harmless_likely_claim_outranks_an_unlikely_harmful_one() -> None:
    assert priority(Parts(0.8, 0.0, 0)) > priority(Parts(0.6, 1.0, 0))


def test_reach_grows_with_appearances_and_sightings() -> None:
    reach = [parts_of(0.5, "water", n).reach for n in (1, 2, 4, 8, 16, 1000)]
    assert reach == sorted(reach)
    assert reach[0] == 0
    assert reach[-1] == 1
    assert parts_of(0.5, "water", 1, sightings=3).reach == parts_of(0.5, "water", 4).reach


def test_every_topic_named_for_harm_exists() -> None:
    assert set(HARM) <= {topic.value for topic in Topic}


def test_targets_follow_the_level() -> None:
    seen = datetime(2026, 11, 24, tzinfo=UTC)
    assert due(0.9, seen) - seen == timedelta(hours=3)
    assert due(0.6, seen) - seen == timedelta(hours=24)
    assert due(0.1, seen) - seen == timedelta(days=3)
    assert (level(0.1, is_report=True), level(0.9, is_report=True)) == ("high", "urgent")
