"""Pages behind claims on a real server: copied once, visited again, and skipped where the site forbids it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.content.html_to_text import is_cut_text
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchError, Politeness
from hoax_tracker.core.fetch.robots import RobotsChecker
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, PAGES_PER_HOST, SOURCE_LEASE, locked_hosts, release_hosts
from hoax_tracker.ingest.pages import snapshots
from hoax_tracker.ingest.pages.full_text import is_same_text, main_text
from hoax_tracker.ingest.sources.schedule import lease_sources
from hoax_tracker.models import ClaimAppearance, Item, Officer, PageCopy, Source, db
from tests import factories
from tests.feed_server import FeedServer, Reply, redirect_reply

SignIn = Callable[[Officer], FlaskClient]
STORY = " ".join(f"Kalimat ke-{n} tentang air bersih di Oebobo yang katanya mati total." for n in range(12))
MENU = "<nav><a href='/'>Beranda</a> <a href='/iklan'>Iklan murah</a></nav>"
NO_ROBOTS = Reply(b"none", 404)


def page(story: str = STORY, menu: str = MENU) -> Reply:
    """A page with a story and things around it."""
    body = f"<html><body>{menu}<article><h1>Air mati</h1><p>{story}</p></article></body></html>"
    return Reply(body.encode(), content_type="text/html; charset=utf-8")


@pytest.fixture
def claim_id(app: APIFlask) -> int:
    """A claim, and a source for its items."""
    db.session.add(Source(name="Warta", url="https://warta.example/feed", created_at=factories.NOW))
    db.session.commit()
    return factories.make_claim().id


def seen_at(url: str | None, claim_id: int, now: datetime) -> int:
    """Give the claim an item that leads to a page; return the item's id."""
    source = db.session.scalars(sa.select(Source)).first()
    assert source is not None
    key = hashlib.sha256(str(url).encode()).hexdigest()
    item = Item(source_id=source.id, entry_key=key, content_key=key, url=url, title="Kabar", fetched_at=now)
    db.session.add(item)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim_id, item_id=item.id, seen_at=now))
    db.session.commit()
    return item.id


def round_at(server: FeedServer, now: datetime) -> int:
    """Look at what is due."""
    done = snapshots.snapshot_due_pages(Fetcher(server.allow), now, lambda: None)
    db.session.expire_all()
    return done


def row_of(item_id: int) -> PageCopy:
    return db.session.get_one(PageCopy, item_id)


def test_the_first_page_is_kept_as_it_came(server: FeedServer, claim_id: int, now: datetime) -> None:
    item_id = seen_at(server.answer("/1", page()), claim_id, now)
    assert round_at(server, now) == 1
    row, sent = row_of(item_id), page().body
    assert isinstance(sent, bytes)
    assert snapshots.load_page_html(item_id) == sent
    assert row.digest == hashlib.sha256(sent).hexdigest()
    assert row.html is not None
    assert len(row.html) < len(sent)
    assert STORY in row.text
    assert "Iklan murah" not in row.text
    assert (row.copied_at, row.changed_at, row.gone_at, row.trouble) == (now, None, None, None)
    assert round_at(server, now) == 0


def test_later_looks_record_that_it_changed_and_that_it_is_gone(
    server: FeedServer, claim_id: int, now: datetime
) -> None:
    changed = page(STORY.replace("mati total", "sudah mengalir lagi"))
    replies = [page(), page(menu="<nav><a href='/'>Menu lain</a></nav>"), changed, Reply(b"gone", 410), page()]
    item_id = seen_at(server.answer("/1", *replies), claim_id, now)
    moments = [now]
    for _reply in replies:
        assert round_at(server, moments[-1]) == 1
        row = row_of(item_id)
        found = (row.changed_at, row.gone_at, row.text_now is None)
        wanted = {1: (None, None, True), 2: (None, None, True), 3: (moments[-1], None, False)}
        wanted |= {4: (moments[2], moments[-1], False)} if len(moments) > 3 else {}
        wanted |= {5: (moments[2], None, True)} if len(moments) > 4 else {}
        assert found == wanted[len(moments)], len(moments)
        moments.append(row.next_at or moments[-1])
    waits = [(later - sooner).days for sooner, later in pairwise(moments)]
    assert waits == [1, 3, 7, 30, 0]
    assert row_of(item_id).next_at is None
    assert "mati total" in row_of(item_id).text


EMPTY = Reply(b" \r\n", content_type="text/html")


def test_a_page_without_anything_is_neither_a_copy_nor_a_change(
    server: FeedServer, claim_id: int, now: datetime
) -> None:
    item_id = seen_at(server.answer("/1", EMPTY, page(), EMPTY, page()), claim_id, now)
    round_at(server, now)
    row = row_of(item_id)
    assert (row.copied_at, row.trouble) == (None, "Situs itu mengirim halaman kosong. Coba lagi nanti.")
    round_at(server, now + timedelta(hours=1))
    row = row_of(item_id)
    assert (STORY in row.text, row.trouble) == (True, None)
    round_at(server, now + timedelta(days=2))
    row = row_of(item_id)
    assert (row.changed_at, row.trouble) == (None, "Situs itu mengirim halaman kosong. Coba lagi nanti.")


WITHOUT_WORDS = Reply(b"%PDF-1.4", content_type="application/pdf")


def test_a_page_whose_words_are_gone_is_not_said_to_be_as_before(
    server: FeedServer, claim_id: int, officer: Officer, sign_in: SignIn, now: datetime
) -> None:
    seen_at(server.answer("/1", page(), WITHOUT_WORDS, page()), claim_id, now)
    browser, path = sign_in(officer), f"/petugas/sumber/salinan/{claim_id}"
    round_at(server, now)
    round_at(server, now + timedelta(days=1))
    shown = browser.get(path).text
    assert "Isinya berubah" in shown
    assert "Sekarang tidak ada teks yang dapat dibaca di sana." in shown
    assert "semula" not in shown
    round_at(server, now + timedelta(days=4))
    assert "Sekarang seperti semula lagi." in browser.get(path).text


def test_the_page_says_why_a_copy_shows_no_words(
    server: FeedServer, claim_id: int, officer: Officer, sign_in: SignIn, now: datetime
) -> None:
    seen_at(server.answer("/1", WITHOUT_WORDS), claim_id, now)
    round_at(server, now)
    assert (
        "Tidak ada teks yang dapat dibaca dari halaman ini"
        in sign_in(officer).get(f"/petugas/sumber/salinan/{claim_id}").text
    )


def test_a_page_that_sends_its_readers_to_the_front_page_is_gone(
    server: FeedServer, claim_id: int, now: datetime
) -> None:
    server.answer("/", page("Halaman depan"))
    item_id = seen_at(server.answer("/1", redirect_reply("/")), claim_id, now)
    round_at(server, now)
    row = row_of(item_id)
    assert (row.gone_at, row.copied_at, row.next_at) == (now, None, None)


def test_what_fails_is_tried_again_and_then_left(server: FeedServer, claim_id: int, now: datetime) -> None:
    item_id = seen_at(server.answer("/1", Reply(b"", 503)), claim_id, now)
    moment, tries = now, 0
    while row_of(item_id).next_at if tries else True:
        assert round_at(server, moment) == 1
        tries += 1
        moment = row_of(item_id).next_at or moment
        assert "503" in (row_of(item_id).trouble or "")
    assert tries == 5
    assert moment - now == sum(snapshots.SNAPSHOT_RETRY_DELAYS, timedelta())


def test_a_site_that_says_no_is_left_alone(server: FeedServer, claim_id: int, now: datetime) -> None:
    server.answer("/robots.txt", Reply(b"User-agent: *\nDisallow: /tertutup/\n", content_type="text/plain"))
    closed = seen_at(server.answer("/tertutup/1", page()), claim_id, now)
    opened = seen_at(server.answer("/terbuka/1", page()), claim_id, now)
    assert round_at(server, now) == 2
    assert server.count("/tertutup/1") == 0
    assert "robots.txt" in (row_of(closed).trouble or "")
    assert row_of(opened).copied_at == now


@pytest.mark.parametrize(
    ("reply", "allowed"),
    [
        (NO_ROBOTS, True),
        (Reply(b"", 403), True),
        (Reply(b"\xff\xfe\x00 nonsense"), True),
        (Reply(b"User-agent: hoax-tracker\nDisallow: /\n\nUser-agent: *\nAllow: /"), False),
        (Reply(b"\xef\xbb\xbfUser-agent: *\nDisallow: /"), False),
        (Reply(b"User-agent: Kupang\nDisallow: /"), True),
        (Reply(b"User-Agent: Hoax-Tracker/0.9 (Kupang Kabas Hoaks)\r\nDisallow: /\r\n"), False),
        (Reply(b"User-agent: hoax-tracker-of-others/1\nDisallow: /"), True),
        (Reply(b"User-agent: *\nDisallow: /*.php$"), True),
        (Reply(b"#" * (600 * 1024) + b"\nUser-agent: *\nDisallow: /"), True),
    ],
)
def test_rules_of_sites(server: FeedServer, reply: Reply, allowed: bool) -> None:
    server.answer("/robots.txt", reply)
    robots = RobotsChecker(Fetcher(server.allow))
    assert robots.allows(server.url("/berita/1")) is allowed
    assert robots.allows(server.url("/berita/2")) is allowed
    assert server.count("/robots.txt") == 1


def test_of_a_site_that_does_not_answer_nothing_is_read(server: FeedServer, claim_id: int, now: datetime) -> None:
    server.answer("/robots.txt", Reply(b"", 500))
    with pytest.raises(FetchError):
        RobotsChecker(Fetcher(server.allow)).allows(server.url("/1"))
    item_id = seen_at(server.answer("/1", page()), claim_id, now)
    round_at(server, now)
    assert server.count("/1") == 0
    assert row_of(item_id).next_at == now + snapshots.SNAPSHOT_RETRY_DELAYS[0]


def test_few_of_one_host_and_none_that_is_being_asked(app: APIFlask, claim_id: int, now: datetime) -> None:
    for number in range(5):
        seen_at(f"https://situs.contoh.id/{number}", claim_id, now)
    seen_at("https://lain.contoh.id/1", claim_id, now)
    held = Source(name="x", url="https://lain.contoh.id/feed", created_at=now, lease_until=now + SOURCE_LEASE)
    db.session.add(held)
    db.session.commit()
    manners = Politeness()
    first = snapshots.lease_snapshot_pages(now, manners)
    assert len(first) == PAGES_PER_HOST
    assert snapshots.lease_snapshot_pages(now, manners) == [], "another worker visits that host"
    assert locked_hosts(now, manners) == {"situs.contoh.id", "lain.contoh.id"}
    assert locked_hosts(now + HOST_LEASE, manners) == set()
    release_hosts([url for _, url in first], now, manners)
    assert len(snapshots.lease_snapshot_pages(now, manners)) == 2, "the lease keeps the first ones away"
    assert len(snapshots.lease_snapshot_pages(now + HOST_LEASE, manners)) == PAGES_PER_HOST + 1, "a killed worker's"


def test_feeds_of_a_host_wait_while_its_pages_are_visited(
    server: FeedServer, claim_id: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    feeds = sa.select(Source).where(Source.url.is_not(None))
    seen_at("https://warta.example/air", claim_id, now)
    taken: list[int] = []

    def visited(url: str) -> bool:
        taken.append(len(lease_sources(feeds, now, Politeness())))
        return False

    monkeypatch.setattr(RobotsChecker, "allows", lambda _self, url: visited(url))
    seen_at_a_real_site = sa.update(Item).values(url="https://warta.contoh.id/air")
    with write_transaction():
        db.session.execute(seen_at_a_real_site)
        db.session.execute(sa.update(Source).values(url="https://warta.contoh.id/feed"))
    assert round_at(server, now) == 1
    assert taken == [0]
    assert len(lease_sources(feeds, now, Politeness())) == 1


def test_pages_not_begun_in_time_are_put_off(
    server: FeedServer, claim_id: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = seen_at(server.answer("/1", page()), claim_id, now)
    monkeypatch.setattr(snapshots, "SNAPSHOT_ROUND_S", 0.0)
    round_at(server, now)
    assert server.count("/1") == 0
    assert (row_of(item_id).next_at, row_of(item_id).looks) == (now, 0)
    monkeypatch.undo()
    round_at(server, now)
    assert row_of(item_id).copied_at == now


def test_old_items_samples_and_items_without_a_claim_get_no_row(app: APIFlask, claim_id: int, now: datetime) -> None:
    seen_at("https://situs.contoh.id/lama", claim_id, now - timedelta(days=8))
    seen_at("https://media.example/1", claim_id, now)
    seen_at(None, claim_id, now)
    source_id = db.session.scalars(sa.select(Source.id)).one()
    db.session.add(Item(source_id=source_id, entry_key="u", content_key="u", url="https://situs.contoh.id/u",
                        fetched_at=now))  # fmt: skip
    db.session.commit()
    assert snapshots.lease_snapshot_pages(now, Politeness()) == []


def test_a_worker_looks_at_pages_and_the_demo_does_not(
    server: FeedServer, settings: Settings, claim_id: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    item_id = seen_at(server.answer("/1", page()), claim_id, now)
    beats: list[int] = []
    shown = settings.__class__(**{**settings.__dict__, "demo": True})
    assert pipeline.snapshot_pages(shown, now, lambda: beats.append(1)) == 0
    assert pipeline.snapshot_pages(settings, now, lambda: beats.append(1)) == 1
    assert beats == [1]
    assert row_of(item_id).copied_at == now


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"\x89PNG\x00\x01", "image/png", ""),
        (b"<p>Halo</p>", None, "Halo"),
        (b"Halo <b>", "text/plain", "Halo <b>"),
        (b"", "text/html", ""),
        (
            "<html><body><p>Air é mati</p></body></html>".encode("latin-1"),
            "text/html; charset=iso-8859-1",
            "Air é mati",
        ),
    ],
)
def test_the_words_of_a_page(body: bytes, kind: str | None, text: str) -> None:
    assert main_text(body, kind) == text


def test_little_things_are_no_change() -> None:
    assert is_same_text(STORY, STORY.replace("ke-3", "ke-4"))
    assert is_same_text("", "")
    assert not is_same_text(STORY, "Halaman ini sudah dihapus.")


def test_officers_see_what_is_kept_and_take_it_along_as_text(
    server: FeedServer, claim_id: int, now: datetime, officer: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    item_id = seen_at(server.answer("/1", page("<script>alert(1)</script>" + STORY), Reply(b"", 404)), claim_id, now)
    round_at(server, now)
    round_at(server, now + timedelta(days=1))
    browser = sign_in(officer)
    shown = browser.get(f"/petugas/sumber/salinan/{claim_id}").get_data(as_text=True)
    assert "Sudah tidak ada" in shown
    assert STORY in shown
    taken = browser.get(f"/petugas/sumber/salinan/{item_id}/unduh")
    assert b"<script>alert(1)</script>" in taken.data
    assert taken.mimetype == "text/plain"
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get("/petugas/sumber/salinan/999/unduh").status_code == 404
    assert browser.get("/petugas/sumber/salinan/999").status_code == 404
    for path in (f"{claim_id}", f"{item_id}/unduh"):
        assert client.get(f"/petugas/sumber/salinan/{path}").status_code == 302


def test_of_a_long_page_the_whole_text_is_kept_and_the_list_says_it_shows_the_beginning(
    server: FeedServer, claim_id: int, now: datetime, officer: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    story = "".join(f"<p>Alinea {number} tentang air yang mati di Oebobo.</p>" for number in range(1000))
    item_id = seen_at(server.answer("/panjang", page(story)), claim_id, now)
    round_at(server, now)
    assert is_cut_text(row_of(item_id).text)
    browser = sign_in(officer)
    shown = browser.get(f"/petugas/sumber/salinan/{claim_id}").get_data(as_text=True)
    assert "Unduh teks lengkap" in shown
    assert "Alinea 999" not in shown
    whole = browser.get(f"/petugas/sumber/salinan/{item_id}/teks")
    assert "Alinea 0 tentang" in whole.text
    assert "Alinea 999 tentang" in whole.text
    assert not is_cut_text(whole.text)
    assert whole.mimetype == "text/plain"
    assert whole.headers["Content-Disposition"].startswith("attachment")
    assert browser.get("/petugas/sumber/salinan/999/teks").status_code == 404
    assert client.get(f"/petugas/sumber/salinan/{item_id}/teks").status_code == 302


@pytest.mark.slow
def test_a_page_of_more_markup_than_is_read_says_so() -> None:
    assert is_cut_text(main_text(b"<p>Air mati.</p>" * 200_000, "text/html", 10**7))


def test_a_claim_without_pages_says_so(claim_id: int, officer: Officer, sign_in: SignIn) -> None:
    assert "Belum ada halaman yang disalin" in sign_in(officer).get(f"/petugas/sumber/salinan/{claim_id}").get_data(
        as_text=True
    )
