"""The list of sources: filtered by the address, with the results of each source, by pages or whole as a download."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.core.web.query_args import Pages, QueryFilters, parse_page_number, query_arg, text_parser
from hoax_tracker.models import Assessment, Item, ModelVersion, Source, db

SOURCES_PER_PAGE = 30
LISTING_CACHE_KEY = "sources"
SOURCE_STATES: dict[str, Any] = {
    "failing": _l("Gagal dibaca"),
    "new": _l("Menunggu dibaca pertama kali"),
    "ok": _l("Terbaca"),
    "paused": _l("Dijeda"),
    "unscheduled": _l("Dari berkas"),
}
"""How a source stands, in the order of the list. "unscheduled": a file, or read once by address."""
SCHEDULED_STATES = ("failing", "new", "ok")
STATE_EXPRESSION = sa.case(
    (Source.url.is_(None), "unscheduled"),
    (~Source.is_active, "paused"),
    (Source.failures > 0, "failing"),
    (Source.last_success_at.is_not(None), "ok"),
    else_="new",
)
SOURCE_ORDER = (
    sa.case({name: place for place, name in enumerate(SOURCE_STATES)}, value=STATE_EXPRESSION),
    sa.func.lower(Source.name),
    Source.id,
)


@dataclass(frozen=True)
class SourceFilters(QueryFilters):
    """The filters in the address of the list. ``q`` holds words of the name or the address."""

    q: str = query_arg(text_parser(200), "")
    state: str = query_arg(lambda text: text if text in SOURCE_STATES else None, "")
    page: int = query_arg(parse_page_number, 1)

    def of(self, state: str) -> dict[str, Any]:
        """Return the address parts of the same search in another state."""
        return replace(self, state=state, page=1).args()


@dataclass(frozen=True)
class SourceRow:
    """A source with its results: the number of stored items, and of those that the active model flagged."""

    source: Source
    items: int
    flagged: int
    state: str


@dataclass(frozen=True)
class SourceListing:
    """One page of the list.

    ``reading`` and ``failing`` count all sources. ``counts`` gives by state the sources that match the words, ``total``
    those in the chosen state. ``counted_at`` is when the worker counted the results, None for figures of now.
    """

    rows: list[SourceRow]
    filters: SourceFilters
    reading: int
    failing: int
    counts: Mapping[str, int]
    total: int
    counted_at: datetime | None

    @property
    def rest(self) -> int:
        """The number of sources after this page."""
        return Pages(self.total, SOURCES_PER_PAGE).rest(self.filters.page)


def list_sources(wanted: SourceFilters, now: datetime) -> SourceListing:
    """Return a page of the sources: failing ones first, then active ones, then the others, each by name.

    A page number past the end gives the last page.
    """
    words, of_all = _source_search_conditions(wanted.q), _count_sources_by_state([])
    counts = _count_sources_by_state(words) if words else of_all
    total = counts.get(wanted.state, 0) if wanted.state else sum(counts.values())
    pages = Pages(total, SOURCES_PER_PAGE)
    shown = replace(wanted, page=pages.nearest(wanted.page))
    chosen = [*words, shown.state == STATE_EXPRESSION] if shown.state else words
    query = (
        sa.select(Source, STATE_EXPRESSION)
        .where(*chosen)
        .order_by(*SOURCE_ORDER)
        .limit(pages.size)
        .offset(pages.offset(shown.page))
    )
    rows = db.session.execute(query).all()
    came, counted_at = _load_item_counts([source.id for source, _state in rows], now)
    items, flagged = came["items"], came["flagged"]
    return SourceListing(
        [
            SourceRow(source, items.get(str(source.id), 0), flagged.get(str(source.id), 0), state)
            for source, state in rows
        ],
        shown,
        sum(of_all.get(state, 0) for state in SCHEDULED_STATES),
        of_all.get("failing", 0),
        counts,
        total,
        counted_at,
    )


def _load_item_counts(of: Collection[int], now: datetime) -> tuple[dict[str, dict[str, int]], datetime | None]:
    """Return the counts of ``count_items_by_source``, and when the worker counted them; None for counts of now."""
    cached = statistics_cache.load_cached_figures(LISTING_CACHE_KEY, now)
    return (cached.value, cached.counted_at) if cached else (count_items_by_source(of), None)


def _source_search_conditions(q: str) -> list[sa.ColumnElement[bool]]:
    """Return the query conditions for the words of a search; all of them must match."""
    columns = (Source.name, Source.url, Source.home_url)
    return [sa.or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in q.split()]


def _count_sources_by_state(conditions: list[sa.ColumnElement[bool]]) -> dict[str, int]:
    """Return the number of sources in each state among those that meet the conditions."""
    state = sa.select(STATE_EXPRESSION.label("state")).where(*conditions).subquery()
    return dict(db.session.execute(sa.select(state.c.state, sa.func.count()).group_by(state.c.state)).all())


def count_items_by_source(of: Collection[int] | None = None) -> dict[str, dict[str, int]]:
    """Return the numbers of items and of flagged items, each by source id as a JSON key."""
    chosen = [Item.source_id.in_(of)] if of is not None else []
    items = sa.select(Item.source_id, sa.func.count()).group_by(Item.source_id)
    both = {"items": items, "flagged": flagged_counts_query()}
    rows_by_name = {name: db.session.execute(query.where(*chosen)) for name, query in both.items()}
    return {name: {str(key): count for key, count in rows} for name, rows in rows_by_name.items()}


def flagged_counts_query() -> sa.Select[int, int]:
    """Return the query for (source id, number of its items that the active model flagged)."""
    return (
        sa.select(Item.source_id, sa.func.count(Item.id.distinct()))
        .join(Assessment, Assessment.item_id == Item.id)
        .join(ModelVersion, ModelVersion.id == Assessment.model_version_id)
        .where(Assessment.flagged, ModelVersion.is_active)
        .group_by(Item.source_id)
    )


def source_state(source: Source) -> str:
    """Return the state of a source as one code word."""
    if source.url is None:
        return "unscheduled"
    if not source.is_active:
        return "paused"
    if source.failures:
        return "failing"
    return "ok" if source.last_success_at else "new"


SOURCE_COLUMNS = (
    ListColumn("number", _l("Nomor"), lambda row: row.source.id),
    ListColumn("name", _l("Nama"), lambda row: row.source.name),
    ListColumn("source_address", _l("Alamat yang dibaca"), lambda row: row.source.url),
    ListColumn("state", _l("Keadaan"), lambda row: SOURCE_STATES[row.state]),
    ListColumn("items", _l("Entri"), lambda row: row.items),
    ListColumn("flagged", _l("Perlu ditinjau"), lambda row: row.flagged),
    ListColumn("interval", _l("Dibaca tiap (menit)"), lambda row: row.source.interval_minutes),
    ListColumn("last_success_at", _l("Terakhir terbaca (WITA)"), lambda row: row.source.last_success_at),
    ListColumn("next_fetch_at", _l("Berikutnya (WITA)"), lambda row: row.source.next_fetch_at),
    ListColumn("failures", _l("Gagal berturut-turut"), lambda row: row.source.failures),
    ListColumn(
        "address", _l("Alamat"), lambda row: url_for("ingest.standing", source_id=row.source.id, _external=True)
    ),
)


def source_batches(filters: SourceFilters, now: datetime) -> Iterator[Sequence[SourceRow]]:
    """Yield the sources some at a time, with what came of each."""
    conditions = _source_search_conditions(filters.q)
    if filters.state:
        conditions.append(sa.literal(filters.state) == STATE_EXPRESSION)
    query = sa.select(Source.id).where(*conditions).order_by(*SOURCE_ORDER).limit(max(MOST_ROWS.values()) + 1)
    for some in split_into_batches(db.session.scalars(query).all()):
        sources = {source.id: source for source in db.session.scalars(sa.select(Source).where(Source.id.in_(some)))}
        counts, _counted_at = _load_item_counts(some, now)
        yield [_source_row(sources[key], counts) for key in some if key in sources]


def _source_row(source: Source, counts: dict[str, dict[str, int]]) -> SourceRow:
    """Return a source with its numbers of items."""
    key = str(source.id)
    return SourceRow(source, counts["items"].get(key, 0), counts["flagged"].get(key, 0), source_state(source))
