"""Search results as a list to download: what the page shows of each, every page of it.

A result holds the title, the words around the match and a few facts. Contacts of reporters are never searched, and
names of private posters are no part of a result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urljoin

from flask import request
from flask_babel import lazy_gettext as _l

from hoax_tracker.core.content.list_files import ListColumn
from hoax_tracker.core.web.downloads import ROWS_AT_ONCE
from hoax_tracker.desk_search.queries import list_search_sections
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.desk_search.results import SearchHit
from hoax_tracker.models import Officer


@dataclass(frozen=True)
class ExportedHit:
    """A result with its kind."""

    kind: ResultKind
    hit: SearchHit


def _full_address(row: ExportedHit) -> str:
    """Return the address of the result's page, "" for an item without a claim."""
    return urljoin(request.url_root, row.hit.link) if row.hit.link else ""


SEARCH_COLUMNS = (
    ListColumn("kind", _l("Jenis"), lambda row: row.kind.label),
    ListColumn("number", _l("Nomor"), lambda row: row.hit.id),
    ListColumn("title", _l("Judul"), lambda row: row.hit.title.striptags()),
    ListColumn("excerpt", _l("Isi di sekitar kata"), lambda row: row.hit.words.striptags()),
    ListColumn("facts", _l("Keterangan"), lambda row: " · ".join(str(fact) for fact in row.hit.facts)),
    ListColumn("at", _l("Masuk (WITA)"), lambda row: row.hit.at),
    ListColumn("due_at", _l("Batas keputusan awal (WITA)"), lambda row: row.hit.due_at),
    ListColumn("address", _l("Alamat"), _full_address),
    ListColumn("source_address", _l("Alamat aslinya"), lambda row: row.hit.outside),
)


def search_batches(wanted: SearchQuery, officer: Officer) -> Iterator[Sequence[ExportedHit]]:
    """Yield the results that the officer may see some at a time, kind by kind, in the order of the page."""
    for kind in wanted.kinds:
        following: SearchQuery | None = replace(wanted, kind=kind, before=None)
        while following is not None:
            sections = list_search_sections(following, officer, page_size=ROWS_AT_ONCE)
            after = sections[0].after if sections else None
            yield [ExportedHit(kind, hit) for section in sections for hit in section.hits]
            following = replace(following, before=after) if after else None
