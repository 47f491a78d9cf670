"""What was worked out for a word, found again at the cost of a look into a dictionary."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

WORD_CACHE_SIZE = 50_000
"""More than all words of twenty thousand texts of the news; each costs 100 to 400 bytes where it is remembered."""

LONGEST_CACHED_WORD = 100
"""Characters of a word that is remembered: fifty thousand words without a space in them would fill the memory."""

TEXT_CACHE_SIZE = 1024
"""Texts that each kind of reading remembers: those of a batch of the flagger, and as many that they are compared with.

All kinds together keep about 45 kB for a text of a feed.
"""

T = TypeVar("T")


class Remembered(dict[str, T]):
    """What ``work_out`` gave for each word met so far; emptied when they are too many: no feed fills the memory.

    Every word of every text is looked up here: three times as fast as with ``lru_cache``, which keeps their order.
    """

    def __init__(self, work_out: Callable[[str], T]) -> None:
        """Take what to ask about a word that was not met before."""
        super().__init__()
        self._work_out = work_out

    def __missing__(self, word: str) -> T:
        """Return what ``work_out`` gives, and keep it."""
        if len(word) > LONGEST_CACHED_WORD:
            return self._work_out(word)
        if len(self) >= WORD_CACHE_SIZE:
            self.clear()
        found = self[word] = self._work_out(word)
        return found


def memoise_per_word(work_out: Callable[[str], T]) -> Callable[[str], T]:
    """Return the function that gives what ``work_out`` gives, working it out once for each word."""
    return Remembered(work_out).__getitem__
