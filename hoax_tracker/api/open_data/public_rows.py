"""The rows of public clarifications and of the claims that they answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import WITA
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import (
    PUBLIC_STATUSES,
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationRevision,
    Unit,
    clarification_claim,
    db,
)
from hoax_tracker.privacy.small_counts import publish_count

ROWS_AT_ONCE = 1_000


def list_public_clarifications(settings: Settings, _now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the public clarifications by number."""
    changed = (
        sa.select(ClarificationRevision.clarification_id, sa.func.max(ClarificationRevision.made_at).label("made_at"))
        .group_by(ClarificationRevision.clarification_id)
        .subquery()
    )
    texts = (Clarification.title, Clarification.claim_quote, Clarification.summary)
    query = (
        sa.select(Clarification.number, Clarification.slug, Clarification.status, *texts)
        .add_columns(Clarification.verdict, Clarification.topic, Unit.code, Clarification.circulated_since)
        .add_columns(Clarification.published_at, changed.c.made_at)
        .join(Unit, Unit.id == Clarification.unit_id)
        .outerjoin(changed, changed.c.clarification_id == Clarification.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.number)
    )
    for row in db.session.execute(query.execution_options(yield_per=ROWS_AT_ONCE)):
        number, slug, status, title, claim, summary, verdict, topic, unit, since, published_at, changed_at = row
        yield (
            number,
            f"{settings.base_url}/klarifikasi/{slug}",
            status.value,
            title,
            claim,
            summary,
            verdict.value,
            topic.value,
            unit,
            since.isoformat() if since else None,
            published_at.isoformat(timespec="seconds"),
            max(published_at, changed_at or published_at).isoformat(timespec="seconds"),
        )


def list_answered_claims(_settings: Settings, _now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield the claims that public clarifications answer, by number; the claim's words and who made it are left out."""
    seen = (
        sa.select(
            ClaimAppearance.claim_id,
            sa.func.count(ClaimAppearance.item_id).label("items"),
            sa.func.count(ClaimAppearance.report_id).label("reports"),
        )
        .group_by(ClaimAppearance.claim_id)
        .subquery()
    )
    query = (
        sa.select(Clarification.number, Claim.topic, Claim.first_seen_at, Claim.last_seen_at)
        .add_columns(seen.c["items"], seen.c.reports)
        .select_from(clarification_claim)
        .join(Clarification, Clarification.id == clarification_claim.c.clarification_id)
        .join(Claim, Claim.id == clarification_claim.c.claim_id)
        .outerjoin(seen, seen.c.claim_id == Claim.id)
        .where(Clarification.status.in_(PUBLIC_STATUSES))
        .order_by(Clarification.number, Claim.id)
    )
    for number, topic, first, last, items, reports in db.session.execute(query):
        counts = (publish_count(items or 0), publish_count(reports or 0))
        yield (number, topic.value, *(write_month(moment) for moment in (first, last)), *counts)


def write_month(moment: datetime) -> str:
    """Return the month of a moment in Kupang."""
    return f"{moment.astimezone(WITA):%Y-%m}"
