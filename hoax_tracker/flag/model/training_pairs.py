"""Matching pairs from officers' merges and splits: is this message the same claim as that one?

A merge says yes for every moved appearance and the claim it went to; a split says no for the moved ones and the claim
they left. Undone decisions say nothing. Personal data is removed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import Claim, ClaimAppearance, ClaimMove, Decision, DecisionKind, db
from hoax_tracker.privacy.redaction import redact_personal_data

READ_AT_ONCE = 500


def merge_split_pairs() -> Iterator[dict[str, Any]]:
    """Yield one object a pair: ``id, text, claim, title, same, decided_at``, in order of the decisions."""
    for move, decision in db.session.execute(_standing_moves_query()).yield_per(READ_AT_ONCE):
        joined = decision.kind is DecisionKind.MERGE
        claim = db.session.get(Claim, move.to_claim_id if joined else move.from_claim_id)
        subject = move.appearance.item or move.appearance.report
        if claim is None or subject is None:
            continue
        text = redact_personal_data(claim_text_of(subject))
        if not joined and text == redact_personal_data(claim.text):
            continue  # the one that opened the claim was parted: its words stayed behind
        yield {
            "id": f"{decision.id}-{move.appearance_id}",
            "text": text,
            "title": redact_personal_data(claim.title),
            "claim": redact_personal_data(claim.text),
            "same": joined,
            "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        }


def _standing_moves_query() -> sa.Select[ClaimMove, Decision]:
    """Return the query for appearances moved by merges and splits that were not undone, with their decision."""
    undoing = aliased(Decision)
    return (
        sa.select(ClaimMove, Decision)
        .join(Decision, Decision.id == ClaimMove.decision_id)
        .outerjoin(undoing, undoing.undoes_id == Decision.id)
        .where(Decision.kind.in_((DecisionKind.MERGE, DecisionKind.SPLIT)), undoing.id.is_(None))
        .order_by(ClaimMove.id)
        .options(
            joinedload(ClaimMove.appearance).joinedload(ClaimAppearance.item),
            joinedload(ClaimMove.appearance).joinedload(ClaimAppearance.report),
        )
    )
