"""Long lists are shown a page at a time."""

from __future__ import annotations

from collections.abc import Mapping

_MOST_DIGITS = 5  # more pages than any list has; a larger number would not fit the database's offset


def read_page_number(args: Mapping[str, str]) -> int:
    """Return which page (from 1) an address asks for by its part ``page``: the first where it names none."""
    asked = args.get("page", "")
    return max(1, int(asked)) if asked.isdecimal() and len(asked) <= _MOST_DIGITS else 1
