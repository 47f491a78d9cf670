"""Find many phrases in a text in one pass over its words: places and offices, and the cues of the flagger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress, count
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


_Entry = tuple[list[str], bool, int]  # what follows the first word, whether without ANY and NUMBER, and the key


class PhraseIndex:
    """Phrases by their first word; of those that begin at one word, only the longest is found."""

    def __init__(self, phrases: Iterable[tuple[Sequence[str], int]]) -> None:
        """Take (words, key) pairs. A phrase may hold ``ANY`` and, not first, ``NUMBER``."""
        by_first: dict[str, list[_Entry]] = {}
        for words, key in phrases:
            rest = list(words[1:])
            plain = ANY not in rest and NUMBER not in rest
            by_first.setdefault(words[0], []).append((rest, plain, key))
        self._by_first = {first: _Followed(entries) for first, entries in by_first.items()}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Return the phrases in ``words`` in order of their first word; they may overlap. ``words`` is a list."""
        hits: list[Hit] = []
        by_first = self._by_first
        last = len(words) - 1
        for start in compress(count(), map(by_first.__contains__, words)):
            followed = by_first[words[start]]
            entries = followed.by(words[start + 1]) if start < last else followed.single
            if entries:
                hit = _longest(entries, words, start)
                if hit is not None:
                    hits.append(hit)
        return hits


class _Followed:
    """The phrases of one first word, longest first, by their second word: most end there."""

    def __init__(self, entries: list[_Entry]) -> None:
        entries.sort(key=lambda entry: -len(entry[0]))
        seconds = {rest[0] for rest, _, _ in entries if rest} - {ANY, NUMBER}
        self._by_second = {second: _open_to(entries, second) for second in seconds}
        self._number, self._other = _open_to(entries, "0"), _open_to(entries, "")
        self.single = [entry for entry in entries if not entry[0]]

    def by(self, second: str) -> list[_Entry]:
        """Return the phrases that may go on with this word."""
        entries = self._by_second.get(second)
        if entries is not None:
            return entries
        return self._number if second[:1].isdigit() else self._other


def _open_to(entries: list[_Entry], second: str) -> list[_Entry]:
    return [entry for entry in entries if not entry[0] or _fits(entry[0][:1], [second])]


def _longest(entries: list[_Entry], words: Sequence[str], start: int) -> Hit | None:
    for rest, plain, key in entries:
        stop = start + 1 + len(rest)
        follow = words[start + 1 : stop]
        if follow == rest or (not plain and len(follow) == len(rest) and _fits(rest, follow)):
            return Hit(key, start, stop)
    return None


def _fits(pattern: Sequence[str], words: Sequence[str]) -> bool:
    return all(p in (w, ANY) or (p == NUMBER and w[:1].isdigit()) for p, w in zip(pattern, words, strict=True))
