"""The figures of one month, counted from the rows, exact, as the worker keeps them. Public: public_numbers.py.

Months in Kupang, each by the date of its first day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    CheckDecision,
    CheckQuery,
    ClaimAppearance,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    Report,
    Unit,
    clarification_claim,
    db,
)


@dataclass(frozen=True)
class Breakdown:
    """Reports and published clarifications of a month that is settled, by topic and by code of the kecamatan named."""

    reports_by_topic: Mapping[str, int]
    reports_by_place: Mapping[str, int]
    published_by_place: Mapping[str, int]


@dataclass(frozen=True)
class MonthFigures:
    """What happened in a month.

    ``answered`` are those of its ``reports`` that a public page answered when the month was counted. ``questions`` are
    messages that residents checked, ``questions_open`` those without an answer; None where some are deleted already.
    ``hours`` are, by code of the unit, the hours from the first report to each published answer.
    """

    month: date
    reports: int = 0
    answered: int = 0
    questions: int | None = 0
    questions_open: int | None = 0
    verdicts: Mapping[str, int] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)
    units: Mapping[str, int] = field(default_factory=dict)
    hours: Mapping[str, list[float]] = field(default_factory=dict)
    corrected: int = 0
    withdrawn: int = 0
    breakdown: Breakdown | None = None

    @property
    def published(self) -> int:
        """The number of clarifications published."""
        return sum(self.verdicts.values())

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened at all."""
        return not (self.reports or self.questions or self.published or self.corrected or self.withdrawn)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as they are kept."""
        return asdict(self) | {"month": self.month.isoformat()}


def month_from_json(stored: Mapping[str, Any]) -> MonthFigures:
    """Return kept figures."""
    breakdown = Breakdown(**stored["breakdown"]) if stored["breakdown"] else None
    return MonthFigures(**{**stored, "month": date.fromisoformat(stored["month"]), "breakdown": breakdown})


MONTHS_SHOWN = 12
SETTLED_AFTER = timedelta(days=7)
"""So long after its end a month is counted for good: reports of its last days have been answered, or are late."""


def month_of(moment: datetime) -> date:
    """Return the month of a moment."""
    return day_in_kupang(moment).replace(day=1)


def next_month(month: date) -> date:
    """Return the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def list_shown_months(now: datetime) -> list[date]:
    """Return the present month and the eleven before it, oldest first."""
    months = [month_of(now)]
    while len(months) < MONTHS_SHOWN:
        months.insert(0, month_of(start_of_day(months[0]) - timedelta(hours=1)))
    return months


def settling_moment(month: date) -> datetime:
    """Return from when on a month is counted for good."""
    return start_of_day(next_month(month)) + SETTLED_AFTER


def is_settled(month: date, now: datetime) -> bool:
    """Tell whether a month may be counted for good."""
    return now >= settling_moment(month)


ONCE_PUBLIC = (*PUBLIC_STATUSES, ClarificationStatus.RETRACTED)
CHANGES = (ClarificationStatus.CORRECTED, ClarificationStatus.RETRACTED)


@dataclass
class Tally:
    """The figures of one month while they are counted."""

    verdicts: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    hours: dict[str, list[float]] = field(default_factory=dict)
    numbers: Counter[str] = field(default_factory=Counter)


def count_months(months: Sequence[date], questions_kept_since: date) -> list[MonthFigures]:
    """Return the figures of each month, without its breakdown.

    Residents' questions before ``questions_kept_since`` are deleted.
    """
    if not months:
        return []
    tallies = {month: Tally() for month in months}
    first, end = min(months), next_month(max(months))
    for month, name, count in [*_count_reports(first, end), *_count_changes(first, end), *_count_questions(first, end)]:
        if month in tallies:
            tallies[month].numbers[name] += count
    for row in _list_published(first, end):
        if (month := month_of(row.published_at)) in tallies:
            _add_published(tallies[month], row)
    return [_finish_tally(month, tally, month > questions_kept_since) for month, tally in tallies.items()]


def _count_reports(first: date, end: date) -> Iterator[tuple[date, str, int]]:
    """Yield each report without junk, and again where a public page answers it."""
    pages = clarification_claim.join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
    answered = (
        sa.select(sa.literal(1))
        .select_from(pages)
        .where(clarification_claim.c.claim_id == ClaimAppearance.claim_id, Clarification.status.in_(PUBLIC_STATUSES))
        .correlate(ClaimAppearance)
        .exists()
    )
    query = (
        sa.select(Report.received_at, answered)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(*is_within(Report.received_at, first, end), Report.is_junk.is_(False))
    )
    for received_at, is_answered in db.session.execute(query):
        yield month_of(received_at), "reports", 1
        yield month_of(received_at), "answered", int(is_answered)


def _count_changes(first: date, end: date) -> Iterator[tuple[date, str, int]]:
    """Yield each correction and each withdrawal."""
    query = sa.select(ClarificationRevision.kind, ClarificationRevision.made_at).where(
        ClarificationRevision.kind.in_(CHANGES), *is_within(ClarificationRevision.made_at, first, end)
    )
    for kind, made_at in db.session.execute(query):
        yield month_of(made_at), kind.value, 1


def _count_questions(first: date, end: date) -> Iterator[tuple[date, str, int]]:
    """Yield how many messages were checked on each day, and how many of them had no answer."""
    query = (
        sa.select(CheckQuery.day, CheckQuery.decision, sa.func.sum(CheckQuery.count))
        .where(CheckQuery.day >= first, CheckQuery.day < end)
        .group_by(CheckQuery.day, CheckQuery.decision)
    )
    for day, decision, count in db.session.execute(query):
        yield day.replace(day=1), "questions", int(count)
        yield day.replace(day=1), "questions_open", int(count) if decision is CheckDecision.NONE else 0


def _list_published(first: date, end: date) -> Sequence[sa.Row[Any]]:
    """Return what was published, withdrawn since or not, each with the time of the first report that it answers."""
    first_report = (
        sa.select(sa.func.min(Report.received_at))
        .join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .join(clarification_claim, clarification_claim.c.claim_id == ClaimAppearance.claim_id)
        .where(clarification_claim.c.clarification_id == Clarification.id, Report.is_junk.is_(False))
        .where(Report.received_at <= Clarification.published_at)
        .correlate(Clarification)
        .scalar_subquery()
    )
    query = (
        sa.select(Clarification.published_at, Clarification.verdict, Clarification.topic)
        .add_columns(Unit.code.label("unit"), first_report.label("reported_at"))
        .join(Unit, Unit.id == Clarification.unit_id)
        .where(Clarification.status.in_(ONCE_PUBLIC), *is_within(Clarification.published_at, first, end))
    )
    return db.session.execute(query).all()


def _add_published(tally: Tally, row: sa.Row[Any]) -> None:
    """Count a published clarification."""
    tally.verdicts[row.verdict.value] += 1
    tally.topics[row.topic.value] += 1
    tally.units[row.unit] += 1
    if row.reported_at is not None:
        hours = (row.published_at - row.reported_at) / timedelta(hours=1)
        tally.hours.setdefault(row.unit, []).append(round(hours, 1))


def _finish_tally(month: date, tally: Tally, is_asked_whole: bool) -> MonthFigures:
    """Return the figures of a month; of questions only where all of them are still there."""
    numbers = tally.numbers
    return MonthFigures(
        month,
        numbers["reports"],
        numbers["answered"],
        numbers["questions"] if is_asked_whole else None,
        numbers["questions_open"] if is_asked_whole else None,
        dict(tally.verdicts),
        dict(tally.topics),
        dict(tally.units),
        {unit: sorted(hours) for unit, hours in tally.hours.items()},
        numbers[ClarificationStatus.CORRECTED.value],
        numbers[ClarificationStatus.RETRACTED.value],
    )


def is_within(column: sa.SQLColumnExpression[datetime | None], first: date, end: date) -> list[sa.ColumnElement[bool]]:
    """Return the conditions that a moment lies in the months from ``first`` until before ``end``."""
    return [column >= start_of_day(first), column < start_of_day(end)]
