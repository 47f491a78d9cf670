"""Entries become items: which are new is decided on rows, and stored in one transaction with the source's progress.

1. An entry is known by what its feed says: id and link together, or id and words where it has no link (entry_key).
2. The same page in another feed (link_key), with the same title or words, is the same item: a duplicate.
3. The same words at another address are kept and tied to the first (copy_of): a copy is reach.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.ingest.feeds import Entry
from hoax_tracker.ingest.links import content_key
from hoax_tracker.models import Item, Source, db

CHUNK = 400  # keys in one query: below the parameter limit of every database


@dataclass(frozen=True)
class Keyed:
    """An entry with its keys, all SHA-256 in hex; ``link`` is None where the entry has no address."""

    entry: Entry
    key: str
    link: str | None
    content: str


@dataclass(frozen=True)
class Stored:
    """What one batch did: ids of the new items, and how many entries were already known."""

    new: tuple[int, ...]
    duplicates: int


def keyed(entries: Iterable[Entry]) -> list[Keyed]:
    """Return the entries with their keys. Where a feed repeats id and link, only the words can tell entries apart."""
    found = []
    for entry in entries:
        link = sha(entry.url) if entry.url else None
        content = content_key(entry.title, entry.text)
        found.append(Keyed(entry, sha(f"{entry.feed_id or ''}\n{link or content}"), link, content))
    repeated = {key for key, count in Counter(one.key for one in found).items() if count > 1}
    return [
        Keyed(one.entry, sha(f"{one.key}\n{one.content}"), one.link, one.content) if one.key in repeated else one
        for one in found
    ]


def sha(text: str) -> str:
    """Return the SHA-256 of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def store_entries(source: Source, entries: Sequence[Entry], now: datetime) -> Stored:
    """Add the new entries of a source in the current transaction, oldest first."""
    candidates = keyed(entries)
    known = known_keys(source, [one.key for one in candidates])
    pages = items_at([one.link for one in candidates if one.link])
    first_copies = first_with([one.content for one in candidates])
    fresh: list[Item] = []
    for one in sorted(candidates, key=lambda one: one.entry.published_at or now):
        if one.key in known or is_same_page(one, source, pages):
            continue
        known.add(one.key)
        item = new_item(source, one, now)
        item.copy_of_id = first_copies.get(one.content)
        fresh.append(item)
        if one.link:
            pages.setdefault(one.link, []).append((source.id, item.title, one.content))
    db.session.add_all(fresh)
    db.session.flush()
    tie_copies_within(fresh)
    return Stored(tuple(item.id for item in fresh), len(candidates) - len(fresh))


def is_same_page(one: Keyed, source: Source, pages: dict[str, list[tuple[int, str, str]]]) -> bool:
    """Tell whether the page is known from another feed, or with the same words from this one.

    A feed that gives every entry the same address loses nothing: other words under its own feed are another entry.
    """
    return any(
        content == one.content or (source_id != source.id and title == one.entry.title)
        for source_id, title, content in pages.get(one.link or "", [])
    )


def new_item(source: Source, one: Keyed, now: datetime) -> Item:
    """Return the row for an entry."""
    entry = one.entry
    return Item(
        source_id=source.id,
        entry_key=one.key,
        feed_id=(entry.feed_id or "")[:2000] or None,
        url=entry.url[:2000] if entry.url else None,
        link_key=one.link,
        content_key=one.content,
        title=entry.title,
        text=entry.text,
        author=(entry.author or "")[:200] or None,
        language=(entry.language or "")[:16] or None,
        published_at=entry.published_at,
        fetched_at=now,
    )


def tie_copies_within(fresh: Sequence[Item]) -> None:
    """Tie items of one batch that have the same words to the first of them."""
    first: dict[str, Item] = {}
    for item in fresh:
        if item.copy_of_id is None:
            original = first.setdefault(item.content_key, item)
            item.copy_of_id = original.id if original is not item else None


def chunks(keys: Sequence[str]) -> Iterable[list[str]]:
    """Yield the distinct keys in pieces that fit one query."""
    distinct = list(dict.fromkeys(keys))
    for start in range(0, len(distinct), CHUNK):
        yield distinct[start : start + CHUNK]


def known_keys(source: Source, keys: Sequence[str]) -> set[str]:
    """Return which entry keys this source has stored."""
    known: set[str] = set()
    for part in chunks(keys):
        query = sa.select(Item.entry_key).where(Item.source_id == source.id, Item.entry_key.in_(part))
        known.update(db.session.scalars(query))
    return known


def items_at(links: Sequence[str]) -> dict[str, list[tuple[int, str, str]]]:
    """Return (source id, title, content key) of the stored items at each link."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for part in chunks(links):
        query = sa.select(Item.link_key, Item.source_id, Item.title, Item.content_key).where(Item.link_key.in_(part))
        for link, source_id, title, content in db.session.execute(query):
            found.setdefault(str(link), []).append((source_id, title, content))
    return found


def first_with(contents: Sequence[str]) -> dict[str, int]:
    """Return the id of the first stored item with each content key."""
    found: dict[str, int] = {}
    for part in chunks(contents):
        query = (
            sa.select(Item.content_key, sa.func.min(Item.id))
            .where(Item.content_key.in_(part))
            .group_by(Item.content_key)
        )
        found.update(db.session.execute(query).all())
    return found
