"""How often the early warning is right, by simulated years with planted waves.

    python -m benchmarks alarms

Ordinary days are uneven, as real ones are: fewer posts at night and at weekends, days on which a topic is on
everybody's lips, claims that a few or a dozen people pass on. Of the questions some are forwarded messages, and some of
these went from hand to hand. None of that is a wave. The same seed gives the same year. Every event is looked at as it
comes, by the functions that the worker uses.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from statistics import median

from hoax_tracker.insight.early_warning.significance import (
    CALM_AFTER_HOURS,
    DAILY_MEASURES,
    LEAST_COUNT,
    LONG_HOURS,
    HourCounts,
    find_strongest_sign,
    is_alarming,
    is_calm,
    subtract_counts,
)
from hoax_tracker.models import Measure, RisingKind, Topic

DAYS = 365
FIRST_WAVE_DAY = 30
WAVES = 60
FORWARDED_WAVES = 20
TOPICS = list(Topic)
PLACES = ("alak", "maulafa", "kelapa-lima", "oebobo", "kota-raja", "kota-lama")
TOPIC_WEIGHTS = [1 / (rank + 1) ** 0.7 for rank in range(len(TOPICS))]
PLACE_WEIGHTS = (4, 5, 6, 6, 3, 2)
HOUR_WEIGHTS = (1, 1, 1, 1, 1, 3, 8, 14, 16, 15, 14, 13, 13, 12, 11, 11, 12, 13, 15, 17, 16, 11, 6, 3)
CLAIMS_A_DAY = (15, 15, 15, 15, 14, 9, 8)
LONELY, FOLLOWERS_MEAN, MOST_FOLLOWERS = 0.65, 2.5, 30
"""The share of claims that nobody repeats; the others are repeated so often on average, and at most."""
FOLLOW_H = 14.0
REPORT_SHARE, QUESTION_SHARE = 0.2, 0.5
FORWARDED_SHARE, OFTEN_SHARE = 0.4, 0.1
"""Of ordinary questions so many are forwarded messages, and of these so many went from hand to hand."""
FORWARDED_WAVE_SHARE, OFTEN_WAVE_SHARE = 0.9, 0.5
"""The same where a message goes round."""
BUSY_SHAPE = 3.0
"""Of the gamma distribution by which a topic is talked about more or less from day to day."""
TOLD_WITHIN_H = 24.0
"""An alarm so long after the end of a wave still is one about it."""
Z95 = 1.96


class WaveKind:
    """The kinds of planted waves."""

    CLAIM = "a new claim"
    RETURN = "an old claim comes back"
    TOPIC = "a topic, many claims"
    PLACE = "a place, many claims"
    QUESTIONS = "questions about a claim"
    FORWARDED = "a forwarded message goes round"


KIND_WEIGHTS = {
    WaveKind.CLAIM: 45,
    WaveKind.RETURN: 15,
    WaveKind.TOPIC: 15,
    WaveKind.PLACE: 10,
    WaveKind.QUESTIONS: 15,
}


@dataclass(frozen=True, order=True)
class Event:
    """One appearance or question at a moment (in hours since the year began), and the wave that it belongs to."""

    hour: float
    claim: int
    topic: str
    place: str | None
    measures: tuple[Measure, ...]
    wave: int | None = None


@dataclass(frozen=True)
class Wave:
    """A planted wave: what of it may rise ("claim:7"), and from when to when it lasts, in hours of the year."""

    kind: str
    touches: frozenset[str]
    begins: float
    ends: float
    size: int


@dataclass(frozen=True)
class SimulatedYear:
    """All events in order of time, and the waves among them."""

    events: list[Event]
    waves: list[Wave]


def simulate_year(seed: int) -> SimulatedYear:
    """Return the year of that seed."""
    draw = random.Random(seed)
    events = list(simulate_ordinary_days(draw))
    old_claims = {event.claim: event for event in events}
    waves: list[Wave] = []
    for number, begins in enumerate(sorted(draw.uniform(FIRST_WAVE_DAY * 24, (DAYS - 3) * 24) for _ in range(WAVES))):
        wave, added = plant_wave(draw, number, begins, old_claims)
        waves.append(wave)
        events += added
    forwarding = random.Random(f"{seed} forwarded")  # of its own: the rest of the year is as without forwarded messages
    events = [mark_forwarded(forwarding, event, FORWARDED_SHARE, OFTEN_SHARE) for event in events]
    for number in range(WAVES, WAVES + FORWARDED_WAVES):
        wave, added = plant_forwarded_wave(forwarding, number)
        waves.append(wave)
        events += added
    return SimulatedYear(sorted(events, key=lambda event: event.hour), waves)


def mark_forwarded(draw: random.Random, event: Event, forwarded: float, often: float) -> Event:
    """Return a question as the forwarded message that it may have been; one from hand to hand counts twice."""
    if event.measures != (Measure.ASKED,) or draw.random() > forwarded:
        return event
    times = 2 if draw.random() < often else 1
    return replace(event, measures=(Measure.ASKED, *[Measure.FORWARDED] * times))


def plant_forwarded_wave(draw: random.Random, number: int) -> tuple[Wave, list[Event]]:
    """Return the wave of a message that residents forward to the chat; it is of 4 to 40 questions in 2 to 24 hours."""
    begins = draw.uniform(FIRST_WAVE_DAY * 24, (DAYS - 3) * 24)
    size, lasts = min(40, 4 + int(draw.expovariate(1 / 8))), draw.uniform(2, 24)
    claim, topic = 1_000_000 + number * 1000, draw.choices(TOPICS, TOPIC_WEIGHTS)[0].value
    moments = sorted(begins + lasts * draw.betavariate(1.5, 2.5) for _ in range(size))
    asked = [Event(moment, claim, topic, None, (Measure.ASKED,), number) for moment in moments]
    events = [mark_forwarded(draw, event, FORWARDED_WAVE_SHARE, OFTEN_WAVE_SHARE) for event in asked]
    touches = frozenset({f"claim:{claim}", f"topic:{topic}"})
    return Wave(WaveKind.FORWARDED, touches, events[0].hour, events[-1].hour, size), events


def simulate_ordinary_days(draw: random.Random) -> Iterator[Event]:
    """Yield what happens in a year without waves."""
    claim = 0
    for day in range(DAYS):
        busy = [weight * draw.gammavariate(BUSY_SHAPE, 1 / BUSY_SHAPE) for weight in TOPIC_WEIGHTS]
        for _ in range(draw_poisson(draw, CLAIMS_A_DAY[day % 7] * sum(busy) / sum(TOPIC_WEIGHTS))):
            claim += 1
            topic = draw.choices(TOPICS, busy)[0].value
            place = draw.choices(PLACES, PLACE_WEIGHTS)[0] if draw.random() < 0.4 else None
            begins = day * 24 + draw_hour(draw)
            yield from simulate_claim(draw, claim, topic, place, begins)


def simulate_claim(draw: random.Random, claim: int, topic: str, place: str | None, begins: float) -> Iterator[Event]:
    """Yield the appearances of an ordinary claim, and what residents ask about it."""
    yield appearance(draw, begins, claim, topic, place)
    followers = 0
    if draw.random() > LONELY:
        followers = min(MOST_FOLLOWERS, 1 + int(draw.expovariate(1 / FOLLOWERS_MEAN)))
    for _ in range(followers):
        yield appearance(draw, begins + draw.expovariate(1 / FOLLOW_H), claim, topic, place)
    for _ in range(draw_poisson(draw, QUESTION_SHARE * (1 + followers))):
        yield Event(begins + draw.expovariate(1 / FOLLOW_H), claim, topic, place, (Measure.ASKED,))


def plant_wave(
    draw: random.Random, number: int, begins: float, old_claims: dict[int, Event]
) -> tuple[Wave, list[Event]]:
    """Return a wave and its events. It is of 8 to 80, and lasts from 3 to 36 hours."""
    kind = draw.choices(list(KIND_WEIGHTS), list(KIND_WEIGHTS.values()))[0]
    size = min(80, 8 + int(draw.expovariate(1 / 16)))
    lasts = draw.uniform(3, 36)
    claim, topic = 1_000_000 + number * 1000, draw.choices(TOPICS, TOPIC_WEIGHTS)[0].value
    place = draw.choices(PLACES, PLACE_WEIGHTS)[0]
    if kind == WaveKind.RETURN:
        old = draw.choice([event for event in old_claims.values() if event.hour < begins - 14 * 24])
        claim, topic, place = old.claim, old.topic, old.place or place
    events = []
    for moment in sorted(begins + lasts * draw.betavariate(1.5, 2.5) for _ in range(size)):
        if kind in (WaveKind.TOPIC, WaveKind.PLACE):
            claim += draw.random() < 0.6
        own_topic = draw.choices(TOPICS, TOPIC_WEIGHTS)[0].value if kind == WaveKind.PLACE else topic
        own_place = place if kind != WaveKind.TOPIC or draw.random() < 0.2 else None
        measures = (Measure.ASKED,) if kind == WaveKind.QUESTIONS else draw_measures(draw)
        events.append(Event(moment, claim, own_topic, own_place, measures, number))
    return Wave(kind, subjects_of(events), events[0].hour, events[-1].hour, size), events


def subjects_of(events: list[Event]) -> frozenset[str]:
    """Return the claims, topics and places that events are about, each where at least five of them are."""
    names = Counter(f"claim:{event.claim}" for event in events)
    names.update(f"topic:{event.topic}" for event in events)
    names.update(f"place:{event.place}" for event in events if event.place)
    return frozenset(name for name, count in names.items() if count >= LEAST_COUNT)


def appearance(draw: random.Random, hour: float, claim: int, topic: str, place: str | None) -> Event:
    """Return an appearance; at night most wait for the morning."""
    if draw.random() > HOUR_WEIGHTS[int(hour) % 24] / max(HOUR_WEIGHTS):
        hour = int(hour) // 24 * 24 + 24 * (hour % 24 > 20) + draw_hour(draw)
    return Event(hour, claim, topic, place, draw_measures(draw))


def draw_measures(draw: random.Random) -> tuple[Measure, ...]:
    """Return what an appearance counts for: some are residents' reports."""
    return (Measure.SEEN, Measure.REPORTED) if draw.random() < REPORT_SHARE else (Measure.SEEN,)


def draw_hour(draw: random.Random) -> float:
    """Return a time of day."""
    return draw.choices(range(24), HOUR_WEIGHTS)[0] + draw.random()


def draw_poisson(draw: random.Random, mean: float) -> int:
    """Return a Poisson number: how many exponential pauses fit into ``mean``."""
    count, passed = 0, draw.expovariate(1.0)
    while passed < mean:
        count += 1
        passed += draw.expovariate(1.0)
    return count


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
                history.add(measure, hour // 24 * 24 if measure in DAILY_MEASURES else hour)
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


def measure_alarms(seed: int = 2026, years: int = 5) -> dict[str, object]:
    """Return the figures of docs/early-warning.md, of that many years, one seed after another."""
    return {"seed": seed, "years": years, **summarise_replay(replay_years(seed, years))}
