"""Near-copies of a text, told by its first words. What denies where the other asserts is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from classifiers.text.memo import TEXT_CACHE_SIZE
from classifiers.text.normalise import normalise_text

SKETCH_WORDS = 80
SKETCH_CHARACTERS = 900
"""Characters of a text that are read: more than the words that are compared."""
COPY_LIKENESS = 0.78
"""From this likeness on a text is a copy."""
WORD_PATTERN = re.compile(r"\w+")
DENIAL_WORDS = frozenset(
    {"tidak", "bukan", "tak", "tdk", "bkn", "sonde", "son", "belum", "blm", "batal"}
    | {"hoaks", "hoax", "bohong", "palsu", "bantah", "membantah"}
)


_QUESTION_WORDS = frozenset({"atau", "ko", "ka", "kah", "apa", "ato", "iya", "benar", "betul"})
"""Before a denial these make a question of it: "betul ko tidak?" denies nothing."""


def is_denial_in_question(words: Sequence[str], at: int) -> bool:
    """Return whether the denial at a place only makes a question."""
    return at > 0 and words[at - 1] in _QUESTION_WORDS


def has_denial(words: Sequence[str]) -> bool:
    """Return whether a text in these (clean) words denies something."""
    head = words[:SKETCH_WORDS]
    return any(word in DENIAL_WORDS and not is_denial_in_question(head, at) for at, word in enumerate(head))


@dataclass(frozen=True)
class Sketch:
    """What of a text decides whether it is a near-copy: its first words, and whether it denies."""

    words: str
    denies: bool


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def build_sketch(text: str) -> Sketch:
    """Return the sketch of a text as it was written."""
    words = WORD_PATTERN.findall(normalise_text(text[:SKETCH_CHARACTERS]).casefold())[:SKETCH_WORDS]
    return Sketch(" ".join(words), has_denial(words))


def is_denied_by_one(one: Sketch, other: Sketch) -> bool:
    """Return whether one text denies something and the other does not."""
    return one.denies != other.denies


def sketch_likeness(one: Sketch, other: Sketch) -> float:
    """Return how alike two texts are in 0..1; 0 where only one of them denies, or one says nothing."""
    if is_denied_by_one(one, other) or not one.words or not other.words:
        return 0.0
    return max(fuzz.ratio(one.words, other.words), fuzz.token_sort_ratio(one.words, other.words)) / 100
