"""Near-copies of a text, told by its first words. What denies where the other asserts is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from classifiers.text import normalise

HEAD_WORDS = 80
READ_CHARACTERS = 900
"""Characters of a text that are read: more than the words that are compared."""
COPY = 0.78
"""From this likeness on a text is a copy."""
WORD = re.compile(r"\w+")
DENIALS = frozenset(
    {"tidak", "bukan", "tak", "tdk", "bkn", "sonde", "son", "belum", "blm", "jangan", "batal"}
    | {"hoaks", "hoax", "bohong", "palsu", "bantah", "membantah"}
)


@dataclass(frozen=True)
class Sketch:
    """What of a text decides whether it is a near-copy: its first words, and its denials."""

    words: str
    denials: frozenset[str]


@lru_cache(maxsize=2048)
def sketch(text: str) -> Sketch:
    """Return the sketch of a text as it was written."""
    words = WORD.findall(normalise(text[:READ_CHARACTERS]).casefold())[:HEAD_WORDS]
    return Sketch(" ".join(words), frozenset(words) & DENIALS)


def denies_otherwise(one: Sketch, other: Sketch) -> bool:
    """Return whether one text denies something and the other does not."""
    return bool(one.denials) != bool(other.denials)


def likeness(one: Sketch, other: Sketch) -> float:
    """Return how alike two texts are in 0..1; 0 where only one of them denies, or one says nothing."""
    if denies_otherwise(one, other) or not one.words or not other.words:
        return 0.0
    return max(fuzz.ratio(one.words, other.words), fuzz.token_sort_ratio(one.words, other.words)) / 100
