"""The flagging policy, as pure functions of scores, counts and times; and the priority stored with each claim.

A flag means "a checkable claim that spreads unconfirmed": worth an officer's look, never "wrong" and never
"against us".

Priority, from what is known of a claim (every part is 0..1 and is shown on the claim's page):

    seen     = relevance * misinformation * (0.8 + 0.2 * harm)
    lift     = 1 - (1 - reach / 3) * (1 - demand / 3)
    priority = seen + (1 - seen) * lift          where a resident reported it at least REPORT_FLOOR + REPORT_HARM * harm
    now      = priority * 0.5 ** (days since it was last seen / HALF_LIFE)

What the model sees carries it. Harm moves that by at most a fifth, so that an ordinary health notice does not outrank
a likely false claim; of what residents found worth reporting danger comes first. Reach and demand each lift what is
left by at most a third. Age lets go of what nobody passes on any more: all claims fade alike, so their order at any
moment is that of ``rank``, which is stored and never rewritten because time went by.

It is stored anew when a claim opens or spreads, and when residents ask for it. Once officers touched a claim its topic,
unit and deadline are theirs; new appearances still raise the priority while it waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import log2
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _, ngettext

from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.models import (
    WAITING_STATUSES,
    Alarm,
    Assessment,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Demand,
    Item,
    Measure,
    db,
)

REPORT_FLOOR, REPORT_HARM = 0.3, 0.4

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


def _misinformation_chance(parts: PriorityParts) -> float:
    """Return the chance that the claim is misinformation about the city, as far as the parts tell."""
    return parts.relevance * parts.misinformation


def calculate_priority(parts: PriorityParts) -> float:
    """Return the priority in 0..1 of a claim seen just now."""
    seen = _misinformation_chance(parts) * (0.8 + 0.2 * parts.harm)
    lift = 1 - (1 - parts.reach / 3) * (1 - parts.demand / 3)
    value = seen + (1 - seen) * lift
    return max(value, REPORT_FLOOR + REPORT_HARM * parts.harm) if parts.reported else value


BATCH = 200
HOUR_S = 3600


def _count_resident_questions(claim_id: Any) -> sa.ColumnElement[int]:
    """Return the subquery that counts residents' unanswered questions about a claim."""
    asked = (
        sa.select(sa.func.sum(CheckQuery.count))
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id == claim_id)
    )
    return sa.func.coalesce(asked.scalar_subquery(), 0)


def set_priority(claim: Claim, newest: PriorityParts) -> None:
    """Set the priority from the claim's strongest appearance and its spread, and store its parts.

    ``newest``: the parts of the new appearance. A claim stays marked as reported, or as asking for money, once any
    appearance was.
    """
    before = PriorityParts.from_json(claim.priority_parts or {})
    best = max(before, newest, key=_misinformation_chance)
    asked = claim.sightings + (db.session.scalar(sa.select(_count_resident_questions(claim.id))) or 0)
    parts = build_priority_parts(
        best.relevance,
        best.misinformation,
        claim.topic.value,
        spread_of_claim(claim),
        asks=before.asks or newest.asks,
        demand=asked,
        reported=before.reported or newest.reported,
    )
    claim.priority = calculate_priority(parts)
    claim.priority_parts = parts.as_json()
    claim.demand = asked


def weigh(claim: Claim, also: Mapping[str, Any] | None = None) -> None:
    """Recalculate the priority of a waiting claim, in the current transaction.

    It is built from the claim's present appearances and the parts (``also``) of a merged claim. Without known parts the
    priority stays.
    """
    parts = also or claim.priority_parts
    if parts and claim.status in WAITING_STATUSES:
        set_priority(claim, PriorityParts.from_json(parts))


def spread_of_claim(claim: Claim) -> ClaimSpread:
    """Return the claim's spread; all residents' reports together count as one source."""
    query = (
        sa.select(sa.func.count(), sa.func.count(sa.distinct(Item.source_id)), sa.func.count(ClaimAppearance.report_id))
        .select_from(ClaimAppearance)
        .outerjoin(Item, Item.id == ClaimAppearance.item_id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
    appearances, sources, reports = db.session.execute(query).one()
    hours = (claim.last_seen_at - claim.first_seen_at).total_seconds() / HOUR_S
    return ClaimSpread(appearances, sources + (1 if reports else 0), hours)


def _has_outdated_priority() -> sa.ColumnElement[bool]:
    """Return the condition for waiting claims that residents asked about since their priority was calculated."""
    changed = sa.or_(
        Claim.demand != Claim.sightings + _count_resident_questions(Claim.id), Claim.priority_parts.is_(None)
    )
    return sa.and_(Claim.status.in_(WAITING_STATUSES), changed)


def is_any_priority_outdated() -> bool:
    """Tell whether any priority is outdated, so that a worker with nothing to do writes nothing."""
    return db.session.scalar(sa.select(Claim.id).where(_has_outdated_priority()).limit(1)) is not None


def refresh_priority_batch() -> int:
    """Recalculate some of them, in the current transaction; return how many."""
    query = sa.select(Claim).where(_has_outdated_priority()).order_by(Claim.id).limit(BATCH)
    claims = db.session.scalars(query.with_for_update()).all()
    for claim in claims:
        set_priority(claim, _strongest_appearance(claim.id))
    return len(claims)


def _strongest_appearance(claim_id: int) -> PriorityParts:
    """Return the scores of the claim's strongest appearance, and whether a resident reported it."""
    same = sa.or_(ClaimAppearance.item_id == Assessment.item_id, ClaimAppearance.report_id == Assessment.report_id)
    query = (
        sa.select(Assessment.relevance, Assessment.misinformation, Assessment.report_id)
        .join(ClaimAppearance, same)
        .where(ClaimAppearance.claim_id == claim_id)
    )
    appearances = [PriorityParts(row[0], row[1], reported=row[2] is not None) for row in db.session.execute(query)]
    best = max(appearances, key=_misinformation_chance, default=PriorityParts(0.0, 0.0))
    return replace(best, reported=any(appearance.reported for appearance in appearances))


def is_open_alarm() -> sa.ColumnElement[bool]:
    """Return the condition for alarms that go on and that nobody ended."""
    return sa.and_(Alarm.calmed_at.is_(None), Alarm.answer.is_(None))


def is_rising(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a claim has an open alarm. They are few: their ids are read once a statement."""
    alarms = sa.select(Alarm.claim_id).where(is_open_alarm(), Alarm.claim_id.is_not(None))
    return claim_id.in_(alarms)  # type: ignore[no-any-return]


def describe_alarm(alarm: Alarm) -> str:
    """Return how many there were and what is usual: "14 kemunculan dalam 6 jam, biasanya 1"."""
    return str(
        _(
            "%(what)s dalam %(hours)s jam, biasanya %(usual)s.",
            what=_describe_count(alarm.measure, alarm.count),
            hours=alarm.hours,
            usual=_describe_usual(alarm.usual),
        )
    )


def _describe_count(measure: Measure, count: int) -> str:
    if measure is Measure.ASKED:
        words = ngettext("%(num)d pertanyaan", "%(num)d pertanyaan", count)
    elif measure is Measure.FORWARDED:
        words = ngettext("%(num)d kiriman terusan", "%(num)d kiriman terusan", count)
    elif measure is Measure.REPORTED:
        words = ngettext("%(num)d aduan", "%(num)d aduan", count)
    else:
        words = ngettext("%(num)d kemunculan", "%(num)d kemunculan", count)
    return str(words)


def _describe_usual(usual: float) -> str:
    """Return the usual count in everyday words."""
    if usual < 0.5:
        return str(_("hampir tidak ada"))
    return format_number(usual, 0 if usual >= 10 else 1)


def name_alarm(alarm: Alarm) -> str:
    """Return what rises: the title of the claim, the topic, or the place."""
    if alarm.claim is not None:
        return alarm.claim.title
    if alarm.topic is not None:
        return str(_("Pokok %(topic)s", topic=alarm.topic.label))
    return alarm.district.name if alarm.district is not None else alarm.subject.partition(":")[2]
