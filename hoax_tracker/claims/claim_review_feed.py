"""All ClaimReviews of the instance as a schema.org DataFeed, page by page: the form that Data Commons and Google use.

``/claimreview.json`` serves it, ``hoax-tracker export claimreview`` writes the same bytes. Pages go by the official
numbers of clarifications, newest first, so that what is published or withdrawn meanwhile moves nothing to another page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from hoax_tracker.claims.claim_review_markup import (
    build_claim_reviews,
    city_markup,
    first_published_at,
    last_public_change,
)
from hoax_tracker.claims.reviewed_claims import ReviewedClaim, list_reviewed_claims
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import PUBLIC_STATUSES, UNRATED, Clarification, db

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
        "publisher": city_markup(settings),
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
