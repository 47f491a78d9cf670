"""The policy is a function of numbers: every condition in its docstring has a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoax_tracker.claims.priority import (
    HARM,
    HARM_MONEY,
    HARM_OTHERWISE,
    REPORT_FLOOR,
    Parts,
    Spread,
    Thresholds,
    is_flagged,
    parts_of,
    priority,
    reach_of,
)
from hoax_tracker.models import HALF_LIFE, Topic, fade, rank_of

LINES = Thresholds(0.5, 0.6)
UNIT = st.floats(0, 1)
PARTS = st.builds(Parts, UNIT, UNIT, UNIT, UNIT, UNIT)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("relevance", "misinformation", "flagged"),
    [(0.5, 0.6, True), (1, 1, True), (0.49, 1, False), (1, 0.59, False), (0, 0, False)],
)
def test_both_scores_must_reach_their_line(relevance: float, misinformation: float, flagged: bool) -> None:
    assert is_flagged(relevance, misinformation, LINES) is flagged


@given(PARTS, st.sampled_from(["relevance", "misinformation", "harm", "reach", "demand"]))
def test_priority_is_a_share_and_rises_with_each_part(parts: Parts, name: str) -> None:
    value = priority(parts)
    assert 0 <= value <= 1
    assert priority(replace(parts, **{name: 1.0})) >= value - 1e-12
    assert priority(replace(parts, reported=True)) >= max(value, REPORT_FLOOR)


def test_each_part_counts() -> None:
    middle = Parts(0.5, 0.5, 0.5, 0.5, 0.5)
    for name in ("relevance", "misinformation", "harm", "reach", "demand"):
        assert priority(replace(middle, **{name: 0.9})) > priority(middle), name


def test_harm_alone_raises_nothing() -> None:
    assert priority(Parts(0, 1, harm=1)) == 0


def test_a_harmless_likely_claim_outranks_an_unlikely_harmful_one() -> None:
    assert priority(Parts(1, 0.8, harm=0)) > priority(Parts(1, 0.6, harm=1))


def test_who_asks_for_money_does_harm_whatever_the_topic() -> None:
    assert parts_of(1, 1, "tourism").harm == HARM_OTHERWISE
    assert parts_of(1, 1, "tourism", asks=True).harm == HARM_MONEY
    assert parts_of(1, 1, "health", asks=True).harm == HARM["health"]


def test_reach_grows_with_appearances_sources_and_speed() -> None:
    reach = [reach_of(Spread(n, 1, 0)) for n in (1, 2, 4, 8, 16, 1000)]
    assert reach == sorted(reach)
    assert (reach[0], reach_of(Spread(1000, 100, 1))) == (0, 1)
    assert reach_of(Spread(5, 3, 48)) > reach_of(Spread(5, 1, 48))
    assert reach_of(Spread(9, 1, 24)) > reach_of(Spread(9, 1, 240))


def test_a_second_appearance_a_minute_later_is_no_flood() -> None:
    assert reach_of(Spread(2, 1, 1 / 60)) == reach_of(Spread(2, 1, 24))


def test_demand_is_what_residents_ask() -> None:
    asked = [parts_of(1, 0.5, "water", demand=n).demand for n in (0, 1, 5, 31, 5000)]
    assert asked == sorted(asked)
    assert (asked[0], asked[-1]) == (0, 1)


def test_every_topic_named_for_harm_exists() -> None:
    assert set(HARM) <= {topic.value for topic in Topic}


def test_parts_survive_storing_and_a_newer_or_older_program() -> None:
    parts = parts_of(0.9, 0.8, "water", Spread(3, 2, 5), asks=True, demand=2, reported=True)
    assert priority(Parts.from_json(parts.as_json())) == pytest.approx(priority(parts), abs=1e-3)
    assert Parts.from_json({"relevance": 0.5, "unknown": 1}) == Parts(0.5, 0.0)
    assert Parts.from_json({}) == Parts(0.0, 0.0)


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0, 60), st.floats(0, 60), st.floats(0, 400))
def test_the_rank_is_the_order_that_age_leaves_at_any_moment(
    one: float, other: float, age: float, other_age: float, later: float
) -> None:
    seen, other_seen = NOW - timedelta(days=age), NOW - timedelta(days=other_age)
    now = NOW + timedelta(days=later)
    left, other_left = one * fade(seen, now), other * fade(other_seen, now)
    if abs(left - other_left) > 1e-9 * max(left, other_left):
        assert (rank_of(one, seen) > rank_of(other, other_seen)) is (left > other_left)


def test_age_halves_and_a_clock_ahead_adds_nothing() -> None:
    assert fade(NOW, NOW + HALF_LIFE) == 0.5
    assert fade(NOW, NOW - HALF_LIFE) == 1
