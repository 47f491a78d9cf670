"""The flagging policy: pure functions of scores, counts and times.

A flag means "a checkable claim that spreads unconfirmed": worth an officer's look, never "wrong" and never
"against us".

Priority, from what is known of a claim (every part is 0..1 and is shown on the claim's page):

    seen     = relevance * misinformation * (0.8 + 0.2 * harm)
    lift     = 1 - (1 - reach / 3) * (1 - demand / 3)
    priority = seen + (1 - seen) * lift          at least REPORT_FLOOR where a resident reported it
    now      = priority * 0.5 ** (days since it was last seen / HALF_LIFE)

What the model sees carries it. Harm moves that by at most a fifth, so that an ordinary health notice does not outrank
a likely false claim. Reach and demand each lift what is left by at most a third. Age lets go of what nobody passes on
any more: all claims fade alike, so their order at any moment is that of ``rank``, which is stored and never rewritten
because time went by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import log2
from typing import Any

REPORT_FLOOR = 0.4

# What goes wrong when a false claim on the topic spreads: health, disaster, money and public order first.
HARM_BY_TOPIC = {
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
DEFAULT_HARM = 0.3
HARM_MONEY = 0.9
"""Of any text that asks for money or for personal data: who believes it pays at once."""

MANY_SIGHTINGS = 32  # appearances, or questions of residents: beyond, more of them say nothing new
MANY_SOURCES = 8
MANY_A_DAY = 32


@dataclass(frozen=True)
class FlagThresholds:
    """Lines on scores in 0..1, taken from the model's own file."""

    relevance: float
    misinformation: float


@dataclass(frozen=True)
class ClaimSpread:
    """The spread of a claim: numbers of appearances and different sources, and the hours from first to last."""

    appearances: int = 1
    sources: int = 1
    hours: float = 0.0

    @property
    def per_day(self) -> float:
        """Further appearances a day; a spread within one day counts as one day's."""
        return max(0, self.appearances - 1) / max(1.0, self.hours / 24)


@dataclass(frozen=True)
class PriorityParts:
    """The parts of a priority, each in 0..1, as the desk shows them.

    ``asks``: the text asks for money or personal data; ``reported``: a resident reported it.
    """

    relevance: float
    misinformation: float
    harm: float = 0.0
    reach: float = 0.0
    demand: float = 0.0
    asks: bool = False
    reported: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the parts as stored with a claim."""
        return {name: round(part, 4) if isinstance(part, float) else part for name, part in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> PriorityParts:
        """Return stored parts; missing ones count as zero."""
        return cls(**{"relevance": 0.0, "misinformation": 0.0} | {k: stored[k] for k in _NAMES if k in stored})


_NAMES = tuple(PriorityParts.__dataclass_fields__)


def is_flagged(relevance: float, misinformation: float, thresholds: FlagThresholds) -> bool:
    """Tell whether an item becomes a claim.

    It must be about the city (relevance at or above its line) and look like a checkable unconfirmed claim
    (misinformation at or above its line).
    """
    return relevance >= thresholds.relevance and misinformation >= thresholds.misinformation


def build_priority_parts(
    relevance: float,
    misinformation: float,
    topic: str,
    spread: ClaimSpread | None = None,
    *,
    asks: bool = False,
    demand: int = 0,
    reported: bool = False,
) -> PriorityParts:
    """Return the parts of the priority.

    ``relevance`` and ``misinformation`` are the model's scores; ``demand`` counts residents who asked without an
    answer.
    """
    harm = HARM_BY_TOPIC.get(topic, DEFAULT_HARM)
    harm = max(harm, HARM_MONEY) if asks else harm
    reach = reach_score(spread or ClaimSpread())
    return PriorityParts(
        relevance, misinformation, harm, reach, saturating_share(demand, MANY_SIGHTINGS), asks, reported
    )


def reach_score(spread: ClaimSpread) -> float:
    """Return the reach in 0..1: half by appearances, a third by sources, the rest by speed."""
    often = saturating_share(spread.appearances - 1, MANY_SIGHTINGS)
    wide = saturating_share(spread.sources - 1, MANY_SOURCES)
    fast = saturating_share(spread.per_day, MANY_A_DAY)
    return 0.5 * often + 0.3 * wide + 0.2 * fast


def saturating_share(count: float, many: int) -> float:
    """Return a count on a scale of 0..1 that grows ever more slowly."""
    return min(1.0, log2(1 + max(0.0, count)) / log2(many))


def misinformation_chance(parts: PriorityParts) -> float:
    """Return the chance that the claim is misinformation about the city, as far as the parts tell."""
    return parts.relevance * parts.misinformation


def calculate_priority(parts: PriorityParts) -> float:
    """Return the priority in 0..1 of a claim seen just now."""
    seen = misinformation_chance(parts) * (0.8 + 0.2 * parts.harm)
    lift = 1 - (1 - parts.reach / 3) * (1 - parts.demand / 3)
    value = seen + (1 - seen) * lift
    return max(value, REPORT_FLOOR) if parts.reported else value
