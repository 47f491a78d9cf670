"""One request at a time per site, for feeds, pages, evidence and waiting users alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import (
    Fetcher,
    HttpStatusError,
    Politeness,
    RobotsDisallowedError,
    SiteBusyError,
    site_locks,
)
from hoax_tracker.core.fetch.robots import RobotsChecker
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, InteractiveFetcher, lock_hosts, locked_hosts, release_hosts
from hoax_tracker.ingest.sources.schedule import due_sources, lease_sources
from hoax_tracker.models import EvidenceCopy, HostVisit, Officer, RoleName, Source, db
from hoax_tracker.review.evidence import evidence, snapshots
from tests import factories
from tests.browser import submit_changes
from tests.feed_server import FeedServer, Reply, redirect_reply
from tests.ingest.sources.test_leases import Meeting
from tests.waiting import DEADLINE_S

SignIn = Callable[[Officer], FlaskClient]
SPARING = Politeness(pause_s=0.05)
"""The test's own server is spared as if it were somebody else's."""
HOST = "127.0.0.1"
PAGE = Reply(b"<html><body><p>Air mati di Oebobo.</p></body></html>", content_type="text/html", delay_s=0.05)
FEED = Reply(b'<rss version="2.0"><channel><title>Warta</title></channel></rss>')

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def spared(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server is exempt: those of the settings are on this machine, and are spared as any other."""
    real = Politeness.host
    monkeypatch.setattr(Politeness, "host", lambda self, url: real(SPARING, url))
    monkeypatch.setattr(Politeness, "pause", lambda self, url: None)


def busy(now: datetime) -> None:
    """Let a worker read pages of the test's server."""
    with write_transaction():
        lock_hosts([f"http://{HOST}/"], now, SPARING)


def links(server: FeedServer, officer: Officer, now: datetime, *paths: str) -> list[int]:
    """Add links as the evidence of a claim."""
    claim_id = factories.make_claim().id
    return [
        evidence.add_evidence_link(
            claim_id, server.answer(path, PAGE), "", allow=server.allow, officer=officer, now=now
        )
        for path in paths
    ]


def copy_of(evidence_id: int) -> EvidenceCopy:
    db.session.expire_all()
    return db.session.get_one(EvidenceCopy, evidence_id)


class Watched:
    """Notes when requests of a class of fetchers begin and end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.meeting, self.times = Meeting(), list[tuple[float, float]]()
        real = Fetcher.get

        def get(fetcher: Fetcher, *given: Any, **named: Any) -> Any:
            began = monotonic()
            self.meeting(1)
            try:
                return real(fetcher, *given, **named)
            finally:
                self.meeting(-1)
                self.times.append((began, monotonic()))

        monkeypatch.setattr(Fetcher, "get", get)

    @property
    def shortest_pause_s(self) -> float:
        """The shortest time between the end of a request and the beginning of the next one."""
        return min(began - ended for (_, ended), (began, _) in pairwise(sorted(self.times)))


@pytest.mark.parametrize("path", ["/tertutup", "/terbuka"])
def test_where_a_page_redirects_to_is_asked_of_that_site_first(server: FeedServer, path: str) -> None:
    with FeedServer() as other:
        other.answer("/robots.txt", Reply(b"User-agent: *\nDisallow: /tertutup", content_type="text/plain"))
        start = server.answer("/satu", redirect_reply(other.answer(path, PAGE)))
        robots = RobotsChecker(Fetcher(server.allow | other.allow))
        if path == "/terbuka":
            assert robots.get(start).url.endswith(path)
        else:
            with pytest.raises(RobotsDisallowedError):
                robots.get(start)
        assert [request.path for request in other.requests()] == ["/robots.txt", "/terbuka"][: 1 + (path == "/terbuka")]
    with pytest.raises(RobotsDisallowedError):
        server.answer("/robots.txt", Reply(b"User-agent: *\nDisallow: /tutup", content_type="text/plain"))
        RobotsChecker(Fetcher(server.allow)).get(server.answer("/dua", redirect_reply("/tutup/1")))
    assert not server.requests("/tutup/1")


def test_evidence_is_copied_one_page_at_a_time_where_the_site_allows_it(
    server: FeedServer, settings: Settings, officer: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answer("/robots.txt", Reply(b"User-agent: *\nDisallow: /tertutup", content_type="text/plain"))
    first, closed, second = links(server, officer, now, "/satu", "/tertutup", "/dua")
    watched = Watched(monkeypatch)
    assert snapshots.snapshot_evidence_links(settings, now, manners=SPARING) == 3
    assert [request.path for request in server.requests()] == ["/robots.txt", "/satu", "/dua"]
    assert watched.meeting.most == 1
    assert watched.shortest_pause_s >= SPARING.pause_s
    assert all(copy_of(key).kept_at == now for key in (first, second))
    refused = copy_of(closed)
    assert (refused.sealed, refused.next_look_at) == (None, None)
    assert "robots.txt" in (refused.last_error or "")
    assert locked_hosts(now, SPARING) == set(), "the site is let go"


def test_evidence_waits_while_its_site_is_asked_and_holds_it_meanwhile(
    server: FeedServer, settings: Settings, officer: Officer, now: datetime
) -> None:
    [key] = links(server, officer, now, "/satu")
    busy(now)
    assert snapshots.snapshot_evidence_links(settings, now, manners=SPARING) == 0
    assert server.count() == 0
    release_hosts([f"http://{HOST}/"], now, SPARING)
    assert snapshots.lease_evidence_links(now, SPARING) == [(key, server.url("/satu"))]
    assert locked_hosts(now, SPARING) == {HOST}
    assert snapshots.lease_evidence_links(now, Politeness(server.allow)) == [], "another worker has it"
    assert snapshots.snapshot_evidence_links(settings, now + HOST_LEASE, manners=SPARING) == 1, "a killed worker's"
    assert copy_of(key).kept_at == now + HOST_LEASE


def test_links_not_begun_in_time_are_put_off(
    server: FeedServer, settings: Settings, officer: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = links(server, officer, now, "/satu")
    monkeypatch.setattr(snapshots, "LINK_ROUND_S", 0.0)
    snapshots.snapshot_evidence_links(settings, now)
    assert server.count() == 0
    assert (copy_of(key).next_look_at, copy_of(key).looks) == (now, 0)


def test_a_caller_holds_a_site_pauses_and_lets_it_go(
    server: FeedServer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(monkeypatch)
    with InteractiveFetcher(SPARING, now) as caller:
        monkeypatch.setattr(caller, "_allow", server.allow)
        assert caller.get(server.answer("/a", PAGE)).status == 200
        assert locked_hosts(now, SPARING) == {HOST}
        with pytest.raises(HttpStatusError):
            caller.get(server.url("/tidak-ada"))
        with InteractiveFetcher(SPARING, now + timedelta(seconds=1)) as other, pytest.raises(SiteBusyError):
            other.get(server.url("/a"))
        assert locked_hosts(now, SPARING) == {HOST}, "who was sent away lets nothing go"
    assert watched.shortest_pause_s >= SPARING.pause_s
    assert server.count() == 2
    assert db.session.scalars(sa.select(HostVisit)).all() == []


@pytest.fixture
def browser(sign_in: SignIn) -> FlaskClient:
    return sign_in(factories.make_officer("admin@kupang.example", RoleName.ADMINISTRATOR))


@pytest.fixture
def source(server: FeedServer, now: datetime) -> Source:
    """A source at the test's server that is not due for long."""
    url = server.answer("/feed", FEED)
    row = Source(name="Warta", url=url, created_at=now, last_fetch_at=now, next_fetch_at=now + timedelta(days=90_000))
    db.session.add(row)
    db.session.commit()
    return row


@pytest.mark.usefixtures("spared")
@pytest.mark.parametrize("active", [True, False])
def test_read_now_says_at_once_that_the_site_is_being_read_and_the_worker_does_it_next(
    browser: FlaskClient, server: FeedServer, source: Source, monkeypatch: pytest.MonkeyPatch, active: bool
) -> None:
    source.is_active, source_id, was_due = active, source.id, source.next_fetch_at
    db.session.commit()
    real_now = datetime.now(factories.NOW.tzinfo)
    busy(real_now)
    path = "/petugas/sumber/"
    answer = factories.submit_form(browser, f"{path}{source_id}/baca", path)
    said = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Situs sumber ini sedang dibaca." in said
    assert ("tanpa perlu ditekan lagi" in said) is active
    assert server.count() == 0
    db.session.expire_all()
    row = db.session.get_one(Source, source_id)
    assert (row.next_fetch_at == was_due) is not active
    release_hosts([f"http://{HOST}/"], real_now, SPARING)
    due = lease_sources(due_sources(real_now + timedelta(minutes=1)), real_now + timedelta(minutes=1), SPARING)
    assert [one.source_id for one in due] == [source_id] * active


@pytest.mark.usefixtures("spared")
def test_read_now_holds_the_site_while_it_reads(
    server: FeedServer, settings: Settings, source: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[set[str]] = []
    real = pipeline.ingest.ingest_sources

    def ingest(*given: Any) -> Any:
        held.append(locked_hosts(now, SPARING))
        return real(*given)

    monkeypatch.setattr(pipeline.ingest, "ingest_sources", ingest)
    pipeline.ingest.read_at_once(source.id, settings.fetch_allow, now)
    assert held == [{HOST}]
    assert locked_hosts(now, SPARING) == set()
    assert server.count("/feed") == 1


@pytest.mark.usefixtures("spared")
def test_a_source_that_a_worker_holds_is_not_read_beside_it(
    server: FeedServer, settings: Settings, source: Source, now: datetime
) -> None:
    [target] = lease_sources(sa.select(Source), now)
    with pytest.raises(SiteBusyError):
        pipeline.run_one_source(source, replace(settings, fetch_allow=server.allow), now)
    assert server.count() == 0
    assert target.source_id == source.id


@pytest.mark.usefixtures("spared")
@pytest.mark.parametrize(("path", "button"), [("/petugas/sumber/baru", "look"), ("/petugas/sumber/catat", "fetch")])
def test_what_was_typed_stays_where_the_site_is_being_read(
    browser: FlaskClient, server: FeedServer, path: str, button: str
) -> None:
    busy(datetime.now(factories.NOW.tzinfo))
    url = server.answer("/1", PAGE)
    answer = submit_changes(browser, path, **{"url": url, button: "1"})
    said = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Situs itu sedang dibaca." in said
    assert f'value="{url}"' in said
    assert server.count() == 0


@pytest.mark.usefixtures("spared")
def test_two_people_never_ask_one_site_at_once(app: Any, server: FeedServer, now: datetime) -> None:
    url = server.answer("/1", PAGE)
    outcomes: list[str] = []
    start = threading.Barrier(2, timeout=DEADLINE_S)

    def ask(number: int) -> None:
        with app.app_context():
            start.wait()
            with InteractiveFetcher(Politeness(server.allow), now + timedelta(seconds=number)) as caller:
                try:
                    caller.get(url)
                    outcomes.append("read")
                except SiteBusyError:
                    outcomes.append("busy")
                    return
                finally:
                    both.wait()

    both = threading.Barrier(2, timeout=DEADLINE_S)
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["busy", "read"]
    assert server.count() == 1
    assert db.session.scalars(sa.select(HostVisit.host)).all() == []
    assert site_locks.locked_hosts(now, SPARING) == set()
