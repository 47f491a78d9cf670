"""The claims that appeared most in a month, and what became of them.

A title that a resident wrote is no word of the city's: unless a public page answers the claim, its topic stands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from hoax_tracker.insight.figures.counting import is_within
from hoax_tracker.insight.figures.months import next_month, start_of_month
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Report,
    clarification_claim,
    db,
)
from hoax_tracker.privacy.small_counts import publish_count

CLAIMS_SHOWN = 10
SHOWN_STATUSES = tuple(set(ClaimStatus) - {ClaimStatus.DISMISSED, ClaimStatus.MERGED})


@dataclass(frozen=True)
class LargeClaim:
    """A claim: how many items and (hidden below five) reports of the month hold it, and where it stands."""

    claim_id: int
    title: str
    topic: str
    items: int
    reports: int | None
    state: str


def list_largest_claims(month: date) -> list[LargeClaim]:
    """Return the month's largest claims, those that officers dismissed left out."""
    counted = db.session.execute(appearances_query(month)).all()
    ids = [row.id for row in counted]
    pages, titled = load_public_pages(ids), list_claims_of_items(ids)
    return [describe_claim(row, pages.get(row.id), row.id in titled) for row in counted]


def appearances_query(month: date) -> sa.Select[*tuple[Any, ...]]:
    """Return the query for the month's largest claims. Only claims seen since then are looked at, by an index."""
    items, reports = sa.func.count(ClaimAppearance.item_id), sa.func.count(ClaimAppearance.report_id)
    return (
        sa.select(Claim.id, Claim.title, Claim.topic, Claim.status, items.label("items"), reports.label("reports"))
        .join(ClaimAppearance, ClaimAppearance.claim_id == Claim.id)
        .outerjoin(Report, Report.id == ClaimAppearance.report_id)
        .where(Claim.status.in_(SHOWN_STATUSES), Claim.last_seen_at >= start_of_month(month))
        .where(*is_within(ClaimAppearance.seen_at, month, next_month(month)))
        .where(sa.or_(Report.id.is_(None), Report.is_junk.is_(False)))
        .group_by(Claim.id, Claim.title, Claim.topic, Claim.status)
        .order_by((items + reports).desc(), Claim.id)
        .limit(CLAIMS_SHOWN)
    )


def load_public_pages(claim_ids: Sequence[int]) -> dict[int, sa.Row[Any]]:
    """Return the newest public page that answers each claim."""
    query = (
        sa.select(clarification_claim.c.claim_id, Clarification.title, Clarification.number, Clarification.verdict)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .where(clarification_claim.c.claim_id.in_(claim_ids), Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.published_at)
    )
    return {row.claim_id: row for row in db.session.execute(query)}


def list_claims_of_items(claim_ids: Sequence[int]) -> set[int]:
    """Return the claims whose words come from a source's item, not from a resident's report."""
    opens = (ClaimAppearance.opens, ClaimAppearance.item_id.is_not(None))
    query = sa.select(ClaimAppearance.claim_id).where(ClaimAppearance.claim_id.in_(claim_ids), *opens)
    return set(db.session.scalars(query))


def describe_claim(row: sa.Row[Any], page: sa.Row[Any] | None, is_from_item: bool) -> LargeClaim:
    """Return a claim as the report shows it."""
    topic, reports = str(row.topic.label), publish_count(row.reports)
    if page is not None:
        state = f"{page.verdict.label}, klarifikasi nomor {page.number}"
        return LargeClaim(row.id, page.title, topic, row.items, reports, state)
    title = row.title if is_from_item else f"Kabar yang dilaporkan warga tentang {topic.lower()}"
    state = "Belum diperiksa petugas" if row.status is ClaimStatus.NEW else str(row.status.label)
    return LargeClaim(row.id, title, topic, row.items, reports, state)
