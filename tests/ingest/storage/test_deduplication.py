"""How stored entries are recognised: never one story as two, never two as one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.ingest.parsers.entry import EngagementCounts, FeedEntry
from hoax_tracker.ingest.storage.deduplication import (
    KnownItem,
    is_same_by_id,
    is_same_by_key,
    is_same_by_page,
    key_entries,
    key_entry,
)

IDS = st.none() | st.sampled_from(["1", "tag:k.example,2026:1"]) | st.text(min_size=1, max_size=5)
LINKS = st.none() | st.sampled_from(["https://k.example/", "https://k.example/1", "https://k.example/?p=2"])
WORDS = st.sampled_from(["", "Air mati", "Air mati lagi", "😀"]) | st.text(st.characters(exclude_categories=["Cs"]))


def entry_of(feed_id: str | None, url: str | None, title: str, text: str) -> FeedEntry:
    return FeedEntry(feed_id, url, title, text, None, None, None, None, ())


ENTRIES = st.builds(entry_of, IDS, LINKS, WORDS, WORDS)


def stored(entry: FeedEntry, source_id: int = 1) -> KnownItem:
    one = key_entry(entry)
    return KnownItem(7, source_id, one.key, one.id, one.link, one.content, entry.title, entry.text)


@given(ENTRIES, st.lists(ENTRIES, max_size=3))
def test_an_entry_is_known_again_whatever_stands_beside_it(entry: FeedEntry, others: list[FeedEntry]) -> None:
    alone, (first, *_rest) = key_entry(entry), key_entries([entry, *others])
    assert (first.key, first.worded_key, first.id, first.link, first.content) == (
        *(alone.key, alone.worded_key, alone.id, alone.link, alone.content),
    )
    for source_id in (1, 2):
        known = stored(entry, source_id)
        assert is_same_by_key(first, known)
        assert is_same_by_id(first, known)
        assert is_same_by_page(first, known, 1)


@given(ENTRIES)
def test_what_says_nothing_of_the_story_changes_no_key(entry: FeedEntry) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    later = replace(
        entry, author="Ani", published_at=now, updated_at=now, images=("a",), counts=EngagementCounts(likes=3)
    )
    assert replace(key_entry(later), entry=entry) == key_entry(entry)


@given(ENTRIES, ENTRIES)
def test_entries_that_differ_have_different_keys(one: FeedEntry, other: FeedEntry) -> None:
    first, second = key_entry(one), key_entry(other)
    same_words = first.content == second.content
    same_place = (one.feed_id or "", one.url) == (other.feed_id or "", other.url)
    assert (first.worded_key == second.worded_key) == (same_words and same_place)
    assert (first.key == second.key) == (same_place and (same_words or one.url is not None))


@pytest.mark.slow
@given(st.lists(ENTRIES, min_size=2, max_size=5))
def test_entries_of_one_batch_that_share_id_and_link_are_told_apart_by_their_words(entries: list[FeedEntry]) -> None:
    batch = key_entries(entries)
    keys = [one.key for one in batch]
    for one in batch:
        assert one.is_repeated == (keys.count(one.key) > 1)
        for other in entries:
            if one.is_repeated and key_entry(other).content != one.content:
                assert not is_same_by_key(one, stored(other))
                assert not is_same_by_id(one, stored(other))
