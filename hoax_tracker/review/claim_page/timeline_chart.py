"""A chart of appearances over time, and the same content as a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from hoax_tracker.claims.response_targets import format_duration
from hoax_tracker.clock import WITA
from hoax_tracker.core.charts import Column, ColumnChart, ColumnValue, draw_columns

MAX_BARS = 13
STEP_HOURS = (1, 2, 3, 6, 12, 24, 48, 168, 336, 730, 2190, 8760)


@dataclass(frozen=True)
class TimelineChart:
    """The columns, a heading, and a sentence that says the same to people who do not see the chart."""

    columns: ColumnChart
    heading: str
    words: str


def build_timeline_chart(times: Sequence[datetime]) -> TimelineChart | None:
    """Return the chart of appearances, or None where all fall on one moment."""
    local = sorted(time.astimezone(WITA) for time in times)
    if len(local) < 2 or local[-1] - local[0] < timedelta(minutes=1):
        return None
    step = _choose_bar_step(local[0], local[-1])
    start = _start_of_step(local[0], step)
    counts = Counter(int((time - start) / step) for time in local)
    highest = max(counts.values())
    peak = min(place for place, count in counts.items() if count == highest)
    labels = _axis_labels(start, step, max(counts))
    columns = [
        Column((_draw_count(counts[place], place == peak),), labels.get(place, "")) for place in range(max(counts) + 1)
    ]
    heading = ngettext("%(num)d kemunculan", "%(num)d kemunculan", len(local))
    heading = _("%(count)s dalam %(time)s", count=heading, time=format_duration(local[-1] - local[0]))
    words = _describe_chart(heading, start + peak * step, step, highest)
    return TimelineChart(draw_columns(columns, words, places=MAX_BARS), heading, words)


def _draw_count(count: int, is_peak: bool) -> ColumnValue:
    """Return the bar of a count, with the number over it where it is more than one."""
    return ColumnValue(count or None, str(count) if count > 1 else "", is_peak)


def _choose_bar_step(first: datetime, last: datetime) -> timedelta:
    """Return the shortest time step whose bars fit the drawing."""
    steps = (timedelta(hours=hours) for hours in STEP_HOURS)
    fits = (step for step in steps if (last - _start_of_step(first, step)) / step < MAX_BARS)
    return next(fits, (last - first) / (MAX_BARS - 1))


def _start_of_step(first: datetime, step: timedelta) -> datetime:
    """Return the start of the time step that contains the moment. Steps shorter than a day count from midnight."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if step >= timedelta(days=1) else midnight + (first - midnight) // step * step


def _axis_labels(start: datetime, step: timedelta, last: int) -> dict[int, str]:
    """Return a label for every third or fourth place, by place."""
    pattern = _("HH.mm") if step < timedelta(days=1) else "d MMM" if step < timedelta(days=300) else "MMM y"
    every = 4 if last > 6 else 3
    places = range(0, min(last, MAX_BARS - 2) + 1, every)
    return {place: str(format_datetime(start + place * step, pattern)) for place in places}


def _describe_chart(heading: str, peak: datetime, step: timedelta, highest: int) -> str:
    """Return the chart as a sentence."""
    sentence = _(
        "%(heading)s. Paling ramai sejak %(when)s selama %(time)s: %(count)s.",
        heading=heading,
        when=format_datetime(peak, _("d MMMM y, HH.mm 'WITA'")),
        time=format_duration(step),
        count=highest,
    )
    return str(sentence)
