"""Undoing a decision: by the officer who took it, within minutes, as long as nobody decided since.

The decision stays as a row, with another row that undoes it. Pages and tickets show the present state at once; mail to
reporters waits until a decision can no longer be undone (check/reports/status_mail.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.claims.recusal import drop_accusations, turn_away
from hoax_tracker.clock import is_recent
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import (
    UNDO_WITHIN,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Notice,
    Officer,
    Report,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.decisions import report_rejections
from hoax_tracker.review.decisions.related_rows import (
    absorb_late_rows,
    list_narrative_moves,
    load_claims_with_roots,
    recalculate_priorities,
)
from hoax_tracker.review.decisions.second_person import is_answered, restore_claim_state
from hoax_tracker.review.decisions.service import ensure_edit_conflict, record_decision, require_officer
from hoax_tracker.review.decisions.split import follow_merges, revert_moves

MOVING_KINDS = (DecisionKind.MERGE, DecisionKind.SPLIT)


@dataclass(frozen=True)
class UndoneDecision:
    """The claim that the officer has before them again, and the decision that was undone."""

    claim_id: int
    kind: DecisionKind


def undo_decision(decision_id: int, *, officer: Officer, now: datetime) -> UndoneDecision:
    """Undo a decision. A second call does nothing.

    Raises NotFoundError, NotAllowedError, EditConflictError where somebody decided since, and InvalidInputError where
    the time is over, the decision is somebody else's, or its kind cannot be undone here.
    """
    with write_transaction(), db.session.no_autoflush:
        require_officer(officer)
        row = db.session.get(Decision, decision_id)
        if row is None:
            raise NotFoundError(f"decision {decision_id}")
        if row.undone_by:  # type: ignore[attr-defined]
            return UndoneDecision(row.claim_id, row.kind)
        if row.kind in MOVING_KINDS:
            take_turn(Turn.FLAG)
        both = _load_claims_of(row)  # held here, or the session forgets what it read
        _require_undoable(row, both, officer, now)
        _revert_decision(row, both, officer, now)
        return UndoneDecision(row.claim_id, row.kind)


def _load_claims_of(row: Decision) -> Sequence[Claim]:
    """Return the claims that the decision changed and those they were merged into."""
    return load_claims_with_roots(*map(int, row.changes or {}))


def _require_undoable(row: Decision, both: Sequence[Claim], officer: Officer, now: datetime) -> None:
    """Raise InvalidInputError where this officer cannot undo the decision at this moment."""
    if _changed_answer(row, both):
        message = _("Warga sudah membaca jawabannya. Usulkan dibuka kembali; orang kedua menyetujuinya.")
    elif row.changes is None:
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


def _changed_answer(row: Decision, both: Sequence[Claim]) -> bool:
    """Tell whether the decision gave or took an answer: residents read one now, or did before it."""
    changes = row.changes or {}
    was_answered = any(part["before"].get("status") == ClaimStatus.CLARIFIED.value for part in changes.values())
    return was_answered or is_answered(*both)


def find_undoable_decision(decisions: Sequence[Decision], officer: Officer, now: datetime) -> Decision | None:
    """Return the newest of the decisions (newest first) that this officer can still undo."""
    newest = decisions[0] if decisions else None
    if newest is None or newest.changes is None or newest.officer_id != officer.id:
        return None
    if not is_recent(newest.decided_at, UNDO_WITHIN, now) or _changed_answer(newest, _load_claims_of(newest)):
        return None
    return newest


def _revert_decision(row: Decision, both: Sequence[Claim], officer: Officer, now: datetime) -> None:
    """Restore every claim of the decision, and record the undoing."""
    changes = {int(key): part for key, part in (row.changes or {}).items()}
    locks.require_unlocked(officer, now, *(claim.id for claim in both))
    claims = {key: (_require_claim_as_left(key, part["version"]), part) for key, part in changes.items()}
    if row.kind in MOVING_KINDS:
        revert_moves(row)
    for claim, part in claims.values():
        restore_claim_state(claim, part)
        report_rejections.restore_reports(part.get("rejected", ()))
    if row.kind in MOVING_KINDS:
        _settle_remerged_claims(list(claims.values()))
    for claim, part in claims.values():
        _drop_copied_accusations(claim, part, row)
        turn_away(claim)  # what was accused in the meantime gets nothing back
    _mark_decision_notices_seen(claims, row.decided_at, now)
    detail = {"undone": row.kind.value}
    also = [(claim, detail) for key, (claim, _part) in claims.items() if key != row.claim_id]
    fields: dict[str, Any] = {"also": also, "undoes_id": row.id, "other_claim_id": row.other_claim_id}
    fields["moves"] = list_narrative_moves(row.changes or {}, "before")
    record_decision(claims[row.claim_id][0], DecisionKind.UNDO, "", officer, now, detail, **fields)


def _drop_copied_accusations(claim: Claim, part: dict[str, Any], row: Decision) -> None:
    """Drop what a merge copied to the claim, so that it is as it was; kept where it was reported since."""
    before, after = (part[side].get("accused", ()) for side in ("before", "after"))
    copied = [(unit_id, kind) for unit_id, kind in after if [unit_id, kind] not in before]
    if row.kind is DecisionKind.MERGE and copied and not _was_reported_since(claim, row.decided_at):
        drop_accusations(claim, copied)


def _was_reported_since(claim: Claim, moment: datetime) -> bool:
    """Tell whether a resident reported the claim since."""
    reported = sa.select(Report.id).join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
    query = reported.where(ClaimAppearance.claim_id == claim.id, Report.received_at > moment)
    return db.session.scalar(query.limit(1)) is not None


def _settle_remerged_claims(claims: Sequence[tuple[Claim, dict[str, Any]]]) -> None:
    """Move what joined a claim since to the claim it is merged into again, and recalculate priorities."""
    for claim, part in claims:
        if claim.status is ClaimStatus.MERGED:
            further = claim.sightings - part.get("sightings", claim.sightings)
            absorb_late_rows(claim, follow_merges(claim), further)
    recalculate_priorities([claim for claim, part in claims if not _has_unchanged_priority(claim, part)])


def _has_unchanged_priority(claim: Claim, part: dict[str, Any]) -> bool:
    """Tell whether the parts of the claim's priority are those from before the decision."""
    return bool(part["before"].get("priority_parts", claim.priority_parts) == claim.priority_parts)


def _mark_decision_notices_seen(claims: Iterable[int], decided_at: datetime, now: datetime) -> None:
    """Mark the notices of an undone decision as seen, so that no letter tells of it."""
    notices.mark_notices_seen(Notice.claim_id.in_(claims), Notice.made_at == decided_at, now=now)


def _require_claim_as_left(claim_id: int, version: int) -> Claim:
    """Return the claim if it is as the decision left it. Raises EditConflictError otherwise."""
    claim = db.session.get_one(Claim, claim_id)
    if claim.version != version:
        raise ensure_edit_conflict(
            EditConflictError(f"claim {claim_id} is at version {claim.version}, the decision left {version}"), claim_id
        )
    return claim
