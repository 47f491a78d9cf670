"""The filters of the API's lists as conditions on clarifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.check.clarification_list.filters import list_place_names, names_place_condition
from hoax_tracker.clock import start_of_day
from hoax_tracker.models import Clarification, District, Topic, Unit, Verdict, db

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Days beyond these are taken for these: no page is older or newer, and no sum of days runs over."""


def filter_conditions(filters: Mapping[str, Any]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for the loaded fields of ``FiltersIn``."""
    conditions: list[sa.ColumnElement[bool]] = []
    if filters["topic"]:
        conditions.append(Clarification.topic == Topic(filters["topic"]))
    if filters["verdict"]:
        conditions.append(Clarification.verdict == Verdict(filters["verdict"]))
    if filters["unit"]:
        unit = sa.select(Unit.id).where(Unit.code == _database_text(filters["unit"]))
        conditions.append(Clarification.unit_id.in_(unit))
    if filters["place"]:
        place = db.session.scalar(sa.select(District.id).where(District.code == _database_text(filters["place"])))
        conditions.append(names_place_condition(list_place_names(place) if place else []))
    if filters["since"]:
        conditions.append(Clarification.published_at >= start_of_day(_nearest_day(filters["since"])))
    if filters["until"]:
        conditions.append(Clarification.published_at < start_of_day(_nearest_day(filters["until"])) + timedelta(days=1))
    return conditions


def _database_text(text: str) -> str:
    """Return a text that databases take: PostgreSQL refuses NUL."""
    return text.replace("\x00", " ")


def _nearest_day(day: date) -> date:
    """Return a day, or the nearest that may be reckoned with."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def nearest_moment(moment: datetime) -> datetime:
    """Return a moment as aware UTC, or the nearest that may be reckoned with."""
    first, last = (datetime.combine(day, datetime.min.time(), UTC) for day in (FIRST_DAY, LAST_DAY))
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return first if aware <= first else last if aware >= last else aware.astimezone(UTC)
