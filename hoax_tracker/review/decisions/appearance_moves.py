"""Which appearances a decision moved from one claim to another: stored as rows, so that the move can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Claim, ClaimAppearance, ClaimMove, Decision, db
from hoax_tracker.review.decisions.related_rows import NO_SESSION_SYNC, expire_appearances


def follow_merges(claim: Claim) -> Claim:
    """Return the claim that a merged claim now belongs to, following several merges."""
    while claim.merged_into is not None:
        claim = claim.merged_into
    return claim


def list_appearance_rows(claim: Claim) -> Sequence[Any]:
    """Return (id, opens, seen_at) of the claim's appearances, the opening one first."""
    appearance = ClaimAppearance
    query = sa.select(appearance.id, appearance.opens, appearance.seen_at).where(appearance.claim_id == claim.id)
    return db.session.execute(query.order_by(appearance.opens.desc(), appearance.id)).all()


def record_moves(row: Decision, moved: Sequence[Any], source: Claim, target: Claim) -> None:
    """Store which appearances (id, opens, …) this decision moved."""
    ids = {"decision_id": row.id, "from_claim_id": source.id, "to_claim_id": target.id}
    if moved:
        rows = [ids | {"appearance_id": appearance.id, "opened": appearance.opens} for appearance in moved]
        db.session.execute(sa.insert(ClaimMove), rows)
    expire_appearances(source, target)


def revert_moves(row: Decision, found_in: Any = ClaimMove.to_claim_id) -> None:
    """Move the appearances of a decision back to the claims they came from.

    Appearances that have since moved on from ``found_in``, the claim the decision put them in, stay where they are.
    """
    appearance, move = ClaimAppearance, ClaimMove
    moved = sa.and_(move.decision_id == row.id, move.appearance_id == appearance.id)
    still = sa.exists().where(moved, appearance.claim_id == found_in).correlate(appearance)
    came_from, opened = (
        sa.select(column).where(moved).correlate(appearance).scalar_subquery()
        for column in (move.from_claim_id, move.opened)
    )
    query = sa.update(appearance).where(still).values(claim_id=came_from, opens=opened)
    db.session.execute(query, execution_options=NO_SESSION_SYNC)
