"""Long lists are shown a page at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pages:
    """The pages, counted from 1, of a list with ``total`` rows of which each page shows ``size``."""

    total: int
    size: int

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one."""
        return max(1, -(-self.total // self.size))

    def nearest(self, number: int) -> int:
        """Return the page that is shown for a number: past the last one it is the last."""
        return min(max(1, number), self.last)

    def offset(self, number: int) -> int:
        """Return how many rows stand on the pages before."""
        return (number - 1) * self.size

    def rest(self, number: int) -> int:
        """Return how many rows come after a page."""
        return max(0, self.total - number * self.size)
