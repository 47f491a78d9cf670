"""The flagging policy: pure functions of scores and thresholds.

A flag means "a checkable claim that spreads unconfirmed": worth an officer's look, never "wrong" and never
"against us".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

URGENT = 0.75
HIGH = 0.55
TARGETS = {"urgent": timedelta(hours=3), "high": timedelta(hours=24), "other": timedelta(days=3)}

# What goes wrong when a false claim on the topic spreads: health, disaster, money and public order first.
HARM = {
    "health": 1.0,
    "disaster": 1.0,
    "public_order": 0.9,
    "social_aid": 0.8,
    "tax": 0.7,
    "water": 0.7,
    "women_children": 0.8,
    "civil_registry": 0.6,
    "education": 0.6,
    "personnel": 0.6,
    "transport": 0.5,
    "market": 0.5,
}
HARM_OTHERWISE = 0.3


@dataclass(frozen=True)
class Thresholds:
    """Lines on scores in 0..1, taken from the model's own file."""

    relevance: float
    misinformation: float


@dataclass(frozen=True)
class Parts:
    """What a priority is made of, each in 0..1, so that the desk can show it."""

    model: float
    harm: float
    reach: float


def is_flagged(relevance: float, misinformation: float, thresholds: Thresholds) -> bool:
    """Tell whether an item becomes a claim.

    It is about the city (relevance at or above its line), and looks like a checkable unconfirmed claim (misinformation
    at or above its line). Both, never one alone.
    """
    return relevance >= thresholds.relevance and misinformation >= thresholds.misinformation


def parts_of(score: float, topic: str, appearances: int, sightings: int = 0) -> Parts:
    """Return the parts of the priority.

    ``score`` is the model's combined score in 0..1; ``appearances`` and ``sightings`` are counts: reach grows with
    their logarithm and is full at about thirty.
    """
    spread = max(0, appearances - 1) + sightings
    return Parts(score, HARM.get(topic, HARM_OTHERWISE), min(1.0, spread.bit_length() / 5))


def priority(parts: Parts) -> float:
    """Return the priority in 0..1.

    What the model sees carries it; harm moves that by at most a fifth, so that an ordinary health notice does not
    outrank a likely false claim; reach lifts what is left by at most a third.
    """
    seen = parts.model * (0.8 + 0.2 * parts.harm)
    return seen + (1 - seen) * parts.reach / 3


def level(value: float, is_report: bool = False) -> str:
    """Return "urgent", "high" or "other" for a priority; a resident's report is at least "high"."""
    if value >= URGENT:
        return "urgent"
    return "high" if value >= HIGH or is_report else "other"


def due(value: float, first_seen: datetime, is_report: bool = False) -> datetime:
    """Return when the first decision is due: 3 hours, 24 hours or 3 days after the claim was first seen here."""
    return first_seen + TARGETS[level(value, is_report)]
