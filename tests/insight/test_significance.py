"""The test of counts, and the replay of a simulated year by which its thresholds were chosen."""

from __future__ import annotations

import pytest
from scipy.stats import nbinom

from benchmarks.alarms import (
    FORWARDED_WAVES,
    WAVES,
    measure_alarms,
    poisson_interval,
    replay_year,
    simulate_year,
    summarise_replay,
    wilson_interval,
)
from hoax_tracker.insight.early_warning.significance import (
    CALM_ABOVE,
    EXPECTATIONS,
    Sign,
    estimate_count,
    find_strongest_sign,
    is_alarming,
    is_calm,
    subtract_counts,
    tail_probability,
)
from hoax_tracker.models import Measure, RisingKind

HOUR = 24 * 1000 + 9


@pytest.mark.parametrize(("count", "mean", "size"), [(5, 0.1, 0.1), (12, 3.0, 2.5), (40, 8.0, 8.0), (200, 20.0, 1.0)])
def test_the_chance_is_that_of_the_negative_binomial(count: int, mean: float, size: float) -> None:
    assert tail_probability(count, mean, size) == pytest.approx(
        nbinom.sf(count - 1, size, size / (size + mean)), rel=1e-6
    )


def test_fewer_than_five_are_no_sign_whatever_is_usual() -> None:
    four, five = ({Measure.SEEN: {HOUR: count}} for count in (4, 5))
    assert find_strongest_sign(RisingKind.CLAIM, four, HOUR, HOUR, HOUR - 24 * 40) is None
    sign = find_strongest_sign(RisingKind.CLAIM, five, HOUR, HOUR, HOUR - 24 * 40)
    assert sign is not None
    assert sign.count == 5


def test_mornings_are_compared_with_mornings() -> None:
    """Twelve every morning are usual in the morning, and an alarm at another hour."""
    since = HOUR - 24 * 40
    mornings = {Measure.SEEN: {HOUR - 24 * day: 12 for day in range(29)}}
    assert not is_alarming(RisingKind.TOPIC, find_strongest_sign(RisingKind.TOPIC, mornings, HOUR, HOUR, since))
    night = {Measure.SEEN: mornings[Measure.SEEN] | {HOUR - 12: 24}}
    del night[Measure.SEEN][HOUR]
    sign = find_strongest_sign(RisingKind.TOPIC, night, HOUR - 12, HOUR, since)
    assert sign is not None
    assert (sign.hours, sign.usual) == (6, pytest.approx(0.5 / 29))
    assert is_alarming(RisingKind.TOPIC, sign)


def test_uneven_days_make_the_same_count_likelier() -> None:
    expected = EXPECTATIONS[RisingKind.TOPIC]
    even, uneven = [5] * 28, [0, 0, 0, 20] * 7
    (even_mean, even_size), (mean, size) = estimate_count(even, expected), estimate_count(uneven, expected)
    assert even_mean == mean
    assert tail_probability(25, mean, size) > 100 * tail_probability(25, even_mean, even_size)


def test_a_wave_of_last_week_does_not_hide_the_next() -> None:
    calm, waved = [0] * 28, [0] * 26 + [60, 40]
    assert estimate_count(waved, EXPECTATIONS[RisingKind.CLAIM]) == estimate_count(calm, EXPECTATIONS[RisingKind.CLAIM])


def test_an_alarm_goes_on_until_it_is_likely_again() -> None:
    limit = EXPECTATIONS[RisingKind.CLAIM].alarm_below
    for chance, alarming, calm in [(limit / 2, True, False), (limit * 2, False, False), (CALM_ABOVE, False, True)]:
        sign = Sign(Measure.SEEN, 6, 9, 1.0, chance)
        assert (is_alarming(RisingKind.CLAIM, sign), is_calm(sign)) == (alarming, calm)


def test_what_a_claim_explains_is_taken_off_its_topic() -> None:
    topic, claim = {Measure.SEEN: {10: 9, 3: 4}}, {Measure.SEEN: {10: 7, 3: 4}}
    assert subtract_counts(topic, [claim], since=5) == {Measure.SEEN: {10: 2, 3: 4}}


@pytest.mark.slow
def test_a_year_is_the_same_each_time_and_its_waves_are_told() -> None:
    year = simulate_year(7)
    assert year.events[:1000] == simulate_year(7).events[:1000]
    assert len(year.waves) == WAVES + FORWARDED_WAVES
    figures = summarise_replay(replay_year(year))
    assert float(str(figures["recall"])) > 0.75
    assert float(str(figures["false_alarms_a_week"])) < 2
    assert float(str(figures["delay_h_median"])) < 6


@pytest.mark.slow
def test_a_year_without_waves_and_with_none_told() -> None:
    year = simulate_year(7)
    quiet = replay_year(type(year)([event for event in year.events if event.wave is None], year.waves))
    assert len([delay for _wave, delay in quiet.delays if delay is not None]) < WAVES / 4, (
        "ordinary days tell of no wave"
    )


def test_intervals_hold_what_tables_say() -> None:
    assert [round(limit, 3) for limit in wilson_interval(8, 10)] == [0.49, 0.943]
    low, high = poisson_interval(10)
    assert (low, high) == (pytest.approx(4.795, abs=0.02), pytest.approx(18.39, abs=0.05))
    assert poisson_interval(0)[1] == pytest.approx(3.69, abs=0.2)


@pytest.mark.slow
def test_several_years_are_measured_together() -> None:
    figures = measure_alarms(seed=3, years=1)
    assert {"seed", "years", "waves", "recall", "recall_ci", "delay_h_median", "false_alarms_a_week_ci"} <= set(figures)
    assert figures["waves"] == WAVES + FORWARDED_WAVES
