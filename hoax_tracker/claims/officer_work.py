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
    began: list[sa.Select[int]] = [
        sa.select(Decision.id).where(sa.or_(Decision.claim_id == claim.id, Decision.other_claim_id == claim.id)),
        sa.select(Claim.id).where(Claim.merged_into_id == claim.id),
        sa.select(ClaimAccusation.id).where(
            ClaimAccusation.claim_id == claim.id, ClaimAccusation.officer_id.is_not(None)
        ),
        *(sa.select(table.claim_id).where(table.claim_id == claim.id) for table in (Question, Note, Evidence)),
        sa.select(NarrativeClaim.claim_id).where(NarrativeClaim.claim_id == claim.id),
        *(sa.select(table.c.claim_id).where(table.c.claim_id == claim.id) for table in (claim_tag, clarification_claim)),
    ]
    return any(db.session.scalar(query.limit(1)) is not None for query in began)
