"""Claims whose answer is written and awaits approval: they are late for nobody who works on claims."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Clarification, ClarificationStatus, clarification_claim


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
