"""What awaits approval: claims whose answer is written, late for nobody who works on claims, and pages to approve."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from hoax_tracker.claims.recusal import accuses_unit, find_recused_unit_ids
from hoax_tracker.models import Claim, Clarification, ClarificationStatus, Officer, RoleName, clarification_claim, db


def awaits_approval(claim_id: Any) -> sa.ColumnElement[bool]:
    """Return the condition that a clarification of the claim awaits approval.

    Few pages do, so the ids of their claims are read once a statement, by the index of the status.
    """
    awaiting = (
        sa.select(clarification_claim.c.claim_id)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(Clarification.status == ClarificationStatus.AWAITING_APPROVAL)
    )
    return claim_id.in_(awaiting)  # type: ignore[no-any-return]


def find_awaiting_claims(claim_ids: Collection[int]) -> set[int]:
    """Return those of the claims whose answer awaits approval."""
    query = sa.select(Claim.id).where(Claim.id.in_(claim_ids), awaits_approval(Claim.id))
    return set(db.session.scalars(query)) if claim_ids else set()


def pages_to_approve(officer: Officer) -> sa.Select[int]:
    """Return the query of the ids of pages that await this officer: drafts and changes of others.

    Pages that accuse the officer's unit await somebody else. Nothing awaits an officer without the role approver.
    """
    if not officer.is_a(RoleName.APPROVER):
        return sa.select(Clarification.id).where(sa.false())
    # Each part has an index; with one condition of both, every page that was ever written is read.
    draft = sa.select(Clarification.id).where(
        Clarification.status == ClarificationStatus.AWAITING_APPROVAL, Clarification.author_id != officer.id
    )
    change = sa.select(Clarification.id).where(
        Clarification.proposed_kind.is_not(None), Clarification.proposed_by_id != officer.id
    )
    recused = find_recused_unit_ids(officer.unit)
    accusing_claims = (
        sa.select(clarification_claim.c.clarification_id)
        .join(Claim, Claim.id == clarification_claim.c.claim_id)
        .where(clarification_claim.c.clarification_id == Clarification.id, accuses_unit(officer.unit))
    )
    return sa.select(Clarification.id).where(
        Clarification.id.in_(sa.union_all(draft, change)),
        sa.or_(Clarification.accused_unit_id.is_(None), Clarification.accused_unit_id.not_in(recused)),
        ~accusing_claims.exists(),
    )
