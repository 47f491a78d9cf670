"""Lists of public clarifications: newest, paged and filtered, related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.clarification_list.filters import ClarificationFilters
from hoax_tracker.core.web.pagination import Pages
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, ClarificationStatus, Topic, db

# With the longest titles, all found and marked, a page with its files stays under 40 KB before it is compressed.
PER_PAGE = 10


@dataclass(frozen=True)
class ClarificationPage:
    """One page of a list; ``total`` counts all results."""

    rows: Sequence[Clarification]
    number: int
    pages: int
    total: int


NEWEST_FIRST = (Clarification.published_at.desc(), Clarification.id.desc())
NON_PUBLIC_STATUSES = tuple(status for status in ClarificationStatus if status not in PUBLIC_STATUSES)


def public_clarifications_query() -> sa.Select[Clarification]:
    """Return the query for public clarifications, newest first, with the answering unit.

    It excludes statuses rather than naming one, so that SQLite uses the index in this order.
    """
    return (
        sa.select(Clarification)
        .where(Clarification.published_at.is_not(None), Clarification.status.not_in(NON_PUBLIC_STATUSES))
        .options(joinedload(Clarification.unit))
        .order_by(*NEWEST_FIRST)
    )


def list_used_topics() -> list[Topic]:
    """Return the topics that have a public clarification, by label."""
    public_of = sa.select(Clarification.id).where(Clarification.status.in_(PUBLIC_STATUSES))
    # One look into the index for each topic that there is; to tell the topics of all pages apart reads all pages.
    used_flags = db.session.execute(
        sa.select(*(public_of.where(Clarification.topic == topic).exists() for topic in Topic))
    ).one()
    return sorted(
        (topic for topic, used in zip(Topic, used_flags, strict=True) if used), key=lambda topic: str(topic.label)
    )


def list_newest_clarifications(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications."""
    return db.session.scalars(public_clarifications_query().limit(count)).all()


def list_newest_with_history(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications, each with its revisions."""
    return db.session.scalars(
        public_clarifications_query().options(selectinload(Clarification.revisions)).limit(count)
    ).all()


def load_clarification_page(filters: ClarificationFilters, number: int) -> ClarificationPage:
    """Return a page of the clarifications that match the filters."""
    query = public_clarifications_query().where(*filters.conditions())
    total = db.session.scalar(sa.select(sa.func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = Pages(total, PER_PAGE)
    number = pages.nearest(number)
    rows = db.session.scalars(query.limit(pages.size).offset(pages.offset(number))).all()
    return ClarificationPage(rows, number, pages.last, total)


def list_related_clarifications(row: Clarification, count: int = 3) -> Sequence[Clarification]:
    """Return other public clarifications on the same topic, the same unit's first, newest first."""
    query = (
        public_clarifications_query().where(Clarification.topic == row.topic, Clarification.id != row.id).order_by(None)
    )
    query = query.order_by(
        (Clarification.unit_id == row.unit_id).desc(), Clarification.published_at.desc(), Clarification.id.desc()
    )
    return db.session.scalars(query.limit(count)).all()
