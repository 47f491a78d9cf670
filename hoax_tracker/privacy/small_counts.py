"""Counts of what residents did, as the public may read them: a small number can tell who it was.

A count below five is hidden, and every other one is rounded to the nearest multiple of five, totals too, each by
itself. So a hidden count does not follow from a total: the rounding leaves several answers. Rarely it does not, because
all counts lie at one end of their rounding: ``is_table_safe`` finds these tables, and they are not published.
"""

from __future__ import annotations

from collections.abc import Sequence

FEWEST_SHOWN = 5
ROUNDED_TO = 5
FEWEST_ANSWERS = 3
"""How many numbers a hidden count must still be able to be, for a reader who adds and subtracts all that is shown."""

PossibleCounts = tuple[int, int]
"""The least and the greatest count that may stand behind a published one."""


def publish_count(count: int) -> int | None:
    """Return a count rounded to the nearest multiple of five, or None below five."""
    return (count + 2) // ROUNDED_TO * ROUNDED_TO if count >= FEWEST_SHOWN else None


def possible_counts(published: int | None) -> PossibleCounts:
    """Return which counts are published like this."""
    if published is None:
        return 0, FEWEST_SHOWN - 1
    return max(FEWEST_SHOWN, published - 2), published + 2


def possible_sum(published: Sequence[int | None]) -> PossibleCounts:
    """Return between which numbers the sum of the counts lies."""
    bounds = [possible_counts(count) for count in published]
    return sum(low for low, _high in bounds), sum(high for _low, high in bounds)


def is_table_safe(published: Sequence[int | None], total: PossibleCounts) -> bool:
    """Tell whether no hidden count follows from the others and from a sum known to lie within ``total``."""
    low, high = possible_sum(published)
    least_hidden, most_hidden = possible_counts(None)
    others_low, others_high = low - least_hidden, high - most_hidden
    least, most = max(least_hidden, total[0] - others_high), min(most_hidden, total[1] - others_low)
    return None not in published or most - least + 1 >= FEWEST_ANSWERS
