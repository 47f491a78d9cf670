"""Precedents: how the office decided on closed claims that say nearly the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import CLOSED_STATUSES, Claim, Decision, DecisionKind, Officer, db

NEAREST_CLAIMS, MIN_LIKENESS = 40, 0.35
PRECEDENTS_SHOWN = 3
ENDING_KINDS = (
    DecisionKind.DISMISS,
    DecisionKind.NOT_A_CLAIM,
    DecisionKind.OUT_OF_SCOPE,
    DecisionKind.LINK,
    DecisionKind.CLARIFY,
)


@dataclass(frozen=True)
class Precedent:
    """A closed claim with the decision that closed it, who took it and when; ``reason`` may be empty."""

    claim_id: int
    title: str
    status: Any
    what: Any
    reason: str
    name: str
    at: datetime


def list_precedents(claim: Claim) -> list[Precedent]:
    """Return the closed claims most similar in wording, with their decisions, most similar first.

    Only words are compared, because this runs for every claim. Whether two claims are the same is for the officer to
    say.
    """
    near = [int(key) for key in current_match_index().known_claims().nearest(claim.text, NEAREST_CLAIMS, MIN_LIKENESS)]
    closed_claims = {row.claim_id: row for row in _list_closed_claims(near)}
    return [closed_claims[key] for key in near if key in closed_claims and key != claim.id][:PRECEDENTS_SHOWN]


def _list_closed_claims(ids: Sequence[int]) -> list[Precedent]:
    """Return the closed ones among the claims, each with the newest decision that closed it."""
    ending, undoing = sa.orm.aliased(Decision), sa.orm.aliased(Decision)
    undone = sa.select(undoing.id).where(undoing.undoes_id == ending.id).exists()
    newest = (
        sa.select(sa.func.max(ending.id))
        .where(ending.claim_id == Claim.id, ending.kind.in_(ENDING_KINDS), ~undone)
        .correlate(Claim)
        .scalar_subquery()
    )
    query = (
        sa.select(
            Claim.id, Claim.title, Claim.status, Decision.kind, Decision.reason, Officer.name, Decision.decided_at
        )
        .select_from(Claim)
        .join(Decision, Decision.id == newest)
        .join(Officer, Officer.id == Decision.officer_id)
        .where(Claim.id.in_(ids), Claim.status.in_(CLOSED_STATUSES))
    )
    rows = db.session.execute(query).all() if ids else []
    return [Precedent(row[0], row[1], row[2], row[3].label, row[4], row[5], row[6]) for row in rows]
