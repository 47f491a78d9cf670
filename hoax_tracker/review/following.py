"""What belongs to a claim beside its appearances and goes where it goes: questions, demand, evidence, notes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from flask import current_app

from hoax_tracker.models import Claim, ClaimAppearance, Demand, Evidence, Note, Question, db

FOLLOWING: dict[str, Any] = {
    "demands": Demand.claim_id,
    "suggestions": Demand.suggested_id,
    "questions": Question.claim_id,
    "evidence": Evidence.claim_id,
    "notes": Note.claim_id,
}
"""The columns that point to the claim, by the name under which a decision keeps what it moved. All are plain rows."""


def ids_of(claim: Claim) -> dict[str, list[int]]:
    """Return the ids of what belongs to a claim, by name."""
    return {name: ids_in(column, column == claim.id) for name, column in FOLLOWING.items()}


def ids_in(column: Any, condition: sa.ColumnElement[bool]) -> list[int]:
    """Return the ids of the column's rows that meet a condition."""
    table = column.class_
    return list(db.session.scalars(sa.select(table.id).where(condition).order_by(table.id)))


def carry(claim: Claim, into: Claim) -> None:
    """Let everything of a claim belong to another."""
    for column in FOLLOWING.values():
        move(column, column == claim.id, into)


def bring_back(claim: Claim, source_id: int | None, changed: Mapping[str, Any]) -> None:
    """Give a claim back what a decision (``changed``, as its row keeps it) took to another, as far as it is there."""
    for name, column in FOLLOWING.items():
        lost = set(changed["before"].get(name, ())) - set(changed["after"].get(name, ()))
        if lost:
            move(column, sa.and_(column.class_.id.in_(lost), column == source_id), claim)


def move(column: Any, condition: sa.ColumnElement[bool], target: Claim) -> None:
    """Let the rows that meet the condition point to another claim."""
    db.session.execute(sa.update(column.class_).where(condition).values({column: target.id}))


def gather(claim: Claim, root: Claim, further_sightings: int) -> None:
    """Bring what came to a claim while it stood alone to the one in which it is found again."""
    for one in db.session.scalars(sa.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim.id)):
        one.claim_id, one.opens = root.id, False
        root.first_seen_at = min(root.first_seen_at, one.seen_at)
        root.last_seen_at = max(root.last_seen_at, one.seen_at)
    carry(claim, root)
    root.sightings += max(0, further_sightings)
    db.session.flush()
    expire(claim, root)


def expire(*claims: Claim) -> None:
    """Let the claims read their appearances anew."""
    for claim in claims:
        db.session.expire(claim, ["appearances"])


def weigh(claims: Collection[Claim], also: Mapping[str, Any] | None = None) -> None:
    """Count the priority of claims anew from what is seen of them now; ``also``: the parts of one that joined.

    The pipeline does it: the desk does not know the flagger.
    """
    db.session.flush()
    for claim in claims:
        current_app.extensions["weigh"](claim, also)
