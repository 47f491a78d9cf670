"""Storing a reading: rows decide which entries are new; the last ones are stored with the source's progress.

1. Stored items with the same id, page or words are looked up with a few queries for the whole batch.
2. A known entry (deduplication.py) is a duplicate. Where its source reworded it, the item takes the new words, keeps
   the old ones as a revision, and is assessed again unless a claim has it.
3. The same words at another address are stored and linked to the first (copy_of): a copy is reach.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import take_turns_for
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
from hoax_tracker.ingest.storage.revisions import apply_source_edit, list_forgotten_keys, update_engagement
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Item, Source, db, table_of

STORED_AT_ONCE = 100
"""Entries that are stored in one transaction at most: on SQLite whoever writes waits for it, on PostgreSQL all locks of
all transactions share a table of some thousands (``take_turns_for``)."""
KEYS_PER_QUERY = 400  # keys in one query: below the parameter limit of every database
WORDLESS_KEY = content_key("", "")
"""The key of a picture without words: that two posts have none makes neither a copy of the other."""
NOT_STORED_YET = 0  # in place of the id of an item that is stored with this batch

ITEM_TABLE = table_of(Item)

_COLUMNS = (
    *(Item.id, Item.source_id, Item.entry_key, Item.id_key, Item.link_key, Item.content_key, Item.title),
    sa.func.substr(Item.text, 1, 1000),
)
# Queries of every reading: to write one anew takes several times as long as to run it.
_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)
_ITEMS_BY = {
    name: sa.select(*_COLUMNS).where(getattr(Item, name).in_(_KEYS)).order_by(Item.id)
    for name in ("entry_key", "id_key", "link_key")
}
_OWN_ITEMS_BY = {name: query.where(Item.source_id == sa.bindparam("source_id")) for name, query in _ITEMS_BY.items()}
_FIRST_BY_CONTENT = (
    sa.select(Item.content_key, sa.func.min(Item.id)).where(Item.content_key.in_(_KEYS)).group_by(Item.content_key)
)
_NEWEST_ID = sa.select(sa.func.max(ITEM_TABLE.c.id))


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
        self._look_up(keyed.key for keyed in batch)
        # Only another story at its key sends an entry to the one with its words.
        contested = (
            keyed for keyed in batch if keyed.is_repeated or (keyed.key in self._by_key and not self._at_key(keyed))
        )
        self._look_up(keyed.worded_key for keyed in contested)
        rest = [keyed for keyed in batch if self._at_key(keyed) is None]
        for known_item in _load_known_items("id_key", [keyed.id for keyed in rest if keyed.id], source_id):
            self._by_id[known_item.id or ""].append(known_item)
        for known_item in _load_known_items("link_key", [keyed.link for keyed in rest if keyed.link]):
            self._by_page[known_item.link or ""].append(known_item)
        # An item is one entry's: what a batch's entry is known by, or reworded by, no other entry may reword.
        owned = [(own_item, keyed) for keyed in batch if (own_item := self._at_key(keyed))]
        self._settled = {own_item.item_id for own_item, _ in owned}
        self._reworded = {own_item.item_id for own_item, keyed in owned if own_item.content != keyed.content}

    def _look_up(self, keys: Iterable[str]) -> None:
        own_items = _load_known_items("entry_key", keys, self.source_id)
        self._by_key.update((known_item.key, known_item) for known_item in own_items)

    def look_again(self, part: Sequence[KeyedEntry]) -> None:
        """Look up what others stored since, for some new entries."""
        new = [keyed for keyed in part if self._at_key(keyed) is None]
        self._look_up(key for keyed in new for key in (keyed.key, keyed.worded_key))
        for known_item in _load_known_items("link_key", [keyed.link for keyed in new if keyed.link]):
            pages = self._by_page[known_item.link or ""]
            if all(page.item_id != known_item.item_id for page in pages):
                pages.append(known_item)

    def find(self, keyed: KeyedEntry) -> KnownItem | None:
        """Return the stored item of the entry, or of the same page in another feed; None where it is new."""
        match = self._at_key(keyed)
        if match is not None:
            return match
        by_id = (known_item for known_item in self._by_id.get(keyed.id or "", ()) if is_same_by_id(keyed, known_item))
        by_page = (
            known_item for known_item in self._by_page.get(keyed.link or "", ()) if self._is_page(keyed, known_item)
        )
        near = [known_item for known_item in chain(by_id, by_page) if known_item.item_id not in self._reworded]
        match = next((known_item for known_item in near if known_item.content == keyed.content), None)
        if match is None:
            match = next((known_item for known_item in near if known_item.item_id not in self._settled), None)
            if match is not None:
                self._reworded.add(match.item_id)
        elif match.item_id != NOT_STORED_YET:
            self._settled.add(match.item_id)
        return match

    def unknown(self, batch: Sequence[KeyedEntry]) -> list[KeyedEntry]:
        """Return the entries without a stored item under their own keys."""
        return [keyed for keyed in batch if self._at_key(keyed) is None]

    def free_key(self, keyed: KeyedEntry) -> str:
        """Return the key for a new entry; it includes the words where another story has the same id and link."""
        return keyed.worded_key if keyed.is_repeated or keyed.key in self._by_key else keyed.key

    def add(self, keyed: KeyedEntry) -> None:
        """Add an entry stored in this batch."""
        entry = keyed.entry
        key = self.free_key(keyed)
        known_item = KnownItem(
            NOT_STORED_YET, self.source_id, key, keyed.id, keyed.link, keyed.content, entry.title, entry.text
        )
        self._by_key[key] = known_item
        if keyed.link:
            self._by_page[keyed.link].append(known_item)

    def _at_key(self, keyed: KeyedEntry) -> KnownItem | None:
        candidate = self._by_key.get(keyed.worded_key)
        if candidate is not None:
            return candidate
        candidate = self._by_key.get(keyed.key)
        return candidate if candidate is not None and is_same_by_key(keyed, candidate) else None

    def _is_page(self, keyed: KeyedEntry, known_item: KnownItem) -> bool:
        # Two entries of one batch are two, unless they say the same.
        return (
            keyed.content == known_item.content
            if known_item.item_id == NOT_STORED_YET
            else is_same_by_page(keyed, known_item, self.source_id)
        )


class Batch:
    """The entries of one reading, stored oldest first in parts, so that nobody waits long for a write."""

    def __init__(self, source_id: int, entries: Sequence[FeedEntry], now: datetime) -> None:
        """Prepare the entries; the database is first asked when some are stored."""
        self._source_id, self._now = source_id, now
        self._left = sorted(key_entries(entries), key=lambda keyed: keyed.entry.published_at or now)
        self._known: KnownEntries | None = None
        self._forgotten: set[str] = set()

    @property
    def is_stored(self) -> bool:
        """True once every entry is stored."""
        return not self._left

    def store(self, at_most: int) -> StoredBatch:
        """Store the next new entries in the current transaction.

        Whoever just stores the same source, page or words is waited for.
        """
        part = self._left[:at_most]
        take_turns_for(_own_texts(self._source_id, part))
        known = self._look_up(part)
        self._left = self._left[at_most:]
        fresh: list[KeyedEntry] = []
        rows: list[dict[str, Any]] = []
        edited, counted = 0, []
        for keyed in part:
            known_item = known.find(keyed)
            if known_item is None and keyed.worded_key in self._forgotten:
                continue
            if known_item is None:
                rows.append(_item_columns(self._source_id, known.free_key(keyed), keyed, self._now))
                known.add(keyed)
                fresh.append(keyed)
            elif known_item.item_id != NOT_STORED_YET and known_item.source_id == self._source_id:
                edited += apply_source_edit(known_item, keyed, self._now)
                counted.append((known_item.item_id, keyed.entry.counts))
        ids = insert_items(rows)
        counted += [(item_id, keyed.entry.counts) for item_id, keyed in zip(ids, fresh, strict=True)]
        update_engagement(counted, self._now)
        return StoredBatch(tuple(ids), len(part) - len(fresh), edited)

    def _look_up(self, part: Sequence[KeyedEntry]) -> KnownEntries:
        """Look up the stored items: at first of all entries, then what others stored since."""
        if self._known is None:
            self._known = KnownEntries(self._source_id, self._left)
            self._forgotten = list_forgotten_keys(self._source_id, self._known.unknown(self._left), self._now)
        else:
            self._known.look_again(part)
        return self._known


def _own_texts(source_id: int, part: Sequence[KeyedEntry]) -> Iterator[str]:
    """Yield what only one transaction stores at a time: a source, a page, the same words."""
    yield f"source {source_id}"
    for keyed in part:
        yield from (text for text in (keyed.link, keyed.content) if text and text != WORDLESS_KEY)


def store_entries(source: Source, entries: Sequence[FeedEntry], now: datetime) -> StoredBatch:
    """Store the new entries of a source in the current transaction, oldest first."""
    return Batch(source.id, entries, now).store(len(entries))


def _item_columns(source_id: int, key: str, keyed: KeyedEntry, now: datetime) -> dict[str, Any]:
    entry = keyed.entry
    return {
        "source_id": source_id,
        "entry_key": key,
        "feed_id": (entry.feed_id or "")[:2000] or None,
        "id_key": keyed.id,
        "url": entry.url[:2000] if entry.url else None,
        "link_key": keyed.link,
        "content_key": keyed.content,
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
    first = _first_items_by_content([row["content_key"] for row in rows if row["content_key"] != WORDLESS_KEY])
    for row in rows:
        row["copy_of_id"] = first.get(row["content_key"])
    # One statement for many rows: FTS5 writes its words into the file after each statement. Told to return the ids in
    # this order, SQLAlchemy would insert row by row on SQLite; told to return none, on both.
    newest = db.session.scalar(_NEWEST_ID) or 0
    returned = db.session.execute(sa.insert(ITEM_TABLE).returning(ITEM_TABLE.c.entry_key, ITEM_TABLE.c.id), rows)
    id_of: dict[str, int] = dict(returned.all())
    ids = [id_of[row["entry_key"]] for row in rows]
    assessment_queue.enqueue_new_items(rows[0]["source_id"], newest)
    _link_copies_in_batch(ids, rows)
    return ids


def _link_copies_in_batch(ids: Sequence[int], rows: Sequence[dict[str, Any]]) -> None:
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


def _split_into_chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    """Yield the distinct keys in chunks that fit one query."""
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), KEYS_PER_QUERY):
        yield distinct[start : start + KEYS_PER_QUERY]


def _load_known_items(name: str, keys: Iterable[str], source_id: int | None = None) -> Iterable[KnownItem]:
    """Yield the stored items with these keys in that column, oldest first; ``source_id``: those of one source."""
    query = _ITEMS_BY[name] if source_id is None else _OWN_ITEMS_BY[name]
    for part in _split_into_chunks(keys):
        for row in db.session.execute(query, {"keys": part, "source_id": source_id}):
            yield KnownItem(*row)


def _first_items_by_content(contents: Sequence[str]) -> dict[str, int]:
    """Return the id of the first stored item with each content key."""
    first_ids: dict[str, int] = {}
    for part in _split_into_chunks(contents):
        first_ids.update(db.session.execute(_FIRST_BY_CONTENT, {"keys": part}).all())
    return first_ids
