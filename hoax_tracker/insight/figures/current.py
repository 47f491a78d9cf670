"""What changes from day to day: months that are not settled, open claims, the newest corrections.

The worker keeps it for an hour where there are many rows (core/database/statistics_cache.py); else the page counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.insight.figures.counting import count_months
from hoax_tracker.insight.figures.month_figures import MonthFigures, month_from_json
from hoax_tracker.insight.figures.months import list_shown_months
from hoax_tracker.insight.figures.open_claims import count_open_claims
from hoax_tracker.insight.figures.page_changes import PageChange, change_from_json, list_page_changes
from hoax_tracker.insight.figures.settled_months import load_settled_months, questions_kept_since

CACHE_KEY = "public statistics"
CHANGES_SHOWN = 50


@dataclass(frozen=True)
class CurrentFigures:
    """Every shown month, oldest first; open claims by topic; the newest corrections; when they were counted."""

    months: list[MonthFigures]
    open_claims: Mapping[str, int]
    changes: list[PageChange]
    counted_at: datetime


def load_figures(settings: Settings, now: datetime) -> CurrentFigures:
    """Return the figures of all shown months from the first in which anything happened."""
    shown = list_shown_months(now)
    settled = load_settled_months(shown)
    if cached := statistics_cache.load_cached_figures(CACHE_KEY, now):
        current, counted_at = cached.value, cached.counted_at
    else:
        current, counted_at = count_current_figures(settings, now, settled), now
    counted = {figures.month: figures for figures in map(month_from_json, current["months"])} | settled
    months = [counted.get(month) or MonthFigures(month) for month in shown]
    while len(months) > 1 and months[0].is_empty:
        months.pop(0)
    return CurrentFigures(
        months, current["open_claims"], [change_from_json(change) for change in current["changes"]], counted_at
    )


def count_current_figures(
    settings: Settings, now: datetime, settled: Mapping[Any, MonthFigures] | None = None
) -> dict[str, Any]:
    """Return what changes from day to day, as it is kept."""
    shown = list_shown_months(now)
    settled = load_settled_months(shown) if settled is None else settled
    months = count_months([month for month in shown if month not in settled], questions_kept_since(settings, now))
    return {
        "months": [figures.as_json() for figures in months],
        "open_claims": count_open_claims(),
        "changes": [change.as_json() for change in list_page_changes(shown[0], shown[-1], CHANGES_SHOWN)],
    }
