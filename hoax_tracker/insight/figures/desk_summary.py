"""What the desk's summary counts: today against the usual, the week day by day, and what waits in each unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.claims.awaiting_approval import awaits_approval
from hoax_tracker.claims.deadlines import next_midnight
from hoax_tracker.clock import WITA
from hoax_tracker.desk_search.filters import ResultKind, SearchQuery
from hoax_tracker.desk_search.queries import build_search_statement
from hoax_tracker.models import (
    WAITING_STATUSES,
    CheckQuery,
    Claim,
    Decision,
    DecisionKind,
    Officer,
    Report,
    Unit,
    db,
)

DAYS_USUAL, DAYS_OF_WEEK = 28, 7
UNITS_SHOWN = 8
ENDING_KINDS = (
    DecisionKind.DISMISS,
    DecisionKind.NOT_A_CLAIM,
    DecisionKind.OUT_OF_SCOPE,
    DecisionKind.CLARIFY,
    DecisionKind.LINK,
    DecisionKind.MERGE,
)
"""Decisions after which a claim needs no further one."""


@dataclass(frozen=True)
class TodayCount:
    """A number of today, and how many a day are usual."""

    today: int
    usual: float


@dataclass(frozen=True)
class DayCount:
    """The claims that came in on a day, and those decided on it."""

    day: date
    came: int
    decided: int


@dataclass(frozen=True)
class UnitWork:
    """The claims that wait in a unit (None: in no unit): all, late ones, due today, with an answer to approve."""

    unit_id: int | None
    name: str
    waiting: int
    late: int
    due_today: int
    awaiting: int


@dataclass(frozen=True)
class DeskSummary:
    """The numbers of the page. ``units`` are those with the most late claims, ``units_late`` counts all with any."""

    waiting: int
    late: int
    due_today: int
    awaiting: int
    claims: TodayCount
    reports: TodayCount
    questions: TodayCount
    week: list[DayCount]
    units: list[UnitWork]
    units_late: int


def load_desk_summary(officer: Officer, now: datetime) -> DeskSummary:
    """Return all numbers for an officer."""
    work = list_unit_work(now)
    units = [unit for unit in work if unit.unit_id is not None]
    claims, reports, questions = count_today(officer, now)
    return DeskSummary(
        sum(unit.waiting for unit in work),
        sum(unit.late for unit in work),
        sum(unit.due_today for unit in work),
        sum(unit.awaiting for unit in work),
        claims,
        reports,
        questions,
        count_week(now),
        units[:UNITS_SHOWN],
        sum(1 for unit in units if unit.late),
    )


def count_today(officer: Officer, now: datetime) -> tuple[TodayCount, TodayCount, TodayCount]:
    """Return the claims and reports that came today and the messages that residents checked, each with the usual.

    Today's claims and reports are those that the search lists for the officer.
    """
    today = day_in_kupang(now)
    first_day = today - timedelta(days=DAYS_USUAL)
    first, midnight = start_of_day(first_day), start_of_day(today)
    checked = sa.select(sa.func.sum(CheckQuery.count))
    queries = [
        listed_today_query(ResultKind.CLAIM, today, officer),
        sa.select(sa.func.count()).where(Claim.created_at >= first, Claim.created_at < midnight),
        listed_today_query(ResultKind.REPORT, today, officer),
        sa.select(sa.func.count()).where(Report.received_at >= first, Report.received_at < midnight),
        checked.where(CheckQuery.day == today),
        checked.where(CheckQuery.day >= first_day, CheckQuery.day < today),
    ]
    row = db.session.execute(sa.select(*(query.scalar_subquery() for query in queries))).one()
    counts = [int(count or 0) for count in row]
    claims, reports, questions = (TodayCount(counts[n], counts[n + 1] / DAYS_USUAL) for n in (0, 2, 4))
    return claims, reports, questions


def listed_today_query(kind: ResultKind, today: date, officer: Officer) -> sa.Select[int]:
    """Return the query that counts what the search lists of today."""
    listed = build_search_statement(kind, SearchQuery(kind=kind, since=today), officer, 1)
    if listed is None:
        return sa.select(sa.literal(0))
    counted: sa.Select[int] = listed.order_by(None).limit(None).with_only_columns(sa.func.count())
    return counted


def count_week(now: datetime) -> list[DayCount]:
    """Return the days of a week up to today, oldest first. A decision that was undone is none."""
    days = [day_in_kupang(now) - timedelta(days=number) for number in reversed(range(DAYS_OF_WEEK))]
    starts = [start_of_day(day) for day in (*days, days[-1] + timedelta(days=1))]
    undoing = aliased(Decision)
    stands = ~sa.exists().where(undoing.undoes_id == Decision.id)
    came = sa.select(sa.func.count()).select_from(Claim)
    decided = sa.select(sa.func.count(sa.distinct(Decision.claim_id))).where(Decision.kind.in_(ENDING_KINDS), stands)
    # A range of an index each: quicker than one pass that asks of every row which day it is.
    queries = [came.where(Claim.created_at >= begin, Claim.created_at < end) for begin, end in pairwise(starts)]
    queries += [
        decided.where(Decision.decided_at >= begin, Decision.decided_at < end) for begin, end in pairwise(starts)
    ]
    row = db.session.execute(sa.select(*(query.scalar_subquery() for query in queries))).one()
    return [DayCount(*counts) for counts in zip(days, row[:DAYS_OF_WEEK], row[DAYS_OF_WEEK:], strict=True)]


def list_unit_work(now: datetime) -> list[UnitWork]:
    """Return what waits in each unit, the most late first; also what waits in none."""
    awaits = awaits_approval(Claim.id)
    late = sa.and_(Claim.due_at < now, ~awaits)
    today = sa.and_(Claim.due_at >= now, Claim.due_at < next_midnight(now), ~awaits)
    parts = [sa.func.count(sa.case((part, 1))) for part in (late, today, awaits)]
    counts = sa.select(Claim.unit_id, sa.func.count(), *parts).where(Claim.status.in_(WAITING_STATUSES))
    rows = db.session.execute(counts.group_by(Claim.unit_id)).all()
    names: dict[int | None, str] = dict(db.session.execute(sa.select(Unit.id, Unit.short_name)).all())
    units = [UnitWork(unit_id, names.get(unit_id, ""), *numbers) for unit_id, *numbers in rows]
    return sorted(units, key=lambda unit: (-unit.late, -unit.waiting, unit.name))


def day_in_kupang(now: datetime) -> date:
    """Return the present day there."""
    return now.astimezone(WITA).date()


def start_of_day(day: date) -> datetime:
    """Return the first moment of a day in Kupang."""
    return datetime.combine(day, time(), WITA)
