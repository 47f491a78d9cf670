"""Recognise near-copies by their first words. A text that denies is no copy of one that asserts."""

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
"""Characters that are read; they contain more words than are compared."""
COPY_LIKENESS = 0.78
"""Similarity from which a text is a copy."""
WORD_PATTERN = re.compile(r"\w+")
DENIAL_WORDS = frozenset(
    {"tidak", "bukan", "tak", "tdk", "bkn", "sonde", "son", "belum", "blm", "batal"}
    | {"hoaks", "hoax", "bohong", "palsu", "bantah", "membantah"}
)


_QUESTION_WORDS = frozenset({"atau", "ko", "ka", "kah", "apa", "ato", "iya", "benar", "betul"})
"""Words that turn a following negation into a question: "betul ko tidak?" denies nothing."""


def is_denial_in_question(words: Sequence[str], position: int) -> bool:
    """Tell whether the negation at a position only forms a question."""
    return position > 0 and words[position - 1] in _QUESTION_WORDS


def has_denial(words: Sequence[str]) -> bool:
    """Tell whether a text with these clean words denies something."""
    head = words[:SKETCH_WORDS]
    return any(word in DENIAL_WORDS and not is_denial_in_question(head, position) for position, word in enumerate(head))


@dataclass(frozen=True)
class Sketch:
    """The first words of a text, and whether it denies."""

    words: str
    denies: bool


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def build_sketch(text: str) -> Sketch:
    """Return the sketch of an original text."""
    words = WORD_PATTERN.findall(normalise_text(text[:SKETCH_CHARACTERS]).casefold())[:SKETCH_WORDS]
    return Sketch(" ".join(words), has_denial(words))


def _is_denied_by_one(sketch: Sketch, other: Sketch) -> bool:
    """Tell whether exactly one of two texts denies something."""
    return sketch.denies != other.denies


def sketch_likeness(sketch: Sketch, other: Sketch) -> float:
    """Return the similarity of two texts, 0..1; 0 where only one denies or one has no words."""
    if _is_denied_by_one(sketch, other) or not sketch.words or not other.words:
        return 0.0
    return max(fuzz.ratio(sketch.words, other.words), fuzz.token_sort_ratio(sketch.words, other.words)) / 100
