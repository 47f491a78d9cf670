"""Splitting claims: appearances that say something else become a claim of their own; merged claims are unmerged.

Which appearances a decision moved from one claim to another is stored as rows, so that the move can be undone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from hoax_tracker.claims import locks
from hoax_tracker.claims.public_words.judged_claims import end_judgement_of, list_with_merged
from hoax_tracker.claims.recusal import copy_accusations
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.items.claim_text import claim_text_of, claim_title_of
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Proposal,
    Report,
    db,
)
from hoax_tracker.review.decisions import accusation, labels
from hoax_tracker.review.decisions.related_rows import (
    NO_SESSION_SYNC,
    expire_appearances,
    load_claims_with_roots,
    move_appearances,
    recalculate_priorities,
    restore_related_rows,
    seen_span,
)
from hoax_tracker.review.decisions.second_person import (
    ChangeRecord,
    decision_transaction,
    is_answered,
    propose_decision,
)
from hoax_tracker.review.decisions.service import (
    REOPENED_DUE,
    DecisionOutcome,
    decision_outcome,
    ensure_edit_conflict,
    record_decision,
    require_claim_at_version,
    require_unmerged,
)


def follow_merges(claim: Claim) -> Claim:
    """Return the claim that a merged claim now belongs to, following several merges."""
    while claim.merged_into is not None:
        claim = claim.merged_into
    return claim


def list_appearance_rows(claim: Claim) -> Sequence[Any]:
    """Return (id, opens, seen_at) of the claim's appearances, the opening one first."""
    appearance = ClaimAppearance
    query = sa.select(appearance.id, appearance.opens, appearance.seen_at).where(appearance.claim_id == claim.id)
    return db.session.execute(query.order_by(appearance.opens.desc(), appearance.id)).all()


def record_moves(row: Decision, moved: Sequence[Any], source: Claim, target: Claim) -> None:
    """Store which appearances (id, opens, …) this decision moved."""
    ids = {"decision_id": row.id, "from_claim_id": source.id, "to_claim_id": target.id}
    if moved:
        rows = [ids | {"appearance_id": appearance.id, "opened": appearance.opens} for appearance in moved]
        db.session.execute(sa.insert(ClaimMove), rows)
    expire_appearances(source, target)


def revert_moves(row: Decision, found_in: Any = ClaimMove.to_claim_id) -> None:
    """Move the appearances of a decision back to the claims they came from.

    Appearances that have since moved on from ``found_in``, the claim the decision put them in, stay where they are.
    """
    appearance, move = ClaimAppearance, ClaimMove
    moved = sa.and_(move.decision_id == row.id, move.appearance_id == appearance.id)
    still = sa.exists().where(moved, appearance.claim_id == found_in).correlate(appearance)
    came_from, opened = (
        sa.select(column).where(moved).correlate(appearance).scalar_subquery()
        for column in (move.from_claim_id, move.opened)
    )
    query = sa.update(appearance).where(still).values(claim_id=came_from, opens=opened)
    db.session.execute(query, execution_options=NO_SESSION_SYNC)


def split_claim(
    claim_id: int,
    version: int,
    chosen: Collection[int],
    *,
    reason: str = "",
    officer: Officer,
    now: datetime,
    confirmed: Proposal | None = None,
) -> DecisionOutcome:
    """Split appearances (by id) from a claim into a new one, worded as the first of them.

    Raises as ``merge_claims`` does; InvalidInputError also where none, all or foreign appearances were chosen.
    """
    try:
        with decision_transaction(confirmed):
            take_turn(Turn.FLAG)
            both = load_claims_with_roots(claim_id)  # held here, or the session forgets what it read
            claim = require_claim_at_version(claim_id, version, officer, DecisionKind.SPLIT)
            locks.require_unlocked(officer, now, *(claim.id for claim in both))
            accusation.require_may_join(claim, officer, DecisionKind.SPLIT)
            require_unmerged(claim)
            moved = _require_chosen_appearances(claim, chosen)
            if confirmed is None and is_answered(claim):
                values = {"appearances": sorted(chosen)}
                propose_decision(DecisionKind.SPLIT, claim, values, reason=reason, officer=officer, now=now)
                return DecisionOutcome(claim.id, DecisionKind.SPLIT, closed=False, is_proposed=True)
            trace = ChangeRecord(claim)
            other = _open_split_claim(claim, moved, now)
            trace.opened(other, {"status": ClaimStatus.MERGED.value, "merged_into_id": claim.id})
            move_appearances(claim.id, other.id, ClaimAppearance.id.in_([part.id for part in moved]))
            _mark_opening_appearance(moved[0].id)
            _recompute_seen_span(claim)
            recalculate_priorities([claim, other])
            stripped_reason, detail = reason.strip(), {"parted": other.id}
            row = record_decision(
                claim, DecisionKind.SPLIT, stripped_reason, officer, now, detail, trace=trace, other_claim=other
            )
            record_moves(row, moved, claim, other)
            return decision_outcome(claim, row)
    except EditConflictError as error:
        raise ensure_edit_conflict(error, claim_id) from error


def unmerge_claim(
    claim_id: int,
    version: int,
    *,
    reason: str = "",
    officer: Officer,
    now: datetime,
    confirmed: Proposal | None = None,
) -> DecisionOutcome:
    """Restore a merged claim with everything it brought, however long ago it was merged.

    Raises as ``merge_claims`` does; InvalidInputError for a claim that is not merged, or for a split claim whose split
    was undone: it brought nothing and would be empty.
    """
    try:
        with decision_transaction(confirmed):
            take_turn(Turn.FLAG)
            both = load_claims_with_roots(claim_id)  # held here, or the session forgets what it read
            claim = require_claim_at_version(claim_id, version, officer, DecisionKind.SPLIT)
            if claim.status is not ClaimStatus.MERGED:
                raise InvalidInputError("not merged", user_message=_("Klaim ini tidak sedang digabung."))
            root = follow_merges(claim)
            locks.require_unlocked(officer, now, root.id, *(side.id for side in both))
            for side in (claim, root):
                accusation.require_may_join(side, officer, DecisionKind.SPLIT)
            if confirmed is None and is_answered(root):
                details: dict[str, Any] = {"reason": reason, "officer": officer, "now": now, "other": root}
                propose_decision(DecisionKind.SPLIT, claim, {}, **details)
                return DecisionOutcome(claim.id, DecisionKind.SPLIT, closed=False, is_proposed=True)
            if confirmed is not None:
                end_judgement_of(list_with_merged([claim.id]), now)
            trace = ChangeRecord(root, claim, whole=True)
            joined = _find_current_merge(claim)
            if joined is None:
                message = _(
                    "Pemisahan itu sudah diurungkan. Pisahkan kemunculannya dari Klaim %(number)s.", number=root.id
                )
                raise InvalidInputError("nothing was brought", user_message=message)
            moved = _list_brought_appearances(joined, root)
            if joined.changes is not None:
                restore_related_rows(claim, root.id, joined.changes[str(claim.id)])
                _remove_merged_labels(root, joined.changes.get(str(root.id), {}))
            _restore_claim(claim, root, now)
            revert_moves(joined, root.id)
            copy_accusations(root.id, claim.id)
            _recompute_seen_span(root)
            recalculate_priorities([claim, root])
            detail, also = {"parted": claim.id}, [(claim, {"from": root.id})]
            fields: dict[str, Any] = {"also": also, "trace": trace, "other_claim": claim}
            row = record_decision(root, DecisionKind.SPLIT, reason.strip(), officer, now, detail, **fields)
            record_moves(row, moved, root, claim)
            return decision_outcome(root, row)
    except EditConflictError as error:
        raise ensure_edit_conflict(error, claim_id) from error


def _require_chosen_appearances(claim: Claim, chosen: Collection[int]) -> Sequence[Any]:
    """Return (id, opens, seen_at) of the chosen appearances; the first one words the new claim."""
    rows = list_appearance_rows(claim)
    moved = sorted((row for row in rows if row.id in chosen), key=lambda row: (row.seen_at, row.id))
    if not moved or len(moved) != len(set(chosen)):
        message = _("Pilih kemunculan yang dipisahkan.")
        raise InvalidInputError("nothing of the claim chosen", user_message=message, field="appearance")
    if len(moved) == len(rows):
        message = _("Sisakan paling sedikit satu kemunculan pada klaim ini.")
        raise InvalidInputError("everything chosen", user_message=message, field="appearance")
    return moved


def _open_split_claim(claim: Claim, moved: Sequence[Any], now: datetime) -> Claim:
    """Open the new claim. It gets what the old one accuses with its appearances."""
    subject = _require_appearance_subject(moved[0].id)
    waits = claim.status in WAITING_STATUSES
    other = Claim(
        title=claim_title_of(subject),
        text=claim_text_of(subject),
        topic=claim.topic,
        unit_id=claim.unit_id,
        status=claim.status if waits else ClaimStatus.TRIAGED,
        priority=claim.priority,
        priority_parts=claim.priority_parts,
        sightings=0,
        first_seen_at=min(appearance.seen_at for appearance in moved),
        last_seen_at=max(appearance.seen_at for appearance in moved),
        due_at=claim.due_at if waits else now + REOPENED_DUE,
        examined_since=claim.examined_since if waits else now,
        created_at=now,
        accusations=[],  # known, as the answers are: not read again once the claim is stored
        clarifications=[],
    )
    db.session.add(other)
    db.session.flush()
    return other


def _require_appearance_subject(appearance_id: int) -> Item | Report:
    options = (joinedload(ClaimAppearance.item), joinedload(ClaimAppearance.report))
    appearance = db.session.get_one(ClaimAppearance, appearance_id, options=options)
    subject = appearance.item or appearance.report
    if subject is None:
        raise NotFoundError(f"the subject of appearance {appearance_id}")
    return subject


def _mark_opening_appearance(appearance_id: int) -> None:
    """Mark the appearance that words the claim."""
    statement = sa.update(ClaimAppearance).where(ClaimAppearance.id == appearance_id)
    db.session.execute(statement.values(opens=True), execution_options=NO_SESSION_SYNC)


def _find_current_merge(claim: Claim) -> Decision | None:
    query = sa.select(Decision).where(
        Decision.claim_id == claim.id,
        Decision.kind == DecisionKind.MERGE,
        ~Decision.undone_by.any(),  # type: ignore[attr-defined]
    )
    return db.session.scalars(query.order_by(Decision.id.desc()).limit(1)).first()


def _list_brought_appearances(merge: Decision, root: Claim) -> Sequence[Any]:
    """Return (id, opens) of the appearances the merged claim brought, as far as the other claim still has them."""
    appearance = ClaimAppearance
    query = (
        sa.select(appearance.id, appearance.opens)
        .join(ClaimMove, ClaimMove.appearance_id == appearance.id)
        .order_by(appearance.id)
    )
    ours = ClaimMove.decision_id == merge.id
    return db.session.execute(query.where(ours, appearance.claim_id == root.id)).all()


def _remove_merged_labels(root: Claim, changed: Mapping[str, Any]) -> None:
    """Remove the labels that a merge (``changed``, its change record) added."""
    before, after = (changed.get(side, {}).get("tags", ()) for side in ("before", "after"))
    labels.restore_labels(root, before, after)


def _restore_claim(claim: Claim, root: Claim, now: datetime) -> None:
    """Put the merged claim back in the queue."""
    root.sightings = max(0, root.sightings - claim.sightings)
    claim.merged_into_id, claim.status = None, ClaimStatus.TRIAGED
    claim.examined_since = claim.examined_since or root.examined_since or now
    claim.due_at = now + REOPENED_DUE


def _recompute_seen_span(claim: Claim) -> None:
    """Set the claim's first and last time seen from its remaining appearances."""
    first, last = seen_span(claim)
    if first is not None and last is not None:
        claim.first_seen_at, claim.last_seen_at = first, last
