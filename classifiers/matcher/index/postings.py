"""Which pages hold which stems, as flat arrays: they can be written to files, mapped from them, and shared."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.index.document_frequency import Weights
from classifiers.text.memo import memoise_per_word

Scores = npt.NDArray[np.float32]


class Ranges(NamedTuple):
    """Of some stems: where their pages begin and end, and how many clarifications hold each (wordings count once)."""

    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    holders: npt.NDArray[np.int64]


MAX_STEM_COUNT = 255
_LOG_COUNTS = (1 + np.log(np.maximum(np.arange(MAX_STEM_COUNT + 1), 1))).astype(np.float32)


@memoise_per_word
def stem_key(stem: str) -> int:
    """Return the 64-bit number that stands for a stem; remembered, for texts say the same words."""
    return int.from_bytes(hashlib.blake2b(stem.encode(), digest_size=8).digest(), "little")


@dataclass(frozen=True)
class Postings:
    """Arrays over the t stems and n pages of a segment.

    ``keys``: (t,) sorted; the pages of stem i are ``places[starts[i]:starts[i + 1]]``, and ``said`` beside them one and
    the logarithm of how often each says it; ``lengths``: (n,) lengths of the pages' weighted vectors; ``held``: (t,)
    how many clarifications hold each stem, one that has several wordings counted once.
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
        return tuple(one.name for one in fields(cls))

    def ranges(self, stems: Collection[str]) -> Ranges:
        """Return where the pages of each stem begin and end, 0 and 0 where none holds it."""
        if not len(self.keys):
            return Ranges(*(np.zeros(len(stems), dtype=np.int64) for _ in Ranges._fields))
        wanted = np.fromiter(map(stem_key, stems), dtype=np.uint64, count=len(stems))
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        known = self.keys[at] == wanted
        return Ranges(self.starts[at] * known, self.starts[at + 1] * known, self.held[at] * known)

    def holders(self, stem: str) -> int:
        """Return how many clarifications hold a stem."""
        return int(self.ranges([stem]).holders[0])

    def scores(self, asked: Ranges, factors: npt.NDArray[np.float64]) -> Scores:
        """Return (n,) inner products of the pages' vectors, at length one, with a text.

        ``asked``: the ranges of its stems; ``factors``: what a page gets for saying each once.
        """
        ends = zip(asked.starts.tolist(), asked.stops.tolist(), factors.tolist(), strict=True)
        held = [(slice(start, stop), factor) for start, stop, factor in ends if stop > start]
        # Half the time of ``add.at``, and 16 MB: a process that assesses has it anyway, one that only answers has not.
        summed = self._product(held) if held and "scipy.sparse" in sys.modules else self._sum(held)
        summed /= self.lengths
        return summed

    def _sum(self, held: Sequence[tuple[slice, float]]) -> Scores:
        """Return (n,) the sum over some ranges of what their pages say, each times its factor."""
        summed = np.zeros(len(self.lengths), dtype=np.float32)
        for part, factor in held:
            # ``add.at`` takes half the time of ``summed[places] += …``, which reads and writes each place on its own.
            np.add.at(summed, self.places[part], self.said[part] * np.float32(factor))
        return summed

    def _product(self, held: Sequence[tuple[slice, float]]) -> Scores:
        """Return the same, by a compiled loop."""
        from scipy.sparse import csc_array

        starts = np.cumsum([0, *(part.stop - part.start for part, _ in held)], dtype=np.int32)
        places, said = (np.concatenate([one[part] for part, _ in held]) for one in (self.places, self.said))
        told = csc_array((said, places, starts), shape=(len(self.lengths), len(held)))
        summed: Scores = told @ np.array([factor for _, factor in held], dtype=np.float32)
        return summed


_NO_POSTINGS = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.uint8)


@dataclass
class Gathering:
    """Collects the stems of pages, one page after the other, without holding the pages.

    ``held``: how many clarifications hold each stem.
    """

    held: Counter[str] = field(default_factory=Counter)
    clarifications: int = 0
    numbers: dict[str, int] = field(default_factory=dict)
    parts: list[tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]] = field(default_factory=list)
    _counted: set[str] = field(default_factory=set)

    def add(self, stems: Iterable[str], *, again: bool = False) -> None:
        """Add the next page; ``again``: it is the clarification of the page before, with another wording."""
        said = Counter(stems)
        if not again:
            self._counted = set()
            self.clarifications += 1
        self.held.update(said.keys() - self._counted)
        self._counted.update(said)
        numbered = [self.numbers.setdefault(stem, len(self.numbers)) for stem in said]
        counts = np.minimum(np.fromiter(said.values(), dtype=np.int64, count=len(said)), MAX_STEM_COUNT)
        self.parts.append((np.array(numbered, dtype=np.int32), counts.astype(np.uint8)))

    def postings(self, weights: Weights) -> Postings:
        """Return the arrays; ``weights``: of the index that the pages are part of."""
        sizes = [len(numbered) for numbered, _ in self.parts]
        pages = np.repeat(np.arange(len(self.parts), dtype=np.int32), sizes)
        numbered = np.concatenate([_NO_POSTINGS[0], *(one for one, _ in self.parts)])
        counts = np.concatenate([_NO_POSTINGS[1], *(one for _, one in self.parts)])
        weight = np.array([weights[stem] for stem in self.numbers], dtype=np.float32)
        squares = np.bincount(pages, (_LOG_COUNTS[counts] * weight[numbered]) ** 2, minlength=len(self.parts))
        keys = np.array([stem_key(stem) for stem in self.numbers], dtype=np.uint64)
        rank = np.empty(len(keys), dtype=np.int32)
        rank[np.argsort(keys)] = np.arange(len(keys), dtype=np.int32)
        order = np.argsort(rank[numbered], kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(rank[numbered], minlength=len(keys)))])
        lengths = np.maximum(np.sqrt(squares), 1e-9).astype(np.float32)
        held = np.array([self.held[stem] for stem in self.numbers], dtype=np.int32)[np.argsort(keys)]
        return Postings(np.sort(keys), starts.astype(np.int64), pages[order], _LOG_COUNTS[counts[order]], lengths, held)
