"""A decision taken back by who took it, for some minutes, as long as nobody decided since.

The decision stays in the rows, with another one that undoes it. Pages and tickets say what holds at each moment; mail
to reporters waits as long as a decision can be undone (check/reports/status_mail.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.clock import is_recent
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import (
    UNDO_WITHIN,
    Claim,
    ClaimStatus,
    Decision,
    DecisionKind,
    Notice,
    Officer,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions import report_rejections
from hoax_tracker.review.decisions.appearance_moves import follow_merges, revert_moves
from hoax_tracker.review.decisions.change_record import restore_claim_state
from hoax_tracker.review.decisions.related_rows import absorb_late_rows, load_claims_with_roots, recalculate_priorities
from hoax_tracker.review.decisions.service import ensure_edit_conflict, record_decision, require_officer

MOVING_KINDS = (DecisionKind.MERGE, DecisionKind.SPLIT)


@dataclass(frozen=True)
class UndoneDecision:
    """The claim that the officer has before them again, and what was taken back."""

    claim_id: int
    kind: DecisionKind


def undo_decision(decision_id: int, *, officer: Officer, now: datetime) -> UndoneDecision:
    """Take a decision back. Undoing twice does nothing the second time.

    Raises NotFoundError, NotAllowedError, EditConflictError where somebody decided since, and InvalidInputError where
    it is too late, somebody else's, or not of a kind that can be undone here.
    """
    with write_transaction(), db.session.no_autoflush:
        require_officer(officer)
        row = db.session.get(Decision, decision_id)
        if row is None:
            raise NotFoundError(f"decision {decision_id}")
        if row.undone_by:  # type: ignore[attr-defined]
            return UndoneDecision(row.claim_id, row.kind)
        require_undoable(row, officer, now)
        revert_decision(row, officer, now)
        return UndoneDecision(row.claim_id, row.kind)


def require_undoable(row: Decision, officer: Officer, now: datetime) -> None:
    """Raise InvalidInputError where the decision cannot be taken back by this officer at this moment."""
    if row.changes is None:
        message = _("Keputusan ini tidak dapat diurungkan dari sini. Buka klaimnya, lalu putuskan lagi.")
    elif row.officer_id != officer.id:
        message = _("Hanya %(name)s yang dapat mengurungkan keputusannya sendiri.", name=row.officer.name)
    elif not is_recent(row.decided_at, UNDO_WITHIN, now):
        minutes = int(UNDO_WITHIN.total_seconds() // 60)
        message = _(
            "Sudah lewat %(minutes)s menit. Keputusan tetap berlaku; buka klaimnya untuk memutuskan lagi.",
            minutes=minutes,
        )
    else:
        return
    raise InvalidInputError(f"decision {row.id} cannot be undone", user_message=message)


def find_undoable_decision(decisions: Sequence[Decision], officer: Officer, now: datetime) -> Decision | None:
    """Return the newest of a claim's decisions (newest first) where this officer can still take it back."""
    newest = decisions[0] if decisions else None
    if newest is None or newest.changes is None or newest.officer_id != officer.id:
        return None
    return newest if is_recent(newest.decided_at, UNDO_WITHIN, now) else None


def revert_decision(row: Decision, officer: Officer, now: datetime) -> None:
    """Put the claims of the decision back, each as it was, and keep that this was done."""
    if row.kind in MOVING_KINDS:
        take_turn(Turn.FLAG)
    changes = {int(key): part for key, part in (row.changes or {}).items()}
    both = load_claims_with_roots(*changes)  # held here, or the session forgets what it read
    locks.require_unlocked(officer, now, *(one.id for one in both))
    claims = {key: (require_claim_as_left(key, part["version"]), part) for key, part in changes.items()}
    if row.kind in MOVING_KINDS:
        revert_moves(row)
    for claim, part in claims.values():
        restore_claim_state(claim, part)
        report_rejections.restore_reports(part.get("rejected", ()))
    if row.kind in MOVING_KINDS:
        settle_remerged_claims(list(claims.values()))
    mark_decision_notices_seen(claims, row.decided_at, now)
    detail = {"undone": row.kind.value}
    also = [(claim, detail) for key, (claim, _part) in claims.items() if key != row.claim_id]
    fields: dict[str, Any] = {"also": also, "undoes_id": row.id, "other_claim_id": row.other_claim_id}
    record_decision(claims[row.claim_id][0], DecisionKind.UNDO, "", officer, now, detail, **fields)


def settle_remerged_claims(claims: Sequence[tuple[Claim, dict[str, Any]]]) -> None:
    """Bring what joined a claim since, which is merged again, to where that one is found; count priorities anew."""
    for claim, part in claims:
        if claim.status is ClaimStatus.MERGED:
            further = claim.sightings - part.get("sightings", claim.sightings)
            absorb_late_rows(claim, follow_merges(claim), further)
    recalculate_priorities([claim for claim, part in claims if not has_unchanged_priority(claim, part)])


def has_unchanged_priority(claim: Claim, part: dict[str, Any]) -> bool:
    """Tell whether the claim's priority is made of what it was made of before the decision."""
    return bool(part["before"].get("priority_parts", claim.priority_parts) == claim.priority_parts)


def mark_decision_notices_seen(claims: Iterable[int], decided_at: datetime, now: datetime) -> None:
    """Let what officers were told by the decision be seen: nobody gets a letter about what was taken back."""
    notices.mark_notices_seen(Notice.claim_id.in_(claims), Notice.made_at == decided_at, now=now)


def require_claim_as_left(claim_id: int, version: int) -> Claim:
    """Return the claim if it is as the decision left it. Raises EditConflictError, with who was first."""
    claim = db.session.get_one(Claim, claim_id)
    if claim.version != version:
        raise ensure_edit_conflict(
            EditConflictError(f"claim {claim_id} is at version {claim.version}, the decision left {version}"), claim_id
        )
    return claim
