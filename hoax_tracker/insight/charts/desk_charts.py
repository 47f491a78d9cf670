"""The charts of the desk's summary, and the sentences that head them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import format_date, ngettext
from flask_babel import gettext as _

from hoax_tracker.core.charts.lines import LineChart, Series, Spark, draw_lines, draw_spark
from hoax_tracker.core.charts.meters import MeterBar, draw_meters
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.figures.desk_summary import DayCount, TodayCount, UnitWork
from hoax_tracker.models import Alarm


def draw_week(week: Sequence[DayCount]) -> LineChart:
    """Return the week's lines: claims that came in, and those decided."""
    series = (
        Series(str(_("masuk")), tuple(day.came for day in week)),
        Series(str(_("diputuskan")), tuple(day.decided for day in week)),
    )
    words = _(
        "Masuk %(came_first)s klaim di hari pertama, %(came)s hari ini. Diputuskan %(decided_first)s dan %(decided)s.",
        came_first=week[0].came,
        came=week[-1].came,
        decided_first=week[0].decided,
        decided=week[-1].decided,
    )
    return draw_lines(series, [str(format_date(day.day, "ccc")) for day in week], str(words))


def describe_week(week: Sequence[DayCount]) -> str:
    """Return how many came in and how many were decided."""
    came, decided = sum(day.came for day in week), sum(day.decided for day in week)
    return str(
        _(
            "Tujuh hari: %(came)s klaim masuk, %(decided)s diputuskan",
            came=format_number(came),
            decided=format_number(decided),
        )
    )


def describe_usual_day(count: TodayCount) -> str:
    """Return what is usual a day."""
    if count.usual < 0.05:
        return str(_("biasanya tidak ada"))
    return str(_("biasanya %(usual)s sehari", usual=format_number(count.usual, 0 if count.usual >= 10 else 1)))


def describe_late_units(count: int) -> str:
    """Return how many units have late claims."""
    if not count:
        return str(_("Tidak ada unit yang terlambat"))
    return str(ngettext("%(num)d unit punya klaim terlambat", "%(num)d unit punya klaim terlambat", count))


def draw_units(units: Sequence[UnitWork]) -> list[tuple[MeterBar, MeterBar]]:
    """Return for each unit the bar of all that waits, and that of what is late, on one scale."""
    bars = draw_meters([unit.waiting for unit in units] + [unit.late for unit in units])
    return list(zip(bars[: len(units)], bars[len(units) :], strict=True))


def draw_rising(alarms: Sequence[Alarm], steps: Mapping[int, Sequence[int]]) -> dict[int, Spark]:
    """Return the small line of each alarm, all on one scale."""
    highest = max((count for counts in steps.values() for count in counts), default=0)
    return {alarm.id: draw_spark(steps[alarm.id], highest, describe_steps(steps[alarm.id])) for alarm in alarms}


def describe_steps(counts: Sequence[int]) -> str:
    """Return what a small line shows."""
    return str(_("Per dua jam: paling banyak %(most)s, terakhir %(last)s", most=max(counts), last=counts[-1]))
