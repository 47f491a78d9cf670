"""Rows that move with a claim beside its appearances: questions, public questions, evidence, notes, its narrative."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.claims import priority
from hoax_tracker.claims.recusal import copy_accusations
from hoax_tracker.core.audit import audit_log
from hoax_tracker.models import Claim, ClaimAppearance, Demand, Evidence, NarrativeClaim, Note, Question, db

RELATED_COLUMNS: dict[str, Any] = {
    "demands": Demand.claim_id,
    "suggestions": Demand.suggested_id,
    "questions": Question.claim_id,
    "evidence": Evidence.claim_id,
    "notes": Note.claim_id,
    "narratives": NarrativeClaim.claim_id,
}
"""The columns that point to the claim, by the name under which a decision keeps what it moved. All are plain rows."""
NO_SESSION_SYNC = {"synchronize_session": False}
"""Rows are changed in the database alone: none of them is in the session where claims are joined and parted."""


def load_claims_with_roots(*claim_ids: int) -> Sequence[Claim]:
    """Return the claims and those they were merged into, with everything that merging and splitting reads."""
    lists = (Claim.tags, Claim.clarifications, Claim.accusations)  # type: ignore[attr-defined]
    options = (joinedload(Claim.unit), *map(selectinload, lists))
    gone_to = sa.select(Claim.merged_into_id).where(Claim.id.in_(claim_ids))
    query = sa.select(Claim).where(sa.or_(Claim.id.in_(claim_ids), Claim.id.in_(gone_to)))
    return db.session.scalars(query.options(*options)).all()


def related_row_ids(claims: Sequence[Claim]) -> dict[int, dict[str, list[int]]]:
    """Return by claim id and relation the ids of related rows, read with one statement each."""
    keys = [claim.id for claim in claims]
    parts = [
        sa.select(sa.literal(name), column, column.class_.id).where(column.in_(keys))
        for name, column in RELATED_COLUMNS.items()
    ]
    ids_by_claim: dict[int, dict[str, list[int]]] = {key: {name: [] for name in RELATED_COLUMNS} for key in keys}
    for name, claim_id, key in sorted(map(tuple, db.session.execute(sa.union_all(*parts)))):
        ids_by_claim[claim_id][name].append(key)
    return ids_by_claim


def move_related_rows(claim: Claim, into: Claim) -> None:
    """Move all related rows of a claim to another, which stays in its own narrative where it is in one."""
    for column in RELATED_COLUMNS.values():
        _repoint_rows(column, sa.and_(column == claim.id, *_conditions_for_moving(column, into)), into)


def restore_related_rows(claim: Claim, source_id: int | None, changed: Mapping[str, Any]) -> None:
    """Give a claim back the rows that a decision (``changed``, its change record) moved, where they still exist."""
    for name, column in RELATED_COLUMNS.items():
        lost = set(changed["before"].get(name, ())) - set(changed["after"].get(name, ()))
        if lost:
            mine = (column.class_.id.in_(lost), column == source_id, *_conditions_for_moving(column, claim))
            _repoint_rows(column, sa.and_(*mine), claim)


def list_narrative_moves(changes: Mapping[str, Any], side: str = "after") -> list[audit_log.AuditEntry]:
    """Return an audit event for each place in a narrative that a decision gave to another claim.

    ``changes`` are those of the decision by claim id; with "before" as ``side`` the places that its undoing gave back.
    """
    other = "before" if side == "after" else "after"
    gained = {
        row_id: int(key)
        for key, part in changes.items()
        for row_id in set(part[side].get("narratives", ())) - set(part[other].get("narratives", ()))
    }
    if not gained:
        return []
    query = sa.select(NarrativeClaim.id, NarrativeClaim.narrative_id, NarrativeClaim.claim_id)
    rows = db.session.execute(query.where(NarrativeClaim.id.in_(gained)).order_by(NarrativeClaim.id))
    return [
        audit_log.AuditEntry("narrative_claim_moved", f"narrative:{narrative_id}", {"claim": claim_id})
        for row_id, narrative_id, claim_id in rows
        if gained[row_id] == claim_id
    ]


def _conditions_for_moving(column: Any, target: Claim) -> list[sa.ColumnElement[bool]]:
    """Return what must hold to point rows to another claim: a claim is in one narrative at most."""
    if column is not RELATED_COLUMNS["narratives"]:
        return []
    inside = sa.orm.aliased(NarrativeClaim)
    return [~sa.select(inside.id).where(inside.claim_id == target.id).exists()]


def _repoint_rows(column: Any, condition: sa.ColumnElement[bool], target: Claim) -> None:
    """Point the rows that meet the condition to another claim."""
    db.session.execute(
        sa.update(column.class_).where(condition).values({column: target.id}), execution_options=NO_SESSION_SYNC
    )


def absorb_late_rows(claim: Claim, root: Claim, further_sightings: int) -> None:
    """Move rows that arrived while a claim stood alone to the claim it is merged into again."""
    first, last = seen_span(claim)
    if first is not None and last is not None:
        root.first_seen_at, root.last_seen_at = min(root.first_seen_at, first), max(root.last_seen_at, last)
        move_appearances(claim.id, root.id)
    copy_accusations(claim.id, root.id)
    move_related_rows(claim, root)
    root.sightings += max(0, further_sightings)
    expire_appearances(claim, root)


def seen_span(claim: Claim) -> tuple[datetime | None, datetime | None]:
    """Return the times of the claim's first and last appearance, None where it has none."""
    seen = ClaimAppearance.seen_at
    query = sa.select(sa.func.min(seen), sa.func.max(seen)).where(ClaimAppearance.claim_id == claim.id)
    first, last = db.session.execute(query).one()
    return first, last


def move_appearances(source_id: int, target_id: int, *conditions: sa.ColumnElement[bool]) -> None:
    """Move the matching appearances to another claim, which then accuses whom they accuse.

    They no longer supply its opening words.
    """
    copy_accusations(source_id, target_id)
    moved = sa.update(ClaimAppearance).where(ClaimAppearance.claim_id == source_id, *conditions)
    db.session.execute(moved.values(claim_id=target_id, opens=False), execution_options=NO_SESSION_SYNC)


def expire_appearances(*claims: Claim) -> None:
    """Make the claims reload their appearances."""
    for claim in claims:
        db.session.expire(claim, ["appearances"])


def recalculate_priorities(claims: Collection[Claim], also: Mapping[str, Any] | None = None) -> None:
    """Recalculate the priority of claims from their present appearances; ``also`` holds the parts of a merged claim."""
    for claim in claims:
        priority.weigh(claim, also)
