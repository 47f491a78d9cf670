"""A source whose feed names a running hub."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, Source, db
from tests.feed_server import FeedServer, Reply
from tests.ingest.websub.hub import Hub, read_due_sources, render_hub_feed


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that accepts."""
    running = Hub()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def public(settings: Settings, hub: Hub) -> Settings:
    """An instance with a public address that may reach the hub."""
    allow = settings.fetch_allow | {hub.allow}
    return replace(settings, base_url="https://kabas.example", fetch_allow=frozenset(allow))


@pytest.fixture
def source_id(app: APIFlask, server: FeedServer, hub: Hub, now: datetime) -> int:
    """A source whose feed names the hub, after one reading."""
    url = server.url("/feed")
    server.answer("/feed", Reply(render_hub_feed(hub.url, url, "satu")))
    row = Source(name="Warta", url=url, created_at=now)
    db.session.add(row)
    db.session.commit()
    read_due_sources(server, now)
    return db.session.scalars(sa.select(Source.id)).one()


@pytest.fixture
def shown(source_id: int, officer: Officer, sign_in: Callable[[Officer], FlaskClient]) -> Callable[[], str]:
    """Return a function that returns the current page of the source."""
    return lambda: sign_in(officer).get(f"/petugas/sumber/{source_id}/keadaan").text
