"""Charts of lines: several series over the same places of an axis, or one small line without any words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hoax_tracker.core.charts.columns import AxisLabel

BASELINE, HIGHEST = 84.0, 22.0
"""Per cent of the drawing's height: zero, and the highest value."""
FIRST_PLACE, LAST_PLACE = 9.0, 80.0
"""Per cent of its width: beside the first stand the numbers of the grid, beside the last the names of the lines."""
GRID_STEPS = 2
NAMES_APART = 14.0
"""Per cent of the height between the names of two lines that end close to each other."""
SPARK_WIDTH, SPARK_HEIGHT, SPARK_EDGE = 150.0, 40.0, 4.0


@dataclass(frozen=True)
class Series:
    """The values of a line at each place, and its name."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Point:
    """A point in per cent of the drawing."""

    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A line through its points; at its end its last value and its name, at the height ``name_y``."""

    points: tuple[Point, ...]
    name: str
    value: str
    name_y: float
    is_second: bool

    @property
    def pieces(self) -> list[tuple[Point, Point]]:
        """The straight pieces."""
        return list(pairwise(self.points))


@dataclass(frozen=True)
class LineChart:
    """Lines, the labels of the places, the grid with its numbers, and a sentence that says the same."""

    lines: tuple[Line, ...]
    labels: tuple[AxisLabel, ...]
    grid: tuple[tuple[float, int], ...]
    words: str


@dataclass(frozen=True)
class Spark:
    """A small line as the path of SVG, with its end, and the sentence that says the same."""

    path: str
    end: Point
    words: str
    width: float = SPARK_WIDTH
    height: float = SPARK_HEIGHT


def draw_lines(series: Sequence[Series], labels: Sequence[str], words: str) -> LineChart:
    """Return the chart of one or two series with a value for each label."""
    top = grid_top(max((value for line in series for value in line.values), default=0))
    xs = [round(place_at(number, len(labels)), 2) for number in range(len(labels))]
    ends = spread_names([height_of(line.values[-1], top) for line in series])
    lines = [
        Line(
            tuple(Point(x, height_of(value, top)) for x, value in zip(xs, line.values, strict=True)),
            line.name,
            f"{line.values[-1]:g}",
            ends[number],
            number > 0,
        )
        for number, line in enumerate(series)
    ]
    grid = [(height_of(top * number / GRID_STEPS, top), top * number // GRID_STEPS) for number in range(GRID_STEPS + 1)]
    return LineChart(
        tuple(lines), tuple(AxisLabel(x, text) for x, text in zip(xs, labels, strict=True)), tuple(grid), words
    )


def draw_spark(values: Sequence[float], highest: float, words: str) -> Spark:
    """Return a small line; ``highest`` is the value at the top, the same for all that stand beside each other."""
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(1, len(values) - 1)
    room = SPARK_HEIGHT - 2 * SPARK_EDGE
    points = [
        Point(round(SPARK_EDGE + number * step, 1), round(SPARK_HEIGHT - SPARK_EDGE - room * value / (highest or 1), 1))
        for number, value in enumerate(values)
    ]
    return Spark("M" + "L".join(f"{point.x} {point.y}" for point in points), points[-1], words)


def grid_top(highest: float) -> int:
    """Return the even number at the top of the grid: the next of 2, 4, 10, 20, 40, 100 and so on."""
    top, factors = 2, (2, 2.5, 2)
    number = 0
    while top < highest:
        top = int(top * factors[number % len(factors)])
        number += 1
    return top


def place_at(number: int, count: int) -> float:
    """Return where a place stands across the drawing."""
    return FIRST_PLACE + (LAST_PLACE - FIRST_PLACE) * number / max(1, count - 1)


def height_of(value: float, top: float) -> float:
    """Return where a value stands in the height of the drawing."""
    return round(BASELINE - (BASELINE - HIGHEST) * value / top, 2)


def spread_names(heights: Sequence[float]) -> list[float]:
    """Return where the names of lines stand: at their ends, and two apart from each other."""
    if len(heights) != 2 or abs(heights[0] - heights[1]) >= NAMES_APART:
        return list(heights)
    middle, first_is_higher = sum(heights) / 2, heights[0] <= heights[1]
    middle = min(middle, BASELINE - NAMES_APART / 2)
    upper, lower = round(middle - NAMES_APART / 2, 2), round(middle + NAMES_APART / 2, 2)
    return [upper, lower] if first_is_higher else [lower, upper]
