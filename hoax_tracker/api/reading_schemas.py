"""Queries and responses of the API that reads: clarifications, their changes, the city's offices, topics and places."""

from __future__ import annotations

import re
from typing import Any

from apiflask import Schema
from apiflask.fields import Boolean, Date, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError

from hoax_tracker.api.clarification_search import FOUND_AT_MOST
from hoax_tracker.api.schemas import ResponseSchema
from hoax_tracker.core.web.query_args import MAX_ROW_ID
from hoax_tracker.models import ClarificationStatus, Topic, Verdict

TOPICS, VERDICTS = [topic.value for topic in Topic], [verdict.value for verdict in Verdict]
CHANGE_KINDS = ("published", "corrected", "withdrawn")


class PlainUnitOut(ResponseSchema):
    """A unit in brief."""

    code = String(required=True)
    name = String(required=True)


class ClarificationItemOut(ResponseSchema):
    """A public clarification in a list."""

    number = Integer(required=True, metadata={"description": "Its official number, which never changes."})
    url = String(required=True, metadata={"format": "uri"})
    status = String(
        required=True,
        validate=OneOf([ClarificationStatus.PUBLISHED.value, ClarificationStatus.CORRECTED.value]),
    )
    title = String(required=True, metadata={"description": "The fact."})
    summary = String(required=True)
    claim = String(required=True, metadata={"description": "The claim, quoted as it circulated."})
    verdict = String(required=True, validate=OneOf(VERDICTS))
    topic = String(required=True, validate=OneOf(TOPICS))
    unit = Nested(PlainUnitOut, required=True, metadata={"description": "The unit that answers."})
    circulated_since = String(required=True, allow_none=True, metadata={"format": "date"})
    published_at = String(required=True, metadata={"format": "date-time"})
    changed_at = String(required=True, metadata={"format": "date-time"})
    unconfirmed_until = String(
        required=True,
        allow_none=True,
        metadata={
            "format": "date-time",
            "description": "Published by one person in an emergency; withdrawn then unless a second confirms it.",
        },
    )
    is_example = Boolean(required=True, metadata={"description": "Made up: this instance is a demo."})


class SourceOut(ResponseSchema):
    """A reference of a clarification."""

    title = String(required=True)
    url = String(required=True, allow_none=True, metadata={"format": "uri"})
    dated = String(required=True, allow_none=True, metadata={"format": "date"})


class HistoryOut(ResponseSchema):
    """A change of a page, with the reason that the page gives."""

    kind = String(required=True, validate=OneOf(CHANGE_KINDS))
    changed_at = String(required=True, metadata={"format": "date-time"})
    note = String(required=True)


class ClarificationFullOut(ClarificationItemOut):
    """A public clarification, whole."""

    circulated_where = String(required=True)
    findings = String(required=True, metadata={"description": "Markdown."})
    conclusion = String(required=True, metadata={"description": "Markdown."})
    sources = List(Nested(SourceOut), required=True)
    history = List(Nested(HistoryOut), required=True, metadata={"description": "Newest first."})


def _cursor_out() -> Any:
    """Return the field of a page that names the next one."""
    return Integer(required=True, allow_none=True, metadata={"description": "None on the last page."})


class ClarificationsOut(ResponseSchema):
    """A page of clarifications."""

    items = List(Nested(ClarificationItemOut), required=True)
    next_cursor = _cursor_out()


class ChangeOut(HistoryOut):
    """A change, with the page as it is now."""

    number = Integer(required=True)
    url = String(required=True, metadata={"format": "uri"})
    clarification = Nested(
        ClarificationItemOut,
        required=True,
        allow_none=True,
        metadata={"description": "None for a page that is withdrawn by now: forget what it said."},
    )


class ChangesOut(ResponseSchema):
    """A page of changes, the oldest first."""

    items = List(Nested(ChangeOut), required=True)
    next_cursor = Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Where to go on, also later for what is new then. None as long as nothing changed."},
    )
    has_more = Boolean(required=True, metadata={"description": "Whether further changes are there now."})


class UnitOut(PlainUnitOut):
    """A unit of the city that answers claims."""

    short_name = String(required=True)
    kind = String(required=True)
    parent = String(required=True, allow_none=True, metadata={"description": "The code of the unit above it."})
    topics = List(String(), required=True, metadata={"description": "The topics that it answers by default."})


class UnitsOut(ResponseSchema):
    """All units."""

    items = List(Nested(UnitOut), required=True)


class WordsOut(ResponseSchema):
    """A value and its words by language (``id``, ``en``)."""

    value = String(required=True)
    label = Dict(required=True)


class TopicsOut(ResponseSchema):
    """All topics."""

    items = List(Nested(WordsOut), required=True)


class VerdictOut(WordsOut):
    """A verdict and what it means."""

    meaning = Dict(required=True)
    rating = Integer(
        required=True, allow_none=True, metadata={"description": "1 (worst) to 5 (best), None for one without number."}
    )
    is_rated = Boolean(required=True, metadata={"description": "Whether a page with it carries ClaimReview."})


class VerdictsOut(ResponseSchema):
    """All verdicts."""

    items = List(Nested(VerdictOut), required=True)


class PlaceOut(ResponseSchema):
    """A kecamatan or kelurahan of the city."""

    code = String(required=True)
    name = String(required=True)
    kind = String(required=True, validate=OneOf(["kecamatan", "kelurahan"]))
    parent = String(required=True, allow_none=True, metadata={"description": "The code of its kecamatan."})
    aliases = List(String(), required=True, metadata={"description": "Other names and spellings."})


class PlacesOut(ResponseSchema):
    """All places."""

    items = List(Nested(PlaceOut), required=True)


def _hidden_count_field() -> Any:
    """Return the field for a count of what residents did."""
    about = "Rounded to the nearest multiple of five; null below five, or where the records are deleted."
    return Integer(required=True, allow_none=True, metadata={"description": about})


def _hours_field(about: str) -> Any:
    """Return the field for hours from the first report to the answer."""
    return Float(required=True, allow_none=True, metadata={"description": f"{about} Null below five answers."})


class TimedOut(ResponseSchema):
    """What was published, and how soon after the first report."""

    published = Integer(required=True)
    median_h = _hours_field("Half of the answers came within so many hours.")
    nine_tenths_h = _hours_field("Nine tenths of the answers came within so many hours.")


class MonthStatisticsOut(TimedOut):
    """A month in Kupang; the last one is not over."""

    month = String(required=True, metadata={"description": "Year and month."})
    reports = _hidden_count_field()
    answered = _hidden_count_field()
    questions = _hidden_count_field()
    questions_open = _hidden_count_field()
    corrected = Integer(required=True)
    withdrawn = Integer(required=True)


class UnitStatisticsOut(TimedOut):
    """A unit that published something."""

    unit = String(required=True)


class VerdictStatisticsOut(ResponseSchema):
    """A verdict that was published."""

    verdict = String(required=True, validate=OneOf(VERDICTS))
    published = Integer(required=True)


class TopicStatisticsOut(ResponseSchema):
    """A topic in the months that are settled."""

    topic = String(required=True, validate=OneOf(TOPICS))
    reports = _hidden_count_field()
    published = Integer(required=True)


class PlaceStatisticsOut(ResponseSchema):
    """A kecamatan that texts name, in the months that are settled."""

    place = String(required=True)
    reports = _hidden_count_field()
    published = Integer(required=True)


class OpenClaimsOut(ResponseSchema):
    """Claims of a topic that are under examination; topics with fewer than five are left out."""

    topic = String(required=True, validate=OneOf(TOPICS))
    claims = Integer(required=True, metadata={"description": "Rounded to the nearest multiple of five."})


class StatisticsOut(ResponseSchema):
    """The statistics of the last twelve months."""

    counted_at = String(required=True, metadata={"format": "date-time"})
    target_h = Integer(required=True, metadata={"description": "Hours within which a reported claim is to be decided."})
    months = List(Nested(MonthStatisticsOut), required=True)
    verdicts = List(Nested(VerdictStatisticsOut), required=True)
    units = List(Nested(UnitStatisticsOut), required=True)
    topics = List(Nested(TopicStatisticsOut), required=True)
    places = List(Nested(PlaceStatisticsOut), required=True)
    open_claims = List(Nested(OpenClaimsOut), required=True)
    open_claims_total = _hidden_count_field()
    is_example = Boolean(required=True, metadata={"description": "Made up: this instance is a demo."})


PAGE_SIZE, MAX_PAGE_SIZE = 20, 100
MAX_SEARCH_LENGTH = 5_000
MAX_CHANNEL_LENGTH = 500
_DIGITS = re.compile(r"[0-9]{1,10}")


class WholeNumber(Integer):
    """A number in an address: digits only, where Python also takes "1_0", " 1 " and "٣"."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not isinstance(value, str) or not _DIGITS.fullmatch(value):
            raise ValidationError("Not a whole number.")
        return super()._deserialize(value, attr, data, **kwargs)


def _limit_field() -> Any:
    """Return the field for the number of items in a page."""
    about = f"How many items come at once: {PAGE_SIZE} unless told."
    return WholeNumber(load_default=PAGE_SIZE, validate=Range(1, MAX_PAGE_SIZE), metadata={"description": about})


def _cursor_field(most: int) -> Any:
    """Return the field for where the next page begins."""
    about = "The ``next_cursor`` of the page before. Leave it out for the first page."
    return WholeNumber(load_default=None, validate=Range(1, most), metadata={"description": about})


class FiltersIn(Schema):
    """Filters of clarifications; all that are given must hold."""

    topic = String(load_default=None, validate=OneOf(TOPICS), metadata={"description": "See ``/api/v1/topics``."})
    verdict = String(load_default=None, validate=OneOf(VERDICTS), metadata={"description": "See ``/api/v1/verdicts``."})
    unit = String(
        load_default=None, validate=Length(1, 64), metadata={"description": "The code of the answering unit."}
    )
    place = String(
        load_default=None,
        validate=Length(1, 64),
        metadata={"description": "The code of a kecamatan or kelurahan that the page names; a kecamatan with its own."},
    )
    since = Date(load_default=None, metadata={"description": "First published on this day in Kupang, or later."})
    until = Date(load_default=None, metadata={"description": "First published on this day in Kupang, or earlier."})
    limit = _limit_field()


class ClarificationsIn(FiltersIn):
    """A page of the list."""

    cursor = _cursor_field(MAX_ROW_ID)


class SearchIn(FiltersIn):
    """A page of a search."""

    q = String(
        required=True,
        validate=Length(1, MAX_SEARCH_LENGTH),
        metadata={"description": "Words, or a message as it was received."},
    )
    cursor = _cursor_field(FOUND_AT_MOST)


class ChannelIn(Schema):
    """A link, number or account, or a text with some."""

    value = String(
        required=True,
        validate=Length(1, MAX_CHANNEL_LENGTH),
        metadata={"description": "As it was received; a bank account with its bank's name, or «rekening» before it."},
    )


class ChangesIn(Schema):
    """A page of changes."""

    since = DateTime(
        load_default=None,
        metadata={"description": "Only changes from this moment on (RFC 3339; without an offset: UTC)."},
    )
    cursor = _cursor_field(MAX_ROW_ID)
    limit = _limit_field()
