"""Pagination of long lists."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Pages:
    """The pages, counted from 1, of a list with ``total`` rows and ``size`` rows per page."""

    total: int
    size: int

    @property
    def last(self) -> int:
        """The number of the last page; an empty list has one page."""
        return max(1, -(-self.total // self.size))

    def nearest(self, number: int) -> int:
        """Return the page number limited to the existing pages."""
        return min(max(1, number), self.last)

    def offset(self, number: int) -> int:
        """Return how many rows precede the page."""
        return (number - 1) * self.size

    def rest(self, number: int) -> int:
        """Return how many rows follow the page."""
        return max(0, self.total - number * self.size)
