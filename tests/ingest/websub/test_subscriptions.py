"""WebSub with a real hub on loopback: requests to it, its callbacks, and the source's page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.ingest import websub
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.sources import fact_checkers
from hoax_tracker.models import HubSubscription, Source, db
from tests.feed_server import FeedServer, Reply
from tests.ingest.websub.hub import (
    Hub,
    list_item_titles,
    load_subscription,
    next_read_wait,
    read_due_sources,
    render_hub_feed,
)


def test_a_hub_is_asked_asks_back_and_sends(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    now = utc_now()
    assert pipeline.renew_subscriptions(public, now) == 1
    asked = hub.asked[0]
    assert asked["hub.mode"] == "subscribe"
    assert asked["hub.topic"] == server.url("/feed")
    assert asked["hub.callback"] == f"https://kabas.example/langganan/{load_subscription().token}"
    assert len(load_subscription().token) > 40
    assert pipeline.renew_subscriptions(public, now) == 0
    assert hub.ask_back(client) == (200, "tantangan-1")
    until = load_subscription().sent_until
    assert until is not None
    assert abs(until - now - timedelta(days=10)) < timedelta(minutes=5)
    assert hub.send(client, render_hub_feed("", "", "satu", "dua")) == 202
    assert list_item_titles() == ["satu", "dua"]
    assert hub.send(client, render_hub_feed("", "", "satu", "dua", "tiga"), "sha1") == 202
    assert list_item_titles() == ["satu", "dua", "tiga"]
    assert pipeline.renew_subscriptions(public, until - timedelta(hours=12)) == 1


def test_a_source_is_read_more_seldom_while_its_hub_promises_and_sends(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    now, usual = utc_now(), timedelta(hours=2)
    pipeline.renew_subscriptions(public, now)
    hub.ask_back(client)
    assert next_read_wait(server, source_id, now) < usual, "a promise alone"
    hub.send(client, render_hub_feed("", "", "palsu"), secret="tebakan")
    assert load_subscription().heard_at is None
    hub.send(client, render_hub_feed("", "", "satu"))
    assert next_read_wait(server, source_id, now) == websub.READ_INTERVAL_WITH_HUB
    assert next_read_wait(server, source_id, now + timedelta(days=3)) < usual, "it fell silent"
    with write_transaction():
        load_subscription().sent_until = now
    assert next_read_wait(server, source_id, now) < usual, "its promise is over"


@pytest.mark.parametrize(
    "changes", [{"topic": "https://lain.example/"}, {"mode": "unsubscribe"}, {"mode": ""}, {"topic": ""}]
)
def test_what_was_not_asked_for_is_not_confirmed(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, changes: dict[str, str]
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    status, body = hub.ask_back(client, **changes)
    assert status == 404
    assert body != "tantangan-1"
    assert load_subscription().sent_until is None


def test_an_unknown_address_and_one_of_which_nobody_was_told_do_not_exist(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient
) -> None:
    token = load_subscription().token
    for path in (f"/langganan/{token}", "/langganan/x"):
        assert client.get(path, query_string={"hub.mode": "subscribe", "hub.challenge": "c"}).status_code == 404
        assert client.post(path, data=b"<rss/>").status_code == 404


def test_only_an_instance_with_a_public_address_asks(source_id: int, hub: Hub, public: Settings) -> None:
    for settings in (replace(public, base_url="http://127.0.0.1:8000"), replace(public, demo=True)):
        assert pipeline.renew_subscriptions(settings, utc_now()) == 0
    assert hub.asked == []


def test_a_hub_that_does_not_answer_is_asked_ever_more_seldom(
    source_id: int, public: Settings, server: FeedServer
) -> None:
    with write_transaction():
        load_subscription().hub = server.url("/tidak-ada")
    now, waits = utc_now(), []
    for _ in range(7):
        assert pipeline.renew_subscriptions(public, now) == 1
        waits.append((load_subscription().next_at - now) / timedelta(hours=1))
        now = load_subscription().next_at
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    assert load_subscription().trouble


def test_a_hub_that_a_feed_no_longer_names_and_an_address_that_changed_are_forgotten(
    source_id: int, hub: Hub, server: FeedServer, now: datetime
) -> None:
    token = load_subscription().token
    later = now + timedelta(days=1)
    server.answer("/feed", Reply(render_hub_feed(hub.url, "https://warta.example/lain", "satu")))
    read_due_sources(server, later)
    assert load_subscription().token != token
    server.answer("/feed", Reply(render_hub_feed("", "", "satu")))
    read_due_sources(server, later + timedelta(days=1))
    assert db.session.scalars(sa.select(HubSubscription)).all() == []
    server.answer(
        "/feed", Reply(render_hub_feed("", "", "satu"), headers={"Link": f'<{hub.url}>; rel="hub", </x>; rel=next'})
    )
    read_due_sources(server, later + timedelta(days=2))
    assert (load_subscription().hub, load_subscription().topic) == (hub.url, server.url("/feed"))
    with write_transaction():
        fact_checkers.reset_reading_state(db.session.get_one(Source, source_id))
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


def test_hubs_of_every_format_are_found(now: datetime) -> None:
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title><link rel="hub" href="https://h.example/"/></feed>'
    )
    words = b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [], "hubs": [{"type": "rssCloud",'
    words += b' "url": "https://c.example/"}, {"type": "WebSub", "url": "https://h.example/"}]}'
    for body in (atom, words, render_hub_feed("https://h.example/", "https://w.example/f")):
        assert parse_feed(body, "https://w.example/f", now=now).hub == "https://h.example/"


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
    read_due_sources(server, now)
    assert db.session.scalars(sa.select(Source)).one().last_success_at == now
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


@pytest.mark.parametrize("topic", ["http://[", "https://w.example/\ud800", "https://w.example/\x00"])
def test_a_topic_that_cannot_be_kept_makes_no_subscription(app: APIFlask, now: datetime, topic: str) -> None:
    source = Source(name="Warta", url="https://w.example/", created_at=now)
    db.session.add(source)
    db.session.flush()
    found = replace(
        parse_feed(render_hub_feed("", "", "satu"), "https://w.example/", now=now),
        hub="https://h.example/",
        topic=topic,
    )
    websub.update_hub_subscription(source, found, "", now)
    websub.update_hub_subscription(source, found, '<http://[>; rel="hub"', now)
    db.session.commit()
    assert db.session.scalars(sa.select(HubSubscription)).all() == []


def test_the_page_of_a_source_says_how_its_hub_does(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    shown: Callable[[], str],
) -> None:
    name = f"<b>127.0.0.1:{hub.allow[1]}</b>"
    assert f"{name} akan diminta" in shown()
    pipeline.renew_subscriptions(public, utc_now())
    assert f"{name} sudah diminta" in shown()
    hub.ask_back(client)
    page = shown()
    assert f"{name} mengirim kabar baru sendiri" in page
    assert "Belum pernah mengirim." in page
    hub.send(client, render_hub_feed("", "", "satu"))
    page = shown()
    assert "Terakhir mengirim" in page
    assert "tanda tangan" not in page
    assert client.get(hub.path(), query_string={"hub.mode": "denied"}).status_code == 200
    assert "Hub menolak mengirim umpan ini." in shown()


def test_a_hub_that_never_asks_back_is_explained(source_id: int, public: Settings, shown: Callable[[], str]) -> None:
    words = "periksa apakah alamat situs ini dapat dibuka dari internet"
    pipeline.renew_subscriptions(public, utc_now())
    assert words not in shown()
    pipeline.renew_subscriptions(public, load_subscription().next_at)
    assert words in shown()
