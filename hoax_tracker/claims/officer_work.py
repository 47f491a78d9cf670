"""Whether officers have begun with a claim: until then it is the machine's alone, and may go as it came."""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.models import (
    Claim,
    ClaimAccusation,
    Decision,
    Evidence,
    NarrativeClaim,
    Note,
    Question,
    claim_tag,
    clarification_claim,
    db,
)


def has_officer_work(claim: Claim) -> bool:
    """Tell whether officers have begun with the claim: a decision, question, note, label, page, evidence or merge."""
    began: list[sa.ColumnElement[bool]] = [
        sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id),
        Claim.merged_into_id == claim.id,
        sa.and_(ClaimAccusation.claim_id == claim.id, ClaimAccusation.officer_id.is_not(None)),
        *(table.claim_id == claim.id for table in (Question, Note, Evidence, NarrativeClaim)),
        *(table.c.claim_id == claim.id for table in (claim_tag, clarification_claim)),
    ]
    return any(db.session.scalar(sa.select(sa.exists().where(condition))) for condition in began)
