"""An address names a page of a list, or gets the first."""

from __future__ import annotations

import pytest

from hoax_tracker.core.web.pagination import read_page_number


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        *(("1", 1), ("2", 2), ("99999", 99999), ("007", 7), ("٣", 3)),
        *((asked, 1) for asked in ("", "0", "-1", "+2", "1.5", "x", "²", " 2", "100000", "9" * 5000)),
    ],
)
def test_an_address_names_a_page_or_gets_the_first(asked: str, number: int) -> None:
    assert read_page_number({"page": asked}) == number


def test_an_address_without_a_page_gets_the_first() -> None:
    assert read_page_number({"q": "2"}) == 1
