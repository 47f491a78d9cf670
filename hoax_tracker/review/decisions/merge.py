"""Merging claims: nothing is lost. The merged claim keeps its words and history; its appearances move to the other.

Tickets follow their appearances, and everything that waits for an answer moves along. Later near-copies of the merged
claim join the claim it went to (flag/service.py). split.py reverses a merge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.claims import locks
from hoax_tracker.claims.public_words.judged_claims import judge_claims, list_answering_pages, list_with_merged
from hoax_tracker.claims.recusal import standing_accusations
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.errors import EditConflictError, InvalidInputError
from hoax_tracker.models import (
    UNFINISHED_STATUSES,
    WAITING_STATUSES,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    DecisionKind,
    Officer,
    Proposal,
    Unit,
    db,
)
from hoax_tracker.review.decisions import accusation, labels
from hoax_tracker.review.decisions.related_rows import (
    load_claims_with_roots,
    move_appearances,
    move_related_rows,
    recalculate_priorities,
)
from hoax_tracker.review.decisions.second_person import (
    ChangeRecord,
    decision_transaction,
    is_answered,
    propose_decision,
)
from hoax_tracker.review.decisions.service import (
    DecisionOutcome,
    decision_outcome,
    ensure_edit_conflict,
    record_decision,
    require_claim_at_version,
    require_waiting,
)
from hoax_tracker.review.decisions.split import follow_merges, list_appearance_rows, record_moves


def merge_claims(
    claim_id: int,
    version: int,
    into_id: int,
    *,
    into_version: int | None = None,
    reason: str = "",
    officer: Officer,
    now: datetime,
    confirmed: Proposal | None = None,
) -> DecisionOutcome:
    """Merge a waiting claim into another, whose answer then counts for both; into an answered one, two people do.

    Raises EditConflictError where one of the two changed (``into_version`` None: the target was not shown),
    InvalidInputError where they cannot be merged, NotAllowedError for a member of a unit that either accuses.
    """
    try:
        # Written once everything is decided: each look at other rows would send the half of it ahead.
        with decision_transaction(confirmed):
            take_turn(Turn.FLAG)  # the machine gives appearances to claims, too
            both = load_claims_with_roots(claim_id, into_id)  # held here, or the session forgets what it read
            claim = require_claim_at_version(claim_id, version, officer, DecisionKind.MERGE)
            own_locks = locks.require_unlocked(officer, now, *(claim.id for claim in both))
            into = _require_merge_target(claim, into_id, into_version)
            _require_mergeable(claim, into, officer)
            if confirmed is None and is_answered(claim, into):
                values = {"into": into.id}
                propose_decision(DecisionKind.MERGE, claim, values, reason=reason, officer=officer, now=now, other=into)
                return DecisionOutcome(claim.id, DecisionKind.MERGE, closed=False, other_id=into.id, is_proposed=True)
            trace = ChangeRecord(claim, into, whole=True)
            if confirmed is not None:
                for page_id in list_answering_pages(into):
                    judge_claims(list_with_merged([claim.id]), page_id, confirmed)
            moved = list_appearance_rows(claim)
            _absorb_claim(claim, into)
            detail: dict[str, Any] = {"into": into.id}
            answered_by = into.unit_id
            move_appearances(claim.id, into.id)
            if into.unit_id != answered_by:  # it accuses that unit now
                answering = db.session.get(Unit, into.unit_id) if into.unit_id else None
                detail["unit"] = answering.code if answering else None
            recalculate_priorities([into], claim.priority_parts)
            fields: dict[str, Any] = {"also": [(into, {"merged": claim.id})], "trace": trace, "other_claim": into}
            row = record_decision(claim, DecisionKind.MERGE, reason.strip(), officer, now, detail, **fields)
            record_moves(row, moved, claim, into)
            if claim.id in own_locks:
                locks.delete_claim_lock(claim.id, officer)
            return decision_outcome(into, row)
    except EditConflictError as error:
        raise ensure_edit_conflict(error, claim_id) from error


def join_claims(
    claim_id: int,
    version: int,
    into_id: int,
    *,
    into_version: int | None = None,
    reason: str = "",
    officer: Officer,
    now: datetime,
) -> DecisionOutcome:
    """Merge two claims into the one that is further along, else the older one, whichever an officer had open.

    Raises as ``merge_claims`` does.
    """
    claim, other = (db.session.get(Claim, key) for key in (claim_id, into_id))
    is_turned = claim is not None and other is not None and _is_further(claim, follow_merges(other))
    by: dict[str, Any] = {"reason": reason, "officer": officer, "now": now}
    if not is_turned or claim is None or other is None:
        return merge_claims(claim_id, version, into_id, into_version=into_version, **by)
    seen = other.version if into_version is None else into_version
    return merge_claims(into_id, seen, claim_id, into_version=version, **by)


def _is_further(claim: Claim, other: Claim) -> bool:
    """Tell whether a waiting claim is to take the other in: it is drafted, further examined, or simply older."""
    if claim.id == other.id or not {claim.status, other.status} <= set(WAITING_STATUSES):
        return False
    return _progress_of(claim) > _progress_of(other)


def _progress_of(claim: Claim) -> tuple[bool, int, float, int]:
    """Return what two claims are compared by: a draft, the status, and which came first."""
    is_drafted = _find_unfinished_clarification(claim) is not None
    return is_drafted, WAITING_STATUSES.index(claim.status), -claim.created_at.timestamp(), -claim.id


def _require_merge_target(claim: Claim, into_id: int, version: int | None) -> Claim:
    """Return the claim to merge into, following earlier merges of the chosen one."""
    chosen = db.session.get(Claim, into_id)
    if chosen is None:
        message = _("Tidak ada klaim dengan nomor itu.") if into_id else _("Cari dan pilih dulu klaim yang sama.")
        raise InvalidInputError(f"no claim {into_id}", user_message=message, field="into")
    if version is not None and chosen.version != version:
        raise ensure_edit_conflict(
            EditConflictError(f"claim {into_id} is at version {chosen.version}, not {version}"), into_id
        )
    into = follow_merges(chosen)
    if into.id == claim.id:
        message = (
            _("Klaim tidak dapat digabung dengan dirinya sendiri.")
            if into_id == claim.id
            else _("Klaim %(number)s sudah digabung ke klaim ini.", number=into_id)
        )
        raise InvalidInputError(f"claim {claim.id} into itself", user_message=message, field="into")
    return into


def _require_mergeable(claim: Claim, into: Claim, officer: Officer) -> None:
    """Raise NotAllowedError or InvalidInputError where the two claims must stay apart."""
    require_waiting(claim)
    for side in (claim, into):
        accusation.require_may_join(side, officer, DecisionKind.MERGE)
    # What is answered already was decided by somebody whom this claim may accuse.
    known = {(row.unit_id, row.unit_kind) for row in standing_accusations(into)}
    further = [row for row in standing_accusations(claim) if (row.unit_id, row.unit_kind) not in known]
    if further and into.status not in WAITING_STATUSES:
        message = _(
            "Klaim yang sudah selesai itu tidak menuduh %(accused)s. Nyatakan dulu bahwa klaim ini bukan tuduhan, atau "
            "biarkan terpisah.",
            accused=accusation.name_accused(further),
        )
        raise InvalidInputError("different accusations", user_message=message, field="into")
    draft = _find_unfinished_clarification(claim)
    if draft is not None and (into.status not in WAITING_STATUSES or _find_unfinished_clarification(into)):
        message = _(
            "%(name)s sedang menyusun klarifikasi untuk klaim ini. Selesaikan rancangannya dulu.",
            name=draft.author.name,
        )
        raise InvalidInputError("drafted", user_message=message, field="into")
    if draft is not None and draft.status is ClarificationStatus.AWAITING_APPROVAL:
        message = _("Klarifikasi klaim ini menunggu persetujuan. Gabungkan klaim yang lain ke klaim ini.")
        raise InvalidInputError("awaits approval", user_message=message, field="into")


def _find_unfinished_clarification(claim: Claim) -> Clarification | None:
    """Return the unpublished clarification of the claim, if any."""
    pages: list[Clarification] = claim.clarifications  # type: ignore[attr-defined]
    return next((page for page in pages if page.status in UNFINISHED_STATUSES), None)


def _absorb_claim(claim: Claim, into: Claim) -> None:
    """Move everything of the merged claim to the other but its appearances."""
    into.first_seen_at = min(into.first_seen_at, claim.first_seen_at)
    into.last_seen_at = max(into.last_seen_at, claim.last_seen_at)
    into.sightings += claim.sightings
    into.priority = max(into.priority, claim.priority)
    if into.status in WAITING_STATUSES:
        into.due_at = min(into.due_at, claim.due_at)
        into.status = max(into.status, claim.status, key=WAITING_STATUSES.index)
        into.examined_since = min(filter(None, (into.examined_since, claim.examined_since)), default=None)
    into.claimant = into.claimant or claim.claimant
    _move_clarifications(claim, into)
    move_related_rows(claim, into)
    labels.copy_labels(claim, into)
    claim.status, claim.merged_into_id = ClaimStatus.MERGED, into.id


def _move_clarifications(claim: Claim, into: Claim) -> None:
    """Link the claim's clarifications to the other claim."""
    pages: list[Clarification] = into.clarifications  # type: ignore[attr-defined]
    pages.extend(page for page in claim.clarifications if page not in pages)  # type: ignore[attr-defined]
    claim.clarifications.clear()  # type: ignore[attr-defined]
