"""schema.org ClaimReview: clarifications in the form that search engines and fact-check readers understand.

Field names and the rating scale: https://schema.org/ClaimReview and the verdicts of the product (1 worst, 5 best).

All of the instance's are a schema.org DataFeed, page by page, the form that Data Commons and Google use:
``/claimreview.json`` serves it, ``hoax-tracker export claimreview`` writes the same bytes. Pages go by the official
numbers of clarifications, newest first, so that what is published or withdrawn meanwhile moves nothing to another page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.claims.reviewed_claims import UNKNOWN_CLAIM, ReviewedClaim, list_reviewed_claims
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.models import PUBLIC_STATUSES, UNRATED, Clarification, db

CLAIM_LENGTH = 300


def clarification_url(clarification: Clarification, settings: Settings) -> str:
    """Return the canonical address of the clarification's page."""
    return f"{settings.base_url}/klarifikasi/{clarification.slug}"


def last_public_change(clarification: Clarification) -> datetime:
    """Return the time of the newest public revision."""
    made = [revision.made_at for revision in clarification.revisions]
    return max([*made, first_published_at(clarification)])


def first_published_at(clarification: Clarification) -> datetime:
    """Return when the page was first published."""
    moment = clarification.published_at
    assert moment is not None  # noqa: S101 - the database refuses a public row without a date
    return moment


def has_claim_review(clarification: Clarification, settings: Settings) -> bool:
    """Tell whether a page carries ClaimReview: public, confirmed by a second person and rated, and not of a demo."""
    verdict = clarification.verdict
    is_confirmed = clarification.is_public and clarification.emergency_until is None
    return not settings.demo and is_confirmed and verdict is not None and verdict not in UNRATED


def build_claim_reviews(
    clarification: Clarification, settings: Settings, claims: Sequence[ReviewedClaim] | None = None
) -> list[dict[str, Any]]:
    """Return a ClaimReview for each claim that the page answers; none where it carries none.

    All quote what officers approved: the words of a claim as it came in are not public. ``claims`` None: look them up.
    """
    if not has_claim_review(clarification, settings):
        return []
    if claims is None:
        claims = list_reviewed_claims([clarification.id]).get(clarification.id, ())
    url = clarification_url(clarification, settings)
    reviews = [_build_claim_review(clarification, settings, claim) for claim in claims or (UNKNOWN_CLAIM,)]
    # Readers tell reviews apart by page and claim, so the others need an id.
    return [review | ({"@id": f"{url}#klaim-{place}"} if place > 1 else {}) for place, review in enumerate(reviews, 1)]


def _build_claim_review(clarification: Clarification, settings: Settings, claim: ReviewedClaim) -> dict[str, Any]:
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": clarification_url(clarification, settings),
        "inLanguage": "id",
        "datePublished": first_published_at(clarification).isoformat(timespec="seconds"),
        "dateModified": last_public_change(clarification).isoformat(timespec="seconds"),
        "name": clarification.title,
        "claimReviewed": short_text(clarification.claim_quote, CLAIM_LENGTH),
        "itemReviewed": _claim_markup(clarification, claim),
        "reviewBody": clarification.summary,
        "author": _author_markup(clarification, settings),
        "publisher": _city_markup(settings),
        "reviewRating": _rating_markup(clarification),
    }


def _claim_markup(clarification: Clarification, claim: ReviewedClaim) -> dict[str, Any]:
    """Return the reviewed claim, without the person who posted it."""
    markup: dict[str, Any] = {"@type": "Claim"}
    if clarification.circulated_since:
        markup["datePublished"] = clarification.circulated_since.isoformat()
    if claim.claimant:
        markup["author"] = {"@type": "GovernmentOrganization", "name": claim.claimant}
    if claim.first_appearance:
        markup["firstAppearance"] = {"@type": "CreativeWork", "url": claim.first_appearance}
    if claim.appearances:
        markup["appearance"] = [{"@type": "CreativeWork", "url": url} for url in claim.appearances]
    return markup


def _author_markup(clarification: Clarification, settings: Settings) -> dict[str, Any]:
    """Return the answering office as a part of the city, without officers' names."""
    unit = {"@type": "GovernmentOrganization", "name": clarification.unit.name}
    return unit | {"parentOrganization": _city_markup(settings)}


def _city_markup(settings: Settings) -> dict[str, Any]:
    """Return the city, which publishes every clarification."""
    return {"@type": "GovernmentOrganization", "name": "Pemerintah Kota Kupang", "url": settings.base_url}


def _rating_markup(clarification: Clarification) -> dict[str, Any]:
    """Return the verdict in Indonesian, with its number where it has one."""
    verdict = clarification.verdict
    assert verdict is not None  # noqa: S101 - asked for rated verdicts only
    with force_locale("id"):
        rating: dict[str, Any] = {"@type": "Rating", "alternateName": str(verdict.label)}
    if verdict.rating is not None:
        rating |= {"ratingValue": verdict.rating, "worstRating": 1, "bestRating": 5}
    return rating


FEED_PATH = "/claimreview.json"
PAGES_AT_ONCE = 200
"""Clarifications in a page of the feed, which is then about 200 kB."""


@dataclass(frozen=True)
class FeedPage:
    """A page of the feed: its text, and the number below which the next page goes on, None for the last."""

    body: str
    next_before: int | None


def feed_url(settings: Settings, before: int | None = None) -> str:
    """Return the address of the feed, or of its page with the numbers below ``before``."""
    return f"{settings.base_url}{FEED_PATH}" + (f"?before={before}" if before else "")


def build_feed_page(settings: Settings, before: int | None = None) -> FeedPage:
    """Return the page with the newest clarifications below the number ``before``; empty in the demo."""
    rows = [] if settings.demo else _load_rated_clarifications(before, PAGES_AT_ONCE + 1)
    shown, more = rows[:PAGES_AT_ONCE], rows[PAGES_AT_ONCE:]
    claims = list_reviewed_claims([row.id for row in shown])
    feed: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": "Kupang Kabas Hoaks: ClaimReview",
        "url": feed_url(settings, before),
        "inLanguage": "id",
        "publisher": _city_markup(settings),
    }
    if shown:
        feed["dateModified"] = max(map(last_public_change, shown)).isoformat(timespec="seconds")
    feed["dataFeedElement"] = [_build_feed_item(row, settings, claims.get(row.id, ())) for row in shown]
    return FeedPage(json.dumps(feed, ensure_ascii=False) + "\n", shown[-1].number if more else None)


def _build_feed_item(row: Clarification, settings: Settings, claims: Sequence[ReviewedClaim]) -> dict[str, Any]:
    """Return the item of a clarification, with the review of each claim that it answers."""
    return {
        "@type": "DataFeedItem",
        "dateCreated": first_published_at(row).isoformat(timespec="seconds"),
        "dateModified": last_public_change(row).isoformat(timespec="seconds"),
        "item": build_claim_reviews(row, settings, claims),
    }


def iterate_feed_pages(settings: Settings) -> Iterator[str]:
    """Yield the text of every page of the feed, as each is served."""
    before: int | None = None
    while True:
        page = build_feed_page(settings, before)
        yield page.body
        if page.next_before is None:
            return
        before = page.next_before


def _load_rated_clarifications(before: int | None, count: int) -> Sequence[Clarification]:
    """Return the newest public and rated clarifications below a number, with unit and revisions."""
    query = (
        sa.select(Clarification)
        .where(Clarification.status.in_(PUBLIC_STATUSES), Clarification.verdict.not_in(UNRATED))
        .where(Clarification.emergency_until.is_(None))
        .options(joinedload(Clarification.unit), selectinload(Clarification.revisions))
        .order_by(Clarification.number.desc())
        .limit(count)
    )
    return db.session.scalars(query if before is None else query.where(Clarification.number < before)).all()
