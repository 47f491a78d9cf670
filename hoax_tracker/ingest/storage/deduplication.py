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
    found = [key_entry(entry) for entry in entries]
    repeated = {key for key, count in Counter(one.key for one in found).items() if count > 1}
    if not repeated:
        return found
    return [
        KeyedEntry(one.entry, one.key, one.worded_key, one.id, one.link, one.content, one.key in repeated)
        for one in found
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


def is_same_by_key(one: KeyedEntry, known: KnownItem) -> bool:
    """Tell whether an entry is the stored one with its id and link."""
    if one.is_repeated:
        return one.content == known.content
    return has_own_page(one.entry) or is_same_by_id(one, known)


def is_same_by_id(one: KeyedEntry, known: KnownItem) -> bool:
    """Tell whether an entry is the stored one of the same source with its id (or without any)."""
    if one.is_repeated or one.content == known.content:
        return one.content == known.content
    same_title = bool(one.entry.title) and one.entry.title == known.title
    return same_title or is_text_alike(one, known, SAME_ID_ALIKE)


def is_same_by_page(one: KeyedEntry, known: KnownItem, source_id: int) -> bool:
    """Tell whether an entry is the stored one of the same page."""
    if one.content == known.content:
        return True
    if is_other_claim(one, known):
        return False
    if known.source_id != source_id:
        has_its_title = has_own_page(one.entry) and bool(one.entry.title) and one.entry.title == known.title
        return has_its_title or is_text_alike(one, known, SAME_PAGE_ALIKE)
    return not one.is_repeated and has_own_page(one.entry) and is_text_alike(one, known, SAME_PAGE_ALIKE)


def is_other_claim(one: KeyedEntry, known: KnownItem) -> bool:
    """Tell whether both ids consist of page address and claim, as in reviews, and name different claims."""
    feed_id, title = one.entry.feed_id or "", one.entry.title
    page = feed_id.removesuffix(f" {title}")
    return bool(title) and page != feed_id and one.id != known.id == sha256_hex(f"{page} {known.title}")


def has_own_page(entry: FeedEntry) -> bool:
    """Tell whether the link leads beyond a site's front page."""
    if not entry.url:
        return False
    parts = urlsplit(entry.url)
    return bool(parts.path.strip("/") or parts.query or parts.fragment)


def is_text_alike(one: KeyedEntry, known: KnownItem, least: float) -> bool:
    """Tell whether title and words are alike."""
    ours = f"{one.entry.title}\n{one.entry.text}"[:READ_CHARACTERS].casefold()
    theirs = f"{known.title}\n{known.text}"[:READ_CHARACTERS].casefold()
    return fuzz.ratio(ours, theirs, score_cutoff=least) > 0
