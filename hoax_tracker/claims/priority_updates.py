"""Updates of the stored priority: when a claim opens or spreads, and when residents ask for it.

Once officers touched a claim its topic, unit and deadline are theirs; new appearances still raise the priority while it
waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from hoax_tracker.claims import priority
from hoax_tracker.models import (
    WAITING_STATUSES,
    Assessment,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Demand,
    Item,
    db,
)

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


def set_priority(claim: Claim, newest: priority.PriorityParts) -> None:
    """Set the priority from the claim's strongest appearance and its spread, and store its parts.

    ``newest``: the parts of the new appearance. A claim stays marked as reported, or as asking for money, once any
    appearance was.
    """
    before = priority.PriorityParts.from_json(claim.priority_parts or {})
    best = max(before, newest, key=priority.misinformation_chance)
    asked = claim.sightings + (db.session.scalar(sa.select(_count_resident_questions(claim.id))) or 0)
    parts = priority.build_priority_parts(
        best.relevance,
        best.misinformation,
        claim.topic.value,
        spread_of_claim(claim),
        asks=before.asks or newest.asks,
        demand=asked,
        reported=before.reported or newest.reported,
    )
    claim.priority = priority.calculate_priority(parts)
    claim.priority_parts = parts.as_json()
    claim.demand = asked


def weigh(claim: Claim, also: Mapping[str, Any] | None = None) -> None:
    """Recalculate the priority of a waiting claim, in the current transaction.

    It is built from the claim's present appearances and the parts (``also``) of a merged claim. Without known parts the
    priority stays.
    """
    parts = also or claim.priority_parts
    if parts and claim.status in WAITING_STATUSES:
        set_priority(claim, priority.PriorityParts.from_json(parts))


def spread_of_claim(claim: Claim) -> priority.ClaimSpread:
    """Return the claim's spread; all residents' reports together count as one source."""
    query = (
        sa.select(sa.func.count(), sa.func.count(sa.distinct(Item.source_id)), sa.func.count(ClaimAppearance.report_id))
        .select_from(ClaimAppearance)
        .outerjoin(Item, Item.id == ClaimAppearance.item_id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
    appearances, sources, reports = db.session.execute(query).one()
    hours = (claim.last_seen_at - claim.first_seen_at).total_seconds() / HOUR_S
    return priority.ClaimSpread(appearances, sources + (1 if reports else 0), hours)


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


def _strongest_appearance(claim_id: int) -> priority.PriorityParts:
    """Return the scores of the claim's strongest appearance, and whether a resident reported it."""
    same = sa.or_(ClaimAppearance.item_id == Assessment.item_id, ClaimAppearance.report_id == Assessment.report_id)
    query = (
        sa.select(Assessment.relevance, Assessment.misinformation, Assessment.report_id)
        .join(ClaimAppearance, same)
        .where(ClaimAppearance.claim_id == claim_id)
    )
    appearances = [
        priority.PriorityParts(row[0], row[1], reported=row[2] is not None) for row in db.session.execute(query)
    ]
    best = max(appearances, key=priority.misinformation_chance, default=priority.PriorityParts(0.0, 0.0))
    return replace(best, reported=any(appearance.reported for appearance in appearances))
