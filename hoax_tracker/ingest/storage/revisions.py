"""Revisions: where a source rewords a story, the item takes the new words and keeps the old ones."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.ingest.pages.full_text import clear_derived_item_data, is_item_in_claim
from hoax_tracker.ingest.storage.deduplication import KeyedEntry, KnownItem
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Item, ItemRevision, db

REVISIONS_KEPT = 20
"""A page that says the time, or an advertisement, would be stored with every reading."""


def apply_source_edit(known_item: KnownItem, keyed: KeyedEntry, now: datetime) -> bool:
    """Update an item to its source's present words, in the current transaction; True where that is news.

    Words that it had before are no news: some feeds alternate. The item is assessed again, unless a claim has it: there
    officers saw the old words, and the new ones are shown beside them.
    """
    if known_item.content == keyed.content:
        return False
    take_turn(Turn.STORE)  # nobody gives it to a claim meanwhile
    item = db.session.get_one(Item, known_item.item_id)
    earlier = db.session.scalars(sa.select(ItemRevision.content_key).where(ItemRevision.item_id == item.id)).all()
    if item.content_key == keyed.content or keyed.content in earlier or len(earlier) >= REVISIONS_KEPT:
        return False
    _save_revision(item, now)
    item.title, item.text, item.content_key, item.edited_at = keyed.entry.title, keyed.entry.text, keyed.content, now
    known_item.content = keyed.content
    item.images = list(keyed.entry.images) or None
    if not is_item_in_claim(item.id):
        clear_derived_item_data(item)
        assessment_queue.requeue_items([item.id])
    db.session.flush()
    return True


def _save_revision(item: Item, now: datetime) -> None:
    """Store the item's present words as a revision."""
    db.session.add(
        ItemRevision(
            item_id=item.id,
            content_key=item.content_key,
            title=item.title,
            text=item.text,
            seen_at=item.edited_at or item.fetched_at,
            replaced_at=now,
        )
    )
