"""The chart of a message's appearances a day, with the day of publication marked."""

from __future__ import annotations

from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _

from hoax_tracker.core.charts.columns import Column, ColumnChart, ColumnValue, draw_columns
from hoax_tracker.insight.reach.figures import DAYS_AFTER, DAYS_BEFORE, DailyReach, ReachDay, ReachSummary
from hoax_tracker.insight.reach.sentences import describe_appearances

DAYS_DRAWN = DAYS_BEFORE + 1 + DAYS_AFTER
LABEL_DAYS = 9
"""Days that a label needs beside that of the publication."""


def draw_appearances(reach: ReachSummary, daily: DailyReach) -> ColumnChart:
    """Return the chart. Its width is the same however old the page is; days from the publication on are dark."""
    highest = max(day.appearances for day in daily.days)
    columns = [
        Column(
            (
                ColumnValue(
                    day.appearances or None,
                    str(day.appearances) if day.appearances == highest else "",
                    day.day >= reach.published_on,
                ),
            ),
            _label_day(day, reach.published_on, daily),
        )
        for day in daily.days
    ]
    words = describe_appearances(reach.change)
    return draw_columns(columns, words, places=DAYS_DRAWN, place_mark=DAYS_BEFORE)


def _label_day(day: ReachDay, published_on: date, daily: DailyReach) -> str:
    """Return the label under a day: the first, the publication's and the last have one."""
    text = str(format_date(day.day, "d MMM"))
    if day.day == published_on:
        return str(_("terbit %(day)s", day=text))
    is_last = day is daily.days[-1] and (day.day - published_on).days >= LABEL_DAYS
    return text if day is daily.days[0] or is_last else ""
