"""The figures of one month, exact, as the worker keeps them. What of them is public: public_numbers.py.

Months in Kupang, each by the date of its first day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from hoax_tracker.clock import day_in_kupang, start_of_day


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
