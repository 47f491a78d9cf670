"""Deduplication: an entry is recognised by its id and link, its id alone, its page, or its words.

Whether a familiar entry is the same story is decided here without the database:

- equal id and link, where the link is a page of its own: the same story, whatever it says now;
- equal id at another link (the site moved to https or changed its addresses): where title or words are alike;
- equal page under another id: where the words are alike, unless both ids name different claims of that page;
- equal page in another source's feed: where the title is equal too. Posts without a title never match this way.

Entries of one batch that share id and link are different stories: a feed that gives every entry the id "1" loses none.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from hoax_tracker.ingest.parsers.canonical_url import content_key
from hoax_tracker.ingest.parsers.entry import FeedEntry

READ_CHARACTERS = 900
SAME_ID_ALIKE = 60.0
SAME_PAGE_ALIKE = 85.0
"""Likeness (0 to 100) from which on words are those of the same story, told otherwise."""


@dataclass(frozen=True, slots=True)
class KeyedEntry:
    """An entry with its keys, all SHA-256 in hex; ``id`` and ``link`` are None where the entry has none.

    ``worded_key`` includes the words: it is the key of an entry whose id and link belong to another story.
    ``is_repeated``: another entry of the batch has the same id and link.
    """

    entry: FeedEntry
    key: str
    worded_key: str
    id: str | None
    link: str | None
    content: str
    is_repeated: bool = False


@dataclass(slots=True)
class KnownItem:
    """The stored fields of an item that tell whether an entry is the same."""

    item_id: int
    source_id: int
    key: str
    id: str | None
    link: str | None
    content: str
    title: str
    text: str


def key_entries(entries: Iterable[FeedEntry]) -> list[KeyedEntry]:
    """Return the entries with their keys."""
    keyed_entries = [key_entry(entry) for entry in entries]
    repeated = {key for key, count in Counter(keyed.key for keyed in keyed_entries).items() if count > 1}
    if not repeated:
        return keyed_entries
    return [
        KeyedEntry(keyed.entry, keyed.key, keyed.worded_key, keyed.id, keyed.link, keyed.content, keyed.key in repeated)
        for keyed in keyed_entries
    ]


def key_entry(entry: FeedEntry) -> KeyedEntry:
    """Return an entry with its keys."""
    link = sha256_hex(entry.url) if entry.url else None
    content = content_key(entry.title, entry.text)
    key = sha256_hex(f"{entry.feed_id or ''}\n{link or content}")
    own = sha256_hex(entry.feed_id) if entry.feed_id else None
    return KeyedEntry(entry, key, sha256_hex(f"{key}\n{content}"), own, link, content)


def sha256_hex(text: str) -> str:
    """Return the SHA-256 of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_same_by_key(keyed: KeyedEntry, known_item: KnownItem) -> bool:
    """Tell whether an entry is the stored one with its id and link."""
    if keyed.is_repeated:
        return keyed.content == known_item.content
    return _has_own_page(keyed.entry) or is_same_by_id(keyed, known_item)


def is_same_by_id(keyed: KeyedEntry, known_item: KnownItem) -> bool:
    """Tell whether an entry is the stored one of the same source with its id (or without any)."""
    if keyed.is_repeated or keyed.content == known_item.content:
        return keyed.content == known_item.content
    same_title = bool(keyed.entry.title) and keyed.entry.title == known_item.title
    return same_title or _is_text_alike(keyed, known_item, SAME_ID_ALIKE)


def is_same_by_page(keyed: KeyedEntry, known_item: KnownItem, source_id: int) -> bool:
    """Tell whether an entry is the stored one of the same page."""
    if keyed.content == known_item.content:
        return True
    if _is_other_claim(keyed, known_item):
        return False
    if known_item.source_id != source_id:
        has_its_title = _has_own_page(keyed.entry) and bool(keyed.entry.title) and keyed.entry.title == known_item.title
        return has_its_title or _is_text_alike(keyed, known_item, SAME_PAGE_ALIKE)
    return not keyed.is_repeated and _has_own_page(keyed.entry) and _is_text_alike(keyed, known_item, SAME_PAGE_ALIKE)


def _is_other_claim(keyed: KeyedEntry, known_item: KnownItem) -> bool:
    """Tell whether both ids consist of page address and claim, as in reviews, and name different claims."""
    feed_id, title = keyed.entry.feed_id or "", keyed.entry.title
    page = feed_id.removesuffix(f" {title}")
    return bool(title) and page != feed_id and keyed.id != known_item.id == sha256_hex(f"{page} {known_item.title}")


def _has_own_page(entry: FeedEntry) -> bool:
    """Tell whether the link leads beyond a site's front page."""
    if not entry.url:
        return False
    parts = urlsplit(entry.url)
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def _is_text_alike(keyed: KeyedEntry, known_item: KnownItem, least: float) -> bool:
    """Tell whether title and words are alike."""
    ours = f"{keyed.entry.title}\n{keyed.entry.text}"[:READ_CHARACTERS].casefold()
    theirs = f"{known_item.title}\n{known_item.text}"[:READ_CHARACTERS].casefold()
    return fuzz.ratio(ours, theirs, score_cutoff=least) > 0
