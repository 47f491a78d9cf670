"""The priority policy is a function of numbers; every condition in its docstring has a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.claims.priority import (
    DEFAULT_HARM,
    HARM_BY_TOPIC,
    HARM_MONEY,
    REPORT_FLOOR,
    ClaimSpread,
    FlagThresholds,
    PriorityParts,
    build_priority_parts,
    calculate_priority,
    is_flagged,
    reach_score,
)
from hoax_tracker.models import HALF_LIFE, Topic, priority_decay_factor, rank_of_claim

LINES = FlagThresholds(0.5, 0.6)
UNIT = st.floats(0, 1)
PARTS = st.builds(PriorityParts, UNIT, UNIT, UNIT, UNIT, UNIT)
NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("relevance", "misinformation", "flagged"),
    [(0.5, 0.6, True), (1, 1, True), (0.49, 1, False), (1, 0.59, False), (0, 0, False)],
)
def test_both_scores_must_reach_their_line(relevance: float, misinformation: float, flagged: bool) -> None:
    assert is_flagged(relevance, misinformation, LINES) is flagged


@given(PARTS, st.sampled_from(["relevance", "misinformation", "harm", "reach", "demand"]))
def test_priority_is_a_share_and_rises_with_each_part(parts: PriorityParts, name: str) -> None:
    value = calculate_priority(parts)
    assert 0 <= value <= 1
    assert calculate_priority(replace(parts, **{name: 1.0})) >= value - 1e-12
    assert calculate_priority(replace(parts, reported=True)) >= max(value, REPORT_FLOOR)


def test_each_part_counts() -> None:
    middle = PriorityParts(0.5, 0.5, 0.5, 0.5, 0.5)
    for name in ("relevance", "misinformation", "harm", "reach", "demand"):
        assert calculate_priority(replace(middle, **{name: 0.9})) > calculate_priority(middle), name


def test_of_two_reports_danger_comes_first() -> None:
    tsunami, market = build_priority_parts(1, 0.1, "disaster", reported=True), PriorityParts(1, 0.5, 0.5, reported=True)
    assert calculate_priority(tsunami) > calculate_priority(market)


def test_harm_alone_raises_nothing() -> None:
    assert calculate_priority(PriorityParts(0, 1, harm=1)) == 0


def test_a_harmless_likely_claim_outranks_an_unlikely_harmful_one() -> None:
    assert calculate_priority(PriorityParts(1, 0.8, harm=0)) > calculate_priority(PriorityParts(1, 0.6, harm=1))


def test_who_asks_for_money_does_harm_whatever_the_topic() -> None:
    assert build_priority_parts(1, 1, "tourism").harm == DEFAULT_HARM
    assert build_priority_parts(1, 1, "tourism", asks=True).harm == HARM_MONEY
    assert build_priority_parts(1, 1, "health", asks=True).harm == HARM_BY_TOPIC["health"]


def test_reach_grows_with_appearances_sources_and_speed() -> None:
    reach = [reach_score(ClaimSpread(n, 1, 0)) for n in (1, 2, 4, 8, 16, 1000)]
    assert reach == sorted(reach)
    assert (reach[0], reach_score(ClaimSpread(1000, 100, 1))) == (0, 1)
    assert reach_score(ClaimSpread(5, 3, 48)) > reach_score(ClaimSpread(5, 1, 48))
    assert reach_score(ClaimSpread(9, 1, 24)) > reach_score(ClaimSpread(9, 1, 240))


def test_a_second_appearance_a_minute_later_is_no_flood() -> None:
    assert reach_score(ClaimSpread(2, 1, 1 / 60)) == reach_score(ClaimSpread(2, 1, 24))


def test_demand_is_what_residents_ask() -> None:
    asked = [build_priority_parts(1, 0.5, "water", demand=n).demand for n in (0, 1, 5, 31, 5000)]
    assert asked == sorted(asked)
    assert (asked[0], asked[-1]) == (0, 1)


def test_every_topic_named_for_harm_exists() -> None:
    assert set(HARM_BY_TOPIC) <= {topic.value for topic in Topic}


def test_parts_survive_storing_and_a_newer_or_older_program() -> None:
    parts = build_priority_parts(0.9, 0.8, "water", ClaimSpread(3, 2, 5), asks=True, demand=2, reported=True)
    assert calculate_priority(PriorityParts.from_json(parts.as_json())) == pytest.approx(
        calculate_priority(parts), abs=1e-3
    )
    assert PriorityParts.from_json({"relevance": 0.5, "unknown": 1}) == PriorityParts(0.5, 0.0)
    assert PriorityParts.from_json({}) == PriorityParts(0.0, 0.0)


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0, 60), st.floats(0, 60), st.floats(0, 400))
def test_the_rank_is_the_order_that_age_leaves_at_any_moment(
    one: float, other: float, age: float, other_age: float, later: float
) -> None:
    seen, other_seen = NOW - timedelta(days=age), NOW - timedelta(days=other_age)
    now = NOW + timedelta(days=later)
    left, other_left = one * priority_decay_factor(seen, now), other * priority_decay_factor(other_seen, now)
    if abs(left - other_left) > 1e-9 * max(left, other_left):
        assert (rank_of_claim(one, seen) > rank_of_claim(other, other_seen)) is (left > other_left)


def test_age_halves_and_a_clock_ahead_adds_nothing() -> None:
    assert priority_decay_factor(NOW, NOW + HALF_LIFE) == 0.5
    assert priority_decay_factor(NOW, NOW - HALF_LIFE) == 1
