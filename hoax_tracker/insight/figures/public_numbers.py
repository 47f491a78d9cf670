"""The statistics as the public may read them, and as tables for files and programs.

What stands on public pages is counted exactly, because everybody can count it: objections, and how long answers took
from the first report to the published page. What residents did goes through privacy/small_counts.py, and everything
else is computed from those published numbers, so that no share or sum tells more than they do. By topic and kecamatan
only settled months are counted: numbers that change while somebody watches would tell who reported last.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from math import ceil
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import start_of_day
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.figures.desk_summary import PageChange, load_figures
from hoax_tracker.insight.figures.month_figures import MonthFigures, next_month
from hoax_tracker.models import District, Objection, ObjectionOutcome, Topic, Unit, Verdict, db
from hoax_tracker.organisation.office_hours import load_office_rules
from hoax_tracker.privacy.small_counts import FEWEST_SHOWN, is_table_safe, possible_counts, possible_sum, publish_count


@dataclass(frozen=True)
class ResponseTimes:
    """Hours within which half and nine tenths of the answers came."""

    median_h: float
    nine_tenths_h: float


def measure_response_times(hours: Iterable[float]) -> ResponseTimes | None:
    """Return the times; None of fewer than five answers, which would tell when somebody reported."""
    ordered = sorted(hours)
    if len(ordered) < FEWEST_SHOWN:
        return None
    return ResponseTimes(_shortest_covering(ordered, 0.5), _shortest_covering(ordered, 0.9))


def _shortest_covering(ordered: Sequence[float], share: float) -> float:
    """Return the smallest of the hours within which at least that share of all came (the nearest rank)."""
    return ordered[ceil(share * len(ordered)) - 1]


@dataclass(frozen=True)
class ObjectionNumbers:
    """Objections that were received in some months. ``changed``: upheld, wholly or in part; ``late`` ones are open."""

    received: int
    changed: int
    refused: int
    open: int
    late: int
    average_days: float | None


def _count_objections(first: date, last: date, now: datetime) -> ObjectionNumbers:
    """Return the numbers of the objections that were received from one month to another."""
    row, upheld = Objection, Objection.outcome != ObjectionOutcome.REFUSED
    count = sa.func.count
    query = sa.select(
        count(),
        count().filter(upheld),
        count().filter(row.outcome == ObjectionOutcome.REFUSED),
        count().filter(row.outcome.is_(None)),
        count().filter(row.outcome.is_(None), row.due_at < now),
        sa.func.avg(row.working_days),
    ).where(row.received_at >= start_of_day(first), row.received_at < start_of_day(next_month(last)))
    received, changed, refused, undecided, late, average = db.session.execute(query).one()
    days = None if average is None else round(float(average), 1)
    return ObjectionNumbers(received, changed, refused, undecided, late, days)


@dataclass(frozen=True)
class PublicMonth:
    """A month. A count of what residents did is None where it is hidden, or where its records are deleted."""

    month: date
    reports: int | None
    answered: int | None
    questions: int | None
    questions_open: int | None
    has_questions: bool
    published: int
    corrected: int
    withdrawn: int
    times: ResponseTimes | None


@dataclass(frozen=True)
class SubjectNumbers:
    """A topic or kecamatan (its code and name) in the settled months."""

    code: str
    name: str
    reports: int | None
    published: int


@dataclass(frozen=True)
class UnitNumbers:
    """A unit: what it published, and how soon where at least five of these answered a report."""

    code: str
    name: str
    published: int
    times: ResponseTimes | None


@dataclass(frozen=True)
class OpenClaims:
    """Claims under examination; ``by_topic`` holds the topics whose number is shown, most first."""

    total: int | None
    by_topic: list[tuple[Topic, int]]


@dataclass(frozen=True)
class Statistics:
    """All public statistics; ``topics`` and ``places`` are empty before the first month is settled."""

    months: list[PublicMonth]
    settled: list[date]
    verdicts: list[tuple[Verdict, int]]
    topics: list[SubjectNumbers]
    places: list[SubjectNumbers]
    units: list[UnitNumbers]
    times: ResponseTimes | None
    open_claims: OpenClaims
    changes: list[PageChange]
    target_h: int
    objections: ObjectionNumbers
    counted_at: datetime

    @property
    def published(self) -> int:
        """What was published in all shown months."""
        return sum(month.published for month in self.months)

    @property
    def corrected(self) -> int:
        """How many corrections were made in all shown months."""
        return sum(month.corrected for month in self.months)

    @property
    def withdrawn(self) -> int:
        """How many pages were withdrawn in all shown months."""
        return sum(month.withdrawn for month in self.months)


def load_statistics(settings: Settings, now: datetime) -> Statistics:
    """Return the public statistics of the last twelve months."""
    figures = load_figures(settings, now)
    return summarise_months(figures.months, figures.open_claims, figures.changes, figures.counted_at)


def summarise_months(
    months: Sequence[MonthFigures], open_claims: Mapping[str, int], changes: list[PageChange], counted_at: datetime
) -> Statistics:
    """Return the statistics of the months as the public may read them."""
    settled = [month for month in months if month.breakdown is not None]
    verdicts = _sum_counts(month.verdicts for month in months)
    return Statistics(
        [publish_month(month) for month in months],
        [month.month for month in settled],
        [(verdict, verdicts[verdict.value]) for verdict in Verdict if verdicts[verdict.value]],
        _count_topics(settled),
        _count_places(settled),
        _count_units(months),
        measure_response_times(all_hours(months)),
        _publish_open_claims(open_claims),
        changes,
        load_office_rules().high_hours,
        _count_objections(months[0].month, months[-1].month, counted_at),
        counted_at,
    )


def publish_month(month: MonthFigures) -> PublicMonth:
    """Return a month as the public may read it."""
    return PublicMonth(
        month.month,
        publish_count(month.reports),
        publish_count(month.answered),
        publish_count(month.questions or 0),
        publish_count(month.questions_open or 0),
        month.questions is not None,
        month.published,
        month.corrected,
        month.withdrawn,
        measure_response_times(all_hours([month])),
    )


def _count_topics(settled: Sequence[MonthFigures]) -> list[SubjectNumbers]:
    """Return the topics, most reported first; none where a hidden count would follow from the months' counts."""
    reports = _sum_counts(month.breakdown.reports_by_topic for month in settled if month.breakdown)
    published = _sum_counts(month.topics for month in settled)
    shown = {topic: publish_count(reports[topic.value]) for topic in Topic}
    by_month = [publish_count(month.reports) for month in settled]
    if not _are_both_safe(list(shown.values()), by_month):
        return []
    rows = [SubjectNumbers(topic.value, str(topic.label), shown[topic], published[topic.value]) for topic in Topic]
    return _sort_subjects(row for row in rows if row.reports or row.published)


def _are_both_safe(shown: Sequence[int | None], other: Sequence[int | None]) -> bool:
    """Tell whether two tables that count the same reports may both be shown."""
    return is_table_safe(shown, possible_sum(other)) and is_table_safe(other, possible_sum(shown))


def _count_places(settled: Sequence[MonthFigures]) -> list[SubjectNumbers]:
    """Return the kecamatan. Their counts have no sum: a text names none, one or several."""
    if not settled:
        return []
    reports = _sum_counts(month.breakdown.reports_by_place for month in settled if month.breakdown)
    published = _sum_counts(month.breakdown.published_by_place for month in settled if month.breakdown)
    query = sa.select(District.code, District.name).where(District.parent_id.is_(None), District.kind == "kecamatan")
    return _sort_subjects(
        SubjectNumbers(code, name, publish_count(reports[code]), published[code])
        for code, name in db.session.execute(query)
    )


def _count_units(months: Sequence[MonthFigures]) -> list[UnitNumbers]:
    """Return the units that published something, the quickest first, then those whose times are hidden."""
    published = _sum_counts(month.units for month in months)
    names: dict[str, str] = dict(db.session.execute(sa.select(Unit.code, Unit.short_name)).all())
    rows = [
        UnitNumbers(code, names.get(code, code), count, measure_response_times(all_hours(months, code)))
        for code, count in published.items()
    ]
    return sorted(rows, key=lambda row: (row.times.median_h if row.times else float("inf"), -row.published, row.name))


def _publish_open_claims(by_topic: Mapping[str, int]) -> OpenClaims:
    """Return the open claims as the public may read them, their sum only where no hidden number follows from it."""
    shown = {topic: publish_count(by_topic.get(topic.value, 0)) for topic in Topic}
    total = publish_count(sum(by_topic.values()))
    is_safe = is_table_safe(list(shown.values()), possible_counts(total))
    topics = [(topic, count) for topic, count in shown.items() if count is not None]
    return OpenClaims(total if is_safe else None, sorted(topics, key=lambda row: -row[1]))


def all_hours(months: Sequence[MonthFigures], unit: str | None = None) -> list[float]:
    """Return the hours of all answers, or of a unit's."""
    lists = (hours for month in months for code, hours in month.hours.items() if unit in (None, code))
    return list(chain.from_iterable(lists))


def _sum_counts(counts: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in counts:
        total.update(part)
    return total


def _sort_subjects(rows: Iterable[SubjectNumbers]) -> list[SubjectNumbers]:
    """Return the most reported first."""
    return sorted(rows, key=lambda row: (-(row.reports or 0), -row.published, row.name))


Row = tuple[Any, ...]


@dataclass(frozen=True)
class StatisticsTable:
    """A table: its key in the API, the names of its columns, and what yields its rows."""

    key: str
    columns: tuple[str, ...]
    list_rows: Callable[[Statistics], Iterator[Row]]

    def as_json(self, statistics: Statistics) -> list[dict[str, Any]]:
        """Return the rows, each an object by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.list_rows(statistics)]


def _list_month_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield a row for each month, oldest first."""
    for month in statistics.months:
        residents = (month.reports, month.answered, month.questions, month.questions_open)
        changes = (month.published, month.corrected, month.withdrawn)
        yield (f"{month.month:%Y-%m}", *residents, *changes, *_list_hours(month.times))


def _list_verdict_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield a row for each verdict that was published."""
    yield from ((verdict.value, count) for verdict, count in statistics.verdicts)


def _list_unit_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield a row for each unit that published something."""
    yield from ((unit.code, unit.published, *_list_hours(unit.times)) for unit in statistics.units)


def _list_topic_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield a row for each topic of the settled months."""
    return _list_subject_rows(statistics.topics)


def _list_place_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield a row for each kecamatan in the settled months."""
    return _list_subject_rows(statistics.places)


def _list_subject_rows(rows: list[SubjectNumbers]) -> Iterator[Row]:
    """Yield a row for each topic or kecamatan."""
    yield from ((row.code, row.reports, row.published) for row in rows)


def _list_open_claim_rows(statistics: Statistics) -> Iterator[Row]:
    """Yield the topics of claims under examination whose number is shown."""
    yield from ((topic.value, count) for topic, count in statistics.open_claims.by_topic)


def _list_hours(times: ResponseTimes | None) -> Row:
    """Return the two figures of response times."""
    return (times.median_h, times.nine_tenths_h) if times else (None, None)


HOURS = ("median_h", "nine_tenths_h")
MONTHS = StatisticsTable(
    "months",
    ("month", "reports", "answered", "questions", "questions_open", "published", "corrected", "withdrawn", *HOURS),
    _list_month_rows,
)
VERDICTS = StatisticsTable("verdicts", ("verdict", "published"), _list_verdict_rows)
UNITS = StatisticsTable("units", ("unit", "published", *HOURS), _list_unit_rows)
TOPICS = StatisticsTable("topics", ("topic", "reports", "published"), _list_topic_rows)
PLACES = StatisticsTable("places", ("place", "reports", "published"), _list_place_rows)
OPEN_CLAIMS = StatisticsTable("open_claims", ("topic", "claims"), _list_open_claim_rows)
TABLES = (MONTHS, VERDICTS, UNITS, TOPICS, PLACES, OPEN_CLAIMS)
