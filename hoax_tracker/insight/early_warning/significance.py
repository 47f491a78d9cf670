"""Whether a count stands out against the same hours of the 28 days before: pure functions.

The count of a window is compared with those of the same hours on earlier days, so that mornings are compared with
mornings. It is taken to be negative binomial: Poisson counts whose rate is uncertain (few days seen, a gamma prior) and
uneven (busy and quiet days, the moments of the earlier days).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log, log1p

from hoax_tracker.models import Measure, RisingKind

DAYS_COMPARED = 28
LEAST_COUNT = 5
"""Fewer are never an alarm."""
SHORT_HOURS, LONG_HOURS = 6, 24
DAILY_MEASURES = frozenset({Measure.ASKED, Measure.FORWARDED})
"""Questions have no time but a day."""
HourCounts = Mapping[int, int]
"""Counts by hour since 1970, and of questions, which are counted by day, by the first hour of the day."""


@dataclass(frozen=True)
class Expectation:
    """What is expected of a subject before anything is known of it, and when its count is an alarm.

    ``shape`` and ``days`` are those of the gamma prior on its rate: ``shape`` events in ``days`` windows. A count is an
    alarm where its chance is below ``alarm_below``. ``least_days``: with fewer earlier days nothing is said.
    ``most_even`` is the size of the negative binomial that no subject exceeds: days are never as even as pure chance.
    """

    shape: float
    days: float
    alarm_below: float
    least_days: int = 0
    most_even: float = inf


# Chosen by replays of the simulated years 1 to 10, so that about one alarm a week is false (docs/early-warning.md).
EXPECTATIONS = {
    RisingKind.CLAIM: Expectation(shape=0.1, days=1.0, alarm_below=2e-5),
    RisingKind.TOPIC: Expectation(shape=0.5, days=1.0, alarm_below=2e-7, least_days=14, most_even=8.0),
    RisingKind.PLACE: Expectation(shape=0.5, days=1.0, alarm_below=2e-7, least_days=14, most_even=8.0),
}
WAVE_DAYS, LEAST_DAYS_WITH_WAVES = 2, 7
"""A wave fills a window on two days; of fewer than eight days none is called one."""
CALM_ABOVE = 0.01
"""From this chance on a subject shows no sign. Between the two an alarm goes on, and none begins."""
CALM_AFTER_HOURS = 24
"""So long an alarm goes on without a sign: a claim at four to five a day does not end and begin it at each turn."""


@dataclass(frozen=True)
class Sign:
    """A count in the last ``hours``, what was usual in these hours, and the chance of so many."""

    measure: Measure
    hours: int
    count: int
    usual: float
    chance: float


def find_strongest_sign(
    kind: RisingKind, counts: Mapping[Measure, HourCounts], hour: int, today: int, since: int
) -> Sign | None:
    """Return the least likely of a subject's counts; None where all are below five or too few days are known.

    ``hour`` is the present hour, ``today`` the first hour of the present day, ``since`` the first hour that is known.
    """
    windows = [
        (measure, hours, today if measure in DAILY_MEASURES else hour, 1 if measure in DAILY_MEASURES else hours)
        for measure in counts
        for hours in ((LONG_HOURS,) if measure in DAILY_MEASURES else (SHORT_HOURS, LONG_HOURS))
    ]
    signs = []
    for measure, hours, end, width in windows:
        count = _sum_window(counts[measure], end, width)
        past = [
            _sum_window(counts[measure], end - 24 * day, width)
            for day in range(1, DAYS_COMPARED + 1)
            if end - 24 * day - width + 1 >= since
        ]
        if count >= LEAST_COUNT and len(past) >= EXPECTATIONS[kind].least_days:
            mean, size = estimate_count(past, EXPECTATIONS[kind])
            signs.append(Sign(measure, hours, count, mean, tail_probability(count, mean, size)))
    return min(signs, key=lambda sign: sign.chance, default=None)


def _sum_window(counts: HourCounts, end: int, width: int) -> int:
    """Return the sum of the ``width`` hours up to and with ``end``."""
    return sum(counts.get(hour, 0) for hour in range(end - width + 1, end + 1))


def subtract_counts(
    counts: Mapping[Measure, HourCounts], told: Iterable[Mapping[Measure, HourCounts]], since: int
) -> dict[Measure, HourCounts]:
    """Return counts less those of others after the hour ``since``: what a claim explains is told with the claim."""
    remaining = {measure: dict(hours) for measure, hours in counts.items()}
    for measure, hours in [pair for other in told for pair in other.items()]:
        for hour, count in hours.items():
            if hour > since and hour in remaining.get(measure, {}):
                remaining[measure][hour] = max(0, remaining[measure][hour] - count)
    return dict(remaining)


def estimate_count(past: Sequence[int], expected: Expectation) -> tuple[float, float]:
    """Return mean and size of the negative binomial of a window, from the same window of earlier days.

    The highest days count as the next lower one: a wave of last week does not hide the next.
    """
    highest = _limit_outliers(past)
    past = [min(count, highest) for count in past]
    mean = (expected.shape + sum(past)) / (expected.days + len(past))
    size = min(expected.shape + sum(past), expected.most_even)
    variance = sum((count - mean) ** 2 for count in past) / max(1, len(past) - 1)
    return mean, min(size, mean**2 / (variance - mean)) if variance > mean else size


def _limit_outliers(past: Sequence[int]) -> int:
    """Return the highest count of a day that is taken as it is."""
    return sorted(past)[-1 - WAVE_DAYS] if len(past) > LEAST_DAYS_WITH_WAVES else max(past, default=0)


def tail_probability(count: int, mean: float, size: float) -> float:
    """Return the chance that a negative binomial count is ``count`` or more."""
    ratio = mean / (mean + size)
    term = exp(lgamma(count + size) - lgamma(size) - lgamma(count + 1) + size * log1p(-ratio) + count * log(ratio))
    total, number = 0.0, count
    while term > total * 1e-12 and term > 0:
        total += term
        term *= ratio * (number + size) / (number + 1)
        number += 1
    return min(1.0, total)


def is_alarming(kind: RisingKind, sign: Sign | None) -> bool:
    """Tell whether a sign begins an alarm."""
    return sign is not None and sign.chance < EXPECTATIONS[kind].alarm_below


def is_calm(sign: Sign | None) -> bool:
    """Tell whether a subject with that strongest sign is quiet now."""
    return sign is None or sign.chance >= CALM_ABOVE
