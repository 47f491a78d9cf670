"""Engagement: replies, likes, shares and views as last read, where a source gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.ingest.parsers.entry import EngagementCounts
from hoax_tracker.models import Engagement, db


def update_engagement(counted: Iterable[tuple[int, EngagementCounts | None]], now: datetime) -> None:
    """Store the newest counts of each item, in the current transaction; counts that a source stops giving stay."""
    counts_by_item = {item_id: counts for item_id, counts in counted if counts is not None}
    if not counts_by_item:
        return
    stored = {
        row.item_id: row
        for row in db.session.scalars(sa.select(Engagement).where(Engagement.item_id.in_(counts_by_item)))
    }
    for item_id, counts in counts_by_item.items():
        row = stored.get(item_id)
        if row is None:
            db.session.add(Engagement(item_id=item_id, counted_at=now, **asdict(counts)))
            continue
        row.counted_at = now
        for name, number in asdict(counts).items():
            if number is not None:
                setattr(row, name, number)
    db.session.flush()
