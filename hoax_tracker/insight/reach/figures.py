"""The reach of a clarification by day, and the appearances of its claims before and after it was published.

What came after publication need not have come because of it: a message often calms down by itself. So figures and
words say "after", never "because".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.claims.claim_review_markup import first_published_at
from hoax_tracker.claims.clarification_reach import REACH_COLUMNS, ReachTotals, load_reach_totals
from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.models import ClaimAppearance, Clarification, ClarificationReach, clarification_claim, db

DAYS_BEFORE, DAYS_AFTER = 14, 28
COMPARED_DAYS = 7
"""Whole days before and after the day of publication, which belongs to neither."""
DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReachDay:
    """A day in Kupang: how often the clarification was shown, and how often its claims appeared."""

    day: date
    appearances: int = 0
    views: int = 0
    short_visits: int = 0
    answers: int = 0
    comparisons: int = 0


@dataclass(frozen=True)
class AppearanceChange:
    """Appearances in the week before the day of publication and in the week after it.

    ``is_whole`` is False until that week is over; then ``comparable_from`` is the day from which it is.
    """

    before: int
    after: int
    is_whole: bool
    comparable_from: date


@dataclass(frozen=True)
class ReachSummary:
    """The reach of a published clarification in all.

    ``change`` is None where no claim is linked. ``counted_since`` is the first day of any count where the clarification
    is older than that.
    """

    published_on: date
    totals: ReachTotals
    change: AppearanceChange | None
    counted_since: date | None


@dataclass(frozen=True)
class DailyReach:
    """The reach by day, from two weeks before publication until four weeks after it, or today.

    ``later`` is what was counted after these days.
    """

    days: tuple[ReachDay, ...]
    later: ReachTotals


def load_reach_summary(page: Clarification, now: datetime) -> ReachSummary:
    """Return the reach of a clarification that is or was public."""
    published_on = day_in_kupang(first_published_at(page))
    week = COMPARED_DAYS * DAY
    appeared = _count_appearances(page.id, published_on - week, published_on + week) if page.claims else {}
    return ReachSummary(
        published_on,
        load_reach_totals([page.id])[page.id],
        _compare_appearances(appeared, published_on, day_in_kupang(now)) if page.claims else None,
        _find_counting_start(published_on),
    )


def load_daily_reach(page: Clarification, totals: ReachTotals, now: datetime) -> DailyReach:
    """Return the days of a clarification that is or was public, and what remains of its totals."""
    published_on, today = day_in_kupang(first_published_at(page)), day_in_kupang(now)
    first = published_on - DAYS_BEFORE * DAY
    last = max(published_on, min(today, published_on + DAYS_AFTER * DAY))  # a wrong clock may have published tomorrow
    shown = _load_shown_counts(page.id, first, last)
    appeared = _count_appearances(page.id, first, last)
    days = tuple(
        ReachDay(day, appeared[day], **shown.get(day, {}))
        for day in (first + number * DAY for number in range((last - first).days + 1))
    )
    return DailyReach(days, _subtract_days(totals, days))


def _load_shown_counts(clarification_id: int, first: date, last: date) -> dict[date, dict[str, int]]:
    """Return the counts of each day on which there are any."""
    query = sa.select(ClarificationReach).where(
        ClarificationReach.clarification_id == clarification_id, ClarificationReach.day.between(first, last)
    )
    return {row.day: {name: getattr(row, name) for name in REACH_COLUMNS} for row in db.session.scalars(query)}


def _count_appearances(clarification_id: int, first: date, last: date) -> Counter[date]:
    """Return how often the claims that a clarification answers appeared, by day."""
    linked = clarification_claim.c
    query = (
        sa.select(ClaimAppearance.seen_at)
        .join(clarification_claim, linked.claim_id == ClaimAppearance.claim_id)
        .where(
            linked.clarification_id == clarification_id,
            ClaimAppearance.seen_at >= start_of_day(first),
            ClaimAppearance.seen_at < start_of_day(last + DAY),
        )
    )
    return Counter(day_in_kupang(seen_at) for seen_at in db.session.scalars(query))


def _compare_appearances(appeared: Mapping[date, int], published_on: date, today: date) -> AppearanceChange:
    """Return the appearances of the week before the day of publication and of the week after it."""
    week = [number * DAY for number in range(1, COMPARED_DAYS + 1)]
    whole_from = published_on + (COMPARED_DAYS + 1) * DAY
    return AppearanceChange(
        sum(appeared.get(published_on - days, 0) for days in week),
        sum(appeared.get(published_on + days, 0) for days in week),
        today >= whole_from,
        whole_from,
    )


def _subtract_days(totals: ReachTotals, days: tuple[ReachDay, ...]) -> ReachTotals:
    """Return what was counted after the days."""
    within = {name: sum(getattr(day, name) for day in days) for name in REACH_COLUMNS}
    return ReachTotals(**{name: getattr(totals, name) - count for name, count in within.items()})


def _find_counting_start(published_on: date) -> date | None:
    """Return the first day of any count where it lies after the publication."""
    start = db.session.scalar(sa.select(sa.func.min(ClarificationReach.day)))
    return start if start and start > published_on else None
