"""schema.org ClaimReview: clarifications in the form that search engines and fact-check readers understand.

Field names and the rating scale: https://schema.org/ClaimReview and the verdicts of the product (1 worst, 5 best).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask_babel import force_locale

from hoax_tracker.claims.reviewed_claims import UNKNOWN_CLAIM, ReviewedClaim, list_reviewed_claims
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.web.template_filters import short_text
from hoax_tracker.models import UNRATED, Clarification

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
    """Return the ClaimReview of one claim."""
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
        "publisher": city_markup(settings),
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
    return unit | {"parentOrganization": city_markup(settings)}


def city_markup(settings: Settings) -> dict[str, Any]:
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
