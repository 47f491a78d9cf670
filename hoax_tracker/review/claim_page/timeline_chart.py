"""A bar chart of appearances over time: geometry for inline SVG, and the same content as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from hoax_tracker.claims.deadlines import format_duration
from hoax_tracker.clock import WITA

MAX_BARS = 13
BAR_WIDTH, BASELINE_Y, MAX_BAR_HEIGHT = 26, 96, 78
STEP_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 336, 730, 2190, 8760)


@dataclass(frozen=True)
class ChartBar:
    """One bar: its position in the 340 x 120 drawing and its count."""

    x: int
    y: int
    count: int
    highest: bool


@dataclass(frozen=True)
class AxisLabel:
    """A label under the axis, at the left edge of its bar."""

    x: int
    text: str


@dataclass(frozen=True)
class TimelineChart:
    """Bars, axis labels, and a sentence that says the same to people who do not see the chart."""

    bars: tuple[ChartBar, ...]
    labels: tuple[AxisLabel, ...]
    heading: str
    words: str


def build_timeline_chart(times: Sequence[datetime]) -> TimelineChart | None:
    """Return the chart of appearances, or None where all fall on one moment."""
    local = sorted(time.astimezone(WITA) for time in times)
    if len(local) < 2 or local[-1] - local[0] < timedelta(minutes=1):
        return None
    step = choose_bar_step(local[0], local[-1])
    start = start_of_step(local[0], step)
    counts = Counter(int((time - start) / step) for time in local)
    highest = max(counts.values())
    peak = min(place for place, count in counts.items() if count == highest)
    bars = tuple(
        ChartBar(
            place * BAR_WIDTH + 1, BASELINE_Y - max(3, round(MAX_BAR_HEIGHT * count / highest)), count, place == peak
        )
        for place, count in sorted(counts.items())
    )
    heading = ngettext("%(num)d kemunculan", "%(num)d kemunculan", len(local))
    heading = _("%(count)s dalam %(time)s", count=heading, time=format_duration(local[-1] - local[0]))
    return TimelineChart(
        bars,
        axis_labels(start, step, max(counts)),
        heading,
        describe_chart(heading, start + peak * step, step, highest),
    )


def choose_bar_step(first: datetime, last: datetime) -> timedelta:
    """Return the shortest time step whose bars fit the drawing."""
    steps = (timedelta(hours=hours) for hours in STEP_HOURS)
    fits = (step for step in steps if (last - start_of_step(first, step)) / step < MAX_BARS)
    return next(fits, (last - first) / (MAX_BARS - 1))


def start_of_step(first: datetime, step: timedelta) -> datetime:
    """Return the start of the time step that contains the moment. Steps shorter than a day count from midnight."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if step >= timedelta(days=1) else midnight + (first - midnight) // step * step


def axis_labels(start: datetime, step: timedelta, last: int) -> tuple[AxisLabel, ...]:
    """Return a label for every third or fourth bar."""
    pattern = _("HH.mm") if step < timedelta(days=1) else "d MMM" if step < timedelta(days=300) else "MMM y"
    every = 4 if last > 6 else 3
    places = range(0, min(last, MAX_BARS - 2) + 1, every)
    return tuple(
        AxisLabel(place * BAR_WIDTH + 1, str(format_datetime(start + place * step, pattern))) for place in places
    )


def describe_chart(heading: str, peak: datetime, step: timedelta, highest: int) -> str:
    """Return the chart as a sentence."""
    sentence = _(
        "%(heading)s. Paling ramai sejak %(when)s selama %(time)s: %(count)s.",
        heading=heading,
        when=format_datetime(peak, _("d MMMM y, HH.mm 'WITA'")),
        time=format_duration(step),
        count=highest,
    )
    return str(sentence)
