"""A WebSub hub on loopback, and helpers for a source whose feed names it."""

from __future__ import annotations

import hashlib
import hmac
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.ingest import service
from hoax_tracker.ingest.service import IngestOutcome
from hoax_tracker.models import HubSubscription, Item, Source, db
from tests.feed_server import FeedServer


class Hub:
    """Accepts subscriptions, verifies them at the callback, and delivers."""

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
                """Print nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.allow = ("127.0.0.1", self.server.server_address[1])
        self.url = f"http://127.0.0.1:{self.allow[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def path(self) -> str:
        return urlsplit(self.asked[-1]["hub.callback"]).path

    def ask_back(self, client: FlaskClient, **changes: str) -> tuple[int, str]:
        """Verify a subscription at the callback; return status and body."""
        given = {"mode": "subscribe", "topic": self.asked[-1]["hub.topic"], "challenge": "tantangan-1"}
        query = {f"hub.{name}": value for name, value in (given | {"lease_seconds": "864000"} | changes).items()}
        answer = client.get(self.path(), query_string=query)
        return answer.status_code, answer.get_data(as_text=True)

    def send(self, client: FlaskClient, body: bytes, method: str = "sha256", secret: str = "", link: str = "") -> int:
        """Deliver a feed with a signature; return the status."""
        key = (secret or self.asked[-1]["hub.secret"]).encode()
        signature = hmac.new(key, body, getattr(hashlib, method)).hexdigest()
        headers = {"X-Hub-Signature": f"{method}={signature}", "Content-Type": "application/rss+xml", "Link": link}
        return client.post(self.path(), data=body, headers=headers).status_code


def render_hub_feed(hub_url: str, topic: str, *titles: str) -> bytes:
    """A feed that names its hub."""
    items = "".join(
        f"<item><guid>{one}</guid><title>{one}</title><description>{one}</description></item>" for one in titles
    )
    links = f'<atom:link rel="hub" href="{hub_url}"/><atom:link rel="self" href="{topic}"/>' if hub_url else ""
    head = '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Warta</title>'
    return f"{head}{links}{items}</channel></rss>".encode()


def read_due_sources(server: FeedServer, now: datetime) -> None:
    targets = service.lease_sources(service.due_sources(now), now)
    for _ in service.ingest_sources(targets, Fetcher(server.allow), now, IngestOutcome()):
        pass


def load_subscription() -> HubSubscription:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(HubSubscription)).one()


def list_item_titles() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(Item.title).order_by(Item.id)))


def next_read_wait(server: FeedServer, source_id: int, now: datetime) -> timedelta:
    """Read the source; return the time until its next reading."""
    with write_transaction():
        db.session.get_one(Source, source_id).next_fetch_at = now
    read_due_sources(server, now)
    db.session.expire_all()
    due = db.session.get_one(Source, source_id).next_fetch_at
    assert due is not None
    return due - now
