"""Caches for results per word."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

WORD_CACHE_SIZE = 50_000
"""More than the distinct words of twenty thousand news texts; an entry takes 100 to 400 bytes."""

LONGEST_CACHED_WORD = 100
"""Maximum characters of a cached word, because fifty thousand longer ones would fill the memory."""

TEXT_CACHE_SIZE = 512
"""Texts in each cache of readings: a batch of the flagger. Twice as many saved 4 of 100 readings and took 31 MB more.

All caches together take about 45 kB per text."""

T = TypeVar("T")


class Remembered(dict[str, T]):
    """Cache of ``work_out`` by word, cleared when it is full.

    Three times as fast as ``lru_cache``, which maintains an order. Every word of every text is looked up here.
    """

    def __init__(self, work_out: Callable[[str], T]) -> None:
        """``work_out``: computes the result of a word that is not cached."""
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> T:
        """Compute and cache the result of a word."""
        if len(word) > LONGEST_CACHED_WORD:
            return self._work_out(word)
        if len(self) >= WORD_CACHE_SIZE:
            self.clear()
        result = self[word] = self._work_out(word)
        return result


def memoise_per_word(work_out: Callable[[str], T]) -> Callable[[str], T]:
    """Return a cached version of ``work_out``."""
    return Remembered(work_out).__getitem__
