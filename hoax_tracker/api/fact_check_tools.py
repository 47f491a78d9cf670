"""Our clarifications by Google's Fact Check Tools API, in its exact shape, for programs that ask Google already.

``/v1alpha1/claims:search`` answers as theirs does, under another base address. Results are the pages that carry
ClaimReview, so there are none in the demo; all values are strings, what is empty is left out, and no key is needed.
Names, defaults and meanings: https://developers.google.com/fact-check/tools/api/reference/rest/v1alpha1/claims/search

``/$discovery/rest`` is the description from which Google's own clients build themselves (Discovery format v1):
``build("factchecktools", "v1alpha1", discoveryServiceUrl="https://…/$discovery/rest?version={apiVersion}")``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, abort, jsonify, make_response, request
from flask_babel import force_locale

from hoax_tracker.api.clarification_search import Conditions, FoundClarifications, list_newest, search_clarifications
from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.check.cache.page_cache import make_cacheable
from hoax_tracker.claims.claim_review_markup import CLAIM_LENGTH, clarification_url, first_published_at
from hoax_tracker.claims.reviewed_claims import ReviewedClaim, list_reviewed_claims
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.error_handlers import google_error
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.models import UNRATED, Clarification

DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 100
TEXT_PARAMETERS = ("query", "languageCode", "reviewPublisherSiteFilter", "pageToken")
NUMBER_PARAMETERS = ("maxAgeDays", "pageSize", "offset")
SYSTEM_PARAMETERS = frozenset(
    {"key", "alt", "fields", "prettyPrint", "quotaUser", "userIp", "access_token", "oauth_token", "callback"}
    | {"$.xgafv", "$alt", "$fields", "$key", "uploadType", "upload_protocol"}
)
"""What Google's clients send with any request. Nothing here needs a key."""
_INT32 = re.compile(r"[+-]?[0-9]{1,10}")
_TOKEN = re.compile(r"([0-9]{1,10})\.([0-9a-f]{32})")


class InvalidArgumentError(HoaxTrackerError):
    """A parameter of ``claims:search`` is unknown or wrong; ``field`` is its name, "" where none is at fault alone."""

    status = 400

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message, user_message=message)
        self.field = field


@dataclass(frozen=True)
class FactCheckQuery:
    """A search: its words (or ""), its filters (0 and "": none), and the results that are asked for."""

    query: str
    language: str
    site: str
    max_age_days: int
    page_size: int
    offset: int

    @classmethod
    def from_args(cls, args: Mapping[str, str], secret: str) -> Self:
        """Return the query in the arguments of a request. Raises InvalidArgumentError."""
        _refuse_unknown_parameters(args)
        text = {name: args.get(name, "").replace("\x00", " ").strip() for name in TEXT_PARAMETERS}
        number = {name: _read_number(name, args.get(name, "")) for name in NUMBER_PARAMETERS}
        if not (text["query"] or text["reviewPublisherSiteFilter"]):
            raise InvalidArgumentError("Give a query, or a reviewPublisherSiteFilter.", "query")
        search = cls(
            query=text["query"],
            language=text["languageCode"],
            site=text["reviewPublisherSiteFilter"],
            max_age_days=number["maxAgeDays"],
            page_size=min(number["pageSize"] or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
            offset=number["offset"],
        )
        return search.at_token(text["pageToken"], secret) if text["pageToken"] else search

    def at_token(self, token: str, secret: str) -> Self:
        """Return the query at the page of a token. Raises InvalidArgumentError for the token of another query."""
        try:
            parts = _TOKEN.fullmatch(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii"))
        except (ValueError, binascii.Error):
            parts = None
        if parts is None or not hmac.compare_digest(parts[2], self._signature(int(parts[1]), secret)):
            raise InvalidArgumentError("The page token does not belong to this query.", "pageToken")
        return type(self)(**self.__dict__ | {"offset": int(parts[1])})

    def next_token(self, secret: str) -> str:
        """Return the token of the next page: where it begins, signed together with the query."""
        offset = self.offset + self.page_size
        token = f"{offset}.{self._signature(offset, secret)}"
        return base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")

    def _signature(self, offset: int, secret: str) -> str:
        asked = json.dumps([self.query, self.language, self.site, self.max_age_days, offset])
        return hmac.new(secret.encode(), f"claims:search {asked}".encode(), hashlib.sha256).hexdigest()[:32]


def _refuse_unknown_parameters(args: Mapping[str, str]) -> None:
    """Raise InvalidArgumentError for a parameter that the API does not have, and for an answer in another form."""
    for name in args:
        if name not in SYSTEM_PARAMETERS and name not in TEXT_PARAMETERS + NUMBER_PARAMETERS:
            raise InvalidArgumentError(f"There is no parameter {name[:60]!r}.", name[:60])
    for name in ("alt", "$alt"):
        if args.get(name, "json") != "json":
            raise InvalidArgumentError("Only JSON is answered.", name)


def _read_number(name: str, text: str) -> int:
    """Return the number in a parameter, 0 for none. Raises InvalidArgumentError for one that is none, or below 0."""
    value = int(text) if _INT32.fullmatch(text) else None if text else 0
    if value is None or not 0 <= value < 2**31:
        raise InvalidArgumentError(f"{name} is a whole number from 0 on, not {text[:40]!r}.", name)
    return value


query_bp = APIBlueprint("fact_check_discovery", __name__, enable_openapi=False)
query_bp.after_request(allow_reading)

API_NAME, API_VERSION = "factchecktools", "v1alpha1"
_PREFIX = "GoogleFactcheckingFactchecktoolsV1alpha1"


@query_bp.get("/$discovery/rest")
def describe_api() -> Response:
    """Serve the description of the version that we have."""
    if request.args.get("version", API_VERSION) != API_VERSION:
        abort(404)
    return make_cacheable(jsonify(_discovery_document(current_settings())))


def _discovery_document(settings: Settings) -> dict[str, Any]:
    """Return the description, with this instance as the server."""
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"{API_NAME}:{API_VERSION}",
        "name": API_NAME,
        "version": API_VERSION,
        "canonicalName": "Fact Check Tools",
        "title": "Kupang Kabas Hoaks",
        "description": "Searches the clarifications of the city government of Kupang.",
        "documentationLink": f"{settings.base_url}/api/docs",
        "protocol": "rest",
        "rootUrl": f"{settings.base_url}/",
        "servicePath": "",
        "baseUrl": f"{settings.base_url}/",
        "basePath": "",
        "batchPath": "batch",
        "parameters": {
            "alt": _describe_parameter("The form of the answer.", default="json", enum=["json"]),
            "key": _describe_parameter("Accepted and not looked at: no key is needed."),
            "prettyPrint": _describe_parameter("Accepted and not looked at.", kind="boolean", default="true"),
            "quotaUser": _describe_parameter("Accepted and not looked at."),
        },
        "schemas": {schema["id"]: schema for schema in SCHEMAS},
        "resources": {"claims": {"methods": {"search": SEARCH_METHOD}}},
    }


def _describe_parameter(about: str, *, kind: str = "string", **more: Any) -> dict[str, Any]:
    """Return the description of a parameter in an address; a number is one of 32 bits."""
    form = {"format": "int32"} if kind == "integer" else {}
    return {"type": kind, "location": "query", "description": about} | form | more


def _describe_object(name: str, about: str, /, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": _PREFIX + name, "type": "object", "description": about, "properties": properties}


def _describe_text(about: str, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about} | more


def _refer_to_object(name: str) -> dict[str, Any]:
    return {"$ref": _PREFIX + name}


SCHEMAS = (
    _describe_object(
        "Publisher",
        "Who published a review.",
        name=_describe_text("The office."),
        site=_describe_text("Its host, without www."),
    ),
    _describe_object(
        "ClaimReview",
        "A review of a claim.",
        publisher=_refer_to_object("Publisher"),
        url=_describe_text("The page of the clarification."),
        title=_describe_text("The fact, in one sentence."),
        reviewDate=_describe_text("When the page was first published.", format="google-datetime"),
        textualRating=_describe_text("The verdict in Indonesian."),
        languageCode=_describe_text("The language of the page."),
    ),
    _describe_object(
        "Claim",
        "A claim as it circulated.",
        text=_describe_text("Its words, as officers quote them."),
        claimant=_describe_text("The office that is said to have made it; nobody else is named."),
        claimDate=_describe_text("The day since which it has circulated.", format="google-datetime"),
        claimReview={"type": "array", "items": _refer_to_object("ClaimReview")},
    ),
    _describe_object(
        "FactCheckedClaimSearchResponse",
        "A page of results.",
        claims={"type": "array", "items": _refer_to_object("Claim")},
        nextPageToken=_describe_text("The token of the next page; missing on the last."),
    ),
)
SEARCH_METHOD = {
    "id": f"{API_NAME}.claims.search",
    "path": f"{API_VERSION}/claims:search",
    "flatPath": f"{API_VERSION}/claims:search",
    "httpMethod": "GET",
    "description": "Finds claims that clarifications answer, the likeliest first.",
    "parameterOrder": [],
    "parameters": {
        "query": _describe_parameter(
            "The words to search for. May be missing only beside a reviewPublisherSiteFilter."
        ),
        "languageCode": _describe_parameter("A BCP 47 code; its region does not count. We publish in Indonesian."),
        "reviewPublisherSiteFilter": _describe_parameter("The host of a publisher; ours, or nothing is found."),
        "maxAgeDays": _describe_parameter("The age of a review in days, at most.", kind="integer"),
        "pageSize": _describe_parameter("How many claims come at once: 10 unless told, 100 at most.", kind="integer"),
        "pageToken": _describe_parameter("The nextPageToken of the page before, with the same other parameters."),
        "offset": _describe_parameter("How many results to pass over; only without a pageToken.", kind="integer"),
    },
    "response": _refer_to_object("FactCheckedClaimSearchResponse"),
}


bp = APIBlueprint("fact_check_tools", __name__, enable_openapi=False)
bp.after_request(allow_reading)

LANGUAGES = ("id", "in")
"""Indonesian, by its present code and the one before 1989, which old programs still send."""


@bp.get("/v1alpha1/claims:search")
def search_claims() -> Response:
    """Answer a search. Without words it lists what the publisher filter asks for, the newest first."""
    settings = current_settings()
    search = FactCheckQuery.from_args(request.args, settings.secret_key)
    page = find_clarifications(search, settings)
    claims = list_reviewed_claims([row.id for row in page.rows])
    answer: dict[str, Any] = {}
    if page.rows:
        answer["claims"] = [_claim_as_json(row, settings, claims.get(row.id, [])) for row in page.rows]
    if page.has_more:
        answer["nextPageToken"] = search.next_token(settings.secret_key)
    response = make_response(json.dumps(answer, ensure_ascii=False, indent=2) + "\n")
    response.content_type = "application/json; charset=UTF-8"
    return response if search.query else make_cacheable(response)


def find_clarifications(search: FactCheckQuery, settings: Settings) -> FoundClarifications:
    """Return the page of results."""
    if settings.demo or not _is_reviewed_here(search, settings):
        return FoundClarifications((), has_more=False)
    conditions = _rated_conditions(search, utc_now())
    if search.query:
        return search_clarifications(search.query, conditions, search.offset, search.page_size)
    return list_newest(conditions, search.offset, search.page_size)


def _is_reviewed_here(search: FactCheckQuery, settings: Settings) -> bool:
    """Tell whether language and publisher are ours, or any will do. A language's region does not count."""
    language = search.language.replace("_", "-").partition("-")[0].casefold()
    site, ours = _read_site(search.site), _publisher_site(settings)
    return language in ("", *LANGUAGES) and (not search.site or site == ours or ours.endswith(f".{site}"))


def _read_site(text: str) -> str:
    """Return the host in a publisher filter, which people also write as an address."""
    address = text.casefold()
    return (address.partition("://")[2] or address).partition("/")[0].removeprefix("www.")


def _rated_conditions(search: FactCheckQuery, now: datetime) -> Conditions:
    """Return the conditions on clarifications: rated, and as young as asked for."""
    conditions: list[sa.ColumnElement[bool]] = [
        Clarification.verdict.not_in(UNRATED),
        Clarification.emergency_until.is_(None),
    ]
    if search.max_age_days:
        oldest = now - timedelta(days=min(search.max_age_days, 36_500))
        conditions.append(Clarification.published_at >= oldest)
    return conditions


def _publisher_site(settings: Settings) -> str:
    """Return our host without "www.", as the API names publishers."""
    return (urlsplit(settings.base_url).hostname or "").removeprefix("www.")


def _claim_as_json(row: Clarification, settings: Settings, claims: list[ReviewedClaim]) -> dict[str, Any]:
    assert row.verdict is not None  # noqa: S101 - the database refuses a public row without a verdict
    claim = {"text": short_text(row.claim_quote, CLAIM_LENGTH)}
    if claimant := next((reviewed.claimant for reviewed in claims if reviewed.claimant), None):
        claim["claimant"] = claimant
    if row.circulated_since:
        claim["claimDate"] = _write_timestamp(datetime.combine(row.circulated_since, time(), UTC))
    with force_locale("id"):
        rating = str(row.verdict.label)
    review = {
        "publisher": {"name": row.unit.name, "site": _publisher_site(settings)},
        "url": clarification_url(row, settings),
        "title": row.title,
        "reviewDate": _write_timestamp(first_published_at(row)),
        "textualRating": rating,
        "languageCode": "id",
    }
    return claim | {"claimReview": [review]}


def _write_timestamp(moment: datetime) -> str:
    """Return a moment as the API writes it: RFC 3339 in UTC, ending in Z."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@bp.errorhandler(InvalidArgumentError)
def refuse_argument(error: InvalidArgumentError) -> Response:
    """Return the error for a parameter, with the parameter at fault named as Google does."""
    return google_error(error.status, str(error), error.field)
