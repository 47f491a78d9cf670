"""Filters of the search, as query arguments, so that a result list can be sent to a colleague."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.web.query_args import QueryFilters, enum_parser, parse_day, parse_row_id, query_arg, text_parser
from hoax_tracker.desk_search import query_parser
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Topic, Verdict
from hoax_tracker.models.enums import Labelled


class ResultKind(Labelled):
    """A kind of result, in the order of the page."""

    CLAIM = "klaim", _l("Klaim")
    CLARIFICATION = "klarifikasi", _l("Klarifikasi")
    REPORT = "aduan", _l("Aduan warga")
    QUESTION = "tanya", _l("Pertanyaan dan jawaban")
    NOTE = "catatan", _l("Catatan petugas")
    EVIDENCE = "bukti", _l("Bukti")
    ITEM = "kiriman", _l("Berita dan unggahan")


KINDS_BY_FILTER: dict[str, frozenset[ResultKind]] = {
    "status": frozenset(
        {ResultKind.CLAIM, ResultKind.REPORT, ResultKind.QUESTION, ResultKind.NOTE, ResultKind.EVIDENCE}
    ),
    "label": frozenset(
        {ResultKind.CLAIM, ResultKind.REPORT, ResultKind.QUESTION, ResultKind.NOTE, ResultKind.EVIDENCE}
    ),
    "page_status": frozenset({ResultKind.CLARIFICATION}),
    "verdict": frozenset({ResultKind.CLARIFICATION}),
    "topic": frozenset(set(ResultKind) - {ResultKind.ITEM}),
    "unit": frozenset(set(ResultKind) - {ResultKind.ITEM}),
    "source": frozenset({ResultKind.ITEM}),
}
"""Which kinds a filter can say something about; the others are left out while it is set."""


def read_label_name(value: str) -> str:
    """Return a label's name as stored: lower case, single blanks."""
    return " ".join(value.replace("\x00", " ").casefold().split())[:40]


@dataclass(frozen=True)
class SearchQuery(QueryFilters):
    """Words and filters; ``since`` and ``until`` are days in Kupang, both included. ``before``: only older ids."""

    q: str = query_arg(text_parser(query_parser.MAX_QUERY_CHARACTERS), "")
    kind: ResultKind | None = query_arg(enum_parser(ResultKind))
    status: ClaimStatus | None = query_arg(enum_parser(ClaimStatus))
    page_status: ClarificationStatus | None = query_arg(enum_parser(ClarificationStatus))
    verdict: Verdict | None = query_arg(enum_parser(Verdict))
    topic: Topic | None = query_arg(enum_parser(Topic))
    unit: int | None = query_arg(parse_row_id)
    source: int | None = query_arg(parse_row_id)
    label: str = query_arg(read_label_name, "")
    since: date | None = query_arg(parse_day)
    until: date | None = query_arg(parse_day)
    before: int | None = query_arg(parse_row_id)

    @cached_property
    def asked(self) -> query_parser.SearchWords:
        """The parsed words."""
        return query_parser.read_search_words(self.q)

    @property
    def kinds(self) -> list[ResultKind]:
        """The kinds to search: the chosen one, or all that the filters apply to."""
        chosen = [self.kind] if self.kind else list(ResultKind)
        return [
            kind
            for kind in chosen
            if all(kind in KINDS_BY_FILTER[name] for name in KINDS_BY_FILTER if getattr(self, name))
        ]

    @property
    def narrow(self) -> bool:
        """True where a filter beside words and kind is set."""
        return bool(replace(self, q="", kind=None, before=None).args())

    @property
    def is_empty(self) -> bool:
        """True for an empty query."""
        return not self.asked and not self.narrow and self.kind is None

    def of(self, kind: ResultKind | None, before: int | None = None) -> dict[str, Any]:
        """Return the query arguments for one kind, from an id on."""
        return replace(self, kind=kind, before=before).args()

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return the start (included) and the end (excluded)."""
        first = start_of_day(self.since) if self.since else None
        last = start_of_day(self.until) + timedelta(days=1) if self.until else None
        return first, last
