"""What becomes of a stored item when its source is read again: reworded, counted anew, or gone for good.

Where a source rewords a story, the item takes the new words and keeps the old ones. Engagement (replies, likes, shares
and views) is as last read, where a source gives it. An entry deleted after its retention does not return while its
source keeps listing it: privacy/retention.py leaves digests of such entries (tombstones). One that says something else
now is news, and is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.ingest.pages.full_text import clear_derived_item_data, is_item_in_claim
from hoax_tracker.ingest.parsers.entry import EngagementCounts
from hoax_tracker.ingest.storage.deduplication import KeyedEntry, KnownItem
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Engagement, ForgottenEntry, Item, ItemRevision, db

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


KEYS_PER_QUERY = 400
_FORGOTTEN = sa.select(ForgottenEntry.entry_key, ForgottenEntry.content_key).where(
    ForgottenEntry.source_id == sa.bindparam("source_id"),
    ForgottenEntry.entry_key.in_(sa.bindparam("keys", expanding=True)),
)
NOTED_EVERY = timedelta(days=1)
LISTED_TOGETHER = timedelta(days=7)


def list_forgotten_keys(source_id: int, batch: Sequence[KeyedEntry], now: datetime) -> set[str]:
    """Return the ``worded_key`` of deleted entries, and record that their source still lists them."""
    keys = list(dict.fromkeys(key for keyed in batch for key in (keyed.key, keyed.worded_key)))
    forgotten: dict[str, str] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        part = keys[start : start + KEYS_PER_QUERY]
        forgotten_part = dict(db.session.execute(_FORGOTTEN, {"source_id": source_id, "keys": part}).all())
        if forgotten_part:
            _note_still_listed(source_id, now, ForgottenEntry.entry_key.in_(list(forgotten_part)))
            forgotten |= forgotten_part
    return {
        keyed.worded_key
        for keyed in batch
        if keyed.content in (forgotten.get(keyed.key), forgotten.get(keyed.worded_key))
    }


def note_source_unchanged(source_id: int, now: datetime) -> None:
    """Record that a source still lists what its last full reading listed."""
    last = sa.select(sa.func.max(ForgottenEntry.seen_at)).where(ForgottenEntry.source_id == source_id)
    newest = db.session.scalar(last)
    if newest is not None:
        _note_still_listed(source_id, now, ForgottenEntry.seen_at >= newest - LISTED_TOGETHER)


def _note_still_listed(source_id: int, now: datetime, which: sa.ColumnElement[bool]) -> None:
    """Record that a source lists some of its deleted entries, at most once a day."""
    listed = sa.update(ForgottenEntry).where(
        ForgottenEntry.source_id == source_id, ForgottenEntry.seen_at < now - NOTED_EVERY, which
    )
    db.session.execute(listed.values(seen_at=now).execution_options(synchronize_session=False))
