"""Lists of public clarifications: newest, paged and filtered, related."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.check.clarification_list.filters import ClarificationFilters
from hoax_tracker.clock import day_in_kupang
from hoax_tracker.core.web.pagination import Pages
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationReach,
    ClarificationRevision,
    ClarificationStatus,
    Topic,
    db,
)

# With the longest titles, all found and marked, a page with its files stays under 40 KB before it is compressed.
PER_PAGE = 10
ASKED_DAYS, LEAST_ASKED = 7, 3


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
    """Return the query for public clarifications, newest first, with the answering unit."""
    return _select_public(Clarification).options(joinedload(Clarification.unit))


def _select_public(*columns: Any) -> sa.Select[Any]:
    """Return the query for these columns of public clarifications, newest first.

    It excludes statuses rather than naming one, so that SQLite uses the index in this order.
    """
    public = (Clarification.published_at.is_not(None), Clarification.status.not_in(NON_PUBLIC_STATUSES))
    return sa.select(*columns).where(*public).order_by(*NEWEST_FIRST)


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


def list_most_asked(now: datetime, count: int, but: Collection[Clarification] = ()) -> list[tuple[Clarification, int]]:
    """Return the public clarifications that most checked messages were answered with, and how often.

    Counted are the last ASKED_DAYS days in Kupang; fewer than LEAST_ASKED say nothing.
    """
    asked = sa.func.sum(ClarificationReach.answers + ClarificationReach.comparisons)
    since = day_in_kupang(now - timedelta(days=ASKED_DAYS))
    most = (
        sa.select(ClarificationReach.clarification_id.label("id"), asked.label("asked"))
        .where(ClarificationReach.day > since, ClarificationReach.clarification_id.not_in([row.id for row in but]))
        .group_by(ClarificationReach.clarification_id)
        .having(asked >= LEAST_ASKED)
        .subquery()
    )
    query = public_clarifications_query().join(most, most.c.id == Clarification.id).add_columns(most.c.asked)
    query = query.order_by(None).order_by(most.c.asked.desc(), *NEWEST_FIRST).limit(count)
    return [(row, int(number)) for row, number in db.session.execute(query)]


def list_newest_with_history(count: int) -> Sequence[Clarification]:
    """Return the newest public clarifications, each with its revisions."""
    return db.session.scalars(
        public_clarifications_query().options(selectinload(Clarification.revisions)).limit(count)
    ).all()


def list_public_addresses(count: int) -> list[tuple[str, datetime]]:
    """Return (slug, time of the newest public revision) of the newest public clarifications."""
    last_change = (
        sa.select(sa.func.max(ClarificationRevision.made_at))
        .where(ClarificationRevision.clarification_id == Clarification.id)
        .scalar_subquery()
    )
    rows = db.session.execute(_select_public(Clarification.slug, Clarification.published_at, last_change).limit(count))
    return [(slug, max(filter(None, moments))) for slug, *moments in rows]


def load_clarification_page(filters: ClarificationFilters, number: int) -> ClarificationPage:
    """Return a page of the clarifications that match the filters."""
    query = public_clarifications_query().where(*filters.conditions())
    # The rows are counted by their ids: reading all that they hold to count them takes several times as long.
    total = (
        db.session.scalar(
            sa.select(sa.func.count()).select_from(query.with_only_columns(Clarification.id).order_by(None).subquery())
        )
        or 0
    )
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
