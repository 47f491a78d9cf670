"""Entries become items once: by what the feed says, by the page they lead to, and by their words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.database import writing
from hoax_tracker.ingest.entries import Entry
from hoax_tracker.ingest.store import Stored, store_entries
from hoax_tracker.models import Item, Source, db


def entry(text: str = "Air mati tujuh hari di Oebobo", **fields: Any) -> Entry:
    """An entry; each test names what matters to it."""
    given: dict[str, Any] = {
        "feed_id": None,
        "url": None,
        "title": "",
        "text": text,
        "author": None,
        "published_at": None,
        "updated_at": None,
        "language": None,
        "images": (),
    }
    return Entry(**given | fields)


@pytest.fixture
def sources(app: APIFlask, now: datetime) -> tuple[Source, Source]:
    """Two feeds."""
    rows = tuple(Source(name=name, url=f"https://{name}.example/feed", created_at=now) for name in ("satu", "dua"))
    db.session.add_all(rows)
    db.session.commit()
    return rows  # type: ignore[return-value]


def store(source: Source, now: datetime, *entries: Entry) -> Stored:
    with writing():
        return store_entries(source, entries, now)


def texts() -> list[str]:
    return list(db.session.scalars(sa.select(Item.text).order_by(Item.id)))


def test_the_same_entries_again_are_known(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [entry(f"berita nomor {n}", feed_id=f"id-{n}", url=f"https://a.example/{n}") for n in range(5)]
    assert len(store(sources[0], now, *batch).new) == 5
    assert store(sources[0], now, *batch) == Stored((), 5)


def test_more_entries_than_fit_one_query(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [entry(f"berita nomor {n}", feed_id=f"id-{n}", url=f"https://a.example/{n}") for n in range(1500)]
    assert len(store(sources[0], now, *batch).new) == 1500
    assert store(sources[0], now, *batch).duplicates == 1500


def test_a_feed_that_repeats_one_id_loses_nothing(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [entry(f"isi yang lain nomor {n}", feed_id="1", url="https://a.example/") for n in range(3)]
    assert len(store(sources[0], now, *batch).new) == 3
    assert store(sources[0], now, *batch).duplicates == 3
    assert len(store(sources[0], now, *batch, entry("isi keempat", feed_id="1", url="https://a.example/")).new) == 1


def test_ids_that_change_do_not_double_a_page(sources: tuple[Source, Source], now: datetime) -> None:
    store(sources[0], now, entry(feed_id="a", url="https://a.example/1"))
    assert store(sources[0], now, entry(feed_id="b", url="https://a.example/1")).duplicates == 1


def test_entries_without_id_and_link_are_known_by_their_words(sources: tuple[Source, Source], now: datetime) -> None:
    assert len(store(sources[0], now, entry("satu kabar"), entry("kabar lain"), entry("satu  KABAR!")).new) == 2
    assert store(sources[0], now, entry("Kabar lain.")).duplicates == 1


def test_a_page_in_two_feeds_is_one_item(sources: tuple[Source, Source], now: datetime) -> None:
    store(sources[0], now, entry("panjang sekali", title="Air mati", url="https://a.example/1"))
    again = entry("pendek", title="Air mati", url="https://a.example/1", feed_id="x")
    assert store(sources[1], now, again).duplicates == 1


def test_the_same_words_elsewhere_are_kept_and_tied(sources: tuple[Source, Source], now: datetime) -> None:
    first = store(sources[0], now, entry(url="https://a.example/1")).new[0]
    second = store(sources[1], now, entry(url="https://b.example/9")).new[0]
    assert db.session.get_one(Item, second).copy_of_id == first
    assert db.session.get_one(Item, first).copy_of_id is None


def test_copies_within_one_batch_are_tied(sources: tuple[Source, Source], now: datetime) -> None:
    new = store(sources[0], now, entry(url="https://a.example/1"), entry(url="https://a.example/2")).new
    assert [db.session.get_one(Item, one).copy_of_id for one in new] == [None, new[0]]


def test_entries_are_stored_oldest_first(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [
        entry("baru", published_at=now - timedelta(hours=1)),
        entry("lama", published_at=now - timedelta(days=3)),
        entry("tanpa tanggal"),
    ]
    store(sources[0], now, *batch)
    assert texts() == ["lama", "baru", "tanpa tanggal"]


def test_the_database_itself_refuses_a_double(sources: tuple[Source, Source], now: datetime) -> None:
    store(sources[0], now, entry(feed_id="1", url="https://a.example/1"))
    known = db.session.scalars(sa.select(Item)).one()
    twin = Item(source_id=known.source_id, entry_key=known.entry_key, content_key="c" * 64, fetched_at=now)
    with pytest.raises(sa.exc.IntegrityError), writing():
        db.session.add(twin)
