"""A report that is none, out of the way with one key: its sender's ticket says so, and a claim that stood on it closes.

Advertising, nonsense, the same words a hundred times. What stood in a feed too stays in the queue.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hoax_tracker import audit, locks
from hoax_tracker.conflicts import told
from hoax_tracker.database import writing
from hoax_tracker.errors import Conflict
from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, DecisionKind, Officer, db
from hoax_tracker.review import accusation
from hoax_tracker.review.rejected import reason, reject
from hoax_tracker.review.service import LABELS, Outcome, record, require_waiting, seen_claim


def reject_junk(claim_id: int, version: int, *, officer: Officer, now: datetime) -> Outcome:
    """Reject the reports that wait on a claim as junk; close the claim where it stood on them alone.

    Raises Conflict where somebody was first, Invalid where no report waits on the claim or it is closed, NotAllowed for
    an officer of the unit that the claim accuses.
    """
    try:
        with writing():
            claim = seen_claim(claim_id, version, officer)
            locks.require_free(claim_id, officer, now)
            require_waiting(claim)
            accusation.require_outside(claim, officer)
            count = reject(claim, now)
            closes = not in_a_feed(claim)
            if closes:
                claim.status = ClaimStatus.DISMISSED
                record(claim, DecisionKind.DISMISS, reason(), officer, now, {"junk": count})
            else:
                claim.version += 1
                audit.record("reports_rejected", f"claim:{claim.id}", officer=officer, now=now, detail={"junk": count})
            return Outcome(claim.id, DecisionKind.DISMISS, closes)
    except Conflict as error:
        raise told(f"claim:{claim_id}", LABELS) from error


def in_a_feed(claim: Claim) -> bool:
    """Tell whether the claim was seen elsewhere than in reports."""
    seen = sa.select(ClaimAppearance.id).where(
        ClaimAppearance.claim_id == claim.id, ClaimAppearance.item_id.is_not(None)
    )
    return db.session.scalar(seen.limit(1)) is not None
