"""The numbers of each month that is over, in Kupang's time, since the first page was published."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.api.open_data.public_rows import write_month
from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import CheckQuery, ClarificationRevision, ClarificationStatus, Report, db
from hoax_tracker.privacy.small_counts import publish_count

CHANGES = (ClarificationStatus.PUBLISHED, ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


def list_monthly_numbers(settings: Settings, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield a row for each month: the changes of pages, and what residents did where enough did it."""
    changes = Counter(
        (write_month(made_at), kind)
        for made_at, kind in db.session.execute(sa.select(ClarificationRevision.made_at, ClarificationRevision.kind))
    )
    today = day_in_kupang(now)
    kept_since = (now - settings.query_retention).date()
    for first in _list_months(min((month for month, _kind in changes), default=""), today):
        end = _next_month(first)
        month = f"{first:%Y-%m}"
        questions = publish_count(_count_questions(first, end)) if first > kept_since else None
        yield (
            month,
            *(changes[month, kind] for kind in CHANGES),
            publish_count(_count_reports(first, end)),
            questions,
        )


def _list_months(first: str, today: date) -> Iterator[date]:
    """Yield the first days of the months from ``first`` (year-month, "" for none) on that are over today."""
    month = date.fromisoformat(f"{first}-01") if first else today
    while _next_month(month) <= today:
        yield month
        month = _next_month(month)


def _next_month(month: date) -> date:
    """Return the first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def _count_reports(first: date, end: date) -> int:
    """Return how many reports came in a span of days, without junk."""
    start, stop = (start_of_day(day) for day in (first, end))
    query = sa.select(sa.func.count()).where(Report.received_at >= start, Report.received_at < stop)
    return db.session.scalar(query.where(Report.is_junk.is_(False))) or 0


def _count_questions(first: date, end: date) -> int:
    """Return how many messages were checked in a span of days."""
    query = sa.select(sa.func.sum(CheckQuery.count)).where(CheckQuery.day >= first, CheckQuery.day < end)
    return int(db.session.scalar(query) or 0)
