"""The list of narratives: searched by words, sorted by their last wave or by how often they came back.

A narrative's title is what an officer wrote, else the title of its oldest claim as it is now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l

from hoax_tracker.claims.accused_view import is_open_to_all
from hoax_tracker.claims.recusal import accuses_unit
from hoax_tracker.core.database.upsert import alias_table
from hoax_tracker.core.web.query_args import QueryFilters, enum_parser, parse_page_number, query_arg, text_parser
from hoax_tracker.models import Claim, Narrative, NarrativeClaim, Officer, db
from hoax_tracker.models.enums import Labelled
from hoax_tracker.review.narratives.wave_chart import Wave, count_days, split_waves


def narrative_title_column(narrative_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[str | None]:
    """Return the column with the title of a narrative by the column of its id; None for one without title and claims.

    The claim's title is read, never copied: it holds words of a report, which its reporter may erase. One that some
    unit may not read (claims/accused_view.py) names no narrative.
    """
    named, inside = alias_table(Narrative, "named"), alias_table(NarrativeClaim, "inside")
    oldest_claim = alias_table(Claim, "oldest_claim")
    written = sa.select(sa.func.nullif(named.title, "")).where(named.id == narrative_id)
    oldest = (
        sa.select(oldest_claim.title)
        .join(inside, inside.claim_id == oldest_claim.id)
        .where(inside.narrative_id == narrative_id, is_open_to_all(oldest_claim))
        .order_by(oldest_claim.first_seen_at, oldest_claim.id)
        .limit(1)
    )
    owner = narrative_id.class_  # type: ignore[attr-defined]
    return sa.func.coalesce(
        written.correlate(owner).scalar_subquery(), oldest.correlate(owner).scalar_subquery()
    ).label("narrative_title")


NARRATIVES_ON_PAGE = 30
SEARCH_LONGEST = 120


class NarrativeOrder(Labelled):
    """How the list is sorted."""

    LAST_WAVE = "terakhir", _l("Gelombang terakhir")
    WAVES = "gelombang", _l("Jumlah gelombang")
    CLAIMS = "klaim", _l("Jumlah klaim")


@dataclass(frozen=True)
class NarrativeFilters(QueryFilters):
    """What the address of the list holds."""

    q: str = query_arg(text_parser(SEARCH_LONGEST), "")
    order: NarrativeOrder = query_arg(enum_parser(NarrativeOrder), NarrativeOrder.LAST_WAVE, arg="urut")
    page: int = query_arg(parse_page_number, 1)


@dataclass(frozen=True)
class ListedNarrative:
    """A narrative in the list."""

    id: int
    title: str
    claim_count: int
    waves: Sequence[Wave]

    @property
    def last_wave_begins(self) -> date:
        """The first day of the last wave; the earliest date for a narrative that was never seen."""
        return self.waves[-1].first if self.waves else date.min

    @property
    def last_seen(self) -> date:
        """The last day on which a claim of it was seen."""
        return self.waves[-1].last if self.waves else date.min


@dataclass(frozen=True)
class NarrativeListing:
    """A page of the list, and how many narratives there are in all."""

    rows: list[ListedNarrative]
    total: int
    filters: NarrativeFilters

    @property
    def is_last_page(self) -> bool:
        """True where no narratives follow."""
        return self.filters.page * NARRATIVES_ON_PAGE >= self.total


def load_narrative_listing(args: Mapping[str, str], officer: Officer) -> NarrativeListing:
    """Return the page of the list that the query arguments ask for.

    Waves of all narratives that match are counted, as the list is sorted by them: officers make them one by one, so
    they are few.
    """
    filters = NarrativeFilters.from_args(args)
    rows = find_narratives(filters.q, officer)
    days = count_days([key for key, _title, _count in rows])
    listed = [ListedNarrative(key, title or "", count, split_waves(days.get(key, ()))) for key, title, count in rows]
    listed.sort(key=lambda row: _sort_key(row, filters.order), reverse=True)
    first = (filters.page - 1) * NARRATIVES_ON_PAGE
    return NarrativeListing(listed[first : first + NARRATIVES_ON_PAGE], len(listed), filters)


def _sort_key(row: ListedNarrative, order: NarrativeOrder) -> tuple[object, ...]:
    """Return what a narrative is sorted by, highest first."""
    newest = (row.last_wave_begins, row.last_seen, row.id)
    if order is NarrativeOrder.WAVES:
        return (len(row.waves), *newest)
    return (row.claim_count, *newest) if order is NarrativeOrder.CLAIMS else newest


def find_narratives(words: str, officer: Officer, limit: int | None = None) -> Sequence[Any]:
    """Return (id, title, number of claims) of the narratives that hold every word, newest change first.

    A word stands in the title, in the title of one of the claims, or in the notes where the officer may read them
    (membership.may_read_notes).
    """
    may_read: sa.ColumnElement[bool] = sa.true()
    if words:
        accusing = (
            sa.select(NarrativeClaim.id)
            .join(Claim, Claim.id == NarrativeClaim.claim_id)
            .where(
                NarrativeClaim.narrative_id == Narrative.id,
                accuses_unit(officer.unit),
            )
        )
        may_read = ~accusing.correlate(Narrative).exists()
    fellow = alias_table(NarrativeClaim, "fellow")
    count = sa.select(sa.func.count()).where(fellow.narrative_id == Narrative.id).correlate(Narrative).scalar_subquery()
    query = sa.select(Narrative.id, narrative_title_column(Narrative.id), count)
    query = query.where(Narrative.merged_into_id.is_(None))
    for word in words.split():
        inside = (
            sa.select(NarrativeClaim.id)
            .join(Claim, Claim.id == NarrativeClaim.claim_id)
            .where(NarrativeClaim.narrative_id == Narrative.id, Claim.title.icontains(word, autoescape=True))
        )
        query = query.where(
            sa.or_(
                Narrative.title.icontains(word, autoescape=True),
                sa.and_(Narrative.notes.icontains(word, autoescape=True), may_read),
                inside.correlate(Narrative).exists(),
            )
        )
    return db.session.execute(query.order_by(Narrative.changed_at.desc(), Narrative.id.desc()).limit(limit)).all()
