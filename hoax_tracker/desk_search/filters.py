"""Filters of the search, as query arguments, so that a result list can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from flask_babel import lazy_gettext as _l

from hoax_tracker.clock import WITA
from hoax_tracker.desk_search import query_parser
from hoax_tracker.models import ClaimStatus, ClarificationStatus, Topic, Verdict
from hoax_tracker.models.enums import Labelled

MAX_ROW_ID = 2**31


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


@dataclass(frozen=True)
class SearchQuery:
    """Words and filters; ``since`` and ``until`` are days in Kupang, both included. ``before``: only older ids."""

    q: str = ""
    kind: ResultKind | None = None
    status: ClaimStatus | None = None
    page_status: ClarificationStatus | None = None
    verdict: Verdict | None = None
    topic: Topic | None = None
    unit: int | None = None
    source: int | None = None
    label: str = ""
    since: date | None = None
    until: date | None = None
    before: int | None = None

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

    def args(self) -> dict[str, Any]:
        """Return the query as query arguments, without empty ones."""
        given = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: getattr(value, "value", value) for name, value in given.items() if value}

    def of(self, kind: ResultKind | None, before: int | None = None) -> dict[str, Any]:
        """Return the query arguments for one kind, from an id on."""
        return replace(self, kind=kind, before=before).args()

    def moments(self) -> tuple[datetime | None, datetime | None]:
        """Return the start (included) and the end (excluded)."""
        first = datetime.combine(self.since, time(), WITA) if self.since else None
        last = datetime.combine(self.until, time(), WITA) + timedelta(days=1) if self.until else None
        return first, last


def read_search_query(args: Mapping[str, str]) -> SearchQuery:
    """Read the query from query arguments; invalid values are ignored."""
    return SearchQuery(
        q=" ".join(args.get("q", "").replace("\x00", " ").split())[: query_parser.MAX_QUERY_CHARACTERS],
        kind=read_enum_member(ResultKind, args.get("kind")),
        status=read_enum_member(ClaimStatus, args.get("status")),
        page_status=read_enum_member(ClarificationStatus, args.get("page_status")),
        verdict=read_enum_member(Verdict, args.get("verdict")),
        topic=read_enum_member(Topic, args.get("topic")),
        unit=read_row_number(args.get("unit")),
        source=read_row_number(args.get("source")),
        label=read_label_name(args.get("label")),
        since=read_day(args.get("since")),
        until=read_day(args.get("until")),
        before=read_row_number(args.get("before")),
    )


def read_enum_member(kind: Any, value: str | None) -> Any:
    """Return the member of an enum with that value, or None."""
    return next((one for one in kind if one.value == value), None)


def read_row_number(value: str | None) -> int | None:
    """Return a valid row id, or None."""
    found = int(value) if value and value.isascii() and value.isdecimal() and len(value) < 11 else 0
    return found if 0 < found < MAX_ROW_ID else None


def read_label_name(value: str | None) -> str:
    """Return a label's name as stored: lower case, single blanks."""
    return " ".join((value or "").replace("\x00", " ").casefold().split())[:40]


def read_day(value: str | None) -> date | None:
    """Return a valid day, or None."""
    try:
        found = date.fromisoformat(value or "")
    except ValueError:
        return None
    return found if 2000 <= found.year < 2100 else None
