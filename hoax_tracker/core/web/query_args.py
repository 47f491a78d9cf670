"""What an address asks for: every part is read here, and what is asked for wrongly is left out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self

MAX_ROW_ID = 2**31
MOST_PAGE_DIGITS = 5  # more pages than any list has; a larger number would not fit the database's offset
ArgParser = Callable[[str], Any]


def query_arg(parse: ArgParser, default: Any = None, *, arg: str = "") -> Any:
    """Return the field that one part of the address gives, ``arg`` where that is not called as the field is.

    The parser gets "" for a part that is missing, and returns None where the default holds.
    """
    return field(default=default, metadata={"parse": parse, "arg": arg})


@dataclass(frozen=True)
class QueryFilters:
    """What an address asks of a list: a subclass has a ``query_arg`` for each part."""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Read the filters from the parts of an address."""
        read = {one.name: one.metadata["parse"](args.get(one.metadata["arg"] or one.name, "")) for one in fields(cls)}
        return cls(**{name: value for name, value in read.items() if value is not None})

    def args(self) -> dict[str, Any]:
        """Return the filters as parts of an address, without those that ask for nothing."""
        given = {one.metadata["arg"] or one.name: (getattr(self, one.name), one.default) for one in fields(self)}
        return {arg: getattr(value, "value", value) for arg, (value, default) in given.items() if value != default}

    def at(self, page: int) -> dict[str, Any]:
        """Return the address parts of another page of the same list, which has a field ``page``."""
        return replace(self, page=page).args()  # type: ignore[call-arg]

    @property
    def narrow(self) -> bool:
        """True where less is asked for than everything, on whichever page."""
        return bool(self.args().keys() - {"page"})


def enum_parser(kind: Any) -> ArgParser:
    """Return the parser for the value of an enum's member."""
    return lambda text: next((one for one in kind if one.value == text), None)


def text_parser(longest: int) -> ArgParser:
    """Return the parser for words: one blank between them, no NUL (PostgreSQL refuses it), cut to a length."""
    return lambda text: " ".join(text.replace("\x00", " ").split())[:longest].strip()


def parse_row_id(text: str) -> int | None:
    """Read a number that a row can have."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
    return number if 0 < number < MAX_ROW_ID else None


def parse_day(text: str) -> date | None:
    """Read the day that a date field sends, of a year that a calendar can add to."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def parse_page_number(text: str) -> int:
    """Read which page (from 1) is asked for: the first where none is named."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= MOST_PAGE_DIGITS else 1


def read_whole_number(value: Any) -> int | None:
    """Return a number of a form field, or None for anything else: the service says what is missing."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 10 else None
