"""The numbers of a report: settled months as they are, and the reported one counted where it is not settled yet.

Before it is settled it has no topics and kecamatan: the next version would tell by a difference what came last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures.desk_summary import count_open_claims, list_page_changes
from hoax_tracker.insight.figures.month_figures import count_months, load_settled_months, month_of, questions_kept_since
from hoax_tracker.insight.figures.public_numbers import (
    PublicMonth,
    Statistics,
    all_hours,
    publish_month,
    summarise_months,
)
from hoax_tracker.insight.reports.largest_claims import LargeClaim, LateClaims, list_largest_claims, load_late_claims

HISTORY_MONTHS = 6


@dataclass(frozen=True)
class ReportNumbers:
    """The month and the one before it as the public may read them, and what only the desk knows.

    ``history`` ends with the month; ``hours`` are those of its answers, in order. ``is_settled``: its numbers will not
    change any more.
    """

    this: Statistics
    before: Statistics
    history: list[PublicMonth]
    hours: list[float]
    is_settled: bool
    largest: list[LargeClaim]
    late: LateClaims


def load_report_numbers(month: date, settings: Settings, now: datetime) -> ReportNumbers:
    """Return the numbers of a month, counted now."""
    months = _list_history_months(month)
    settled = load_settled_months(months)
    missing = [past for past in months if past not in settled]
    counted = {figures.month: figures for figures in count_months(missing, questions_kept_since(settings, now))}
    figures = counted | settled
    this, before = figures[month], figures[months[-2]]
    history = [figures[past] for past in months]
    while len(history) > 1 and history[0].is_empty:
        history.pop(0)
    return ReportNumbers(
        summarise_months([this], count_open_claims(), list_page_changes(month, month), now),
        summarise_months([before], {}, [], now),
        [publish_month(past) for past in history],
        sorted(all_hours([this])),
        month in settled,
        list_largest_claims(month),
        load_late_claims(month, now),
    )


def _list_history_months(month: date) -> list[date]:
    """Return the month and those before it, oldest first."""
    months = [month]
    while len(months) < HISTORY_MONTHS:
        months.insert(0, month_of(start_of_day(months[0]) - timedelta(hours=1)))
    return months
