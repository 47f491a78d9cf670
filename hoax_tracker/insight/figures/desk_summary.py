"""What the page of the morning counts of today, each against what is usual.

Beside it what changes from day to day: months that are not settled, open claims, what is asked and not answered yet (by
topic; the words of claims under examination are not public), and the newest corrections and withdrawals of public
pages, whatever the city had wrong, in full. The worker keeps it for an hour where there are many rows
(core/database/statistics_cache.py); else the page counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import statistics_cache
from hoax_tracker.desk_search.queries import build_search_statement
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.insight.early_warning.hourly_counts import hour_of
from hoax_tracker.insight.figures.month_figures import (
    CHANGES,
    MonthFigures,
    count_months,
    is_within,
    list_shown_months,
    load_settled_months,
    month_from_json,
    next_month,
    questions_kept_since,
)
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Alarm,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    HourlyCount,
    Measure,
    Officer,
    Report,
    RisingKind,
    db,
)
from hoax_tracker.models.claims import OPEN_STATUSES


def count_open_claims() -> dict[str, int]:
    """Return how many claims residents are told to be under examination, by topic."""
    query = sa.select(Claim.topic, sa.func.count()).where(Claim.status.in_(OPEN_STATUSES)).group_by(Claim.topic)
    return {topic.value: count for topic, count in db.session.execute(query)}


DAYS_USUAL = 28


@dataclass(frozen=True)
class TodayCount:
    """A number of today, and how many a day are usual."""

    today: int
    usual: float


@dataclass(frozen=True)
class DeskSummary:
    """The numbers of today; ``along`` are the results of the queries that were counted with them."""

    claims: TodayCount
    reports: TodayCount
    questions: TodayCount
    along: Sequence[int]


def load_desk_summary(officer: Officer, now: datetime, along: Sequence[sa.ScalarSelect[int]] = ()) -> DeskSummary:
    """Return the claims and reports that came today and the messages that residents checked, each with the usual.

    Today's claims and reports are those that the search lists for the officer.
    """
    today = day_in_kupang(now)
    first_day = today - timedelta(days=DAYS_USUAL)
    first, midnight = start_of_day(first_day), start_of_day(today)
    checked = sa.select(sa.func.sum(CheckQuery.count))
    queries = [
        _listed_today_query(ResultKind.CLAIM, today, officer),
        sa.select(sa.func.count()).where(Claim.created_at >= first, Claim.created_at < midnight),
        _listed_today_query(ResultKind.REPORT, today, officer),
        sa.select(sa.func.count()).where(Report.received_at >= first, Report.received_at < midnight),
        checked.where(CheckQuery.day == today),
        checked.where(CheckQuery.day >= first_day, CheckQuery.day < today),
    ]
    apart = [query.scalar_subquery() for query in queries]
    row = db.session.execute(sa.select(*apart, *along)).one()
    counts = [int(count or 0) for count in row]
    claims, reports, questions = (TodayCount(counts[n], counts[n + 1] / DAYS_USUAL) for n in (0, 2, 4))
    return DeskSummary(claims, reports, questions, counts[len(apart) :])


def _listed_today_query(kind: ResultKind, today: date, officer: Officer) -> sa.Select[int]:
    """Return the query that counts what the search lists of today."""
    listed = build_search_statement(kind, SearchQuery(kind=kind, since=today), officer, 1)
    if listed is None:
        return sa.select(sa.literal(0))
    counted: sa.Select[int] = listed.order_by(None).limit(None).with_only_columns(sa.func.count())
    return counted


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
        months, current["open_claims"], [_change_from_json(change) for change in current["changes"]], counted_at
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


HOURS, HOURS_A_STEP = 24, 2


def count_last_day(alarms: Sequence[Alarm], now: datetime) -> dict[int, list[int]]:
    """Return by the id of each alarm its appearances (of a place or topic too) by two hours, oldest first."""
    first = hour_of(now) - HOURS + 1
    steps = {alarm.id: [0] * (HOURS // HOURS_A_STEP) for alarm in alarms}
    by_claim = {alarm.claim_id: alarm.id for alarm in alarms if alarm.claim_id is not None}
    by_subject = {alarm.subject: alarm.id for alarm in alarms if alarm.kind is not RisingKind.CLAIM}
    rows: list[tuple[int, int, int]] = []
    if by_claim:
        seen = sa.select(ClaimAppearance.claim_id, ClaimAppearance.seen_at).where(
            ClaimAppearance.claim_id.in_(by_claim),
            ClaimAppearance.seen_at > now - timedelta(hours=HOURS),
            ClaimAppearance.seen_at <= now,
        )
        rows += [(by_claim[claim_id], hour_of(seen_at), 1) for claim_id, seen_at in db.session.execute(seen)]
    if by_subject:
        stored = sa.select(HourlyCount.subject, HourlyCount.hour, HourlyCount.count).where(
            HourlyCount.subject.in_(by_subject), HourlyCount.measure == Measure.SEEN, HourlyCount.hour >= first
        )
        rows += [(by_subject[subject], hour, count) for subject, hour, count in db.session.execute(stored)]
    for alarm_id, hour, count in rows:
        if first <= hour < first + HOURS:
            steps[alarm_id][(hour - first) // HOURS_A_STEP] += count
    return steps


@dataclass(frozen=True)
class PageChange:
    """A correction or a withdrawal with its public reason."""

    made_at: datetime
    is_withdrawal: bool
    number: int
    slug: str
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return the change as it is kept."""
        return asdict(self) | {"made_at": self.made_at.isoformat()}


def _change_from_json(stored: Mapping[str, Any]) -> PageChange:
    return PageChange(**{**stored, "made_at": datetime.fromisoformat(stored["made_at"])})


def list_page_changes(first: date, last: date, limit: int | None = None) -> list[PageChange]:
    """Return the corrections and withdrawals of the months from ``first`` to ``last``, newest first."""
    query = (
        sa.select(ClarificationRevision.made_at, ClarificationRevision.kind, ClarificationRevision.note)
        .add_columns(Clarification.number, Clarification.slug)
        .join(Clarification, Clarification.id == ClarificationRevision.clarification_id)
        .where(ClarificationRevision.kind.in_(CHANGES))
        .where(*is_within(ClarificationRevision.made_at, first, next_month(last)))
        .order_by(ClarificationRevision.made_at.desc(), ClarificationRevision.id.desc())
        .limit(limit)
    )
    return [
        PageChange(row.made_at, row.kind is ClarificationStatus.RETRACTED, row.number, row.slug, row.note)
        for row in db.session.execute(query)
    ]


def load_titles(changes: Iterable[PageChange]) -> dict[int, str]:
    """Return the titles of the changed pages by number, without those that are withdrawn by now."""
    numbers = {change.number for change in changes}
    query = sa.select(Clarification.number, Clarification.title).where(
        Clarification.number.in_(numbers), Clarification.status.in_(PUBLIC_STATUSES)
    )
    return {row.number: row.title for row in db.session.execute(query)} if numbers else {}
