"""Months that were counted for good: their rows never change, whatever becomes of the rows that they counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.insight.figures.breakdown import count_breakdown
from hoax_tracker.insight.figures.month_figures import (
    MonthFigures,
    count_months,
    is_settled,
    list_shown_months,
    month_from_json,
)
from hoax_tracker.models import MonthlyStatistics, db


def load_settled_months(months: Iterable[date]) -> dict[date, MonthFigures]:
    """Return the figures of those months that were counted for good."""
    query = sa.select(MonthlyStatistics.figures).where(MonthlyStatistics.month.in_(list(months)))
    return {figures.month: figures for figures in map(month_from_json, db.session.scalars(query))}


def settle_months(settings: Settings, now: datetime) -> int:
    """Count the months that can be counted for good, and keep them; return how many."""
    due = [month for month in list_shown_months(now) if is_settled(month, now)]
    stored_months = set(db.session.scalars(sa.select(MonthlyStatistics.month).where(MonthlyStatistics.month.in_(due))))
    missing = [month for month in due if month not in stored_months]
    if not missing:
        return 0
    db.session.rollback()  # counting takes long, and whoever writes would wait
    with read_transaction():
        counted = count_months(missing, questions_kept_since(settings, now))
        counted = [replace(figures, breakdown=count_breakdown(figures.month)) for figures in counted]
    db.session.rollback()
    for figures in counted:
        _save_month(figures, now)
    return len(counted)


def _save_month(figures: MonthFigures, now: datetime) -> None:
    """Keep a month, unless another process was first."""
    with write_transaction():
        if db.session.get(MonthlyStatistics, figures.month) is None:
            db.session.add(MonthlyStatistics(month=figures.month, figures=figures.as_json(), counted_at=now))


def questions_kept_since(settings: Settings, now: datetime) -> date:
    """Return the day before which residents' questions are deleted."""
    return (now - settings.query_retention).date()
