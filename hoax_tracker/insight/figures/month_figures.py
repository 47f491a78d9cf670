"""The figures of a month in Kupang, counted from the rows, exact, as the worker keeps them. Public: public_numbers.py.

A month is named by the date of its first day. Once settled, it was counted for good: its rows never change, whatever
becomes of the rows that they counted. Its breakdown by topic and kecamatan reads every text of the month: only the
worker counts it, once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationRevision,
    ClarificationStatus,
    District,
    MonthlyStatistics,
    Report,
    Topic,
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
        counted = [replace(figures, breakdown=_count_breakdown(figures.month)) for figures in counted]
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


ROWS_AT_ONCE = 1_000
PlaceNames = Mapping[str, re.Pattern[str]]


def _count_breakdown(month: date) -> Breakdown:
    """Return the month's breakdown. A report that joined no claim has the topic "other"."""
    names, topics, end = load_place_names(), Counter[str](), next_month(month)
    reports = (
        sa.select(Claim.topic, Report.text)
        .select_from(Report)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .outerjoin(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(*is_within(Report.received_at, month, end), Report.is_junk.is_(False))
    )
    texts = []
    for topic, text in db.session.execute(reports.execution_options(yield_per=ROWS_AT_ONCE)):
        topics[(topic or Topic.OTHER).value] += 1
        texts.append(text)
    pages = sa.select(Clarification.title, Clarification.summary, Clarification.claim_quote).where(
        Clarification.status.in_(ONCE_PUBLIC), *is_within(Clarification.published_at, month, end)
    )
    published = (" ".join(row) for row in db.session.execute(pages.execution_options(yield_per=ROWS_AT_ONCE)))
    return Breakdown(dict(topics), count_places(texts, names), count_places(published, names))


def load_place_names() -> PlaceNames:
    """Return, by code of the kecamatan, what finds its names and those of its kelurahan as whole words."""
    rows = db.session.execute(
        sa.select(District.id, District.parent_id, District.code, District.name, District.aliases)
    )
    places = rows.all()
    codes = {row.id: row.code for row in places if row.parent_id is None}
    names: dict[str, list[str]] = {}
    for row in places:
        if code := codes.get(row.parent_id or row.id):
            names.setdefault(code, []).extend([row.name, *row.aliases])
    return {code: _compile_names(spellings) for code, spellings in names.items()}


def _compile_names(names: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the names, in any case and with any space between their words."""
    spellings = (r"\s+".join(map(re.escape, name.split())) for name in names)
    return re.compile(rf"(?<!\w)(?:{'|'.join(spellings)})(?!\w)", re.IGNORECASE)


def count_places(texts: Iterable[str], names: PlaceNames) -> dict[str, int]:
    """Return how many of the texts name each kecamatan. One that names two counts for both."""
    return dict(Counter(code for text in texts for code, pattern in names.items() if pattern.search(text)))
