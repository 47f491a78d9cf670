"""What the page of the morning counts of today, each against what is usual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.desk_search.queries import build_search_statement
from hoax_tracker.models import CheckQuery, Claim, Officer, Report, db

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
