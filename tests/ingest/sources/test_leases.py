"""Which source is read next: sites are spared, and no source waits for a slow one."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Fetcher, Politeness
from hoax_tracker.ingest import service
from hoax_tracker.ingest.service import IngestOutcome
from hoax_tracker.ingest.sources.schedule import due_sources, lease_sources
from hoax_tracker.models import Source, db
from tests.feed_server import FeedServer, Reply
from tests.waiting import DEADLINE_S

pytestmark = pytest.mark.usefixtures("app")


def add(now: datetime, *urls: str) -> None:
    db.session.add_all([Source(name=url, url=url, created_at=now) for url in urls])
    db.session.commit()


def taken(now: datetime, manners: Politeness, but: frozenset[int] = frozenset()) -> list[str]:
    return [target.url for target in lease_sources(due_sources(now), now, manners, but)]


def test_a_host_that_a_worker_asks_is_left_alone_by_others(now: datetime) -> None:
    add(now, *(f"https://a.example/{n}" for n in range(3)), "https://b.example/", "https://A.example:8443/x")
    first = taken(now, Politeness(per_host=2))
    assert first == ["https://a.example/0", "https://a.example/1", "https://b.example/"]
    assert taken(now, Politeness(per_host=2)) == []
    with write_transaction():
        db.session.execute(
            sa.update(Source)
            .where(Source.url.in_(first))
            .values(lease_until=None, next_fetch_at=now + timedelta(hours=1))
        )
    assert taken(now, Politeness(per_host=2)) == ["https://a.example/2", "https://A.example:8443/x"]


def test_a_lease_that_ran_out_holds_no_host(now: datetime) -> None:
    add(now, "https://a.example/0", "https://a.example/1")
    assert taken(now, Politeness(per_host=1)) == ["https://a.example/0"]
    later = now + service.SOURCE_LEASE
    assert taken(later, Politeness(per_host=1)) == ["https://a.example/0"]


def test_as_many_as_fit_in_a_batch_and_our_own_servers_need_no_sparing(now: datetime) -> None:
    add(now, *(f"http://127.0.0.1:8001/{n}" for n in range(5)))
    manners = Politeness(frozenset({("127.0.0.1", 8001)}), batch=3, per_host=1)
    assert len(taken(now, manners)) == 3
    assert len(taken(now, manners)) == 2


def test_what_was_read_in_this_run_is_not_read_again(now: datetime) -> None:
    add(now, "https://a.example/", "https://b.example/")
    first = db.session.scalars(sa.select(Source.id).order_by(Source.id)).first()
    assert taken(now, Politeness(), frozenset({first or 0})) == ["https://b.example/"]


class Meeting:
    """Notes how many requests a server is answering at once."""

    def __init__(self) -> None:
        self.lock, self.now, self.most = threading.Lock(), 0, 0

    def __call__(self, step: int) -> None:
        with self.lock:
            self.now += step
            self.most = max(self.most, self.now)


class Watching(Fetcher):
    """A fetcher that tells a meeting when a request begins and ends."""

    meeting: Meeting
    together = threading.Barrier(1)
    """So many requests wait for each other: how soon a busy machine begins the last of them says nothing."""

    def get(self, *given: object, **named: object):  # type: ignore[no-untyped-def]
        self.meeting(1)
        try:
            self.together.wait(DEADLINE_S)
            return super().get(*given, **named)  # type: ignore[arg-type]
        finally:
            self.meeting(-1)


@pytest.mark.parametrize(("exempt", "most"), [(False, 1), (True, 4)])
def test_a_site_sees_one_request_at_a_time(server: FeedServer, now: datetime, exempt: bool, most: int) -> None:
    feed = b'<rss version="2.0"><channel><title>M</title></channel></rss>'
    add(now, *(server.answer(f"/{n}", Reply(feed, delay_s=0.2)) for n in range(4)))
    fetcher = Watching(server.allow)
    fetcher.meeting, fetcher.together = Meeting(), threading.Barrier(most)
    manners = Politeness(server.allow if exempt else frozenset(), pause_s=0.01)
    outcome = IngestOutcome()
    list(service.ingest_sources(lease_sources(due_sources(now), now, manners), fetcher, now, outcome, manners))
    assert (outcome.sources, outcome.failed) == (4, [])
    assert fetcher.meeting.most == most
