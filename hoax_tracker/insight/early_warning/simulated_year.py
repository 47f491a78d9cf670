"""A simulated year: ordinary days, and waves that are planted in them. The same seed gives the same year.

Ordinary days are uneven, as real ones are: fewer posts at night and at weekends, days on which a topic is on
everybody's lips, claims that a few or a dozen people pass on. None of that is a wave.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hoax_tracker.insight.early_warning.significance import LEAST_COUNT
from hoax_tracker.models import Measure, Topic

DAYS = 365
FIRST_WAVE_DAY = 30
WAVES = 60
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
BUSY_SHAPE = 3.0
"""Of the gamma distribution by which a topic is talked about more or less from day to day."""


class WaveKind:
    """The kinds of planted waves."""

    CLAIM = "a new claim"
    RETURN = "an old claim comes back"
    TOPIC = "a topic, many claims"
    PLACE = "a place, many claims"
    QUESTIONS = "questions about a claim"


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
    draw = random.Random(seed)  # nosec B311  # noqa: S311 - a reproducible year, not a secret
    events = list(simulate_ordinary_days(draw))
    old_claims = {event.claim: event for event in events}
    waves: list[Wave] = []
    for number, begins in enumerate(sorted(draw.uniform(FIRST_WAVE_DAY * 24, (DAYS - 3) * 24) for _ in range(WAVES))):
        wave, added = plant_wave(draw, number, begins, old_claims)
        waves.append(wave)
        events += added
    return SimulatedYear(sorted(events, key=lambda event: event.hour), waves)


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
