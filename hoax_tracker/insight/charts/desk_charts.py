"""The small lines of the page of the morning, and its sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _

from hoax_tracker.core.charts.lines import Spark, draw_spark
from hoax_tracker.core.web.template_filters import format_number
from hoax_tracker.insight.figures.desk_summary import TodayCount
from hoax_tracker.models import Alarm


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
