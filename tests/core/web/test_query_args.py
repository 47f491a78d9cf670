"""Query arguments are parsed alike everywhere, and invalid ones are ignored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from hoax_tracker.check.clarification_list import ClarificationFilters
from hoax_tracker.clarify.listing import ListingFilters
from hoax_tracker.core.web.query_args import (
    Pages,
    QueryFilters,
    enum_parser,
    parse_day,
    parse_page_number,
    parse_row_id,
    query_arg,
    text_parser,
)
from hoax_tracker.desk_search.query_parser import SearchQuery
from hoax_tracker.ingest.sources.listing import SourceFilters
from hoax_tracker.models import Topic
from hoax_tracker.review.queue.queue import QueueFilters

WRONG = ("x", "-1", "0", "²", "9" * 12, "2026-13-01", "1999-12-31", "\x00", " ")


@dataclass(frozen=True)
class Filters(QueryFilters):
    """One part of each kind."""

    words: str = query_arg(text_parser(5), "", arg="q")
    topic: Topic | None = query_arg(enum_parser(Topic))
    unit: int | None = query_arg(parse_row_id)
    since: date | None = query_arg(parse_day, arg="dari")
    page: int = query_arg(parse_page_number, 1)


def test_what_is_read_is_written_as_it_stood() -> None:
    args = {"q": "air", "topic": "water", "unit": "3", "dari": "2026-02-28", "page": "2"}
    filters = Filters.from_args(args | {"other": "1"})
    assert filters == Filters("air", Topic.WATER, 3, date(2026, 2, 28), 2)
    assert {name: str(value) for name, value in filters.args().items()} == args
    assert filters.at(1) == {name: value for name, value in filters.args().items() if name != "page"}


@pytest.mark.parametrize("value", WRONG)
@pytest.mark.parametrize("part", ["topic", "unit", "dari", "page"])
def test_what_is_asked_wrongly_is_left_out(part: str, value: str) -> None:
    assert Filters.from_args({part: value}) == Filters()


def test_words_hold_no_nul_and_no_more_than_is_looked_for() -> None:
    assert Filters.from_args({"q": " a\x00 \n b cdefg"}).words == "a b c"


def test_another_page_of_everything_is_not_narrow() -> None:
    assert not Filters(page=3).narrow
    assert Filters(unit=3).narrow


@pytest.mark.parametrize(
    "kind",
    [QueueFilters, SearchQuery, SourceFilters, ListingFilters, ClarificationFilters],
    ids=lambda kind: kind.__name__,
)
def test_every_list_bears_any_value_of_any_part(kind: Any) -> None:
    parts = [one.metadata["arg"] or name for name, one in kind.__dataclass_fields__.items()]
    for value in WRONG:
        filters = kind.from_args(dict.fromkeys(parts, value))
        assert kind.from_args({name: str(text) for name, text in filters.args().items()}) == filters


@pytest.mark.parametrize(
    ("total", "asked", "shown", "offset", "rest"),
    [(0, 1, 1, 0, 0), (10, 1, 1, 0, 0), (11, 1, 1, 0, 1), (11, 2, 2, 10, 0), (25, 9, 3, 20, 0), (25, -4, 1, 0, 15)],
)
def test_a_page_lies_within_the_list(total: int, asked: int, shown: int, offset: int, rest: int) -> None:
    pages = Pages(total, 10)
    number = pages.nearest(asked)
    assert (number, pages.offset(number), pages.rest(number)) == (shown, offset, rest)


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        *(("1", 1), ("2", 2), ("99999", 99999), ("007", 7), ("٣", 3)),
        *((asked, 1) for asked in ("", "0", "-1", "+2", "1.5", "x", "²", " 2", "100000", "9" * 5000)),
    ],
)
def test_an_address_names_a_page_or_gets_the_first(asked: str, number: int) -> None:
    assert parse_page_number(asked) == number
