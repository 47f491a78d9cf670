"""Storing a reading: rows decide which entries are new; the last ones are stored with the source's progress.

1. Stored items with the same id, page or words are looked up with a few queries for the whole batch.
2. A known entry (deduplication.py) is a duplicate. Where its source reworded it, the item takes the new words, keeps
   the old ones as a revision, and is assessed again unless a claim has it.
3. The same words at another address are stored and linked to the first (copy_of): a copy is reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from hoax_tracker.ingest.parsers.canonical_url import content_key
from hoax_tracker.ingest.parsers.entry import FeedEntry
from hoax_tracker.ingest.storage.deduplication import (
    KeyedEntry,
    KnownItem,
    is_same_by_id,
    is_same_by_key,
    is_same_by_page,
    key_entries,
)
from hoax_tracker.ingest.storage.engagement import update_engagement
from hoax_tracker.ingest.storage.revisions import apply_source_edit
from hoax_tracker.ingest.storage.tombstones import list_forgotten_keys
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Item, Source, db, table_of

KEYS_PER_QUERY = 400  # keys in one query: below the parameter limit of every database
WORDLESS_KEY = content_key("", "")
"""The key of a picture without words: that two posts have none makes neither a copy of the other."""
NOT_STORED_YET = 0  # in place of the id of an item that is stored with this batch

ITEM_TABLE = table_of(Item)

_COLUMNS = (
    *(Item.id, Item.source_id, Item.entry_key, Item.id_key, Item.link_key, Item.content_key, Item.title),
    sa.func.substr(Item.text, 1, 1000),
)


@dataclass(frozen=True)
class StoredBatch:
    """The result of a batch: ids of new items, and the numbers of known and of reworded entries."""

    new: tuple[int, ...]
    duplicates: int
    edited: int = 0

    def __add__(self, other: StoredBatch) -> StoredBatch:
        """Return the sum of two results."""
        return StoredBatch(self.new + other.new, self.duplicates + other.duplicates, self.edited + other.edited)


class KnownEntries:
    """The stored items that match a batch, updated while the batch is stored."""

    def __init__(self, source_id: int, batch: Sequence[KeyedEntry]) -> None:
        """Look up the stored items with the entries' keys."""
        self.source_id = source_id
        self._by_key: dict[str, KnownItem] = {}
        self._by_id: dict[str, list[KnownItem]] = defaultdict(list)
        self._by_page: dict[str, list[KnownItem]] = defaultdict(list)
        own = Item.source_id == source_id
        self._look_up((one.key for one in batch), own)
        # Only another story at its key sends an entry to the one with its words.
        taken = (one for one in batch if one.is_repeated or (one.key in self._by_key and not self._at_key(one)))
        self._look_up([one.worded_key for one in taken], own)
        rest = [one for one in batch if self._at_key(one) is None]
        for known in load_known_items(Item.id_key, [one.id for one in rest if one.id], own):
            self._by_id[known.id or ""].append(known)
        for known in load_known_items(Item.link_key, [one.link for one in rest if one.link]):
            self._by_page[known.link or ""].append(known)
        # An item is one entry's: what a batch's entry is known by, or reworded by, no other entry may reword.
        owned = [(held, one) for one in batch if (held := self._at_key(one))]
        self._settled = {held.item_id for held, _ in owned}
        self._reworded = {held.item_id for held, one in owned if held.content != one.content}

    def _look_up(self, keys: Iterable[str], own: sa.ColumnElement[bool]) -> None:
        self._by_key.update((known.key, known) for known in load_known_items(Item.entry_key, keys, own))

    def look_again(self, part: Sequence[KeyedEntry]) -> None:
        """Look up what others stored for the source since, for some new entries."""
        new = [one for one in part if self._at_key(one) is None]
        self._look_up((key for one in new for key in (one.key, one.worded_key)), Item.source_id == self.source_id)

    def find(self, one: KeyedEntry) -> KnownItem | None:
        """Return the stored item of the entry, or of the same page in another feed; None where it is new."""
        found = self._at_key(one)
        if found is not None:
            return found
        by_id = (known for known in self._by_id.get(one.id or "", ()) if is_same_by_id(one, known))
        by_page = (known for known in self._by_page.get(one.link or "", ()) if self._is_page(one, known))
        near = [known for known in chain(by_id, by_page) if known.item_id not in self._reworded]
        found = next((known for known in near if known.content == one.content), None)
        if found is None:
            found = next((known for known in near if known.item_id not in self._settled), None)
            if found is not None:
                self._reworded.add(found.item_id)
        elif found.item_id != NOT_STORED_YET:
            self._settled.add(found.item_id)
        return found

    def unknown(self, batch: Sequence[KeyedEntry]) -> list[KeyedEntry]:
        """Return the entries without a stored item under their own keys."""
        return [one for one in batch if self._at_key(one) is None]

    def free_key(self, one: KeyedEntry) -> str:
        """Return the key for a new entry; it includes the words where another story has the same id and link."""
        return one.worded_key if one.is_repeated or one.key in self._by_key else one.key

    def add(self, one: KeyedEntry) -> None:
        """Add an entry stored in this batch."""
        entry = one.entry
        key = self.free_key(one)
        known = KnownItem(NOT_STORED_YET, self.source_id, key, one.id, one.link, one.content, entry.title, entry.text)
        self._by_key[key] = known
        if one.link:
            self._by_page[one.link].append(known)

    def _at_key(self, one: KeyedEntry) -> KnownItem | None:
        found = self._by_key.get(one.worded_key)
        if found is not None:
            return found
        found = self._by_key.get(one.key)
        return found if found is not None and is_same_by_key(one, found) else None

    def _is_page(self, one: KeyedEntry, known: KnownItem) -> bool:
        # Two entries of one batch are two, unless they say the same.
        return (
            one.content == known.content
            if known.item_id == NOT_STORED_YET
            else is_same_by_page(one, known, self.source_id)
        )


class Batch:
    """The entries of one reading, stored oldest first in parts, so that nobody waits long for a write."""

    def __init__(self, source_id: int, entries: Sequence[FeedEntry], now: datetime) -> None:
        """Look up the stored items of all entries, in the current transaction."""
        batch = key_entries(entries)
        self._source_id, self._now = source_id, now
        self._shelf = KnownEntries(source_id, batch)
        self._gone = list_forgotten_keys(source_id, self._shelf.unknown(batch), now)
        self._left = sorted(batch, key=lambda one: one.entry.published_at or now)
        self._has_begun = False

    @property
    def is_stored(self) -> bool:
        """True once every entry is stored."""
        return not self._left

    def store(self, at_most: int) -> StoredBatch:
        """Store the next new entries in the current transaction."""
        part, self._left = self._left[:at_most], self._left[at_most:]
        if self._has_begun:
            self._shelf.look_again(part)
        self._has_begun = True
        fresh: list[KeyedEntry] = []
        rows: list[dict[str, Any]] = []
        edited, counted = 0, []
        for one in part:
            known = self._shelf.find(one)
            if known is None and one.worded_key in self._gone:
                continue
            if known is None:
                rows.append(item_columns(self._source_id, self._shelf.free_key(one), one, self._now))
                self._shelf.add(one)
                fresh.append(one)
            elif known.item_id != NOT_STORED_YET and known.source_id == self._source_id:
                edited += apply_source_edit(known, one, self._now)
                counted.append((known.item_id, one.entry.counts))
        ids = insert_items(rows)
        counted += [(item_id, one.entry.counts) for item_id, one in zip(ids, fresh, strict=True)]
        update_engagement(counted, self._now)
        return StoredBatch(tuple(ids), len(part) - len(fresh), edited)


def store_entries(source: Source, entries: Sequence[FeedEntry], now: datetime) -> StoredBatch:
    """Store the new entries of a source in the current transaction, oldest first."""
    return Batch(source.id, entries, now).store(len(entries))


def item_columns(source_id: int, key: str, one: KeyedEntry, now: datetime) -> dict[str, Any]:
    """Return the columns of the item for an entry."""
    entry = one.entry
    return {
        "source_id": source_id,
        "entry_key": key,
        "feed_id": (entry.feed_id or "")[:2000] or None,
        "id_key": one.id,
        "url": entry.url[:2000] if entry.url else None,
        "link_key": one.link,
        "content_key": one.content,
        "title": entry.title,
        "text": entry.text,
        "images": list(entry.images) or None,
        "author": (entry.author or "")[:200] or None,
        "language": (entry.language or "")[:16] or None,
        "published_at": entry.published_at,
        "fetched_at": now,
    }


def insert_items(rows: list[dict[str, Any]]) -> list[int]:
    """Insert new items in order and link those that repeat another's words; return their ids."""
    if not rows:
        return []
    first = first_items_by_content([row["content_key"] for row in rows if row["content_key"] != WORDLESS_KEY])
    for row in rows:
        row["copy_of_id"] = first.get(row["content_key"])
    # One statement for many rows: FTS5 writes its words into the file after each statement. Told to return the ids in
    # this order, SQLAlchemy would insert row by row on SQLite; told to return none, on both.
    last = db.session.scalar(sa.select(sa.func.max(ITEM_TABLE.c.id))) or 0
    returned = db.session.execute(sa.insert(ITEM_TABLE).returning(ITEM_TABLE.c.entry_key, ITEM_TABLE.c.id), rows)
    id_of: dict[str, int] = dict(returned.all())
    ids = [id_of[row["entry_key"]] for row in rows]
    stored = (ITEM_TABLE.c.id > last, ITEM_TABLE.c.source_id == rows[0]["source_id"])
    assessment_queue.enqueue_items(*stored)
    link_copies_in_batch(ids, rows)
    return ids


def link_copies_in_batch(ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
    """Link items of one batch with equal words to the first of them."""
    first: dict[str, int] = {}
    fresh = [
        (item_id, row["content_key"])
        for item_id, row in zip(ids, rows, strict=True)
        if row["copy_of_id"] is None and row["content_key"] != WORDLESS_KEY
    ]
    originals = [(item_id, first.setdefault(content, item_id)) for item_id, content in fresh]
    ties = [{"id": item_id, "copy_of_id": original} for item_id, original in originals if item_id != original]
    if ties:
        db.session.execute(sa.update(Item), ties)


def split_into_chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    """Yield the distinct keys in chunks that fit one query."""
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), KEYS_PER_QUERY):
        yield distinct[start : start + KEYS_PER_QUERY]


def load_known_items(
    column: sa.orm.InstrumentedAttribute[Any], keys: Iterable[str], *where: Any
) -> Iterable[KnownItem]:
    """Yield the stored items with these keys, oldest first."""
    for part in split_into_chunks(keys):
        query = sa.select(*_COLUMNS).where(column.in_(part), *where).order_by(Item.id)
        for row in db.session.execute(query):
            yield KnownItem(*row)


def first_items_by_content(contents: Sequence[str]) -> dict[str, int]:
    """Return the id of the first stored item with each content key."""
    found: dict[str, int] = {}
    for part in split_into_chunks(contents):
        query = (
            sa.select(Item.content_key, sa.func.min(Item.id))
            .where(Item.content_key.in_(part))
            .group_by(Item.content_key)
        )
        found.update(db.session.execute(query).all())
    return found
