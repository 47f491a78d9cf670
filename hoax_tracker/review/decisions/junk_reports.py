"""A report that is none, out of the way with one key: its sender's ticket says so, and a claim that stood on it closes.

Advertising, nonsense, the same words a hundred times. What stood in a feed too stays in the queue.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.claims import locks
from hoax_tracker.core.audit.conflicts import told
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.errors import Conflict
from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, DecisionKind, Officer, Report, db
from hoax_tracker.review.decisions import accusation
from hoax_tracker.review.decisions.change_record import Trace
from hoax_tracker.review.decisions.report_rejections import reason, reject
from hoax_tracker.review.decisions.service import LABELS, Outcome, outcome_of, record, require_waiting, seen_claim


def reject_junk(claim_id: int, version: int, reports: Collection[int], *, officer: Officer, now: datetime) -> Outcome:
    """Reject the reports (by their ids) that the officer saw waiting on a claim; close it where it stood on them alone.

    It can be undone as any decision, and as long no reporter is told. Raises Conflict where somebody was first, Invalid
    where none of them waits on the claim or it is closed, NotAllowed for an officer of the unit that the claim accuses.
    """
    try:
        with writing(), db.session.no_autoflush:
            claim = seen_claim(claim_id, version, officer)
            held = locks.require_free(officer, now, claim_id)
            require_waiting(claim)
            accusation.require_impartial(claim, officer)
            trace = Trace(claim)
            rejected = reject(claim, reports, now)
            closes = not stands(claim)
            if closes:
                claim.status = ClaimStatus.DISMISSED
            kind = DecisionKind.DISMISS if closes else DecisionKind.JUNK
            trace.rejected(claim, rejected)
            row = record(claim, kind, reason(), officer, now, {"junk": len(rejected)}, trace=trace)
            if held:
                locks.drop(claim_id, officer)
            return outcome_of(claim, row)
    except Conflict as error:
        raise told(f"claim:{claim_id}", LABELS) from error


def stands(claim: Claim) -> bool:
    """Tell whether the claim stands on anything else: it was seen elsewhere, or other reports wait on it."""
    seen = (
        sa.select(ClaimAppearance.id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim.id, Report.rejected_at.is_(None))
    )
    return db.session.scalar(seen.limit(1)) is not None
