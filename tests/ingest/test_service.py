"""Sources on a real server: one bad feed stops no other, and nothing is lost or read twice."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher, FetchResponse
from hoax_tracker.ingest import service
from hoax_tracker.ingest.parsers import Feed
from hoax_tracker.ingest.service import IngestOutcome
from hoax_tracker.ingest.sources import edits, schedule
from hoax_tracker.models import Item, Notice, Officer, Source, SourceKind, UnassessedItem, db
from tests import factories
from tests.feed_server import FeedServer, Reply, redirect_reply
from tests.ingest.samples import claim_review

pytestmark = pytest.mark.usefixtures("app")
HTML = b"<!doctype html><html><head><title>Portal</title></head><body>Selamat datang</body></html>"


def rss(*titles: str) -> bytes:
    """A small feed."""
    items = "".join(
        f"<item><title>{title}</title><guid>{title}</guid><link>https://media.example/{n}</link>"
        f"<description>Isi berita {title} tentang Kota Kupang</description></item>"
        for n, title in enumerate(titles)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>M</title>{items}</channel></rss>'.encode()


def add(server: FeedServer, now: datetime, **replies: Reply) -> dict[str, int]:
    """Add one source for each reply; return their ids by name."""
    rows = {
        name: Source(name=name, url=server.answer(f"/{name}", reply), created_at=now) for name, reply in replies.items()
    }
    db.session.add_all(rows.values())
    db.session.commit()
    return {name: row.id for name, row in rows.items()}


class Hasty(Fetcher):
    """Gives up soon at the address that is slow for ever; all others have the time that a busy machine takes."""

    def get(self, url: str, *given: Any, **named: Any) -> FetchResponse:
        """Fetch."""
        if url.endswith("/slow"):
            return Fetcher(self.allow, timeout_s=0.5).get(url, *given, **named)
        return super().get(url, *given, **named)


def run(server: FeedServer, now: datetime) -> IngestOutcome:
    """Read what is due."""
    outcome = IngestOutcome()
    for _ in service.ingest_sources(
        service.lease_sources(service.due_sources(now), now), Hasty(server.allow), now, outcome
    ):
        pass
    return outcome


def source(name: str) -> Source:
    return db.session.scalars(sa.select(Source).where(Source.name == name)).one()


def test_whatever_cannot_be_stored_never_stops_the_others(
    server: FeedServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = add(server, now, first=Reply(rss("satu")), odd=Reply(rss("dua")), last=Reply(rss("tiga", "empat")))
    noted = service.record_progress

    def fail(row: Source, reading: service.SourceReading, *given: Any) -> None:
        if row.id == known["odd"] and not reading.error:
            raise ValueError("no address at all")
        noted(row, reading, *given)

    monkeypatch.setattr(service, "record_progress", fail)
    outcome = run(server, now)
    assert [name for name, _ in outcome.failed] == ["odd"]
    titles = set(db.session.scalars(sa.select(Item.title)))
    assert "empat" in titles
    assert "dua" not in titles
    assert "ValueError" in (source("odd").last_error or "")
    assert source("odd").next_fetch_at is not None


def test_only_a_few_of_the_feeds_that_came_are_parsed_at_once(
    server: FeedServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"f{number}" for number in range(6)]
    add(server, now, **{name: Reply(rss(name)) for name in names})
    have_come, parsing, most = threading.Barrier(len(names)), set[int](), list[int]()
    fetch, parse = Hasty.get, service.parse_feed

    def get(self: Hasty, *given: Any, **named: Any) -> FetchResponse:
        fetched = fetch(self, *given, **named)
        have_come.wait()
        return fetched

    def parse_slowly(*given: Any, **named: Any) -> Feed:
        parsing.add(threading.get_ident())
        most.append(len(parsing))
        *_, feed = (parse(*given, **named) for _ in range(100))
        parsing.discard(threading.get_ident())
        return feed

    monkeypatch.setattr(Hasty, "get", get)
    monkeypatch.setattr(service, "parse_feed", parse_slowly)
    outcome = run(server, now)
    assert (outcome.entries, outcome.failed) == (len(names), [])
    assert max(most) <= service.PARSED_AT_ONCE


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_full_disk_did_not_keep_is_not_counted(server: FeedServer, now: datetime, times: int) -> None:
    """Where not even the fault can be kept, those that come after are read all the same."""
    add(server, now, one=Reply(rss("satu")), two=Reply(rss("dua")))
    leased = service.lease_sources(service.due_sources(now), now)
    left = [*range(times)]

    def full(_session: object) -> None:
        if left:
            left.pop()
            raise OSError("disk I/O error")

    sa.event.listen(db.session, "before_commit", full)
    outcome = IngestOutcome()
    try:
        for _ in service.ingest_sources(leased, Fetcher(server.allow), now, outcome):
            pass
    finally:
        sa.event.remove(db.session, "before_commit", full)
    assert (outcome.sources, outcome.new, len(outcome.failed)) == (2, 1, 1)
    ((failed, words),) = outcome.failed
    assert "Isinya belum dapat disimpan" in words
    assert source(failed).last_error == (words if times == 1 else None)
    assert (source(failed).lease_until is None) == (times == 1)


@pytest.mark.sqlite
def test_a_source_whose_feed_finds_no_room_says_so(server: FeedServer, now: datetime) -> None:
    add(server, now, one=Reply(rss("satu " * 200_000)))

    def full(connection: Any, *_: object) -> None:
        """Let the database grow no more."""
        connection.execute("pragma max_page_count = 1")

    db.session.remove()
    db.engine.dispose()
    sa.event.listen(db.engine, "checkout", full)
    try:
        outcome = run(server, now)
    finally:
        sa.event.remove(db.engine, "checkout", full)
        db.session.remove()
        db.engine.dispose()
    assert outcome.new == 0
    words = "Ruang penyimpanan server penuh. Isinya belum dapat disimpan."
    assert (source("one").last_error or "").startswith(words)
    assert run(server, now + timedelta(days=1)).new == 1
    assert source("one").last_error is None


def test_a_file_that_was_read_under_its_mere_name_is_known(now: datetime, tmp_path: Path) -> None:
    item = "<item><title>Pengumuman</title><description>Air mati.</description></item>"
    (tmp_path / "umpan.xml").write_text(f"<rss version='2.0'><channel>{item}</channel></rss>")
    outcome = IngestOutcome()
    service.read_feed_file(tmp_path / "umpan.xml", now, outcome)
    held = db.session.scalars(sa.select(Source)).one()
    held.name = "file:umpan.xml"
    db.session.commit()
    service.read_feed_file(tmp_path / "umpan.xml", now, outcome)
    assert (outcome.new, outcome.duplicates, outcome.failed) == (1, 1, [])
    assert db.session.scalars(sa.select(Source.name)).one() == f"file:{tmp_path / 'umpan.xml'}"


def test_a_file_that_cannot_be_stored_never_stops_the_others(
    now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = service.Batch

    def fail(source_id: int, *given: Any) -> service.Batch:
        if db.session.get_one(Source, source_id).name.endswith("/b.xml"):
            raise ValueError("no number that fits")
        return batch(source_id, *given)

    monkeypatch.setattr(service, "Batch", fail)
    outcome = service.IngestOutcome()
    for name in ("a.xml", "b.xml", "c.xml"):
        (tmp_path / name).write_bytes(rss(name).replace(b"/0", f"/{name}".encode()))
        service.read_feed_file(tmp_path / name, now, outcome)
    assert set(db.session.scalars(sa.select(Item.title))) == {"a.xml", "c.xml"}
    assert [name for name, _ in outcome.failed] == [f"file:{tmp_path / 'b.xml'}"]


def test_a_large_file_is_stored_in_several_transactions_as_though_in_one(
    now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same page again in another part of it is another story, as it is within one part; read again all is known."""
    entry = (
        "<item><title>Kabar {0}</title><link>https://media.example/{1}</link><description>Isi {0}.</description></item>"
    )
    items = "".join(entry.format(number, number % 5) for number in range(11))
    (tmp_path / "besar.xml").write_text(f"<rss><channel>{items}</channel></rss>", encoding="utf-8")
    commits = []

    def note(_session: Any) -> None:
        commits.append(1)

    sa.event.listen(db.session, "after_commit", note)
    monkeypatch.setattr(service, "STORED_AT_ONCE", 4)
    for new, known in ((11, 0), (0, 11)):
        outcome = IngestOutcome()
        commits.clear()
        service.read_feed_file(tmp_path / "besar.xml", now, outcome)
        assert (outcome.new, outcome.duplicates, outcome.edited, outcome.failed) == (new, known, 0, [])
        assert len(commits) == 4, "the source, and three parts"
    sa.event.remove(db.session, "after_commit", note)
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 11


def test_a_process_that_ends_within_a_large_file_reads_it_again(
    now: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "besar.xml").write_bytes(rss(*map(str, range(9))))
    monkeypatch.setattr(service, "STORED_AT_ONCE", 4)

    def dies(*_given: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(service, "record_progress", dies)
        service.read_feed_file(tmp_path / "besar.xml", now, IngestOutcome())
    assert db.session.scalar(sa.select(sa.func.count(Item.id))) == 8
    assert db.session.scalars(sa.select(Source.last_success_at)).one() is None
    outcome = IngestOutcome()
    service.read_feed_file(tmp_path / "besar.xml", now, outcome)
    assert (outcome.new, outcome.duplicates) == (1, 8)


def test_files_of_one_name_in_two_folders_are_two_feeds(now: datetime, tmp_path: Path) -> None:
    """They give the same ids and titles to different stories; each read again is known."""
    item = "<item><guid isPermaLink='false'>{}</guid><title>Pengumuman</title><description>{}</description></item>"
    for folder in ("oeba", "oesapa"):
        (tmp_path / folder).mkdir()
        items = "".join(item.format(number, f"Air di {folder} mati hari ke-{number}.") for number in range(3))
        (tmp_path / folder / "umpan.xml").write_text(f"<rss><channel>{items}</channel></rss>", encoding="utf-8")
    for new in (6, 0):
        outcome = service.IngestOutcome()
        for folder in ("oeba", "oesapa"):
            service.read_feed_file(tmp_path / folder / "umpan.xml", now, outcome)
        assert (outcome.new, outcome.edited) == (new, 0)


def test_a_file_of_any_name_is_read(now: datetime, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["folder-panjang" * 10] * 2)
    for folder in (deep / "a", deep / "b", tmp_path):
        folder.mkdir(parents=True, exist_ok=True)
    outcome = service.IngestOutcome()
    paths = [
        deep / "a" / "umpan.xml",
        deep / "b" / "umpan.xml",
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.xml")),
    ]
    for path in paths:
        path.write_bytes(rss(path.parent.name))
        service.read_feed_file(path, now, outcome)
    names = db.session.scalars(sa.select(Source.name)).all()
    assert len(names) == 3
    assert max(map(len, names)) <= 200
    assert outcome.failed == []


def test_bad_feeds_are_recorded_and_the_good_ones_stored(server: FeedServer, now: datetime) -> None:
    add(
        server,
        now,
        good=Reply(rss("satu", "dua")),
        page=Reply(HTML, content_type="text/html"),
        empty=Reply(b""),
        missing=Reply(b"", status=404),
        loop=redirect_reply(server.url("/loop")),
        slow=Reply(rss("lambat"), pause_s=0.2),
        inside=redirect_reply("http://10.0.0.7/"),
        script=Reply(rss("&lt;script&gt;alert(1)&lt;/script&gt;Judul")),
    )
    outcome = run(server, now)
    assert {name for name, _ in outcome.failed} == {"page", "empty", "missing", "loop", "slow", "inside"}
    assert (outcome.sources, outcome.new, outcome.duplicates) == (8, 3, 0)
    assert "halaman web" in (source("page").last_error or "")
    assert all(source(name).failures == 1 and source(name).last_error for name, _ in outcome.failed)
    assert source("good").last_error is None
    assert source("good").last_success_at == now
    titles = set(db.session.scalars(sa.select(Item.title)))
    assert titles >= {"satu", "dua"}
    assert not any("<script" in title for title in titles)


def test_a_failing_source_waits_longer_each_time(server: FeedServer, now: datetime) -> None:
    add(server, now, broken=Reply(b"", status=500))
    waits = []
    for _ in range(12):
        run(server, now)
        due_at = source("broken").next_fetch_at
        assert due_at is not None
        waits.append(due_at - now)
        now = due_at
    assert waits == sorted(waits)
    assert waits[0] > timedelta(minutes=30)
    assert waits[-1] == timedelta(hours=24)


def test_an_unchanged_feed_is_asked_for_conditionally(server: FeedServer, now: datetime) -> None:
    add(server, now, quiet=Reply(rss("satu"), etag='"v1"'))
    assert run(server, now).new == 1
    later = now + timedelta(hours=1)
    outcome = run(server, later)
    assert (outcome.sources, outcome.entries, outcome.failed) == (1, 0, [])
    assert server.requests("/quiet")[1].headers["if-none-match"] == '"v1"'
    assert source("quiet").last_success_at == later


def test_what_is_not_due_or_held_or_paused_is_left_alone(server: FeedServer, now: datetime) -> None:
    names = ("due", "later", "held", "paused", "expired")
    add(server, now, **{name: Reply(rss(name)) for name in names})
    with write_transaction():
        source("later").next_fetch_at = now + timedelta(minutes=1)
        source("held").lease_until = now + timedelta(minutes=1)
        source("paused").is_active = False
        source("expired").lease_until = now - timedelta(seconds=1)
    run(server, now)
    assert [name for name in names if server.count(f"/{name}")] == ["due", "expired"]


def test_two_workers_do_not_take_the_same_source(server: FeedServer, now: datetime) -> None:
    add(server, now, one=Reply(rss("satu")))
    assert len(service.lease_sources(service.due_sources(now), now)) == 1
    assert service.lease_sources(service.due_sources(now), now) == []
    assert len(service.lease_sources(service.due_sources(now + service.SOURCE_LEASE), now + service.SOURCE_LEASE)) == 1


def test_a_page_that_names_its_feed_is_followed_and_remembered(server: FeedServer, now: datetime) -> None:
    feed = server.answer("/feed.xml", Reply(rss("satu")))
    link = f'<link rel="alternate" type="application/rss+xml" href="{feed}">'.encode()
    add(server, now, home=Reply(HTML.replace(b"</head>", link + b"</head>"), content_type="text/html"))
    assert run(server, now).new == 1
    assert source("home").url == feed
    assert run(server, now + timedelta(hours=1)).duplicates == 1


def test_a_move_for_good_counts_when_it_is_said_twice_in_a_row(server: FeedServer, now: datetime) -> None:
    new = server.answer("/baru", Reply(rss("satu"), etag='"1"'))
    moved = redirect_reply(new, 301)
    add(server, now, lama=Reply())
    old = server.answer("/lama", moved, redirect_reply(new, 302), moved, moved)
    addresses = []
    for hours in range(0, 20, 5):
        assert run(server, now + timedelta(hours=hours)).failed == []
        addresses.append(source("lama").url)
    assert addresses == [old, old, old, new]
    assert source("lama").home_url == old


def test_what_a_server_says_of_itself_never_costs_its_entries(server: FeedServer, now: datetime) -> None:
    far = server.url(f"/{'a' * 2500}")
    server.answer(f"/{'a' * 2500}", Reply(rss("jauh")))
    names_it = f'<html><head><link rel="alternate" type="application/rss+xml" href="{far}"></head></html>'.encode()
    head = f"HTTP/1.1 200 OK\r\nETag: {{}}\r\nLast-Modified: {'x' * 300}\r\nConnection: close\r\n\r\n".encode()
    add(
        server,
        now,
        long=Reply(raw=head.replace(b"{}", b'"' + b"e" * 600 + b'"') + rss("satu")),
        odd=Reply(raw=head.replace(b"{}", b'"a\0b"') + rss("dua")),
        moved=redirect_reply(far, 301),
        page=Reply(names_it, content_type="text/html"),
    )
    for days in range(3):
        outcome = run(server, now + timedelta(days=days))
        assert (outcome.failed, outcome.entries) == ([], 4)
    assert (source("odd").etag, source("odd").last_modified) == (None, None)
    assert source("moved").url == server.url("/moved")


def test_a_clock_set_back_silences_no_source_and_doubles_nothing(server: FeedServer, now: datetime) -> None:
    add(server, now, one=Reply(rss("satu")))
    run(server, now)
    before = now - timedelta(days=400)
    assert run(server, before).duplicates == 1
    assert run(server, before).sources == 0
    assert run(server, before + timedelta(hours=1)).duplicates == 1
    with write_transaction():  # as a worker left it that was killed before the clock was mended
        source("one").lease_until = now
    assert run(server, before + timedelta(hours=2)).duplicates == 1


def test_a_quiet_source_is_read_less_and_one_that_brings_something_more(server: FeedServer, now: datetime) -> None:
    add(server, now, one=Reply(rss("satu")))
    run(server, now)
    assert source("one").pace_minutes == 30
    run(server, now + timedelta(hours=1))
    assert source("one").pace_minutes == 38
    server.answer("/one", Reply(rss("satu", "dua")))
    run(server, now + timedelta(hours=2))
    assert source("one").pace_minutes == 30


def test_what_a_server_asks_is_waited_for(server: FeedServer, now: datetime) -> None:
    add(
        server,
        now,
        fresh=Reply(rss("satu"), headers={"Cache-Control": "max-age=18000"}),
        unchanged=Reply(rss("dua"), etag='"1"', headers={"Cache-Control": "max-age=18000"}),
        busy=Reply(b"", status=429, headers={"Retry-After": "18000"}),
        away=Reply(b"", status=503, headers={"Retry-After": "18000"}),
    )
    with write_transaction():
        source("unchanged").etag = '"1"'
    run(server, now)
    for name in ("fresh", "unchanged", "busy", "away"):
        due_at = source(name).next_fetch_at
        assert due_at == now + timedelta(hours=5), name


def test_sources_added_together_are_not_read_together_for_ever(server: FeedServer, now: datetime) -> None:
    add(server, now, **{f"s{n}": Reply(rss(f"{n}")) for n in range(12)})
    run(server, now)
    moments = set(db.session.scalars(sa.select(Source.next_fetch_at)))
    assert len(moments) > 6
    assert all(at is not None and timedelta(minutes=30) <= at - now <= timedelta(minutes=33) for at in moments)


def told() -> list[tuple[str, str]]:
    """What officers are told: to whom and what."""
    rows = db.session.execute(sa.select(Officer.email, Notice.text).join(Officer, Officer.id == Notice.officer_id))
    return [(email, text) for email, text in rows]


def test_what_is_gone_for_good_pauses_and_the_administrator_is_told(
    server: FeedServer, now: datetime, administrator: Officer, officer: Officer
) -> None:
    add(server, now, dulu=Reply(b"", status=410))
    run(server, now)
    row = source("dulu")
    assert (row.is_active, row.paused_at) == (False, now)
    assert told() == [(administrator.email, "dulu: Situsnya menyatakan sumber ini sudah tidak ada lagi.")]
    run(server, now + timedelta(days=2))
    assert server.count("/dulu") == 1
    assert len(told()) == 1


def test_a_source_that_fails_for_weeks_pauses_and_can_be_read_again(
    server: FeedServer, now: datetime, administrator: Officer
) -> None:
    key = add(server, now, rusak=Reply(b"", status=500))["rusak"]
    began = now
    while source("rusak").is_active:
        run(server, now)
        now = source("rusak").next_fetch_at or now
    assert timedelta(days=10) < now - began < timedelta(days=20)
    assert told() == [(administrator.email, "rusak: Gagal dibaca 20 kali berturut-turut.")]
    edits.set_source_active(key, True, by=administrator, now=now)
    server.answer("/rusak", Reply(rss("satu")))
    assert run(server, now).new == 1
    assert (source("rusak").failures, source("rusak").paused_because) == (0, None)


def test_no_source_is_given_up_while_none_can_be_read(
    server: FeedServer, now: datetime, administrator: Officer
) -> None:
    add(server, now, satu=Reply(b"", status=500), dua=Reply(b"", status=500))
    with write_transaction():
        source("satu").failures = source("dua").failures = schedule.FAILURES_BEFORE_PAUSE - 1
        later = now + timedelta(days=30)
        db.session.add(Source(name="baru", url="https://baru.example/", created_at=now, next_fetch_at=later))
    run(server, now)
    assert [source(name).is_active for name in ("satu", "dua")] == [True, True]
    server.answer("/dua", Reply(rss("dua")))
    run(server, now + timedelta(days=2))
    run(server, now + timedelta(days=3))
    assert [source(name).is_active for name in ("satu", "dua")] == [False, True]
    assert [text.partition(" dibaca")[0] for _email, text in told()] == ["satu: Gagal"]


def review_page(*reviews: dict[str, Any], named: str = "") -> Reply:
    """A page with reviews, which may name a feed."""
    linked = "".join(f'<script type="application/ld+json">{json.dumps(one)}</script>' for one in reviews)
    link = f'<link rel="alternate" type="application/rss+xml" href="{named}">' if named else ""
    page = f"<!doctype html><html><head><title>Cek</title>{link}{linked}</head><body><a href=/>x</a></body></html>"
    return Reply(page.encode(), content_type="text/html")


def test_a_source_of_reviews_is_proposed_as_a_fact_checkers_at_its_first_reading(
    server: FeedServer, approver: Officer, now: datetime
) -> None:
    feed = server.answer("/feed", Reply(rss("satu")))
    add(server, now, checker=review_page(claim_review(), named=feed), warta=Reply(rss("dua")))
    assert run(server, now).new == 2
    assert source("checker").kind is SourceKind.FEED
    factories.confirm_waiting(approver)
    assert source("checker").kind is SourceKind.CLAIM_REVIEW
    assert source("checker").url == server.url("/checker")
    assert server.count("/feed") == 0
    unassessed = sa.select(Item.title).join(UnassessedItem, UnassessedItem.item_id == Item.id)
    assert list(db.session.scalars(unassessed)) == ["dua"]


def test_a_feed_does_not_free_itself_from_being_looked_at_later(server: FeedServer, now: datetime) -> None:
    server.answer("/warta", Reply(rss("satu")), review_page(claim_review()))
    db.session.add(Source(name="warta", url=server.url("/warta"), created_at=now))
    db.session.commit()
    for later, new in ((now, 1), (now + timedelta(days=1), 1)):
        assert run(server, later).new == new
    assert source("warta").kind is SourceKind.FEED
    assert db.session.scalar(sa.select(sa.func.count(UnassessedItem.item_id))) == 2


def test_a_page_without_the_reviews_that_it_held_says_so_and_what_it_shows(
    server: FeedServer, approver: Officer, now: datetime
) -> None:
    feed = server.answer("/feed", Reply(rss("satu"), etag='"umpan"'))
    server.answer("/a", review_page(claim_review()), review_page(), review_page(named=feed))
    db.session.add(Source(name="a", url=server.url("/a"), created_at=now))
    db.session.commit()
    assert run(server, now).failed == []
    factories.confirm_waiting(approver, now - timedelta(seconds=1))
    said = "Tata letaknya berubah: dulu terbaca sebagai Pemeriksa fakta lain, kini halaman web «Cek» dengan 1 tautan."
    ((_name, error),) = run(server, now + timedelta(days=1)).failed
    assert error.startswith(said)
    for days in (2, 3):  # as long as the page is so, though its feed is read
        outcome = run(server, now + timedelta(days=days))
        assert (outcome.failed, outcome.entries) == ([], 1)
        row = source("a")
        assert row.problems[0] == f"{said} Yang dibaca kini feed yang disebutnya: {feed}"
        assert (row.url, row.etag, row.kind) == (server.url("/a"), None, SourceKind.CLAIM_REVIEW)


def test_a_page_never_read_or_of_a_new_address_has_not_changed(server: FeedServer, now: datetime) -> None:
    server.answer("/a", Reply(rss("satu")), Reply(HTML, content_type="text/html"))
    server.answer("/b", Reply(HTML, content_type="text/html"))
    rows = [Source(name=name, url=server.url(f"/{name}"), created_at=now) for name in "ab"]
    db.session.add_all(rows)
    db.session.commit()
    assert [name for name, _error in run(server, now).failed] == ["b"]
    assert "Tata letaknya" not in (source("b").last_error or "")
    run(server, now + timedelta(days=1))
    assert "Tata letaknya berubah: dulu terbaca sebagai Umpan, kini halaman web «Portal»" in (
        source("a").last_error or ""
    )
    source("a").edited_at = now + timedelta(days=1)
    db.session.commit()
    run(server, now + timedelta(days=3))
    assert "Tata letaknya" not in (source("a").last_error or "")


def test_a_page_that_names_its_feed_elsewhere_is_followed_as_before(server: FeedServer, now: datetime) -> None:
    feed = server.answer("/feed", Reply(rss("dua")))
    server.answer("/a", Reply(rss("satu")), review_page(named=feed))
    db.session.add(Source(name="a", url=server.url("/a"), created_at=now))
    db.session.commit()
    for later in (now, now + timedelta(days=1)):
        assert run(server, later).failed == []
    assert (source("a").url, source("a").problems) == (feed, [])
