"""What an address asks for, checked: arguments, the page of a long list, where to go next.

An invalid argument is ignored. A redirect's target comes from the address, which anybody can write, so only paths of
this site are safe ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlsplit

MAX_ROW_ID = 2**31
MOST_PAGE_DIGITS = 5  # more pages than any list has; a larger number would not fit the database's offset
ArgParser = Callable[[str], Any]


def query_arg(parse: ArgParser, default: Any = None, *, arg: str = "") -> Any:
    """Return the dataclass field of a query argument; ``arg`` is its name where the field has another.

    The parser gets "" for a missing argument, and returns None for the default.
    """
    return field(default=default, metadata={"parse": parse, "arg": arg})


@dataclass(frozen=True)
class QueryFilters:
    """Query arguments of a list. A subclass declares a ``query_arg`` for each."""

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Self:
        """Return the filters parsed from the query arguments."""
        read = {
            filter_field.name: filter_field.metadata["parse"](
                args.get(filter_field.metadata["arg"] or filter_field.name, "")
            )
            for filter_field in fields(cls)
        }
        return cls(**{name: value for name, value in read.items() if value is not None})

    def args(self) -> dict[str, Any]:
        """Return the filters as query arguments, without defaults."""
        values = {
            filter_field.metadata["arg"] or filter_field.name: (getattr(self, filter_field.name), filter_field.default)
            for filter_field in fields(self)
        }
        return {arg: getattr(value, "value", value) for arg, (value, default) in values.items() if value != default}

    def at(self, page: int) -> dict[str, Any]:
        """Return the query arguments of another page of the same list, which has a field ``page``."""
        return replace(self, page=page).args()  # type: ignore[call-arg]

    @property
    def narrow(self) -> bool:
        """True where any filter except the page is set."""
        return bool(self.args().keys() - {"page"})


def enum_parser(kind: Any) -> ArgParser:
    """Return the parser that finds the enum member with a value."""
    return lambda text: next((member for member in kind if member.value == text), None)


def text_parser(longest: int) -> ArgParser:
    """Return the parser for text: single blanks, no NUL (PostgreSQL refuses it), cut to a maximum length."""
    return lambda text: " ".join(text.replace("\x00", " ").split())[:longest].strip()


def parse_row_id(text: str) -> int | None:
    """Parse a valid row id; None for any other text."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0
    return number if 0 < number < MAX_ROW_ID else None


def parse_day(text: str) -> date | None:
    """Parse the date of a date field; None for invalid text and for years outside 2000 to 2199.

    Date arithmetic cannot overflow within those years.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def parse_page_number(text: str) -> int:
    """Parse the page number, counted from 1; invalid or missing text means the first page."""
    return max(1, int(text)) if text.isdecimal() and len(text) <= MOST_PAGE_DIGITS else 1


def read_whole_number(value: Any) -> int | None:
    """Return the whole number in a form field, or None: the service then says what is missing."""
    text = str(value or "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


@dataclass(frozen=True)
class Pages:
    """The pages, counted from 1, of a list with ``total`` rows and ``size`` rows per page."""

    total: int
    size: int

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one page."""
        return max(1, -(-self.total // self.size))

    def nearest(self, number: int) -> int:
        """Return the page number limited to the existing pages."""
        return min(max(1, number), self.last)

    def offset(self, number: int) -> int:
        """Return how many rows precede the page."""
        return (number - 1) * self.size

    def rest(self, number: int) -> int:
        """Return how many rows follow the page."""
        return max(0, self.total - number * self.size)


def local_path(wanted: str | None, *, otherwise: str) -> str:
    """Return the wanted path where it is on this site, else ``otherwise``. Prevents open redirects."""
    if not wanted or not wanted.startswith("/") or "\\" in wanted or any(ord(letter) <= 32 for letter in wanted):
        return otherwise
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc or wanted.startswith("//") else wanted
