"""Lists of public clarifications: newest, related, and paged by words, topic, place, verdict and days."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.web.query_args import (
    Pages,
    QueryFilters,
    enum_parser,
    parse_day,
    parse_row_id,
    query_arg,
    text_parser,
)
from hoax_tracker.desk_search.queries import holds_words, unindexed_row_id
from hoax_tracker.desk_search.query_parser import ResultKind, read_any_phrase, read_search_words
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Clarification,
    ClarificationReach,
    ClarificationRevision,
    ClarificationStatus,
    District,
    Topic,
    Verdict,
    db,
)

LONGEST_SEARCH = 200
PLACE_COLUMNS = ("title", "claim_quote", "summary")


@dataclass(frozen=True)
class ClarificationFilters(QueryFilters):
    """The filters of an address; invalid values are ignored. ``place`` is the id of a kecamatan."""

    words: str = query_arg(text_parser(LONGEST_SEARCH), "", arg="q")
    topic: Topic | None = query_arg(enum_parser(Topic), arg="topik")
    verdict: Verdict | None = query_arg(enum_parser(Verdict), arg="putusan")
    place: int | None = query_arg(parse_row_id, arg="tempat")
    since: date | None = query_arg(parse_day, arg="dari")
    until: date | None = query_arg(parse_day, arg="sampai")

    @property
    def sifted(self) -> bool:
        """True where a filter beside words is set."""
        return bool(replace(self, words="").args())

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return the conditions on clarifications."""
        chosen: list[sa.ColumnElement[bool]] = []
        if self.words:
            # Asked of the list's rows in their order, until the page is full: to sort all that hold a common word
            # takes longer.
            chosen.append(
                holds_words(ResultKind.CLARIFICATION, read_search_words(self.words), of=unindexed_row_id(Clarification))
            )
        if self.topic:
            chosen.append(Clarification.topic == self.topic)
        if self.verdict:
            chosen.append(Clarification.verdict == self.verdict)
        if self.place:
            chosen.append(names_place_condition(list_place_names(self.place)))
        if self.since:
            chosen.append(Clarification.published_at >= start_of_day(self.since))
        if self.until:
            chosen.append(Clarification.published_at < start_of_day(self.until) + timedelta(days=1))
        return chosen


def list_place_choices() -> Sequence[sa.Row[int, str]]:
    """Return (id, name) of the kecamatan, by name."""
    query = sa.select(District.id, District.name).where(District.kind == "kecamatan")
    return db.session.execute(query.order_by(District.name)).all()


def list_place_names(place: int) -> list[str]:
    """Return the names and other spellings of a kecamatan and its kelurahan; none for an unknown id."""
    query = sa.select(District.name, District.aliases).where(sa.or_(District.id == place, District.parent_id == place))
    return [name for row in db.session.execute(query) for name in (row.name, *row.aliases)]


def names_place_condition(names: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that title, claim or summary names one of the places as whole words.

    The index of words answers it; on PostgreSQL it also holds what follows the summary, so the texts it finds are read.
    """
    is_indexed = holds_words(ResultKind.CLARIFICATION, read_any_phrase(names), columns=PLACE_COLUMNS)
    if db.engine.dialect.name == "sqlite" or not names:
        return is_indexed
    text = sa.func.concat_ws(" ", *(getattr(Clarification, name) for name in PLACE_COLUMNS))
    pattern = "|".join(re.escape(name) for name in names)
    return sa.and_(is_indexed, text.op("~*", return_type=sa.Boolean())(rf"\y({pattern})\y"))


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
