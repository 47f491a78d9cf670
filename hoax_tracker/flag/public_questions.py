"""What others ask of the flagger by rows: a claim for what residents ask, and a page for a teaser.

Officers open claims because residents ask, though no source or report brought them. A teaser waits unassessed until its
page was read: here the row is added that requests the page, and whoever reads pages fulfils it. The wait expires, so
that an unread page holds nothing up for long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.fetch.addresses import has_impossible_host
from hoax_tracker.flag import claim_opening
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.scoring import score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter
from hoax_tracker.items.claim_text import CLAIM_TEXT_LIMIT, headline_of_text, is_teaser
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    LinkedPage,
    ModelVersion,
    Source,
    SourceKind,
    db,
)


def open_claim_from_question(text: str, since: datetime, version: ModelVersion, now: datetime) -> Claim:
    """Open a claim with this text in the current transaction; the model gives topic, unit and priority.

    Its status is an officer's (triaged): residents who ask are told that it is under examination.
    """
    units = UnitRouter()
    scored = score_and_route_texts(model_files.load_version_bundle(version), [text], units, reported=True)[0]
    seen, status = (since, now), ClaimStatus.TRIAGED
    title_and_text = headline_of_text(text), text[:CLAIM_TEXT_LIMIT]
    claim = claim_opening.open_claim(
        *title_and_text, scored.suggestion, units.targets, seen, now, status=status, is_report=True
    )
    db.session.flush()
    return claim


PAGE_WAIT = timedelta(minutes=30)
STORY_MAX_AGE = timedelta(days=7)
"""Older stories are judged by their beginning: a new model has thousands of them before it."""
PLAUSIBLE_RELEVANCE_SHARE = 0.5
"""Share of the line on relevance from which on a story may be about the city: its page is worth reading."""


def request_full_texts(scored_items: Sequence[tuple[Item, float]], line: float, now: datetime) -> set[int]:
    """Request the pages of teasers that may be about the city, in the current transaction; return the item ids.

    ``scored_items``: items with their relevance; ``line``: the relevance line.
    """
    begun = {
        item.id: item.url
        for item, value in scored_items
        if value >= PLAUSIBLE_RELEVANCE_SHARE * line and _is_unread_teaser(item, now)
    }
    if not begun:
        return set()
    kinds = sa.select(Source.id).where(Source.kind == SourceKind.FEED)
    feeds = set(db.session.scalars(sa.select(Item.id).where(Item.id.in_(begun), Item.source_id.in_(kinds))))
    asked = db.session.scalars(sa.select(LinkedPage.item_id).where(LinkedPage.item_id.in_(begun)))
    in_claims = db.session.scalars(sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id.in_(begun)))
    wanted = feeds - set(asked) - set(in_claims)
    rows = [
        {"item_id": key, "url": begun[key], "tries": 0, "next_at": now, "awaited_until": now + PAGE_WAIT}
        for key in sorted(wanted)
    ]
    if rows:
        db.session.execute(sa.insert(LinkedPage), rows)
    return wanted


def _is_unread_teaser(item: Item, now: datetime) -> bool:
    """Tell whether an item is a new teaser."""
    begins = item.full_text is None and is_teaser(item.text)
    return (
        begins and item.fetched_at > now - STORY_MAX_AGE and bool(item.url) and not has_impossible_host(item.url or "")
    )


def awaiting_page_condition(item_id: sa.orm.InstrumentedAttribute[int], now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that an item waits for its page; a wait of a clock that was set back since is over."""
    awaited = sa.and_(LinkedPage.awaited_until > now, LinkedPage.awaited_until <= now + PAGE_WAIT + CLOCK_TOLERANCE)
    return sa.exists().where(LinkedPage.item_id == item_id, awaited)
