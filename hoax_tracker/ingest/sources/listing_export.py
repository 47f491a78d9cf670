"""The list of sources as a list to download: all that the page's filters match, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.web.downloads import MOST_ROWS, split_into_batches
from hoax_tracker.ingest.sources.listing import (
    SOURCE_ORDER,
    SOURCE_STATES,
    STATE_EXPRESSION,
    SourceFilters,
    SourceRow,
    load_item_counts,
    source_search_conditions,
    source_state,
)
from hoax_tracker.models import Source, db

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
    conditions = source_search_conditions(filters.q)
    if filters.state:
        conditions.append(sa.literal(filters.state) == STATE_EXPRESSION)
    query = sa.select(Source.id).where(*conditions).order_by(*SOURCE_ORDER).limit(max(MOST_ROWS.values()) + 1)
    for some in split_into_batches(db.session.scalars(query).all()):
        sources = {source.id: source for source in db.session.scalars(sa.select(Source).where(Source.id.in_(some)))}
        counts, _counted_at = load_item_counts(some, now)
        yield [_source_row(sources[key], counts) for key in some if key in sources]


def _source_row(source: Source, counts: dict[str, dict[str, int]]) -> SourceRow:
    """Return a source with its numbers of items."""
    key = str(source.id)
    return SourceRow(source, counts["items"].get(key, 0), counts["flagged"].get(key, 0), source_state(source))
