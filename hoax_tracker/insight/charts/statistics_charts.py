"""The charts of the public statistics.

The small lines of the page of the morning, and its sentences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import format_date
from flask_babel import gettext as _

from hoax_tracker.core.charts import (
    Column,
    ColumnChart,
    ColumnValue,
    MeterBar,
    Spark,
    draw_columns,
    draw_meters,
    draw_spark,
)
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.charts.sentences import describe_chart, describe_times
from hoax_tracker.insight.figures.desk_summary import TodayCount
from hoax_tracker.insight.figures.public_numbers import PublicMonth, Statistics, SubjectNumbers
from hoax_tracker.models import Alarm

FEW_MONTHS = 6
"""Up to so many months have their numbers over the bars: more would not fit a phone."""


@dataclass(frozen=True)
class StatisticsCharts:
    """The charts of the page; meters in the order of the rows of their tables."""

    months: ColumnChart
    times: ColumnChart | None
    verdicts: list[MeterBar]
    topics: list[MeterBar]
    places: list[MeterBar]
    units: list[MeterBar]
    open_claims: list[MeterBar]


def draw_statistics(statistics: Statistics) -> StatisticsCharts:
    """Return all charts."""
    target = float(statistics.target_h)
    return StatisticsCharts(
        _draw_months(statistics),
        _draw_times(statistics),
        draw_meters([count for _verdict, count in statistics.verdicts]),
        _draw_subjects(statistics.topics),
        _draw_subjects(statistics.places),
        draw_meters([unit.times.median_h if unit.times else None for unit in statistics.units], target),
        draw_meters([count for _topic, count in statistics.open_claims.by_topic]),
    )


def _draw_subjects(rows: Sequence[SubjectNumbers]) -> list[MeterBar]:
    """Return the bars of topics or kecamatan: their reports."""
    return draw_meters([row.reports for row in rows])


def _draw_months(statistics: Statistics) -> ColumnChart:
    """Return the chart of reports and clarifications by month."""
    is_roomy = len(statistics.months) <= FEW_MONTHS
    columns = [
        Column(
            (
                ColumnValue(month.reports, _write_over_bar(month.reports) if is_roomy else ""),
                ColumnValue(month.published, _write_over_bar(month.published) if is_roomy else "", True),
            ),
            _label_month(month, place, len(statistics.months)),
        )
        for place, month in enumerate(statistics.months)
    ]
    return draw_columns(columns, describe_chart(statistics), places=max(FEW_MONTHS, len(columns)))


def _draw_times(statistics: Statistics) -> ColumnChart | None:
    """Return the chart of hours by month with the target as a line; None where no month shows its times."""
    if not any(month.times for month in statistics.months):
        return None
    count = len(statistics.months)
    columns = [
        Column(
            (ColumnValue(month.times.median_h if month.times else None),
             ColumnValue(month.times.nine_tenths_h if month.times else None, "", True)),
            _label_month(month, place, count),
        )
        for place, month in enumerate(statistics.months)
    ]  # fmt: skip
    words = f"{describe_times(statistics)}. " + _("Target: %(hours)s jam.", hours=statistics.target_h)
    return draw_columns(columns, words, places=max(FEW_MONTHS, count), mark=float(statistics.target_h))


def _label_month(month: PublicMonth, place: int, count: int) -> str:
    """Return the short name of a month; of many months of every other one, counted from the last."""
    is_labelled = count <= FEW_MONTHS or (count - 1 - place) % 2 == 0
    return str(format_date(month.month, "MMM")) if is_labelled else ""


def _write_over_bar(count: int | None) -> str:
    """Return the number over a bar, nothing for none."""
    return format_number(count) if count else ""


def describe_usual_day(count: TodayCount) -> str:
    """Return what is usual a day."""
    if count.usual < 0.05:
        return str(_("biasanya tidak ada"))
    return str(_("biasanya %(usual)s sehari", usual=format_number(count.usual, 0 if count.usual >= 10 else 1)))


def draw_rising(alarms: Sequence[Alarm], steps: Mapping[int, Sequence[int]]) -> dict[int, Spark]:
    """Return the small line of each alarm, all on one scale."""
    highest = max((count for counts in steps.values() for count in counts), default=0)
    return {alarm.id: draw_spark(steps[alarm.id], highest, _describe_steps(steps[alarm.id])) for alarm in alarms}


def _describe_steps(counts: Sequence[int]) -> str:
    """Return what a small line shows."""
    return str(_("Per dua jam: paling banyak %(most)s, terakhir %(last)s", most=max(counts), last=counts[-1]))
