"""Entries become items once: by the feed's id, by their page, and by their words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from hypothesis import HealthCheck, example, given, settings, strategies as st

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.ingest.parsers.canonical_url import canonical_url
from hoax_tracker.ingest.parsers.entry import EngagementCounts, FeedEntry
from hoax_tracker.ingest.storage.deduplication import key_entry
from hoax_tracker.ingest.storage.revisions import REVISIONS_KEPT, note_source_unchanged
from hoax_tracker.ingest.storage.store import StoredBatch, store_entries
from hoax_tracker.models import (
    Assessment,
    ClaimAppearance,
    Engagement,
    ForgottenEntry,
    Item,
    ItemRevision,
    ModelVersion,
    Source,
    SourceKind,
    Topic,
    db,
)
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.crowded import count_statements


def entry(text: str = "Air mati tujuh hari di Oebobo", **fields: Any) -> FeedEntry:
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
    return FeedEntry(**given | fields)


@pytest.fixture
def sources(app: APIFlask, now: datetime) -> tuple[Source, Source]:
    """Two feeds."""
    rows = tuple(Source(name=name, url=f"https://{name}.example/feed", created_at=now) for name in ("satu", "dua"))
    db.session.add_all(rows)
    db.session.commit()
    return rows  # type: ignore[return-value]


@pytest.fixture
def settings_of_app(app: APIFlask) -> Settings:
    """The settings (the name ``settings`` is hypothesis' here)."""
    found: Settings = app.extensions["settings"]
    return found


def store(source: Source, now: datetime, *entries: FeedEntry) -> StoredBatch:
    with write_transaction():
        return store_entries(source, entries, now)


def texts() -> list[str]:
    return list(db.session.scalars(sa.select(Item.text).order_by(Item.id)))


def test_the_same_entries_again_are_known(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [entry(f"berita nomor {n}", feed_id=f"id-{n}", url=f"https://a.example/{n}") for n in range(5)]
    assert len(store(sources[0], now, *batch).new) == 5
    assert store(sources[0], now, *batch) == StoredBatch((), 5)


def test_more_entries_than_fit_one_query(sources: tuple[Source, Source], now: datetime) -> None:
    batch = [entry(f"berita nomor {n}", feed_id=f"id-{n}", url=f"https://a.example/{n}") for n in range(1500)]
    assert len(store(sources[0], now, *batch).new) == 1500
    assert store(sources[0], now, *batch).duplicates == 1500


def test_what_is_new_comes_by_one_statement(sources: tuple[Source, Source], now: datetime) -> None:
    """Row by row, SQLite would write out the words of each entry by itself."""
    with count_statements() as sent:
        store(sources[0], now, *(entry(f"berita nomor {n}", feed_id=f"id-{n}") for n in range(5)))
    (inserted,) = [one for one in sent if one.lower().startswith("insert into item ")]
    assert inserted.count("), (") == 4


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


@pytest.mark.parametrize(("title", "url"), [("", "https://a.example/1"), ("Pengumuman", "https://a.example/")])
def test_posts_of_two_sources_without_a_title_or_page_of_their_own_are_both_kept(
    sources: tuple[Source, Source], now: datetime, title: str, url: str
) -> None:
    first, second = "Air mati tujuh hari di Oebobo", "Jadwal vaksin polio bulan ini di puskesmas"
    store(sources[0], now, entry(first, title=title, url=url))
    assert len(store(sources[1], now, entry(second, title=title, url=url)).new) == 1
    assert texts() == [first, second]


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
    with pytest.raises(sa.exc.IntegrityError), write_transaction():
        db.session.add(twin)


def revisions() -> list[str]:
    return list(db.session.scalars(sa.select(ItemRevision.text).order_by(ItemRevision.id)))


def test_an_edited_story_is_one_item_and_what_it_said_before_is_kept(
    sources: tuple[Source, Source], now: datetime
) -> None:
    store(sources[0], now, entry("Air mati tujuh hari", feed_id="1", url="https://a.example/1"))
    later = now + timedelta(hours=1)
    edited = store(sources[0], later, entry("Ralat: listrik padam", feed_id="1", url="https://a.example/1"))
    assert (edited.new, edited.edited) == ((), 1)
    assert (texts(), revisions()) == (["Ralat: listrik padam"], ["Air mati tujuh hari"])
    kept = db.session.scalars(sa.select(ItemRevision)).one()
    assert (kept.seen_at, kept.replaced_at) == (now, later)
    assert db.session.scalars(sa.select(Item.edited_at)).one() == later


def test_a_story_told_now_so_now_otherwise_is_stored_once_each(sources: tuple[Source, Source], now: datetime) -> None:
    first, second = (entry(text, feed_id="1", url="https://a.example/1") for text in ("Versi pagi", "Versi sore"))
    for told in (first, second, first, second, first):
        store(sources[0], now, told)
    assert (texts(), revisions()) == (["Versi sore"], ["Versi pagi"])


def test_a_page_that_changes_with_every_reading_is_not_kept_without_end(
    sources: tuple[Source, Source], now: datetime
) -> None:
    for number in range(REVISIONS_KEPT + 10):
        store(sources[0], now, entry(f"Pengunjung ke-{number}", feed_id="1", url="https://a.example/1"))
    assert (len(texts()), len(revisions())) == (1, REVISIONS_KEPT)


def assessed(item_id: int, now: datetime) -> None:
    """Let a model have read the item."""
    version = ModelVersion(digest="d" * 64, name="m", file_name="m", registered_at=now)
    db.session.add(version)
    db.session.flush()
    scores = {"relevance": 0.9, "misinformation": 0.8, "priority": 0.7, "topic": Topic.WATER, "flagged": True}
    db.session.add(Assessment(item_id=item_id, model_version_id=version.id, assessed_at=now, **scores))


@pytest.mark.parametrize("held", [False, True])
def test_what_was_edited_is_assessed_anew_unless_a_claim_holds_it(
    sources: tuple[Source, Source], now: datetime, held: bool
) -> None:
    item_id = store(sources[0], now, entry("Air mati", feed_id="1", url="https://a.example/1")).new[0]
    with write_transaction():
        assessed(item_id, now)
        if held:
            db.session.add(ClaimAppearance(claim_id=factories.make_claim().id, item_id=item_id, seen_at=now))
    store(sources[0], now, entry("Air menyala lagi", feed_id="1", url="https://a.example/1"))
    assert db.session.scalar(sa.select(sa.func.count(Assessment.id))) == int(held)


def test_a_site_that_moves_its_pages_doubles_nothing(sources: tuple[Source, Source], now: datetime) -> None:
    store(sources[0], now, entry("Air mati tujuh hari di Oebobo", title="Air", feed_id="1", url="http://a.example/1"))
    moved = entry("Air mati tujuh hari di Oebobo.", title="Air", feed_id="1", url="https://www.a.example/air-mati")
    assert store(sources[0], now, moved) == StoredBatch((), 1)
    reworded = entry("Air sudah mati tujuh hari di Oebobo", title="Air", feed_id="1", url="https://b.example/air-mati")
    assert store(sources[0], now, reworded).edited == 1
    assert len(texts()) == 1


def test_one_id_for_whatever_is_newest_loses_nothing(sources: tuple[Source, Source], now: datetime) -> None:
    for url in (None, "https://a.example/", "https://a.example/baru"):
        for text in ("Air mati tujuh hari di Oebobo", "Jadwal vaksin polio bulan ini", "Pasar pindah ke Kuanino"):
            fields = {"feed_id": f"terbaru {url}", "url": url and f"{url}{'' if url.endswith('/') else hash(text)}"}
            store(sources[0], now, entry(text, **fields))
            assert store(sources[0], now, entry(text, **fields)) == StoredBatch((), 1)
    assert (len(texts()), revisions()) == (9, [])


def test_posts_that_all_lead_to_the_front_page_are_all_kept(sources: tuple[Source, Source], now: datetime) -> None:
    for number in range(4):
        price = entry(f"Harga beras hari ini Rp1{number}.000", feed_id=f"{number}", url="https://a.example/")
        assert len(store(sources[0], now, price).new) == 1
    assert (len(texts()), revisions()) == (4, [])


def test_the_same_story_in_ten_feeds(app: APIFlask, now: datetime) -> None:
    """The same page is one item, however the link says how a reader came; the same words elsewhere are copies."""
    feeds = [Source(name=f"s{n}", url=f"https://s{n}.example/feed", created_at=now) for n in range(10)]
    db.session.add_all(feeds)
    db.session.commit()
    for number, feed in enumerate(feeds):
        linked = f"https://portal.example/air-mati-1?utm_source=s{number}&fbclid=x{number}"
        page = entry("Air mati", title="Kabar air", feed_id=f"{number}", url=canonical_url(linked))
        store(feed, now, page, entry("Pasar pindah", feed_id=f"b{number}", url=f"https://s{number}.example/pasar"))
    items = db.session.scalars(sa.select(Item).order_by(Item.id)).all()
    assert len(items) == 11
    copies = [item for item in items if item.text == "Pasar pindah"]
    assert [item.copy_of_id for item in copies] == [None, *[copies[0].id] * 9]


def test_numbers_of_a_post_are_those_last_read(sources: tuple[Source, Source], now: datetime) -> None:
    later = now + timedelta(hours=1)
    for at, counts in (
        (now, EngagementCounts(likes=3, views=10)),
        (later, EngagementCounts(likes=40, shares=7)),
        (later, None),
    ):
        store(sources[0], at, entry(feed_id="1", url="https://a.example/1", counts=counts))
    row = db.session.scalars(sa.select(Engagement)).one()
    assert (row.replies, row.likes, row.shares, row.views, row.counted_at) == (None, 40, 7, 10, later)


def test_a_thousand_numbered_posts_at_once(sources: tuple[Source, Source], now: datetime) -> None:
    posts = [
        entry(f"unggahan {n}", feed_id=f"{n}", url=f"https://a.example/{n}", counts=EngagementCounts(likes=n))
        for n in range(1000)
    ]
    store(sources[0], now, *posts)
    store(sources[0], now, *posts)
    pairs = db.session.execute(sa.select(Item.feed_id, Engagement.likes).join(Engagement)).all()
    assert {(int(key), likes) for key, likes in pairs} == {(n, n) for n in range(1000)}


@pytest.mark.slow
@given(
    batches=st.lists(
        st.lists(
            st.tuples(
                st.sampled_from([None, "1", "2"]),
                st.sampled_from([None, "https://a.example/", "https://a.example/1", "https://b.example/2?x=1"]),
                st.sampled_from(["Air mati", "Air mati di Oebobo", "Pasar pindah ke Kuanino", "Vaksin polio"]),
            ),
            max_size=4,
        ),
        max_size=4,
    )
)
@example(
    batches=[
        [("2", "https://a.example/1", "Pasar pindah ke Kuanino")],
        [("2", None, "Pasar pindah ke Kuanino"), ("2", "https://a.example/1", "Air mati")],
    ]
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_is_lost_and_reading_again_adds_nothing(
    sources: tuple[Source, Source], now: datetime, batches: list[list[tuple[str | None, str | None, str]]]
) -> None:
    """Whatever ids and links a feed gives: every text is there, in an item or as what one said before."""
    with write_transaction():
        db.session.execute(sa.delete(ItemRevision))
        db.session.execute(sa.delete(Item))
    said: set[str] = set()
    for batch in batches:
        entries = [entry(text, feed_id=own, url=url) for own, url, text in batch]
        store(sources[0], now, *entries)
        said |= {text for _, _, text in batch}
        assert {*texts(), *revisions()} == said
        before = (len(texts()), len(revisions()))
        assert store(sources[0], now, *entries).new == ()
        assert (len(texts()), len(revisions())) == before


def test_what_went_after_its_time_stays_away_while_its_source_lists_it(
    sources: tuple[Source, Source], settings_of_app: Settings, now: datetime
) -> None:
    listed = [entry("Kabar lama", feed_id="1", url="https://satu.example/1"), entry("Kabar tanpa alamat", feed_id="2")]
    assert len(store(sources[0], now, *listed).new) == 2
    later = now + settings_of_app.unflagged_retention + timedelta(days=1)
    assert purge_expired_data(settings_of_app, later)["items"] == 2
    for days in range(0, 200, 20):  # listed all the time, it is kept away all the time
        again = later + timedelta(days=days)
        assert store(sources[0], again, *listed) == StoredBatch((), 2)
        assert purge_expired_data(settings_of_app, again)["items"] == 0
    reworded = entry("Kabar lama, dengan cerita yang lain sama sekali", feed_id="1", url="https://satu.example/1")
    assert len(store(sources[0], again, reworded, listed[1]).new) == 1
    unlisted = again + timedelta(days=31)
    purge_expired_data(settings_of_app, unlisted)
    assert len(store(sources[0], unlisted, listed[1]).new) == 1


def test_what_went_may_come_from_another_source_and_a_file_brings_it_again(
    sources: tuple[Source, Source], settings_of_app: Settings, now: datetime
) -> None:
    table = Source(name="tabel", kind=SourceKind.POSTS, created_at=now)
    db.session.add(table)
    db.session.commit()
    one = entry("Kabar lama", feed_id="1")
    later = now + settings_of_app.unflagged_retention + timedelta(days=1)
    for source in (sources[0], table):
        store(source, now, one)
    purge_expired_data(settings_of_app, later)
    assert [len(store(source, later, one).new) for source in (sources[0], sources[1], table)] == [0, 1, 1]


def test_what_came_back_in_other_words_goes_and_stays_away_in_those(
    sources: tuple[Source, Source], settings_of_app: Settings, now: datetime
) -> None:
    kept = settings_of_app.unflagged_retention + timedelta(days=1)
    first, second = (entry(text, feed_id="1") for text in ("Kabar lama", "Cerita yang lain sama sekali"))
    assert len(store(sources[0], now, first).new) == 1
    purge_expired_data(settings_of_app, now + kept)
    assert len(store(sources[0], now + kept, second).new) == 1
    purge_expired_data(settings_of_app, now + 2 * kept)
    assert store(sources[0], now + 2 * kept, second) == StoredBatch((), 1)


def test_a_source_that_did_not_change_keeps_away_what_it_lists_and_no_more(
    sources: tuple[Source, Source], settings_of_app: Settings, now: datetime
) -> None:
    dropped, listed = entry("Kabar yang turun", feed_id="1"), entry("Kabar yang tetap", feed_id="2")
    store(sources[0], now, dropped, listed)
    moment = now + settings_of_app.unflagged_retention + timedelta(days=1)
    purge_expired_data(settings_of_app, moment)
    for _ in range(10):  # read whole: one of them is listed no longer
        moment += timedelta(days=1)
        assert store(sources[0], moment, listed) == StoredBatch((), 1)
    for _ in range(60):
        moment += timedelta(days=1)
        with write_transaction():
            note_source_unchanged(sources[0].id, moment)
        purge_expired_data(settings_of_app, moment)
    assert [one.entry_key for one in db.session.scalars(sa.select(ForgottenEntry))] == [key_entry(listed).key]
    assert store(sources[0], moment, listed) == StoredBatch((), 1)
