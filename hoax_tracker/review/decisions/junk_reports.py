"""A report that is none, out of the way with one key: its sender's ticket says so, and a claim that stood on it closes.

Advertising, nonsense, the same words a hundred times. What stood in a feed too stays in the queue.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.claims import locks
from hoax_tracker.core.audit.conflicts import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, DecisionKind, Officer, Report, db
from hoax_tracker.review.decisions import accusation
from hoax_tracker.review.decisions.change_record import ChangeRecord
from hoax_tracker.review.decisions.report_rejections import junk_reason, reject_chosen_reports
from hoax_tracker.review.decisions.service import (
    DECISION_ACTION_LABELS,
    DecisionOutcome,
    decision_outcome,
    record_decision,
    require_claim_at_version,
    require_waiting,
)


def reject_junk_reports(
    claim_id: int, version: int, reports: Collection[int], *, officer: Officer, now: datetime
) -> DecisionOutcome:
    """Reject the reports (by their ids) that the officer saw waiting on a claim; close it where it stood on them alone.

    It can be undone as any decision, and as long no reporter is told. Raises EditConflictError where somebody was
    first, InvalidInputError where none of them waits on the claim or it is closed, NotAllowedError for an officer of
    the unit that the claim accuses.
    """
    try:
        with write_transaction(), db.session.no_autoflush:
            claim = require_claim_at_version(claim_id, version, officer)
            held = locks.require_unlocked(officer, now, claim_id)
            require_waiting(claim)
            accusation.require_impartial(claim, officer)
            trace = ChangeRecord(claim)
            rejected = reject_chosen_reports(claim, reports, now)
            closes = not has_remaining_appearance(claim)
            if closes:
                claim.status = ClaimStatus.DISMISSED
            kind = DecisionKind.DISMISS if closes else DecisionKind.JUNK
            trace.rejected(claim, rejected)
            row = record_decision(claim, kind, junk_reason(), officer, now, {"junk": len(rejected)}, trace=trace)
            if held:
                locks.delete_claim_lock(claim_id, officer)
            return decision_outcome(claim, row)
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", DECISION_ACTION_LABELS) from error


def has_remaining_appearance(claim: Claim) -> bool:
    """Tell whether the claim stands on anything else: it was seen elsewhere, or other reports wait on it."""
    seen = (
        sa.select(ClaimAppearance.id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim.id, Report.rejected_at.is_(None))
    )
    return db.session.scalar(seen.limit(1)) is not None
