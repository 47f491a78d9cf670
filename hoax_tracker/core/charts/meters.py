"""Bars that lie in the cells of a table, one a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_BAR = 98.0
"""Per cent of a cell: its outline stays inside."""


@dataclass(frozen=True)
class MeterBar:
    """The length of a bar and where a line marks an amount, in per cent of the cell; None: nothing is drawn."""

    length: float | None
    mark: float | None = None
    is_dark: bool = False


def draw_meters(amounts: Sequence[float | None], mark: float | None = None) -> list[MeterBar]:
    """Return a bar for each amount on one scale. Those beyond ``mark`` are dark."""
    highest = max([mark or 0, *(amount or 0 for amount in amounts)], default=0) or 1
    line = None if mark is None else round(LONGEST_BAR * mark / highest, 1)
    return [
        MeterBar(
            None if amount is None else round(LONGEST_BAR * amount / highest, 1),
            line,
            mark is not None and amount is not None and amount > mark,
        )
        for amount in amounts
    ]
