"""Find many phrases in a text in one pass over its words: places and offices, and the cues of the flagger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

ANY = "*"
"""Stands for any one word in a phrase."""
NUMBER = "#"
"""Stands for any number in a phrase."""


class Hit(NamedTuple):
    """A phrase found in ``words[start:stop]``; ``key`` is what was given with the phrase."""

    key: int
    start: int
    stop: int


class PhraseIndex:
    """Phrases by their first word; of those that begin at one word, only the longest is found."""

    def __init__(self, phrases: Iterable[tuple[Sequence[str], int]]) -> None:
        """Take (words, key) pairs. A phrase may hold ``ANY`` and, not first, ``NUMBER``."""
        self._by_first: dict[str, list[tuple[list[str], bool, int]]] = {}
        for words, key in phrases:
            rest = list(words[1:])
            plain = ANY not in rest and NUMBER not in rest
            self._by_first.setdefault(words[0], []).append((rest, plain, key))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry[0]))

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Return the phrases in ``words`` in order of their first word; they may overlap. ``words`` is a list."""
        hits: list[Hit] = []
        by_first = self._by_first
        for start, word in enumerate(words):
            entries = by_first.get(word)
            if entries is not None:
                hit = _longest(entries, words, start)
                if hit is not None:
                    hits.append(hit)
        return hits


def _longest(entries: list[tuple[list[str], bool, int]], words: Sequence[str], start: int) -> Hit | None:
    for rest, plain, key in entries:
        stop = start + 1 + len(rest)
        follow = words[start + 1 : stop]
        if follow == rest or (not plain and len(follow) == len(rest) and _fits(rest, follow)):
            return Hit(key, start, stop)
    return None


def _fits(pattern: Sequence[str], words: Sequence[str]) -> bool:
    return all(p in (w, ANY) or (p == NUMBER and w[:1].isdigit()) for p, w in zip(pattern, words, strict=True))
