"""Which messages name nothing, name one matter, are a search, or tell a claim."""

from __future__ import annotations

import pytest

from hoax_tracker.check.answers.link_lookup import read_links_only
from hoax_tracker.check.answers.short_messages import (
    find_one_word,
    is_only_number,
    is_search,
    names_nothing,
    tells_claim,
)


@pytest.mark.parametrize(
    "text",
    ["apakah benar?", "benarkah ini", "betul ko?", "ini hoax ko", "min tolong cek berita ini", "ini benar atau tidak?",
     "is this true?", "Can you check this please", "Is it real or fake?"],
)  # fmt: skip
def test_a_question_without_a_matter_names_nothing(text: str) -> None:
    assert names_nothing(text)


@pytest.mark.parametrize(
    "text",
    ["air", "jembatan Liliba retak", "apakah benar air mati?", "7 hari", "is Liliba bridge broken?", "x.example"],
)
def test_a_matter_is_something(text: str) -> None:
    assert not names_nothing(text)


def test_one_word_is_found_beside_those_that_only_ask() -> None:
    assert (find_one_word("air"), find_one_word("apa itu DBD"), find_one_word("air mati total")) == ("air", "dbd", "")
    assert find_one_word("benarkah ini") == ""


@pytest.mark.parametrize(
    ("text", "search", "claim"),
    [
        ("sampah 100 ribu", True, False),
        ("eskalator ke fontein", True, False),
        ("retribusi sampah naik 100 ribu", False, True),
        ("itu sampah yang di sana", False, False),
    ],
)
def test_a_search_tells_no_claim(text: str, search: bool, claim: bool) -> None:
    assert (is_search(text), tells_claim(text)) == (search, claim)


def test_a_number_alone_is_no_message() -> None:
    assert all(map(is_only_number, ["0812 3456 7890", "+62 812-3456-7890", "(0380) 823-456"]))
    assert not any(map(is_only_number, ["112", "0812 3456 7890 penipu", "", "12/3"]))


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("benarkah ini? https://a.example/x", ["https://a.example/x"]),
        ("https://a.example/x", ["https://a.example/x"]),
        ("air mati https://a.example/x", []),
        ("benarkah ini?", []),
    ],
)
def test_a_link_with_a_question_that_names_nothing_is_only_a_link(text: str, links: list[str]) -> None:
    assert read_links_only(text) == links
