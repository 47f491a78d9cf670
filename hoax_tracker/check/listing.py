"""Public clarifications as lists: the newest, a page of them, those that somebody looks for, those related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.filters import Filters
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, Topic, db

# With the longest titles, all found and marked, a page with its files stays under 40 KB before it is compressed.
PER_PAGE = 10


@dataclass(frozen=True)
class Page:
    """One page of a list; ``total`` counts all that were found."""

    rows: Sequence[Clarification]
    number: int
    pages: int
    total: int


def public() -> sa.Select[Clarification]:
    """Return the query for public clarifications, newest first, with the unit that answers."""
    return (
        sa.select(Clarification)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .options(joinedload(Clarification.unit))
        .order_by(Clarification.published_at.desc(), Clarification.id.desc())
    )


def topics_used() -> list[Topic]:
    """Return the topics that have a public clarification, by label."""
    query = sa.select(Clarification.topic).where(Clarification.status.in_(PUBLIC_STATUSES)).distinct()
    return sorted(db.session.scalars(query), key=lambda topic: str(topic.label))


def newest(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications."""
    return db.session.scalars(public().limit(count)).all()


def newest_with_history(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications, each with its revisions."""
    return db.session.scalars(public().options(selectinload(Clarification.revisions)).limit(count)).all()


def found(filters: Filters, number: int) -> Page:
    """Return a page of the clarifications that the filters let through."""
    query = public().where(*filters.conditions())
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), pages)
    rows = db.session.scalars(query.limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    return Page(rows, number, pages, total)


def related(row: Clarification, count: int = 3) -> Sequence[Clarification]:
    """Return other public clarifications on the same topic, those of the same unit first, newest first."""
    query = public().where(Clarification.topic == row.topic, Clarification.id != row.id).order_by(None)
    query = query.order_by(
        (Clarification.unit_id == row.unit_id).desc(), Clarification.published_at.desc(), Clarification.id.desc()
    )
    return db.session.scalars(query.limit(count)).all()
