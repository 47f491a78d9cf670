"""Counts of what people did, hidden where few did it: a small number can tell who it was."""

from __future__ import annotations

FEWEST_SHOWN = 5


def hide_small_count(count: int) -> int | None:
    """Return a count, or None below five."""
    return count if count >= FEWEST_SHOWN else None
