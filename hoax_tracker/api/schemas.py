"""Request and response schemas of the API; APIFlask publishes them in /api/openapi.json.

Unknown request fields are refused.
"""

from __future__ import annotations

import re
from typing import Any, get_args

from apiflask import Schema
from apiflask.fields import Boolean, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp
from marshmallow import INCLUDE

from classifiers.matcher.details import DetailKind
from hoax_tracker.check.answers.service import MESSAGE_LENGTH_LIMIT
from hoax_tracker.check.reports.submission import LETTER_PATTERN, LONGEST_CONTACT, LONGEST_LINK
from hoax_tracker.models import CheckDecision, Verdict
from hoax_tracker.organisation.channels.facts import ChannelStatus
from hoax_tracker.organisation.channels.mentions import MentionKind

# As ECMAScript and Python both read it; \U is Python's own.
WITH_LETTER = re.sub(r"\\U([0-9a-f]{8})", lambda match: chr(int(match[1], 16)), LETTER_PATTERN)


def _message_field(about: str, **more: str) -> Any:
    return String(required=True, validate=Length(1, MESSAGE_LENGTH_LIMIT), metadata={"description": about, **more})


class CheckIn(Schema):
    """A message to check."""

    text = _message_field(
        "The message as it was received. The head of a long one is read; one without words is never a match."
    )


class ResponseSchema(Schema):
    """A response. Later versions may add keys, so clients must ignore unknown ones."""

    class Meta:
        """Becomes additionalProperties in the OpenAPI description."""

        unknown = INCLUDE


class ClarificationOut(ResponseSchema):
    """A public clarification in brief."""

    url = String(required=True, metadata={"format": "uri"})
    title = String(required=True, metadata={"description": "The fact."})
    verdict = String(required=True, validate=OneOf([verdict.value for verdict in Verdict]))
    summary = String(required=True)
    published_at = String(required=True, metadata={"format": "date-time"})


class DifferenceOut(ResponseSchema):
    """A detail that the message and the clarification state differently, each as written there."""

    kind = String(required=True, validate=OneOf(get_args(DetailKind)))
    yours = String(required=True, metadata={"description": "In the message."})
    theirs = String(required=True, metadata={"description": "In the clarification."})


class MatchOut(ResponseSchema):
    """A clarification and the probability that it answers the message."""

    probability = Float(required=True, validate=Range(0, 1))
    clarification = Nested(ClarificationOut, required=True)
    judged_wording = Boolean(
        required=True,
        metadata={
            "description": "Whether the message is, but for small talk, a wording that officers judged (of a link: the "
            "page that they judged), so that the verdict is one on the message itself."
        },
    )
    differs = List(
        Nested(DifferenceOut),
        metadata={"description": "Only where details differ; the decision is then never match for this one."},
    )


class UnderReviewOut(ResponseSchema):
    """Since when officers examine the claim. What the claim says is never included."""

    since = String(required=True, metadata={"format": "date-time"})


class WithdrawnOut(ResponseSchema):
    """A clarification that the city withdrew."""

    url = String(required=True, metadata={"format": "uri"})
    at = String(required=True, metadata={"format": "date-time"})
    reason = String(required=True, metadata={"description": "As residents read it; may be empty."})


class ListedChannelOut(ResponseSchema):
    """An official channel of the city."""

    value = String(required=True)
    owner = String(required=True)


class ChannelFactOut(ResponseSchema):
    """A link, number or account in a text, and how it stands to the city's list. Nothing about the text itself."""

    kind = String(required=True, validate=OneOf([kind.value for kind in MentionKind]))
    written = String(required=True, metadata={"description": "As it stands in the text."})
    value = String(required=True, metadata={"description": "The host, the digits, or the account."})
    status = String(
        required=True,
        validate=OneOf([status.value for status in ChannelStatus]),
        metadata={
            "description": "``official``: on the list, or below a listed domain. ``lookalike``: not on it, and "
            "imitates what is. ``shortened``: where the link leads cannot be seen, and it was not followed. "
            "``same_name``: the account of that name on the list is on another site, or the text does not say on "
            "which. ``not_listed``: none of these."
        },
    )
    listed = Nested(
        ListedChannelOut,
        required=True,
        allow_none=True,
        metadata={"description": "What it is, imitates or is named as; for other links, a domain of the city."},
    )


class ChannelsOut(ResponseSchema):
    """The facts about a value. Empty where it names no channel, or only of a kind of which nothing is listed."""

    items = List(Nested(ChannelFactOut), required=True)


class CheckOut(ResponseSchema):
    """The answer. ``none`` means that no clarification exists yet, never that the message is true."""

    decision = String(required=True, validate=OneOf([decision.value for decision in CheckDecision]))
    matches = List(Nested(MatchOut), required=True, metadata={"description": "Best first; empty for none."})
    under_review = Nested(UnderReviewOut, required=True, allow_none=True)
    channels = List(
        Nested(ChannelFactOut),
        required=True,
        metadata={"description": "What the city's list says about links, numbers and accounts in the message."},
    )
    withdrawn = Nested(WithdrawnOut, metadata={"description": "Only for what a withdrawn clarification answered."})
    near_withdrawn = Nested(
        WithdrawnOut,
        metadata={"description": "Only where nothing answers a message that is like what this clarification answered."},
    )


class ReportIn(Schema):
    """A report of a message. A contact requires the person's consent to be told about this report."""

    text = _message_field("The message as it was received, with a letter in it at least.", pattern=WITH_LETTER)
    url = String(
        allow_none=True,
        validate=Length(max=LONGEST_LINK),
        metadata={"description": "Where the message stands."},
    )
    contact = String(
        allow_none=True,
        validate=Length(max=LONGEST_CONTACT),
        metadata={
            "description": "E-mail address or phone number. Sending it says that the person consents; it is stored "
            "encrypted, shown to who answers the report, and deleted on schedule."
        },
    )


class ReportHeadersIn(Schema):
    """What a program sends along so that it may send a report again when no answer came."""

    idempotency_key = String(
        data_key="Idempotency-Key",
        validate=Regexp(r"[A-Za-z0-9_-]{22,64}\Z", error="22 to 64 letters, digits, - and _."),
        metadata={
            "description": "A random value, such as a UUID, new for each report. The same report with the same value "
            "is stored once and has one ticket, however often it is sent. Keep it to yourself: with it and the words "
            "of the report anybody gets the ticket."
        },
    )


class ReportOut(ResponseSchema):
    """The ticket. It is shown once and never stored."""

    ticket = String(required=True)
    status_url = String(required=True, metadata={"format": "uri"})


class FieldErrorOut(ResponseSchema):
    """A faulty field."""

    field = String(required=True)
    detail = String(required=True)


class ProblemOut(ResponseSchema):
    """RFC 9457 problem details."""

    type = String(required=True)
    title = String(required=True)
    status = Integer(required=True)
    instance = String(required=True)
    errors = List(
        Nested(FieldErrorOut),
        metadata={"description": "The fields at fault."},
    )
