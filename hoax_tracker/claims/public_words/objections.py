"""Objections to pages: how they are told apart, how long they may wait, and what everybody reads of them.

A resident objects to a published page (check/objections.py); somebody who neither wrote nor approved it, and who is not
of the unit that wrote it, decides (clarify/objections.py).

The deadline is that of UU 14/2008 art. 36 for objections to the head of a PPID: 30 working days. Whether it binds here
is for the city's lawyer (docs/desk.md, "Keberatan").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from hoax_tracker.claims.response_targets import load_targets
from hoax_tracker.models import (
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Objection,
    ObjectionOutcome,
    ObjectionStatement,
    Proposal,
    ProposalOutcome,
    db,
)

ANSWER_DAYS = 30
"""Working days."""
OBJECTION_ACT = "objection"
CORRECTING_OUTCOMES = (ObjectionOutcome.CORRECT, ObjectionOutcome.PARTLY)


@dataclass(frozen=True)
class PublicObjection:
    """An objection as everybody reads it: never what residents wrote, nor who.

    ``statements``: how many residents said so; ``awaits_correction``: it was upheld, and the page does not say so yet.
    """

    row: Objection
    statements: int
    awaits_correction: bool


def objection_subject(objection_id: int) -> str:
    """Return the objection's name in proposals and in the audit log."""
    return f"{OBJECTION_ACT}:{objection_id}"


def is_decision_proposed(objection_id: int) -> bool:
    """Tell whether a decision about the objection waits for a second person."""
    query = sa.select(Proposal.id).where(
        Proposal.act == OBJECTION_ACT,
        Proposal.subject == objection_subject(objection_id),
        Proposal.outcome == ProposalOutcome.OPEN,
    )
    return db.session.scalar(query) is not None


def list_shown_objections(page: Clarification, now: datetime) -> list[PublicObjection]:
    """Return the objections that everybody reads under a page, newest first.

    One unnamed objection must not put a doubt under whichever page somebody dislikes, and no office must be able to
    hide one: an undecided objection is shown once an officer has proposed a decision, or its deadline has passed.
    """
    return [
        one
        for one in list_public_objections(page)
        if one.row.outcome is not None or one.row.due_at <= now or is_decision_proposed(one.row.id)
    ]


def list_public_objections(page: Clarification) -> list[PublicObjection]:
    """Return all objections to a page, newest first."""
    rows = db.session.execute(_with_counts().where(Objection.clarification_id == page.id)).all()
    corrected_at = _last_corrections([page.id]).get(page.id) if rows else None
    return [_describe(row, count, corrected_at) for row, count in rows]


def describe_public(row: Objection) -> PublicObjection:
    """Return one objection as everybody reads it."""
    count = db.session.scalar(sa.select(sa.func.count()).where(ObjectionStatement.objection_id == row.id)) or 0
    return _describe(row, count, _last_corrections([row.clarification_id]).get(row.clarification_id))


def list_unsettled() -> list[PublicObjection]:
    """Return the objections that wait for a decision or for the correction that was decided, the most urgent first."""
    upheld = Objection.outcome.in_(CORRECTING_OUTCOMES)
    query = _with_counts().options(joinedload(Objection.clarification))
    rows = db.session.execute(query.where(sa.or_(Objection.outcome.is_(None), upheld))).all()
    corrected = _last_corrections({row.clarification_id for row, _count in rows})
    found = [_describe(row, count, corrected.get(row.clarification_id)) for row, count in rows]
    return sorted(
        (one for one in found if one.row.outcome is None or one.awaits_correction), key=lambda one: one.row.due_at
    )


def working_days_passed(row: Objection, now: datetime) -> int:
    """Return how many working days an objection has waited, or had waited when it was decided."""
    if row.working_days is not None:
        return row.working_days
    return load_targets().calendar.days_between(row.received_at, now)


def _with_counts() -> sa.Select[Objection, int]:
    count = (
        sa.select(sa.func.count())
        .where(ObjectionStatement.objection_id == Objection.id)
        .correlate(Objection)
        .scalar_subquery()
    )
    return sa.select(Objection, count).order_by(Objection.received_at.desc(), Objection.id.desc())


def _last_corrections(page_ids: Sequence[int] | set[int]) -> dict[int, datetime]:
    """Return when each page was last corrected or withdrawn."""
    if not page_ids:
        return {}
    row = ClarificationRevision
    query = (
        sa.select(row.clarification_id, sa.func.max(row.made_at))
        .where(row.clarification_id.in_(page_ids), row.kind != ClarificationStatus.PUBLISHED)
        .group_by(row.clarification_id)
    )
    return dict(db.session.execute(query).all())


def _describe(row: Objection, statements: int, changed_at: datetime | None) -> PublicObjection:
    is_upheld = row.outcome in CORRECTING_OUTCOMES and row.decided_at is not None
    return PublicObjection(
        row,
        statements,
        awaits_correction=is_upheld and (changed_at is None or changed_at < (row.decided_at or changed_at)),
    )
