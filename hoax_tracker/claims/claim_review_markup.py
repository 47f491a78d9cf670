"""schema.org ClaimReview: clarifications in the form that search engines and fact-check readers understand.

Field names and the rating scale: https://schema.org/ClaimReview and the verdicts of the product (1 worst, 5 best).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import force_locale

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


def build_claim_review(clarification: Clarification, settings: Settings) -> dict[str, Any] | None:
    """Return the ClaimReview, or None for a page that is not public, retracted or not rated, and in the demo."""
    verdict = clarification.verdict
    if settings.demo or not clarification.is_public or verdict is None or verdict in UNRATED:
        return None
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": clarification_url(clarification, settings),
        "inLanguage": "id",
        "datePublished": first_published_at(clarification).isoformat(timespec="seconds"),
        "dateModified": last_public_change(clarification).isoformat(timespec="seconds"),
        "claimReviewed": short_text(clarification.claim_quote, CLAIM_LENGTH),
        "itemReviewed": claim_markup(clarification),
        "author": author_markup(clarification, settings),
        "reviewRating": rating_markup(clarification),
    }


def claim_markup(clarification: Clarification) -> dict[str, Any]:
    """Return the reviewed claim, without the person who posted it."""
    claim: dict[str, Any] = {"@type": "Claim"}
    if clarification.circulated_since:
        claim["datePublished"] = clarification.circulated_since.isoformat()
    return claim


def author_markup(clarification: Clarification, settings: Settings) -> dict[str, Any]:
    """Return the answering office as a part of the city, without officers' names."""
    city = {"@type": "GovernmentOrganization", "name": "Pemerintah Kota Kupang", "url": settings.base_url}
    return {"@type": "GovernmentOrganization", "name": clarification.unit.name, "parentOrganization": city}


def rating_markup(clarification: Clarification) -> dict[str, Any]:
    """Return the verdict in Indonesian, with its number where it has one."""
    verdict = clarification.verdict
    assert verdict is not None  # noqa: S101 - asked for rated verdicts only
    with force_locale("id"):
        rating: dict[str, Any] = {"@type": "Rating", "alternateName": str(verdict.label)}
    if verdict.rating is not None:
        rating |= {"ratingValue": verdict.rating, "worstRating": 1, "bestRating": 5}
    return rating
