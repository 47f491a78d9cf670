"""Text that says nothing is recognised; nothing that our own texts hold is taken for it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifiers.text.normalise import is_pressed_keys, says_nothing, word_tokens
from tests.repository import ROOT

PRESSED = (
    "asdfgh qwerty ASDFGHJKL zxcvb asdasd qweqwe zxczxc sdfsdf kjhkjh lkajsd fjdksl aslkdjf jkhdfkjshdf kjhgf hshsh "
    "ksksks poiuy asd qwe xxxxxx jjjj a ? 12345 😂😂😂 ... !!!"
)


@pytest.mark.parametrize("text", [*PRESSED.split(), "", "asdfgh qwerty 😂", "asdf, asdf! 123", "👍👍 😭", "- . -"])
def test_pressed_keys_emoji_and_signs_say_nothing(text: str) -> None:
    assert says_nothing(text)


@pytest.mark.parametrize(
    "text",
    """
    betul ko|ko?|su tau|sonde|pi mana|BPBD|PVMBG|RPJMD|DPMPTSP|Dppkb|KLHK|PPPK|jaksa|Lasiana|Jeffry|Dju|Ndun|Nggadas
    |Fahrensy|LLBK|tsunami|gempa|wkwk air mati|asdfgh air mati|brngkt|yg bnr|水停了|مياه|Ibu Nggi|H. Djami|skpwni
    """.replace("\n", "").split("|"),
)
def test_short_messages_names_and_acronyms_say_something(text: str) -> None:
    assert not says_nothing(text.strip())


def texts_in(value: object) -> Iterator[str]:
    """Yield every text in data of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from texts_in(part)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def all_texts() -> Iterator[str]:
    """Yield every text of the repository's data: messages, names, words."""
    for path in sorted((ROOT / "data").rglob("*.csv")):
        for row in rows_of(path):
            yield from (part for value in row.values() if value for part in value.split("|"))
    for path in sorted((ROOT / "data").rglob("*.json*")):
        lines = path.read_text(encoding="utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
        for line in lines:
            yield from texts_in(json.loads(line))


def test_no_word_of_our_texts_is_taken_for_pressed_keys() -> None:
    sounds = {"wkwkw", "wkwkwk", "ckckck"}  # laughing, and clicking one's tongue
    words = {word for text in all_texts() for word in word_tokens(text)} - sounds
    assert len(words) > 10_000
    assert [word for word in sorted(words) if is_pressed_keys(word)] == []


def test_no_labelled_message_says_nothing() -> None:
    paths = [*sorted((ROOT / "data" / "labelled").glob("*.csv")), *sorted((ROOT / "data").glob("*/messages.csv"))]
    messages = [row["text"] for path in paths for row in rows_of(path)]
    assert len(messages) > 3_000
    assert [text for text in messages if says_nothing(text)] == []
