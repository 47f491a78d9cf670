"""What a list of findings is narrowed by, as the address says it: so a list can be sent to a colleague."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA
from hoax_tracker.core.web.query_args import QueryFilters, enum_parser, parse_day, parse_row_id, query_arg, text_parser
from hoax_tracker.desk_search import query_parser
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Topic, Verdict
from hoax_tracker.models.enums import Labelled


class ResultKind(Labelled):
    """What can be found; the order is that of the page."""

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
    """Return the name of a label as it is stored: lower case, one blank between words."""
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
        """The words as the database looks for them."""
        return query_parser.read_search_words(self.q)

    @property
    def kinds(self) -> list[ResultKind]:
        """What is looked through: the kind that was chosen, or all that the filters can say something about."""
        chosen = [self.kind] if self.kind else list(ResultKind)
        return [
            kind
            for kind in chosen
            if all(kind in KINDS_BY_FILTER[name] for name in KINDS_BY_FILTER if getattr(self, name))
        ]

    @property
    def narrow(self) -> bool:
        """True where a filter is set, beside words and kind."""
        return bool(replace(self, q="", kind=None, before=None).args())

    @property
    def is_empty(self) -> bool:
        """True where nothing is asked for."""
        return not self.asked and not self.narrow and self.kind is None

    def of(self, kind: ResultKind | None, before: int | None = None) -> dict[str, Any]:
        """Return the address parts of the same list for one kind, from a place on."""
        return replace(self, kind=kind, before=before).args()

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return from when (included) until when (not included)."""
        first = datetime.combine(self.since, time(), WITA) if self.since else None
        last = datetime.combine(self.until, time(), WITA) + timedelta(days=1) if self.until else None
        return first, last
