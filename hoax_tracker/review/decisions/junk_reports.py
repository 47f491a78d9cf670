"""Junk reports: rejected with one key. Their tickets say so, and a claim that rests on nothing else is closed.

Junk is advertising, nonsense, or the same words a hundred times. A claim that also appeared in a feed stays open.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.claims import locks
from hoax_tracker.core.audit.tracked_edits import edit_conflict
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import Claim, ClaimAppearance, ClaimStatus, DecisionKind, Officer, Report, db
from hoax_tracker.review.decisions import accusation
from hoax_tracker.review.decisions.report_rejections import junk_reason, reject_chosen_reports
from hoax_tracker.review.decisions.second_person import ChangeRecord
from hoax_tracker.review.decisions.service import (
    DecisionOutcome,
    decision_outcome,
    record_decision,
    require_claim_at_version,
    require_waiting,
)


def reject_junk_reports(
    claim_id: int, version: int, reports: Collection[int], *, officer: Officer, now: datetime
) -> DecisionOutcome:
    """Reject the waiting reports (by id) that the officer saw, and close the claim where it rests on them alone.

    Undoable like any decision; reporters are notified only afterwards. Raises EditConflictError for a stale version,
    InvalidInputError where none of the reports waits or the claim is closed, NotAllowedError for a member of the
    accused unit.
    """
    try:
        with write_transaction(), db.session.no_autoflush:
            claim = require_claim_at_version(claim_id, version, officer, DecisionKind.JUNK)
            own_locks = locks.require_unlocked(officer, now, claim_id)
            require_waiting(claim)
            accusation.require_impartial(claim, officer)
            trace = ChangeRecord(claim)
            rejected = reject_chosen_reports(claim, reports, now)
            closes = not _has_remaining_appearance(claim)
            if closes:
                claim.status = ClaimStatus.DISMISSED
            kind = DecisionKind.DISMISS if closes else DecisionKind.JUNK
            trace.rejected(claim, rejected)
            row = record_decision(claim, kind, junk_reason(), officer, now, {"junk": len(rejected)}, trace=trace)
            if own_locks:
                locks.delete_claim_lock(claim_id, officer)
            return decision_outcome(claim, row)
    except EditConflictError as error:
        raise edit_conflict(f"claim:{claim_id}", "claim_") from error


def _has_remaining_appearance(claim: Claim) -> bool:
    """Tell whether the claim has other appearances or other waiting reports."""
    seen = (
        sa.select(ClaimAppearance.id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(ClaimAppearance.claim_id == claim.id, Report.rejected_at.is_(None))
    )
    return db.session.scalar(seen.limit(1)) is not None
