"""The tables of the public statistics as rows: for files and for programs. Hidden counts are None."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hoax_tracker.insight.figures.public_numbers import ResponseTimes, Statistics, SubjectNumbers

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
