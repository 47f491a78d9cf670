"""What this service counted itself in a year: months that are settled, so that no number changes any more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from hoax_tracker.clock import WITA
from hoax_tracker.insight.figures.current import CHANGES_SHOWN
from hoax_tracker.insight.figures.months import is_settled, list_shown_months, settling_moment
from hoax_tracker.insight.figures.page_changes import list_page_changes
from hoax_tracker.insight.figures.public_numbers import Statistics, all_hours, summarise_months
from hoax_tracker.insight.figures.settled_months import load_settled_months


@dataclass(frozen=True)
class YearNumbers:
    """The year's settled months as the public may read them; None before the first. ``hours`` are of all answers.

    ``is_whole``: every month of the year is counted for good.
    """

    year: int
    statistics: Statistics | None
    hours: list[float]
    is_whole: bool


def load_year_numbers(year: int, now: datetime) -> YearNumbers:
    """Return the numbers of a year as far as its months are settled."""
    months = _list_months(year)
    settled = load_settled_months(months)
    waiting = [month for month in months if month not in settled and month in list_shown_months(now)]
    is_whole = is_settled(months[-1], now) and not waiting
    figures = [settled[month] for month in months if month in settled]
    if not figures:
        return YearNumbers(year, None, [], is_whole)
    changes = list_page_changes(figures[0].month, figures[-1].month, CHANGES_SHOWN)
    return YearNumbers(year, summarise_months(figures, {}, changes, now), sorted(all_hours(figures)), is_whole)


def _list_months(year: int) -> list[date]:
    """Return the twelve months of a year."""
    return [date(year, month, 1) for month in range(1, 13)]


def settled_from(year: int) -> datetime:
    """Return from when on the whole year can be counted for good."""
    return settling_moment(date(year, 12, 1))


def publication_deadline(year: int) -> date:
    """Return the last day on which the report is published in time: three months after the year's end."""
    return date(year + 1, 3, 31)


def present_year(now: datetime) -> int:
    """Return the year in Kupang."""
    return now.astimezone(WITA).year
