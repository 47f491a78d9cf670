"""Appearances over time as bars: geometry for an inline SVG, and the same in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _

from hoax_tracker.claims.deadlines import span
from hoax_tracker.clock import WITA

BARS = 13
WIDTH, BASE, TOP = 26, 96, 78
STEPS_H = (1, 2, 3, 6, 12, 24, 48, 168, 336, 730, 2190, 8760)


@dataclass(frozen=True)
class Bar:
    """One bar: its place in a 340 x 120 drawing and how many it stands for."""

    x: int
    y: int
    count: int
    highest: bool


@dataclass(frozen=True)
class Label:
    """A label under the axis, at the left edge of its bar."""

    x: int
    text: str


@dataclass(frozen=True)
class Chart:
    """Bars, labels, and what they say in words (for those who do not see them)."""

    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]
    heading: str
    words: str


def chart(times: Sequence[datetime]) -> Chart | None:
    """Return the chart of appearances, or None where one moment is all there is to show."""
    local = sorted(time.astimezone(WITA) for time in times)
    if len(local) < 2 or local[-1] - local[0] < timedelta(minutes=1):
        return None
    step = step_for(local[0], local[-1])
    start = begin(local[0], step)
    counts = Counter(int((time - start) / step) for time in local)
    highest = max(counts.values())
    peak = min(place for place, count in counts.items() if count == highest)
    bars = tuple(
        Bar(place * WIDTH + 1, BASE - max(3, round(TOP * count / highest)), count, place == peak)
        for place, count in sorted(counts.items())
    )
    heading = ngettext("%(num)d kemunculan", "%(num)d kemunculan", len(local))
    heading = _("%(count)s dalam %(time)s", count=heading, time=span(local[-1] - local[0]))
    return Chart(bars, labels(start, step, max(counts)), heading, words(heading, start + peak * step, step, highest))


def step_for(first: datetime, last: datetime) -> timedelta:
    """Return the shortest step that needs no more bars than there is room for."""
    steps = (timedelta(hours=hours) for hours in STEPS_H)
    fits = (step for step in steps if (last - begin(first, step)) / step < BARS)
    return next(fits, (last - first) / (BARS - 1))


def begin(first: datetime, step: timedelta) -> datetime:
    """Return the start of the step in which a moment lies: steps shorter than a day begin at midnight."""
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if step >= timedelta(days=1) else midnight + (first - midnight) // step * step


def labels(start: datetime, step: timedelta, last: int) -> tuple[Label, ...]:
    """Return a label for every third or fourth bar."""
    pattern = _("HH.mm") if step < timedelta(days=1) else "d MMM" if step < timedelta(days=300) else "MMM y"
    every = 4 if last > 6 else 3
    places = range(0, min(last, BARS - 2) + 1, every)
    return tuple(Label(place * WIDTH + 1, str(format_datetime(start + place * step, pattern))) for place in places)


def words(heading: str, peak: datetime, step: timedelta, highest: int) -> str:
    """Return the chart in words."""
    sentence = _(
        "%(heading)s. Paling ramai sejak %(when)s selama %(time)s: %(count)s.",
        heading=heading,
        when=format_datetime(peak, _("d MMMM y, HH.mm 'WITA'")),
        time=span(step),
        count=highest,
    )
    return str(sentence)
