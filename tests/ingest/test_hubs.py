"""WebSub with a real hub on loopback: asked, asked back, and what it sends counts only where it signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.fetch import Fetcher
from hoax_tracker.ingest import hub_deliveries, hub_views, hubs, service, sources
from hoax_tracker.ingest.feeds import parse
from hoax_tracker.ingest.service import Outcome
from hoax_tracker.models import HubSubscription, Item, Officer, Source, db
from tests.feed_server import FeedServer, Reply


class Hub:
    """Takes subscriptions as a hub does, asks back at the callback, and sends."""

    def __init__(self, status: int = 202) -> None:
        self.asked: list[dict[str, str]] = []
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                hub.asked.append(dict(parse_qsl(form)))
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.allow = ("127.0.0.1", self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.allow[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def path(self) -> str:
        return urlsplit(self.asked[-1]["hub.callback"]).path

    def ask_back(self, client: FlaskClient, **changes: str) -> tuple[int, str]:
        """Ask whether it was meant; return status and body."""
        given = {"mode": "subscribe", "topic": self.asked[-1]["hub.topic"], "challenge": "tantangan-1"}
        query = {f"hub.{name}": value for name, value in (given | {"lease_seconds": "864000"} | changes).items()}
        answer = client.get(self.path(), query_string=query)
        return answer.status_code, answer.get_data(as_text=True)

    def send(self, client: FlaskClient, body: bytes, method: str = "sha256", secret: str = "", link: str = "") -> int:
        """Send a feed, signed; return the status."""
        key = (secret or self.asked[-1]["hub.secret"]).encode()
        signature = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={signature}", "Content-Type": "application/rss+xml", "Link": link}
        return client.post(self.path(), data=body, headers=headers).status_code


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that accepts."""
    running = Hub()
    yield running
    running.server.shutdown()
    running.server.server_close()


def feed(hub_url: str, topic: str, *titles: str) -> bytes:
    """A feed that names its hub."""
    items = "".join(
        f"<item><guid>{one}</guid><title>{one}</title><description>{one}</description></item>" for one in titles
    )
    links = f'<atom:link rel="hub" href="{hub_url}"/><atom:link rel="self" href="{topic}"/>' if hub_url else ""
    head = '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Warta</title>'
    return f"{head}{links}{items}</channel></rss>".encode()


@pytest.fixture
def public(settings: Settings, hub: Hub) -> Settings:
    """An instance with a public address, which may reach the hub."""
    allow = settings.fetch_allow | {hub.allow}
    return replace(settings, base_url="https://kabas.example", fetch_allow=frozenset(allow))


@pytest.fixture
def source_id(app: APIFlask, server: FeedServer, hub: Hub, now: datetime) -> int:
    """A source whose feed names the hub, read once."""
    url = server.url("/feed")
    server.answer("/feed", Reply(feed(hub.url, url, "satu")))
    row = Source(name="Warta", url=url, created_at=now)
    db.session.add(row)
    db.session.commit()
    read(server, now)
    return db.session.scalars(sa.select(Source.id)).one()


def read(server: FeedServer, now: datetime) -> None:
    targets = service.lease(service.due_sources(now), now)
    for _ in service.ingest(targets, Fetcher(server.allow), now, Outcome()):
        pass


def row() -> HubSubscription:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(HubSubscription)).one()


def titles() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Item.title).order_by(Item.id)))


def test_a_hub_is_asked_asks_back_and_sends(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    now = utc_now()
    assert pipeline.ask_hubs(public, now) == 1
    asked = hub.asked[0]
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == server.url("/feed")
    assert asked["hub.callback"] == f"https://kabas.example/langganan/{row().token}"
    assert len(row().token) > 40
    assert pipeline.ask_hubs(public, now) == 0
    assert hub.ask_back(client) == (200, "tantangan-1")
    until = row().sent_until
    assert until is not None
    assert abs(until - now - timedelta(days=10)) < timedelta(minutes=5)
    assert hub.send(client, feed("", "", "satu", "dua")) == 202
    assert titles() == ["satu", "dua"]
    assert hub.send(client, feed("", "", "satu", "dua", "tiga"), "sha1") == 202
    assert titles() == ["satu", "dua", "tiga"]
    assert pipeline.ask_hubs(public, until - timedelta(hours=12)) == 1


def wait_after(server: FeedServer, source_id: int, now: datetime) -> timedelta:
    """Read the source, and return when it is read next."""
    with writing():
        db.session.get_one(Source, source_id).next_fetch_at = now
    read(server, now)
    db.session.expire_all()
    due = db.session.get_one(Source, source_id).next_fetch_at
    assert due is not None
    return due - now


def test_a_source_is_read_more_seldom_while_its_hub_promises_and_sends(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    now, usual = utc_now(), timedelta(hours=2)
    pipeline.ask_hubs(public, now)
    hub.ask_back(client)
    assert wait_after(server, source_id, now) < usual, "a promise alone"
    hub.send(client, feed("", "", "palsu"), secret="tebakan")
    assert row().heard_at is None
    hub.send(client, feed("", "", "satu"))
    assert wait_after(server, source_id, now) == hubs.READ_ANYWAY
    assert wait_after(server, source_id, now + timedelta(days=3)) < usual, "it fell silent"
    with writing():
        row().sent_until = now
    assert wait_after(server, source_id, now) < usual, "its promise is over"


@pytest.mark.usefixtures("one_moment")
def test_what_goes_to_no_address_uses_up_nothing_of_others(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_views, "ALL_A_MINUTE", 2)
    pipeline.ask_hubs(public, utc_now())
    for last in range(5):
        away = {"REMOTE_ADDR": f"198.51.100.{last}"}
        assert client.post("/langganan/x", data=b"<rss/>", environ_overrides=away).status_code == 404
    assert hub.ask_back(client) == (200, "tantangan-1")
    assert hub.send(client, feed("", "", "dua")) == 202
    assert hub.send(client, feed("", "", "tiga")) == 429


def test_nobody_waits_for_the_database_while_what_was_sent_is_parsed(
    source_id: int, hub: Hub, public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.ask_hubs(public, utc_now())
    under_way: list[bool] = []

    def noticing(*args: Any, **named: Any) -> Any:
        under_way.append(db.session().in_transaction())
        return parse(*args, **named)

    monkeypatch.setattr(hub_deliveries, "parse", noticing)
    body, token = feed("", "", "dua"), row().token
    signature = hmac.new(hub.asked[-1]["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
    assert hub_deliveries.take_in(token, body, f"sha256={signature}", None, "", public, utc_now()) == 1
    assert under_way == [False]


@pytest.mark.parametrize(
    "changes", [{"topic": "https://lain.example/"}, {"mode": "unsubscribe"}, {"mode": ""}, {"topic": ""}]
)
def test_what_was_not_asked_for_is_not_confirmed(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, changes: dict[str, str]
) -> None:
    pipeline.ask_hubs(public, utc_now())
    status, body = hub.ask_back(client, **changes)
    assert status == 404
    assert body != "tantangan-1"
    assert row().sent_until is None


def test_an_unknown_address_and_one_of_which_nobody_was_told_do_not_exist(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient
) -> None:
    token = row().token
    for path in (f"/langganan/{token}", "/langganan/x"):
        assert client.get(path, query_string={"hub.mode": "subscribe", "hub.challenge": "c"}).status_code == 404
        assert client.post(path, data=b"<rss/>").status_code == 404


@pytest.mark.parametrize("fault", ["none", "wrong secret", "other body", "md5", "nonsense"])
def test_without_a_valid_signature_nothing_is_read(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, fault: str
) -> None:
    pipeline.ask_hubs(public, utc_now())
    hub.ask_back(client)
    body = feed("", "", "palsu")
    good = hmac.new(hub.asked[0]["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
    if fault == "wrong secret":
        assert hub.send(client, body, secret="tebakan") == 202
    elif fault == "md5":
        assert hub.send(client, body, "md5") == 202
    else:
        headers = {"other body": {"X-Hub-Signature": f"sha256={good}"}, "nonsense": {"X-Hub-Signature": "é=="}}
        sent = body + b" " if fault == "other body" else body
        assert client.post(hub.path(), data=sent, headers=headers.get(fault)).status_code == 202
    assert titles() == ["satu"]


def test_what_is_too_large_or_no_feed_is_not_taken(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient
) -> None:
    pipeline.ask_hubs(public, utc_now())
    hub.ask_back(client)
    assert hub.send(client, b"x" * (2 * 2**20 + 1)) == 413
    assert hub.send(client, b"bukan umpan") == 202
    assert titles() == ["satu"]


def test_only_an_instance_with_a_public_address_asks(source_id: int, hub: Hub, public: Settings) -> None:
    for settings in (replace(public, base_url="http://127.0.0.1:8000"), replace(public, demo=True)):
        assert pipeline.ask_hubs(settings, utc_now()) == 0
    assert hub.asked == []


def test_a_hub_that_does_not_answer_is_asked_ever_more_seldom(
    source_id: int, public: Settings, server: FeedServer
) -> None:
    with writing():
        row().hub = server.url("/tidak-ada")
    now, waits = utc_now(), []
    for _ in range(7):
        assert pipeline.ask_hubs(public, now) == 1
        waits.append((row().next_at - now) / timedelta(hours=1))
        now = row().next_at
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    assert row().trouble


def test_a_hub_that_a_feed_no_longer_names_and_an_address_that_changed_are_forgotten(
    source_id: int, hub: Hub, server: FeedServer, now: datetime
) -> None:
    token = row().token
    later = now + timedelta(days=1)
    server.answer("/feed", Reply(feed(hub.url, "https://warta.example/lain", "satu")))
    read(server, later)
    assert row().token != token
    server.answer("/feed", Reply(feed("", "", "satu")))
    read(server, later + timedelta(days=1))
    assert db.session.scalars(sa.select(HubSubscription)).all() == []
    server.answer("/feed", Reply(feed("", "", "satu"), headers={"Link": f'<{hub.url}>; rel="hub", </x>; rel=next'}))
    read(server, later + timedelta(days=2))
    assert (row().hub, row().topic) == (hub.url, server.url("/feed"))
    with writing():
        sources.begin_anew(db.session.get_one(Source, source_id))
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


def test_hubs_of_every_format_are_found(now: datetime) -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="hub" href="https://h.example/"/></feed>'
    )
    words = b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [], "hubs": [{"type": "rssCloud",'
    words += b' "url": "https://c.example/"}, {"type": "WebSub", "url": "https://h.example/"}]}'
    for body in (atom, words, feed("https://h.example/", "https://w.example/f")):
        assert parse(body, "https://w.example/f", now=now).hub == "https://h.example/"


@pytest.mark.parametrize(
    "address",
    [
        "http://[",
        "https://[::x]/",
        "https://",
        "https://h.example/\ud800",
        "https://h.example/\x00",
        "https://é.example/",
        "http://h.example/",
    ],
)
def test_a_hub_that_cannot_be_kept_or_would_hear_the_secret_in_clear_is_left_out(
    app: APIFlask, server: FeedServer, now: datetime, address: str
) -> None:
    written = json.dumps({"type": "WebSub", "url": address})
    words = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [], "hubs": [{written}]}}'
    server.answer("/feed", Reply(words.encode(), content_type="application/feed+json"))
    db.session.add(Source(name="Warta", url=server.url("/feed"), created_at=now))
    db.session.commit()
    read(server, now)
    assert db.session.scalars(sa.select(Source)).one().last_success_at == now
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


@pytest.mark.parametrize("topic", ["http://[", "https://w.example/\ud800", "https://w.example/\x00"])
def test_a_topic_that_cannot_be_kept_makes_no_subscription(app: APIFlask, now: datetime, topic: str) -> None:
    source = Source(name="Warta", url="https://w.example/", created_at=now)
    db.session.add(source)
    db.session.flush()
    found = replace(parse(feed("", "", "satu"), "https://w.example/", now=now), hub="https://h.example/", topic=topic)
    hubs.note_hub(source, found, "", now)
    hubs.note_hub(source, found, '<http://[>; rel="hub"', now)
    db.session.commit()
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


@pytest.mark.usefixtures("one_moment")
def test_often_is_too_often(source_id: int, client: FlaskClient) -> None:
    statuses = {client.get("/langganan/x").status_code for _ in range(122)}
    assert statuses == {404, 429}


def page_of(source_id: int, officer: Officer, sign_in: Callable[[Officer], FlaskClient]) -> str:
    """The page of the source."""
    return sign_in(officer).get(f"/petugas/sumber/{source_id}/keadaan").text


def test_the_page_of_a_source_says_how_its_hub_does(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    officer: Officer,
    sign_in: Callable[[Officer], FlaskClient],
) -> None:
    name = f"<b>127.0.0.1:{hub.allow[1]}</b>"
    assert f"{name} akan diminta" in page_of(source_id, officer, sign_in)
    pipeline.ask_hubs(public, utc_now())
    assert f"{name} sudah diminta" in page_of(source_id, officer, sign_in)
    hub.ask_back(client)
    page = page_of(source_id, officer, sign_in)
    assert f"{name} mengirim kabar baru sendiri" in page
    assert "Belum pernah mengirim." in page
    hub.send(client, feed("", "", "satu"))
    page = page_of(source_id, officer, sign_in)
    assert "Terakhir mengirim" in page
    assert "tanda tangan" not in page
    assert client.get(hub.path(), query_string={"hub.mode": "denied"}).status_code == 200
    assert "Hub menolak mengirim umpan ini." in page_of(source_id, officer, sign_in)


def test_what_is_not_signed_is_noted_once_an_hour(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    officer: Officer,
    sign_in: Callable[[Officer], FlaskClient],
) -> None:
    pipeline.ask_hubs(public, utc_now())
    token, body, now = row().token, feed("", "", "palsu"), utc_now()
    for minutes, noted in ((0, 0), (59, 0), (61, 61)):
        assert hub_deliveries.take_in(token, body, "sha256=00", None, "", public, now + timedelta(minutes=minutes)) == 0
        assert row().unsigned_at == now + timedelta(minutes=noted)
    assert "tanpa tanda tangan hub yang sah" in page_of(source_id, officer, sign_in)
    assert titles() == ["satu"]


def seldom(source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer) -> datetime:
    """Let the hub send well, so that the source is read seldom; return when it is read next."""
    now = utc_now()
    pipeline.ask_hubs(public, now)
    hub.ask_back(client)
    hub.send(client, feed("", "", "satu"))
    assert wait_after(server, source_id, now) == hubs.READ_ANYWAY
    return now + hubs.READ_ANYWAY


def due_at(source_id: int) -> datetime | None:
    db.session.expire_all()
    return db.session.get_one(Source, source_id).next_fetch_at


@pytest.mark.parametrize("body", [b"", b"bukan umpan", b"<html><body>502</body></html>", b"\x1f\x8b\x08\x00"])
def test_what_a_hub_sends_and_nobody_can_read_is_said_and_brings_no_reading_forward(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    server: FeedServer,
    officer: Officer,
    sign_in: Callable[[Officer], FlaskClient],
    body: bytes,
) -> None:
    due = seldom(source_id, hub, public, client, server)
    assert hub.send(client, body) == 202
    assert due_at(source_id) == due
    assert "Kiriman terakhir hub tidak terbaca dan tidak disimpan." in page_of(source_id, officer, sign_in)
    hub.send(client, feed("", "", "dua"))
    assert "tidak terbaca" not in page_of(source_id, officer, sign_in)
    assert titles() == ["satu", "dua"]


def test_what_belongs_to_another_feed_is_not_stored(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    due = seldom(source_id, hub, public, client, server)
    other, own = ("https://lain.example/feed", hub.asked[-1]["hub.topic"])
    assert hub.send(client, feed("", "", "lain"), link=f'<{hub.url}>; rel="hub", <{other}>; rel="self"') == 202
    assert titles() == ["satu"]
    assert due_at(source_id) == due
    assert row().trouble == "Kiriman terakhir hub milik umpan lain dan tidak disimpan."
    assert hub.send(client, feed("", "", "dua"), link=f'<{hub.url}>; rel="hub", <{own}>; rel="self"') == 202
    assert titles() == ["satu", "dua"]
    assert row().trouble is None


@pytest.mark.usefixtures("one_moment")
def test_who_lacks_the_secret_changes_neither_the_schedule_nor_what_the_page_says(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    server: FeedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    due = seldom(source_id, hub, public, client, server)
    other = '<https://lain.example/feed>; rel="self"'
    assert hub.send(client, b"x" * (2 * 2**20 + 1), secret="tebakan") == 413
    assert hub.send(client, b"bukan umpan", secret="tebakan") == 202
    assert hub.send(client, feed("", "", "palsu"), secret="tebakan", link=other) == 202
    monkeypatch.setattr(hub_views, "A_MINUTE", 0)
    assert hub.send(client, feed("", "", "palsu"), secret="tebakan") == 429
    assert (due_at(source_id), row().trouble) == (due, None)
    assert row().unsigned_at is not None


def test_a_hub_that_never_asks_back_is_explained(
    source_id: int, public: Settings, officer: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    words = "periksa apakah alamat situs ini dapat dibuka dari internet"
    pipeline.ask_hubs(public, utc_now())
    assert words not in page_of(source_id, officer, sign_in)
    pipeline.ask_hubs(public, row().next_at)
    assert words in page_of(source_id, officer, sign_in)
