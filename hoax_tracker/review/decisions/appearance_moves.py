"""Which appearances went from one claim to another by a decision: kept in rows, and undone from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Claim, ClaimAppearance, ClaimMove, Decision, db
from hoax_tracker.review.decisions.related_rows import NO_SESSION_SYNC, expire_appearances


def follow_merges(claim: Claim) -> Claim:
    """Return the claim in which a merged one is found now, over several merges."""
    while claim.merged_into is not None:
        claim = claim.merged_into
    return claim


def list_appearance_rows(claim: Claim) -> Sequence[Any]:
    """Return (id, opens, seen_at) of where the claim appeared, the one that opened it first."""
    one = ClaimAppearance
    query = sa.select(one.id, one.opens, one.seen_at).where(one.claim_id == claim.id)
    return db.session.execute(query.order_by(one.opens.desc(), one.id)).all()


def record_moves(row: Decision, moved: Sequence[Any], source: Claim, target: Claim) -> None:
    """Keep in rows which appearances (id, opens, …) went where by this decision."""
    ids = {"decision_id": row.id, "from_claim_id": source.id, "to_claim_id": target.id}
    if moved:
        rows = [ids | {"appearance_id": one.id, "opened": one.opens} for one in moved]
        db.session.execute(sa.insert(ClaimMove), rows)
    expire_appearances(source, target)


def revert_moves(row: Decision, found_in: Any = ClaimMove.to_claim_id) -> None:
    """Give the appearances that a decision moved back to the claims they came from.

    Those that are in another claim by now than ``found_in`` (where the decision moved them) stay.
    """
    one, move = ClaimAppearance, ClaimMove
    moved = sa.and_(move.decision_id == row.id, move.appearance_id == one.id)
    still = sa.exists().where(moved, one.claim_id == found_in).correlate(one)
    came_from, opened = (
        sa.select(column).where(moved).correlate(one).scalar_subquery() for column in (move.from_claim_id, move.opened)
    )
    query = sa.update(one).where(still).values(claim_id=came_from, opens=opened)
    db.session.execute(query, execution_options=NO_SESSION_SYNC)
