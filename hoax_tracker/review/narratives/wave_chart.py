"""The line of waves: appearances of a narrative's claims by week; by month where it has gone on for half a year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from hoax_tracker.core.charts.columns import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.review.narratives.waves import DayCounts, Wave

WEEKS_DRAWN, MONTHS_DRAWN = 26, 36
"""A longer story is drawn by months, and of them the newest."""
FEWEST_PLACES = 8
"""Columns that fill the drawing at least: a single one would be as wide as the page."""
WeekOrMonth = date
"""The first day of a week (Monday) or a month."""


@dataclass(frozen=True)
class Period:
    """A week or a month with its appearances."""

    begins: WeekOrMonth
    appearances: int
    is_month: bool

    @property
    def name(self) -> str:
        """The month, or the days of the week."""
        if self.is_month:
            return str(format_date(self.begins, "MMMM y"))
        last = self.begins + timedelta(days=6)
        return f"{format_date(self.begins, 'd MMM')} – {format_date(last, 'd MMM y')}"


@dataclass(frozen=True)
class WaveChart:
    """The drawing, and whether older months were left out."""

    columns: ColumnChart
    is_cut: bool


def count_periods(days: DayCounts) -> list[Period]:
    """Return every week or month from the first appearance to the last, also those without any."""
    if not days:
        return []
    first, last = days[0][0], days[-1][0]
    is_month = (_monday_of(last) - _monday_of(first)).days >= 7 * WEEKS_DRAWN
    counts: Counter[date] = Counter()
    for day, count in days:
        counts[day.replace(day=1) if is_month else _monday_of(day)] += count
    begins, periods = (first.replace(day=1) if is_month else _monday_of(first)), []
    while begins <= last:
        periods.append(Period(begins, counts[begins], is_month))
        begins = (begins + timedelta(days=32)).replace(day=1) if is_month else begins + timedelta(days=7)
    return periods


def _monday_of(day: date) -> date:
    """Return the first day of the week."""
    return day - timedelta(days=day.weekday())


def draw_waves(periods: Sequence[Period], waves: Sequence[Wave]) -> WaveChart:
    """Return the chart. The last wave is dark."""
    shown = list(periods[-MONTHS_DRAWN:])
    highest = max(period.appearances for period in shown)
    columns = [
        Column(
            (
                ColumnValue(
                    period.appearances or None,
                    str(period.appearances) if period.appearances == highest else "",
                    _is_in_wave(period, waves[-1]),
                ),
            ),
            _label_period(period, place, len(shown)),
        )
        for place, period in enumerate(shown)
    ]
    chart = draw_columns(columns, _describe_waves(waves), places=max(FEWEST_PLACES, len(shown)))
    return WaveChart(chart, len(shown) < len(periods))


def _is_in_wave(period: Period, wave: Wave) -> bool:
    """Tell whether a wave reaches into a period."""
    ends = (period.begins + timedelta(days=32)).replace(day=1) if period.is_month else period.begins + timedelta(days=7)
    return wave.first < ends and period.begins <= wave.last


def _label_period(period: Period, place: int, count: int) -> str:
    """Return the label under a column: only the first and the last have one."""
    if place not in (0, count - 1):
        return ""
    return str(format_date(period.begins, "MMM y" if period.is_month else "d MMM y"))


def _describe_waves(waves: Sequence[Wave]) -> str:
    """Return how many waves there were, and when the last one was."""
    count = ngettext("%(num)d gelombang", "%(num)d gelombang", len(waves))
    last = waves[-1]
    begun, ended = (format_date(day, "d MMMM y") for day in (last.first, last.last))
    return str(
        _(
            "%(count)s sejak %(first)s; yang terakhir %(days)s, %(seen)s kemunculan",
            count=count,
            first=format_date(waves[0].first, "d MMMM y"),
            days=begun if begun == ended else _("%(begun)s sampai %(ended)s", begun=begun, ended=ended),
            seen=last.appearances,
        )
    )
