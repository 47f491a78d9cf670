"""Deliveries of a hub count only with its signature and for its own feed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.ingest import websub as subscriptions
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.views import websub
from hoax_tracker.models import Source, db
from tests.feed_server import FeedServer
from tests.ingest.websub.hub import Hub, list_item_titles, load_subscription, next_read_wait, render_hub_feed


@pytest.mark.usefixtures("one_moment")
def test_what_goes_to_no_address_uses_up_nothing_of_others(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websub, "ALL_A_MINUTE", 2)
    pipeline.renew_subscriptions(public, utc_now())
    for last in range(5):
        away = {"REMOTE_ADDR": f"198.51.100.{last}"}
        assert client.post("/langganan/x", data=b"<rss/>", environ_overrides=away).status_code == 404
    assert hub.ask_back(client) == (200, "tantangan-1")
    assert hub.send(client, render_hub_feed("", "", "dua")) == 202
    assert hub.send(client, render_hub_feed("", "", "tiga")) == 429


def test_nobody_waits_for_the_database_while_what_was_sent_is_parsed(
    source_id: int, hub: Hub, public: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    under_way: list[bool] = []

    def noticing(*args: Any, **named: Any) -> Any:
        under_way.append(db.session().in_transaction())
        return parse_feed(*args, **named)

    monkeypatch.setattr(subscriptions, "parse_feed", noticing)
    body, token = render_hub_feed("", "", "dua"), load_subscription().token
    signature = hmac.new(hub.asked[-1]["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
    assert subscriptions.store_delivery(token, body, f"sha256={signature}", None, "", public, utc_now()) == 1
    assert under_way == [False]


@pytest.mark.sqlite
def test_a_delivery_is_on_the_disk_before_the_hub_gets_its_answer(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, commits: Callable[[], list[int]]
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    hub.ask_back(client)
    before = len(commits())
    assert hub.send(client, render_hub_feed("", "", "dua", "tiga")) == 202
    batch, *_others, last = commits()[before:]
    assert (batch, last) == (1, 2), "NORMAL while it is stored, FULL at the end"


@pytest.mark.parametrize("fault", ["none", "wrong secret", "other body", "md5", "nonsense"])
def test_without_a_valid_signature_nothing_is_read(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, fault: str
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    hub.ask_back(client)
    body = render_hub_feed("", "", "palsu")
    good = hmac.new(hub.asked[0]["hub.secret"].encode(), body, hashlib.sha256).hexdigest()
    if fault == "wrong secret":
        assert hub.send(client, body, secret="tebakan") == 202
    elif fault == "md5":
        assert hub.send(client, body, "md5") == 202
    else:
        headers = {"other body": {"X-Hub-Signature": f"sha256={good}"}, "nonsense": {"X-Hub-Signature": "é=="}}
        sent = body + b" " if fault == "other body" else body
        assert client.post(hub.path(), data=sent, headers=headers.get(fault)).status_code == 202
    assert list_item_titles() == ["satu"]


def test_what_is_too_large_or_no_feed_is_not_taken(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    hub.ask_back(client)
    assert hub.send(client, b"x" * (2 * 2**20 + 1)) == 413
    assert hub.send(client, b"bukan umpan") == 202
    assert list_item_titles() == ["satu"]


@pytest.mark.usefixtures("one_moment")
def test_often_is_too_often(source_id: int, client: FlaskClient) -> None:
    statuses = {client.get("/langganan/x").status_code for _ in range(122)}
    assert statuses == {404, 429}


def test_what_is_not_signed_is_noted_once_an_hour(
    source_id: int,
    hub: Hub,
    public: Settings,
    client: FlaskClient,
    shown: Callable[[], str],
) -> None:
    pipeline.renew_subscriptions(public, utc_now())
    token, body, now = load_subscription().token, render_hub_feed("", "", "palsu"), utc_now()
    for minutes, noted in ((0, 0), (59, 0), (61, 61)):
        later = now + timedelta(minutes=minutes)
        assert subscriptions.store_delivery(token, body, "sha256=00", None, "", public, later) == 0
        assert load_subscription().unsigned_at == now + timedelta(minutes=noted)
    assert "tanpa tanda tangan hub yang sah" in shown()
    assert list_item_titles() == ["satu"]


def seldom(source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer) -> datetime:
    """Let the hub send well, so that the source is read seldom; return when it is read next."""
    now = utc_now()
    pipeline.renew_subscriptions(public, now)
    hub.ask_back(client)
    hub.send(client, render_hub_feed("", "", "satu"))
    assert next_read_wait(server, source_id, now) == subscriptions.READ_INTERVAL_WITH_HUB
    return now + subscriptions.READ_INTERVAL_WITH_HUB


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
    shown: Callable[[], str],
    body: bytes,
) -> None:
    due = seldom(source_id, hub, public, client, server)
    assert hub.send(client, body) == 202
    assert due_at(source_id) == due
    assert "Kiriman terakhir hub tidak terbaca dan tidak disimpan." in shown()
    hub.send(client, render_hub_feed("", "", "dua"))
    assert "tidak terbaca" not in shown()
    assert list_item_titles() == ["satu", "dua"]


def test_what_belongs_to_another_feed_is_not_stored(
    source_id: int, hub: Hub, public: Settings, client: FlaskClient, server: FeedServer
) -> None:
    due = seldom(source_id, hub, public, client, server)
    other, own = ("https://lain.example/feed", hub.asked[-1]["hub.topic"])
    assert (
        hub.send(client, render_hub_feed("", "", "lain"), link=f'<{hub.url}>; rel="hub", <{other}>; rel="self"') == 202
    )
    assert list_item_titles() == ["satu"]
    assert due_at(source_id) == due
    assert load_subscription().trouble == "Kiriman terakhir hub milik umpan lain dan tidak disimpan."
    assert hub.send(client, render_hub_feed("", "", "dua"), link=f'<{hub.url}>; rel="hub", <{own}>; rel="self"') == 202
    assert list_item_titles() == ["satu", "dua"]
    assert load_subscription().trouble is None


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
    assert hub.send(client, render_hub_feed("", "", "palsu"), secret="tebakan", link=other) == 202
    monkeypatch.setattr(websub, "A_MINUTE", 0)
    assert hub.send(client, render_hub_feed("", "", "palsu"), secret="tebakan") == 429
    assert (due_at(source_id), load_subscription().trouble) == (due, None)
    assert load_subscription().unsigned_at is not None
