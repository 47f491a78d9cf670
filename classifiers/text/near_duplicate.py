"""Near-copies of a text, told by its first words. What denies where the other asserts is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from classifiers.text.memo import TEXTS_REMEMBERED
from classifiers.text.normalise import normalise

HEAD_WORDS = 80
READ_CHARACTERS = 900
"""Characters of a text that are read: more than the words that are compared."""
COPY = 0.78
"""From this likeness on a text is a copy."""
WORD = re.compile(r"\w+")
DENIALS = frozenset(
    {"tidak", "bukan", "tak", "tdk", "bkn", "sonde", "son", "belum", "blm", "batal"}
    | {"hoaks", "hoax", "bohong", "palsu", "bantah", "membantah"}
)


_ASKED_WITH = frozenset({"atau", "ko", "ka", "kah", "apa", "ato", "iya", "benar", "betul"})
"""Before a denial these make a question of it: "betul ko tidak?" denies nothing."""


def asks_with(words: Sequence[str], at: int) -> bool:
    """Return whether the denial at a place only makes a question."""
    return at > 0 and words[at - 1] in _ASKED_WITH


def denies(words: Sequence[str]) -> bool:
    """Return whether a text in these (clean) words denies something."""
    head = words[:HEAD_WORDS]
    return any(word in DENIALS and not asks_with(head, at) for at, word in enumerate(head))


@dataclass(frozen=True)
class Sketch:
    """What of a text decides whether it is a near-copy: its first words, and whether it denies."""

    words: str
    denies: bool


@lru_cache(maxsize=TEXTS_REMEMBERED)
def sketch(text: str) -> Sketch:
    """Return the sketch of a text as it was written."""
    words = WORD.findall(normalise(text[:READ_CHARACTERS]).casefold())[:HEAD_WORDS]
    return Sketch(" ".join(words), denies(words))


def denies_otherwise(one: Sketch, other: Sketch) -> bool:
    """Return whether one text denies something and the other does not."""
    return one.denies != other.denies


def likeness(one: Sketch, other: Sketch) -> float:
    """Return how alike two texts are in 0..1; 0 where only one of them denies, or one says nothing."""
    if denies_otherwise(one, other) or not one.words or not other.words:
        return 0.0
    return max(fuzz.ratio(one.words, other.words), fuzz.token_sort_ratio(one.words, other.words)) / 100
