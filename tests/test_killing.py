"""Two hundred feeds, read by workers that are killed fifty times: the same rows as when nobody disturbs them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from apiflask import APIFlask

from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.flag import models as flag_models
from hoax_tracker.models import Source, db
from tests import databases, services
from tests.feed_server import FeedServer, Reply
from tests.repository import ROOT
from tests.test_pipeline import feed, rows_of, texts

FEEDS, KILLS = 200, 50


def add_feeds(server: FeedServer, now: datetime) -> None:
    """Feeds with entries of their own, with pages that several of them have, and with the same words."""
    hoaxes, news = texts("misinformation_loud")[:20], texts("news")
    for number in range(FEEDS):
        own = [f"{news[(number * 7 + place) % len(news)]} Laporan {number}-{place}." for place in range(5)]
        posts = [*own, news[number % 10], hoaxes[number % 20]] if number % 5 == 0 else own
        body = feed(f"sumber-{number}", posts).replace(b"https://sumber-1", b"https://portal-1")
        if number % 10 == 3:  # what the feed only begins to tell stands on a page
            story = f"{hoaxes[number % 20]} Kabar {number} dari warga Kota Kupang."
            begun = f"<item><link>{server.url(f'/cerita/{number}')}</link><description>{escape(story[:120])} …"
            body = body.replace(b"<item>", f"{begun}</description></item><item>".encode(), 1)
            page = f"<html><body><article><p>{escape(story)}</p></article></body></html>"
            server.answer(f"/cerita/{number}", Reply(page.encode(), content_type="text/html"))
        url = server.answer(f"/{number}", Reply(body))
        db.session.add(Source(name=f"sumber-{number}", url=url, created_at=now))
    db.session.commit()


@pytest.fixture
def redis_url() -> Iterator[str]:
    """The address of a Redis of our own, "" where none is installed."""
    with ExitStack() as stack:
        url = ""
        with suppress(services.NoService):
            url = stack.enter_context(services.redis())
        yield url


def run(folder: Path, allow: str, kills: int, workers: int, redis_url: str = "") -> int:
    """Run the killed workers in a process of their own; return how many were killed."""
    environ = databases.environment(folder, HOAX_TRACKER_FETCH_ALLOW=allow, REDIS_URL=redis_url)
    command = [sys.executable, "-m", "tests.killing", str(kills), str(workers), "7"]
    root = ROOT
    done = subprocess.run(command, env=environ, cwd=root, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="workers are forked")
def test_fifty_kills_leave_the_rows_of_an_undisturbed_run(
    app: APIFlask, server: FeedServer, settings: Settings, now: datetime, tmp_path: Path, redis_url: str
) -> None:
    with writing():
        flag_models.register_shipped(now)
    add_feeds(server, now)
    db.session.remove()
    db.engine.dispose()
    allow = ",".join(f"{host}:{port}" for host, port in settings.fetch_allow)
    found = {}
    for name, kills, workers in (("undisturbed", 0, 1), ("one", KILLS, 1), ("two", KILLS, 2)):
        databases.copy_instance(settings.data_folder, tmp_path / name)
        # What many machines share is the database; Redis, which they count in, changes nothing of it.
        killed = run(tmp_path / name, allow, kills, workers, redis_url if workers > 1 else "")
        assert killed >= kills // 2
        found[name] = rows_of(tmp_path / name)
    wanted = found["undisturbed"]
    assert len(wanted["items"]) >= FEEDS * 5
    assert len(wanted["claimed"]) >= 10
    assert sum(full is not None for *_, full in wanted["items"]) == FEEDS // 10
    assert found["one"] == wanted
    assert found["two"] == wanted
