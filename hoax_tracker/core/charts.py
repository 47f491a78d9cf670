"""Charts as SVG: columns at each place of an axis, a small line without words, and bars in the cells of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BASELINE, HIGHEST_BAR, LOWEST_BAR = 84.0, 70.0, 2.5
"""Per cent of the drawing's height: where bars stand, how high the highest is, and the least that can be seen."""
GROUP_SHARE = 0.85
"""What the bars of a place fill of its width."""
GAP_SHARE = 0.06
SHORT_LABEL = 4
"""Letters that fit under one place on a phone."""


@dataclass(frozen=True)
class ColumnValue:
    """A value: its amount, None for one that is not shown, the text over its bar, and whether the bar is dark."""

    amount: float | None
    text: str = ""
    is_dark: bool = False


@dataclass(frozen=True)
class Column:
    """The values at a place, and its label ("" for none)."""

    values: tuple[ColumnValue, ...]
    label: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar in per cent of the drawing, the middle of its text, and its style class."""

    x: float
    y: float
    width: float
    height: float
    text: str
    style: str

    @property
    def middle(self) -> float:
        """Where its text stands."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class AxisLabel:
    """A label under the axis, and which end of it stands at ``x``: "start", "middle" or "end"."""

    x: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True)
class ColumnChart:
    """Bars and labels, and a sentence that says the same.

    Where there is one, a line lies across at ``mark``, and another stands at ``upright``.
    """

    bars: tuple[Bar, ...]
    labels: tuple[AxisLabel, ...]
    words: str
    mark: float | None = None
    upright: float | None = None
    baseline: float = BASELINE


def draw_columns(
    columns: Sequence[Column],
    words: str,
    *,
    places: int | None = None,
    mark: float | None = None,
    place_mark: int | None = None,
) -> ColumnChart:
    """Return the chart; ``places`` is how many columns fill its width, ``mark`` an amount that a line shows.

    ``place_mark`` is the place before which an upright line stands.
    """
    width = 100 / (places or max(1, len(columns)))
    highest = max([mark or 0, *(value.amount or 0 for column in columns for value in column.values)], default=0) or 1
    bars = [
        _draw_bar(value, place * width + width * (1 - GROUP_SHARE) / 2 + number * step(column, width), highest,
                 step(column, width) * (1 - GAP_SHARE))
        for place, column in enumerate(columns)
        for number, value in enumerate(column.values)
        if value.amount is not None
    ]  # fmt: skip
    labels = [_place_label(column.label, place, width) for place, column in enumerate(columns)]
    height = None if mark is None else round(BASELINE - HIGHEST_BAR * mark / highest, 2)
    upright = None if place_mark is None else round(place_mark * width, 2)
    return ColumnChart(tuple(bars), tuple(label for label in labels if label.text), words, height, upright)


def _place_label(text: str, place: int, width: float) -> AxisLabel:
    """Return the label of a place. A long one at an end of the axis stays inside the drawing."""
    if len(text) > SHORT_LABEL and place == 0:
        return AxisLabel(0.0, text, "start")
    if len(text) > SHORT_LABEL and (place + 2) * width > 100.01:
        return AxisLabel(100.0, text, "end")
    return AxisLabel(round((place + 0.5) * width, 2), text)


def step(column: Column, width: float) -> float:
    """Return the width of a bar of the column with its gap."""
    return width * GROUP_SHARE / max(1, len(column.values))


def _draw_bar(value: ColumnValue, x: float, highest: float, width: float) -> Bar:
    """Return a bar that stands on the axis."""
    amount = value.amount or 0
    height = max(LOWEST_BAR, HIGHEST_BAR * amount / highest) if amount else 0.0
    style = "hot" if value.is_dark else "s-bar"
    return Bar(round(x, 2), round(BASELINE - height, 2), round(width, 2), round(height, 2), value.text, style)


SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 150.0, 40.0, 4.0


@dataclass(frozen=True)
class Point:
    """A point of the drawing."""

    x: float
    y: float


@dataclass(frozen=True)
class Spark:
    """A small line as the path of SVG, with its end, and the sentence that says the same."""

    path: str
    end: Point
    words: str
    width: float = SPARK_WIDTH
    height: float = SPARK_HEIGHT


def draw_spark(values: Sequence[float], highest: float, words: str) -> Spark:
    """Return a small line; ``highest`` is the value at the top, the same for all that stand beside each other."""
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(1, len(values) - 1)
    room = SPARK_HEIGHT - 2 * SPARK_EDGE
    points = [
        Point(round(SPARK_EDGE + number * step, 1), round(SPARK_HEIGHT - SPARK_EDGE - room * value / (highest or 1), 1))
        for number, value in enumerate(values)
    ]
    return Spark("M" + "L".join(f"{point.x} {point.y}" for point in points), points[-1], words)


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
