"""Replay of simulated years: which planted waves are told, how soon, and how many alarms are false.

Every event is looked at as it comes, by the functions that the worker uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from statistics import median

from hoax_tracker.insight.early_warning.significance import (
    CALM_AFTER_HOURS,
    LONG_HOURS,
    HourCounts,
    find_strongest_sign,
    is_alarming,
    is_calm,
    subtract_counts,
)
from hoax_tracker.insight.early_warning.simulated_year import (
    DAYS,
    FIRST_WAVE_DAY,
    Event,
    SimulatedYear,
    Wave,
    simulate_year,
)
from hoax_tracker.models import Measure, RisingKind

TOLD_WITHIN_H = 24.0
"""An alarm so long after the end of a wave still is one about it."""
Z95 = 1.96


@dataclass
class SubjectHistory:
    """The counts of a subject, the first hour of it, whether its alarm goes on, and the hour of the last sign."""

    counts: dict[Measure, dict[int, int]] = field(default_factory=dict)
    since: int = 0
    is_alarmed: bool = False
    last_sign: int = 0

    def add(self, measure: Measure, hour: int) -> None:
        """Count an event."""
        hours = self.counts.setdefault(measure, {})
        hours[hour] = hours.get(hour, 0) + 1


@dataclass(frozen=True)
class RaisedAlarm:
    """An alarm: about what, and when."""

    subject: str
    hour: float


@dataclass(frozen=True)
class ReplayResult:
    """Waves with the hours until they were told (None: never), and the false alarms."""

    delays: list[tuple[Wave, float | None]]
    false_alarms: list[RaisedAlarm]
    weeks: float


class Replay:
    """A year as the worker would have watched it."""

    def __init__(self) -> None:
        self.subjects: dict[str, SubjectHistory] = {}
        self.claims_alarmed: dict[str, tuple[str, str | None]] = {}
        self.alarms: list[RaisedAlarm] = []

    def watch(self, event: Event) -> None:
        """Count an event, and look at what it is about."""
        hour, claim = int(event.hour), f"claim:{event.claim}"
        names = [claim, f"topic:{event.topic}", *([f"place:{event.place}"] if event.place else [])]
        for name in names:
            history = self.subjects.setdefault(name, SubjectHistory(since=hour if name == claim else 0))
            for measure in event.measures:
                history.add(measure, hour // 24 * 24 if measure is Measure.ASKED else hour)
        for name in names:
            self.look_at(name, event, hour)

    def look_at(self, name: str, event: Event, hour: int) -> None:
        """Begin the alarm of a subject, or end it."""
        history, kind = self.subjects[name], RisingKind(name.partition(":")[0])
        counts: Mapping[Measure, HourCounts] = history.counts
        if kind is not RisingKind.CLAIM:
            counts = self.without_told_claims(name, counts, hour)
        sign = find_strongest_sign(kind, counts, hour, hour // 24 * 24, history.since)
        if not is_calm(sign):
            history.last_sign = hour
        if history.is_alarmed and hour - history.last_sign > CALM_AFTER_HOURS:
            history.is_alarmed = False
        elif not history.is_alarmed and is_alarming(kind, sign):
            history.is_alarmed = True
            self.alarms.append(RaisedAlarm(name, event.hour))
            if kind is RisingKind.CLAIM:
                self.claims_alarmed[name] = (f"topic:{event.topic}", f"place:{event.place}" if event.place else None)

    def without_told_claims(
        self, name: str, counts: Mapping[Measure, HourCounts], hour: int
    ) -> Mapping[Measure, HourCounts]:
        """Return the counts without the last day of claims that are told already."""
        claims = [self.subjects[claim] for claim, about in self.claims_alarmed.items() if name in about]
        return subtract_counts(counts, [claim.counts for claim in claims if claim.is_alarmed], since=hour - LONG_HOURS)


def replay_year(year: SimulatedYear) -> ReplayResult:
    """Return what the year's waves and alarms came to. Alarms of the first weeks, without a past, do not count."""
    replay = Replay()
    for event in year.events:
        replay.watch(event)
    alarms = [alarm for alarm in replay.alarms if alarm.hour >= FIRST_WAVE_DAY * 24]
    false_alarms = [alarm for alarm in alarms if not any(is_about(alarm, wave) for wave in year.waves)]
    delays = [(wave, find_delay(wave, alarms)) for wave in year.waves]
    return ReplayResult(delays, false_alarms, (DAYS - FIRST_WAVE_DAY) / 7)


def is_about(alarm: RaisedAlarm, wave: Wave) -> bool:
    """Tell whether an alarm is about a wave: a part of what it touches rose in its time."""
    return alarm.subject in wave.touches and wave.begins <= alarm.hour <= wave.ends + TOLD_WITHIN_H


def find_delay(wave: Wave, alarms: Iterable[RaisedAlarm]) -> float | None:
    """Return the hours from the beginning of a wave to its first alarm, None without one."""
    return next((alarm.hour - wave.begins for alarm in alarms if is_about(alarm, wave)), None)


def replay_years(seed: int, years: int) -> ReplayResult:
    """Return the results of several years together, from that seed on."""
    results = [replay_year(simulate_year(seed + number)) for number in range(years)]
    return ReplayResult(
        [delay for result in results for delay in result.delays],
        [alarm for result in results for alarm in result.false_alarms],
        sum(result.weeks for result in results),
    )


def summarise_replay(result: ReplayResult) -> dict[str, object]:
    """Return recall with its interval, by kind of wave too, the delay, and false alarms a week with their interval."""
    kinds = sorted({wave.kind for wave, _delay in result.delays})
    by_kind = {kind: [delay for wave, delay in result.delays if wave.kind == kind] for kind in kinds}
    delays = sorted(delay for _wave, delay in result.delays if delay is not None)
    count = len(result.false_alarms)
    return {
        "waves": len(result.delays),
        **summarise_recall([delay for _wave, delay in result.delays]),
        "delay_h_median": round(median(delays), 1) if delays else None,
        "delay_h_p90": round(delays[int(0.9 * (len(delays) - 1))], 1) if delays else None,
        "false_alarms": count,
        "weeks": round(result.weeks, 1),
        "false_alarms_a_week": round(count / result.weeks, 2),
        "false_alarms_a_week_ci": [round(limit / result.weeks, 2) for limit in poisson_interval(count)],
        "by_kind": {kind: {"waves": len(told), **summarise_recall(told)} for kind, told in by_kind.items()},
    }


def summarise_recall(delays: list[float | None]) -> dict[str, object]:
    """Return the share of waves that were told, with its interval."""
    told = sum(delay is not None for delay in delays)
    low, high = wilson_interval(told, len(delays))
    return {"recall": round(told / len(delays), 3), "recall_ci": [round(low, 3), round(high, 3)]}


def wilson_interval(count: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    share, spread = count / total, Z95**2 / total
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt(share * (1 - share) / total + spread / (4 * total)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson_interval(count: int) -> tuple[float, float]:
    """Return the 95 % interval of a Poisson mean (Wilson and Hilferty's approximation of the exact one)."""
    high = (count + 1) * (1 - 1 / (9 * (count + 1)) + Z95 / (3 * sqrt(count + 1))) ** 3
    low = count * (1 - 1 / (9 * count) - Z95 / (3 * sqrt(count))) ** 3 if count else 0.0
    return low, high
