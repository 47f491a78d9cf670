"""Near-copies join the claim they repeat: candidates by shared runs of words, confirmed by edit distance.

A copy that denies what the claim asserts is another claim, however close its words are.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from rapidfuzz import fuzz

SHINGLE = 3
HEAD_WORDS = 80
SAME = 78.0
MIN_SHARED = 2
WORD = re.compile(r"\w+")
DENIALS = frozenset(
    {"tidak", "bukan", "tak", "tdk", "bkn", "sonde", "son", "belum", "blm", "jangan", "batal"}
    | {"hoaks", "hoax", "bohong", "palsu", "bantah", "membantah"}
)


@dataclass(frozen=True)
class Sketch:
    """What of a text decides whether it is a near-copy: its first words, runs of them, and its denials."""

    words: str
    shingles: frozenset[str]
    denials: frozenset[str]


def sketch(text: str) -> Sketch:
    """Return the sketch of a (normalised) text."""
    words = WORD.findall(text.casefold())[:HEAD_WORDS]
    runs = (" ".join(words[i : i + SHINGLE]) for i in range(max(1, len(words) - SHINGLE + 1)))
    return Sketch(" ".join(words), frozenset(runs), frozenset(words) & DENIALS)


def similarity(one: Sketch, other: Sketch) -> float:
    """Return how alike two texts are in 0..100; 0 where one denies and the other does not."""
    if bool(one.denials) != bool(other.denials):
        return 0.0
    return max(fuzz.ratio(one.words, other.words), fuzz.token_sort_ratio(one.words, other.words))


@dataclass
class Grouper:
    """The sketches of the claims that may be joined; find() is quick however many they are."""

    sketches: dict[int, Sketch] = field(default_factory=dict)
    by_shingle: dict[str, set[int]] = field(default_factory=dict)
    newest: int = 0

    def add(self, claim_id: int, text: str) -> None:
        """Make a claim known by its (normalised) text."""
        known = sketch(text)
        self.sketches[claim_id] = known
        self.newest = max(self.newest, claim_id)
        for run in known.shingles:
            self.by_shingle.setdefault(run, set()).add(claim_id)

    def find(self, text: str) -> tuple[int, float] | None:
        """Return (claim id, similarity in 0..1) of the claim that the (normalised) text repeats, or None."""
        asked = sketch(text)
        shared = Counter(claim_id for run in asked.shingles for claim_id in self.by_shingle.get(run, ()))
        need = min(MIN_SHARED, len(asked.shingles))
        best = max(
            ((similarity(asked, self.sketches[one]), -one) for one, count in shared.most_common(20) if count >= need),
            default=(0.0, 0),
        )
        return (-best[1], best[0] / 100) if best[0] >= SAME else None
