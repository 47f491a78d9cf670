"""Postings: which pages contain which stems, as flat arrays that can be memory-mapped and shared."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.text.memo import memoise_per_word

Scores = npt.NDArray[np.float32]


class Ranges(NamedTuple):
    """For each of some stems: the bounds of its postings, and how many clarifications contain it in any wording."""

    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    holders: npt.NDArray[np.int64]


MAX_STEM_COUNT = 255
FEW_POSTINGS = 50_000
"""Postings of a text up to which they are added up in one go. More would take much memory, and longer."""
_LOG_COUNTS = (1 + np.log(np.maximum(np.arange(MAX_STEM_COUNT + 1), 1))).astype(np.float32)


@memoise_per_word
def stem_key(stem: str) -> int:
    """Return the 64-bit key of a stem. The result is cached."""
    return int.from_bytes(hashlib.blake2b(stem.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Postings:
    """Arrays over the t stems and n pages of a segment.

    ``keys``: (t,) sorted; the pages of stem i are ``places[starts[i]:starts[i + 1]]``, with 1 + log of its count on
    each in ``said``; ``lengths``: (n,) lengths of the pages' weighted vectors; ``held``: (t,) number of clarifications
    with the stem, where several wordings count once.
    """

    keys: npt.NDArray[np.uint64]
    starts: npt.NDArray[np.int64]
    places: npt.NDArray[np.int32]
    said: npt.NDArray[np.float32]
    lengths: Scores
    held: npt.NDArray[np.int32]

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the arrays."""
        return tuple(array.name for array in fields(cls))

    def ranges(self, stems: Collection[str]) -> Ranges:
        """Return the bounds of each stem's postings, 0 and 0 for unknown stems."""
        if not len(self.keys):
            return Ranges(*(np.zeros(len(stems), dtype=np.int64) for _ in Ranges._fields))
        wanted = np.fromiter(map(stem_key, stems), dtype=np.uint64, count=len(stems))
        indices = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        is_indexed = self.keys[indices] == wanted
        return Ranges(
            self.starts[indices] * is_indexed, self.starts[indices + 1] * is_indexed, self.held[indices] * is_indexed
        )

    def holders(self, stem: str) -> int:
        """Return how many clarifications contain a stem."""
        return int(self.ranges([stem]).holders[0])

    def scores(self, asked: Ranges, factors: npt.NDArray[np.float64]) -> Scores:
        """Return the (n,) inner products of the pages' unit vectors with a text.

        ``asked``: the ranges of its stems; ``factors``: (stems,) what one occurrence on a page scores.
        """
        sizes = asked.stops - asked.starts
        few = sizes.sum() <= FEW_POSTINGS
        summed = self._sum_few(asked.starts, sizes, factors) if few else self._sum_many(asked, factors)
        summed /= self.lengths
        return summed

    def _sum_few(
        self, starts: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64], factors: npt.NDArray[np.float64]
    ) -> Scores:
        """Return (n,) sums of the values of all ranges times their factors."""
        first = np.cumsum(sizes) - sizes
        postings = np.arange(sizes.sum()) + np.repeat(starts - first, sizes)
        summed = np.zeros(len(self.lengths), dtype=np.float32)
        each = self.said[postings] * np.repeat(factors.astype(np.float32), sizes)
        np.add.at(summed, self.places[postings], each)
        return summed

    def _sum_many(self, asked: Ranges, factors: npt.NDArray[np.float64]) -> Scores:
        """Return the same sums, range by range."""
        ends = zip(asked.starts.tolist(), asked.stops.tolist(), factors.tolist(), strict=True)
        ranges = [(slice(start, stop), factor) for start, stop, factor in ends if stop > start]
        # scipy takes half the time of ``add.at`` but 16 MB, so it is used only where it is loaded already.
        return self._product(ranges) if "scipy.sparse" in sys.modules else self._sum(ranges)

    def _sum(self, ranges: Sequence[tuple[slice, float]]) -> Scores:
        """Return (n,) sums of the ranges' values times their factors."""
        summed = np.zeros(len(self.lengths), dtype=np.float32)
        for part, factor in ranges:
            # ``add.at`` takes half the time of ``summed[places] += …``.
            np.add.at(summed, self.places[part], self.said[part] * np.float32(factor))
        return summed

    def _product(self, ranges: Sequence[tuple[slice, float]]) -> Scores:
        """Return the same sums through a sparse matrix product."""
        from scipy.sparse import csc_array

        starts = np.cumsum([0, *(part.stop - part.start for part, _ in ranges)], dtype=np.int32)
        places, frequencies = (
            np.concatenate([array[part] for part, _ in ranges]) for array in (self.places, self.said)
        )
        occurrences = csc_array((frequencies, places, starts), shape=(len(self.lengths), len(ranges)))
        summed: Scores = occurrences @ np.array([factor for _, factor in ranges], dtype=np.float32)
        return summed


_NO_POSTINGS = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8)


@dataclass
class Gathering:
    """Collects the stems of pages one by one without keeping the pages.

    ``held``: how many clarifications contain each stem.
    """

    held: Counter[str] = field(default_factory=Counter)
    clarifications: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    parts: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]] = field(default_factory=list)
    _counted: set[str] = field(default_factory=set)

    def add(self, stem_counts: Mapping[str, int], *, again: bool = False) -> None:
        """Add a page by the counts of its stems; ``again``: it is another wording of the clarification before."""
        if not again:
            self._counted = set()
            self.clarifications += 1
        self.held.update(stem_counts.keys() - self._counted)
        self._counted.update(stem_counts)
        numbered = [self.numbers.setdefault(stem, len(self.numbers)) for stem in stem_counts]
        counts = np.minimum(np.fromiter(stem_counts.values(), dtype=np.int64, count=len(stem_counts)), MAX_STEM_COUNT)
        self.parts.append((np.array(numbered, dtype=np.int32), counts.astype(np.uint8)))

    def copy(self) -> Gathering:
        """Return a copy that goes on by itself."""
        copied = {name: getattr(self, name).copy() for name in ("held", "numbers", "parts", "_counted")}
        return replace(self, **copied)

    @property
    def holders(self) -> npt.NDArray[np.int64]:
        """Return how many clarifications contain each stem, in the order of ``numbers``."""
        return np.fromiter(map(self.held.__getitem__, self.numbers), dtype=np.int64, count=len(self.numbers))

    def postings(self, weights: npt.NDArray[np.float64]) -> Postings:
        """Return the arrays; ``weights``: of each stem in the whole index, in the order of ``numbers``."""
        sizes = [len(numbered) for numbered, _ in self.parts]
        pages = np.repeat(np.arange(len(self.parts), dtype=np.int32), sizes)
        numbered = np.concatenate([_NO_POSTINGS[0], *(stem_numbers for stem_numbers, _ in self.parts)])
        counts = np.concatenate([_NO_POSTINGS[1], *(counts for _, counts in self.parts)])
        weight = weights.astype(np.float32)
        squares = np.bincount(pages, (_LOG_COUNTS[counts] * weight[numbered]) ** 2, minlength=len(self.parts))
        keys = np.fromiter(map(stem_key, self.numbers), dtype=np.uint64, count=len(self.numbers))
        by_key = np.argsort(keys)
        rank = np.empty(len(keys), dtype=np.int32)
        rank[by_key] = np.arange(len(keys), dtype=np.int32)
        order = np.argsort(rank[numbered], kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(rank[numbered], minlength=len(keys)))])
        lengths = np.maximum(np.sqrt(squares), 1e-9).astype(np.float32)
        return Postings(
            keys[by_key],
            starts.astype(np.int64),
            pages[order],
            _LOG_COUNTS[counts[order]],
            lengths,
            self.holders[by_key].astype(np.int32),
        )


_BLOCK = 64


def top_k_places(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return the places of the ``count`` largest scores, unordered; ties at the boundary are broken arbitrarily.

    The ``count``-th largest block maximum is a lower bound for the ``count`` largest scores, so only scores from it on
    are sorted. Of a hundred thousand scores some hundred remain.
    """
    whole = len(scores) - len(scores) % _BLOCK
    if whole < count * _BLOCK * 2:
        return _top_k_by_partition(scores, count)
    highest = scores[:whole].reshape(-1, _BLOCK).max(axis=1)
    edge = np.partition(highest, len(highest) - count)[len(highest) - count]
    candidates = np.flatnonzero(scores >= edge)
    return candidates[_top_k_by_partition(scores[candidates], count)]


def _top_k_by_partition(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    if count >= len(scores):
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]
