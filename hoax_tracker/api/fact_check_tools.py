"""``/v1alpha1/claims:search``: our clarifications in the exact shape of Google's Fact Check Tools API.

A program that asks Google asks this instance by another base address. Results are the pages that carry ClaimReview, so
there are none in the demo; all values are strings, what is empty is left out, and no key is needed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, make_response, request
from flask_babel import force_locale

from hoax_tracker.api.clarification_search import (
    Conditions,
    FoundClarifications,
    list_newest,
    search_clarifications,
)
from hoax_tracker.api.cross_origin import allow_reading
from hoax_tracker.api.fact_check_query import FactCheckQuery, InvalidArgumentError
from hoax_tracker.check.cache.page_cache import make_cacheable
from hoax_tracker.claims.claim_review_markup import CLAIM_LENGTH, clarification_url, first_published_at
from hoax_tracker.claims.reviewed_claims import ReviewedClaim, list_reviewed_claims
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.web.error_handlers import google_error
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.models import UNRATED, Clarification

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
