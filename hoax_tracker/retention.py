"""What is kept too long is deleted: contacts of reporters, items that were never flagged, what the public asked."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hoax_tracker import audit
from hoax_tracker.config import Settings
from hoax_tracker.database import Turn, take_turn, writing
from hoax_tracker.limits import forget_expired
from hoax_tracker.models import CheckQuery, ClaimAppearance, Demand, Item, Report, db


def purge(settings: Settings, now: datetime) -> dict[str, int]:
    """Delete everything past its time in one transaction; return how many of each. The audit log keeps the counts."""
    with writing(Turn.FLAG):  # nothing is given to a claim, or tied to a first copy, while it is being deleted
        take_turn(Turn.STORE)
        counts = {
            "contacts": purge_contacts(settings, now),
            "items": purge_items(settings, now),
            "queries": deleted(sa.delete(CheckQuery).where(CheckQuery.day < (now - settings.queries_kept).date())),
        }
        counts["demand"] = purge_demand()
        forget_expired(now)
        if any(counts.values()):
            audit.record("purged", "retention", officer=None, now=now, detail=counts)
    return counts


def purge_contacts(settings: Settings, now: datetime) -> int:
    """Forget the contacts of reports received too long ago; the reports stay."""
    return deleted(
        sa.update(Report)
        .where(Report.contact_encrypted.is_not(None), Report.received_at < now - settings.contacts_kept)
        .values(contact_encrypted=None, contact_purged_at=now)
    )


def purge_items(settings: Settings, now: datetime) -> int:
    """Delete old items that no claim holds (their assessments go with them)."""
    held = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id == Item.id).exists()
    return deleted(sa.delete(Item).where(Item.fetched_at < now - settings.unflagged_kept, ~held))


def purge_demand() -> int:
    """Delete groups of questions of which no question is left: their words are as old."""
    asked = sa.select(CheckQuery.id).where(CheckQuery.demand_id == Demand.id).exists()
    return deleted(sa.delete(Demand).where(~asked))


def deleted(statement: sa.Delete | sa.Update) -> int:
    """Run a statement and return how many rows it touched."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
