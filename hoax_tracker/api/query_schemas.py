"""What can be asked of the API that reads: filters, pages, searches, changes."""

from __future__ import annotations

import re
from typing import Any

from apiflask import Schema
from apiflask.fields import Date, DateTime, Integer, String
from apiflask.validators import Length, OneOf, Range
from marshmallow import ValidationError

from hoax_tracker.api.clarification_search import FOUND_AT_MOST
from hoax_tracker.api.reading_schemas import TOPICS, VERDICTS
from hoax_tracker.core.web.query_args import MAX_ROW_ID

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
