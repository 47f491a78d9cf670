"""Filters of the list of clarifications: words, topic, place, verdict, days."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.web.query_args import QueryFilters, enum_parser, parse_day, parse_row_id, query_arg, text_parser
from hoax_tracker.desk_search.filters import ResultKind
from hoax_tracker.desk_search.queries import holds_words, unindexed_row_id
from hoax_tracker.desk_search.query_parser import read_any_phrase, read_search_words
from hoax_tracker.models import Clarification, District, Topic, Verdict, db

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
