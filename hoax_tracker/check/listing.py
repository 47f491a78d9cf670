"""Public clarifications as lists: the newest, a page of them, those that hold some words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.models import PUBLIC_STATUSES, Clarification, db

PER_PAGE = 15
MOST_WORDS = 8


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


def newest(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications."""
    return db.session.scalars(public().limit(count)).all()


def newest_with_history(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications, each with its revisions."""
    return db.session.scalars(public().options(selectinload(Clarification.revisions)).limit(count)).all()


def found(words: str, number: int) -> Page:
    """Return a page of the clarifications that hold every one of the words (all where none is given)."""
    query = public()
    for word in words.split()[:MOST_WORDS]:
        columns = (Clarification.title, Clarification.claim_quote, Clarification.summary)
        query = query.where(sa.or_(*(column.icontains(word, autoescape=True) for column in columns)))
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), pages)
    rows = db.session.scalars(query.limit(PER_PAGE).offset((number - 1) * PER_PAGE)).all()
    return Page(rows, number, pages, total)
