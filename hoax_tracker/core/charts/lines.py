"""A small line without any words in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
