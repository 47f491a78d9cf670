"""Teasers: their pages on a real server are read before the model judges them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.fetch import Fetcher, Politeness
from hoax_tracker.core.fetch.site_locks import HOST_LEASE
from hoax_tracker.flag.public_questions import PAGE_WAIT, STORY_MAX_AGE
from hoax_tracker.ingest.pages import full_text
from hoax_tracker.ingest.service import read_at_once
from hoax_tracker.items.claim_text import claim_text_of, is_page_of_teaser, is_teaser
from hoax_tracker.models import Assessment, Claim, Item, LinkedPage, Officer, Source, SourceKind, db
from tests.factories import count_rows, only_row
from tests.feed_server import FeedServer, Reply

pytestmark = pytest.mark.usefixtures("shipped_model")

SignIn = Callable[[Officer], FlaskClient]
TITLE = "Kabar dari Puskesmas Oesapa di Kota Kupang"
BEGUN = "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar. Baca selengkapnya …"
STORY = (
    "INFO PENTING!! Pasien BPJS di Puskesmas Oesapa menerima kabar bahwa mulai besok puskesmas tidak lagi terima BPJS, "
    "semua warga Kota Kupang wajib bayar Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
AWAY = "Tim sepak bola asal Flores menang tiga gol pada laga persahabatan di Ende. Baca selengkapnya …"
PICTURE = "https://gambar.example/puskesmas.jpg"


def page(story: str = STORY) -> Reply:
    """A page that tells a story, between a menu and an advertisement."""
    body = f"<html><body><nav>Beranda</nav><article><h1>{TITLE}</h1><p>{story}</p></article></body></html>"
    return Reply(body.encode(), content_type="text/html; charset=utf-8")


def add_feed(
    server: FeedServer, now: datetime, *entries: tuple[str, str], kind: SourceKind = SourceKind.FEED
) -> list[str]:
    """A source whose entries lead to pages of the same server; return the paths of these."""
    paths = [f"/berita/{number}" for number, _ in enumerate(entries)]
    items = "".join(
        f"<item><guid>{path}</guid><link>{server.url(path)}</link><title>{escape(title)}</title>"
        f"<description>{escape(text)}</description><enclosure url='{PICTURE}' type='image/jpeg' length='1'/></item>"
        for path, (title, text) in zip(paths, entries, strict=True)
    )
    body = f'<rss version="2.0"><channel><title>Warta</title>{items}</channel></rss>'.encode()
    url = server.answer("/feed", Reply(body))
    if db.session.scalar(sa.select(Source.id).where(Source.url == url)) is None:
        db.session.add(Source(name="Warta", url=url, kind=kind, created_at=now))
    db.session.commit()
    return paths


def test_the_whole_story_is_judged_and_becomes_the_claim(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    run = pipeline.run_due_sources(settings, now)
    assert (run.outcome.new, run.flagged, count_rows(Assessment)) == (1, 1, 1)
    assert server.requests("/robots.txt")
    item = only_row(Item)
    assert item.text == BEGUN
    assert item.full_text is not None
    assert STORY in item.full_text
    assert "Beranda" not in item.full_text
    claim = db.session.scalars(sa.select(Claim)).one()
    assert claim.text == claim_text_of(item)
    assert STORY in claim.text
    row = only_row(LinkedPage)
    assert (row.read_at, row.next_at, row.awaited_until, row.trouble) == (now, None, None, None)
    pipeline.run_due_sources(settings, now + timedelta(days=2))
    assert server.count(path) == 1


def test_what_is_not_about_the_city_is_not_asked_for(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, ("Laga di Ende", AWAY))
    pipeline.run_due_sources(settings, now)
    assert (count_rows(Assessment), server.count(path)) == (1, 0)
    assert db.session.scalars(sa.select(LinkedPage)).all() == []


@pytest.mark.parametrize("kind", [SourceKind.MASTODON, SourceKind.TELEGRAM, SourceKind.GOOGLE_NEWS, SourceKind.BRIDGE])
def test_a_post_is_whole_as_it_is(server: FeedServer, settings: Settings, now: datetime, kind: SourceKind) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN), kind=kind)
    pipeline.run_due_sources(settings, now)
    assert (count_rows(Assessment), server.count(path)) == (1, 0)


@pytest.mark.parametrize(
    ("reply", "robots", "words"),
    [
        (page(), Reply(b"User-agent: *\nDisallow: /berita"), "robots.txt"),
        (Reply(b"gone", 404), Reply(b"", 404), "tidak memuat"),
        (page("Situs ini memakai cookie. " * 9), Reply(b"", 404), "tidak memuat"),
        (page("Masuk untuk membaca."), Reply(b"", 404), "tidak memuat"),
        (Reply(b"\x89PNG\r\n\x1a\n", content_type="image/png"), Reply(b"", 404), "tidak memuat"),
    ],
)
def test_a_page_that_tells_nothing_leaves_the_beginning(
    server: FeedServer, settings: Settings, now: datetime, reply: Reply, robots: Reply, words: str
) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, reply)
    server.answer("/robots.txt", robots)
    pipeline.run_due_sources(settings, now)
    row = only_row(LinkedPage)
    assert words in (row.trouble or "")
    assert (row.next_at, only_row(Item).full_text, count_rows(Assessment)) == (None, None, 1)
    asked = server.count(path)
    pipeline.run_due_sources(settings, now + timedelta(days=3))
    assert server.count(path) == asked <= 1


def test_a_site_that_is_down_holds_nothing_up_and_is_asked_again(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, Reply(b"busy", 503), page())
    pipeline.run_due_sources(settings, now)
    assert (count_rows(Assessment), only_row(Item).full_text) == (1, None)
    assert only_row(LinkedPage).next_at == now + full_text.FULL_TEXT_RETRY_DELAYS[0]
    again = now + full_text.FULL_TEXT_RETRY_DELAYS[0]
    assert db.session.scalars(sa.select(Claim)).all() == []
    pipeline.run_due_sources(settings, again)
    assert server.count(path) == 2
    assert STORY in (only_row(Item).full_text or "")
    assert db.session.scalars(sa.select(Assessment)).one().flagged


def test_a_page_is_asked_for_a_few_times_only_even_by_workers_that_die(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    add_feed(server, now, (TITLE, BEGUN))
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now)
    manners, taken = Politeness(server.allow), 0
    for hours in range(12):
        at = now + hours * timedelta(hours=1)
        taken += len(full_text.lease_linked_pages(at, manners))  # and the worker is killed before it asks
        assert full_text.lease_linked_pages(at + HOST_LEASE / 2, manners) == []
    assert taken == 1 + len(full_text.FULL_TEXT_RETRY_DELAYS)


def test_a_page_not_begun_in_time_is_put_off_and_loses_no_try(
    server: FeedServer, settings: Settings, now: datetime
) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now)
    assert full_text.fetch_linked_pages(Fetcher(settings.fetch_allow), now, lambda: None, 0.0) == 0
    assert (server.count(path), only_row(LinkedPage).tries, only_row(LinkedPage).next_at) == (0, 0, now)
    assert full_text.fetch_linked_pages(Fetcher(settings.fetch_allow), now, lambda: None, 60.0) == 1


def test_the_wait_ends_by_itself(server: FeedServer, settings: Settings, now: datetime) -> None:
    add_feed(server, now, (TITLE, BEGUN))
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now)
    pipeline.flag_pending_items(now + PAGE_WAIT - timedelta(seconds=1))
    assert count_rows(Assessment) == 0
    pipeline.flag_pending_items(now + PAGE_WAIT)
    assert count_rows(Assessment) == 1


def test_a_wait_of_a_clock_set_back_since_is_over(server: FeedServer, settings: Settings, now: datetime) -> None:
    add_feed(server, now, (TITLE, BEGUN))
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now)
    only_row(LinkedPage).awaited_until = now + timedelta(days=90)
    db.session.commit()
    pipeline.flag_pending_items(now)
    assert count_rows(Assessment) == 1


def test_what_a_claim_holds_stays_as_officers_saw_it(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now)
    pipeline.assign_item_to_claim(only_row(Item).id, now)
    full_text.fetch_linked_pages(Fetcher(settings.fetch_allow), now, lambda: None, 60)
    assert (only_row(Item).full_text, only_row(LinkedPage).next_at, count_rows(Assessment)) == (None, None, 1)


def test_a_story_that_its_source_rewords_is_read_anew(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    calm = "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar baik: antrean kini lebih pendek. " * 4
    server.answer(path, page(calm), page(STORY))
    pipeline.run_due_sources(settings, now)
    first = only_row(Item).full_text
    add_feed(server, now, (TITLE, "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar lain …"))
    pipeline.run_due_sources(settings, now + timedelta(hours=3))
    assert first != only_row(Item).full_text
    assert STORY in (only_row(Item).full_text or "")


def test_what_was_judged_stays_where_a_claim_holds_it(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    pipeline.run_due_sources(settings, now)
    judged = only_row(Item).full_text
    add_feed(server, now, (TITLE, "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar lain …"))
    pipeline.run_due_sources(settings, now + timedelta(hours=3))
    assert only_row(Item).text.endswith("kabar lain …")
    assert judged is not None
    assert only_row(Item).full_text == judged


def test_one_source_that_is_read_now_is_read_in_full_too(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    waiting = read_at_once(db.session.scalars(sa.select(Source.id)).one(), settings.fetch_allow, now)
    assert (waiting.new, server.count(path)) == (1, 0)
    db.session.delete(only_row(Item))
    db.session.commit()
    again = pipeline.run_one_source(db.session.scalars(sa.select(Source)).one(), settings, now + timedelta(hours=1))
    assert (again.flagged, server.count(path)) == (1, 1)


def test_pages_hold_up_a_run_for_a_while_only(
    server: FeedServer, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = [f"{TITLE} {number}" for number in range(5)]
    paths = add_feed(server, now, *((title, BEGUN) for title in titles))
    for path in paths:
        server.answer(path, page())
    ticks = iter(range(0, 1000, pipeline.PAGES_S // 2 + 1))
    monkeypatch.setattr(pipeline, "perf_counter", lambda: next(ticks))
    monkeypatch.setattr(full_text, "FULL_TEXT_BATCH", 1)
    pipeline.run_due_sources(settings, now)
    visited = sum(server.count(path) for path in paths)
    assert 0 < visited < len(paths)
    monkeypatch.undo()
    pipeline.run_due_sources(settings, now + timedelta(seconds=20))
    assert sum(server.count(path) for path in paths) == len(paths)
    assert count_rows(Assessment) == len(paths)


def test_old_stories_are_judged_by_their_beginning(server: FeedServer, settings: Settings, now: datetime) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    pipeline.read_sources(pipeline.ingest.due_sources, settings, now, pipeline.no_progress, pipeline.IngestOutcome())
    pipeline.flag_pending_items(now + STORY_MAX_AGE)
    assert (count_rows(Assessment), server.count(path)) == (1, 0)


def test_pictures_are_links_for_officers(
    server: FeedServer, settings: Settings, now: datetime, officer: Officer, sign_in: SignIn
) -> None:
    (path,) = add_feed(server, now, (TITLE, BEGUN))
    server.answer(path, page())
    pipeline.run_due_sources(settings, now)
    assert only_row(Item).images == [PICTURE]
    claim = db.session.scalars(sa.select(Claim)).one()
    shown = sign_in(officer).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert f'<a href="{PICTURE}" rel="noreferrer nofollow" aria-label="Gambar 1 dari Warta">1</a>' in shown
    assert f'src="{PICTURE}' not in shown


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("Warga Oebobo mengeluh.", True),
        ("x " * 200 + "Baca selengkapnya", True),
        ("x " * 200 + "[…]", True),
        ("x " * 200 + "... »", True),
        ("x " * 200 + "The post Kabar appeared first on Warta.", True),
        ("x " * 200 + "selesai.", False),
        ("x " * 500 + "Baca selengkapnya", False),
    ],
)
def test_what_only_begins_to_tell(text: str, begins: bool) -> None:
    assert is_teaser(text) is begins


def test_a_page_tells_the_story_where_it_holds_its_words() -> None:
    assert is_page_of_teaser(STORY, TITLE, BEGUN)
    assert not is_page_of_teaser("Situs ini memakai cookie. " * 9, TITLE, BEGUN)
    assert not is_page_of_teaser("Puskesmas Oesapa", TITLE, BEGUN)
