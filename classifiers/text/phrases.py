"""Find many phrases in a text in one pass over its words: names of the gazetteer and cues of the flagger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import compress, count
from typing import NamedTuple

WILDCARD_WORD = "*"
"""Matches any single word in a phrase."""
WILDCARD_NUMBER = "#"
"""Matches any number in a phrase."""


class Hit(NamedTuple):
    """A phrase in ``words[start:stop]``; ``key``: the key of the phrase."""

    key: int
    start: int
    stop: int


_PhraseEntry = tuple[list[str], bool, int]  # words after the first, whether without wildcards, key


class PhraseIndex:
    """Phrases indexed by their first word. Of phrases that begin at one word only the longest is found."""

    def __init__(self, phrases: Iterable[tuple[Sequence[str], int]]) -> None:
        """Index (words, key) pairs. ``WILDCARD_WORD`` and ``WILDCARD_NUMBER`` may not come first."""
        by_first: dict[str, list[_PhraseEntry]] = {}
        for words, key in phrases:
            rest = list(words[1:])
            plain = WILDCARD_WORD not in rest and WILDCARD_NUMBER not in rest
            by_first.setdefault(words[0], []).append((rest, plain, key))
        self._by_first = {first: _Followed(entries) for first, entries in by_first.items()}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """Return the phrases in ``words``, a list, in order of their first word. Hits may overlap."""
        hits: list[Hit] = []
        by_first = self._by_first
        last = len(words) - 1
        for start in compress(count(), map(by_first.__contains__, words)):
            followed = by_first[words[start]]
            entries = followed.by(words[start + 1]) if start < last else followed.single
            if entries:
                hit = _find_longest_phrase(entries, words, start)
                if hit is not None:
                    hits.append(hit)
        return hits


def drop_overlapping_hits(hits: Sequence[Hit]) -> list[Hit]:
    """Return hits, in order of their first word, without those that begin within an earlier one."""
    separate: list[Hit] = []
    for hit in hits:
        if not separate or hit.start >= separate[-1].stop:
            separate.append(hit)
    return separate


class _Followed:
    """The phrases with one first word, longest first, indexed by their second word."""

    def __init__(self, entries: list[_PhraseEntry]) -> None:
        entries.sort(key=lambda entry: -len(entry[0]))
        seconds = {rest[0] for rest, _, _ in entries if rest} - {WILDCARD_WORD, WILDCARD_NUMBER}
        self._by_second = {second: _phrases_continued_by(entries, second) for second in seconds}
        self._number, self._other = _phrases_continued_by(entries, "0"), _phrases_continued_by(entries, "")
        self.single = [entry for entry in entries if not entry[0]]

    def by(self, second: str) -> list[_PhraseEntry]:
        """Return the phrases whose second word may be this one."""
        entries = self._by_second.get(second)
        if entries is not None:
            return entries
        return self._number if second[:1].isdigit() else self._other


def _phrases_continued_by(entries: list[_PhraseEntry], second: str) -> list[_PhraseEntry]:
    return [entry for entry in entries if not entry[0] or _is_pattern_match(entry[0][:1], [second])]


def _find_longest_phrase(entries: list[_PhraseEntry], words: Sequence[str], start: int) -> Hit | None:
    for rest, plain, key in entries:
        stop = start + 1 + len(rest)
        follow = words[start + 1 : stop]
        if follow == rest or (not plain and len(follow) == len(rest) and _is_pattern_match(rest, follow)):
            return Hit(key, start, stop)
    return None


def _is_pattern_match(pattern: Sequence[str], words: Sequence[str]) -> bool:
    return all(
        p in (w, WILDCARD_WORD) or (p == WILDCARD_NUMBER and w[:1].isdigit())
        for p, w in zip(pattern, words, strict=True)
    )
