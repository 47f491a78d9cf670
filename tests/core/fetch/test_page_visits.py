"""Pages to visit: impossible hosts block nothing, and a lock belongs to its worker."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.fetch import Politeness, site_locks
from hoax_tracker.core.fetch.addresses import has_impossible_host
from hoax_tracker.core.fetch.site_locks import HOST_LEASE, PAGES_PER_HOST, locked_hosts, release_hosts
from hoax_tracker.ingest.pages import full_text
from hoax_tracker.ingest.sources.schedule import due_sources, lease_sources
from hoax_tracker.models import Assessment, HostVisit, Item, LinkedPage, Source, db
from tests.feed_server import FeedServer, Reply
from tests.items.test_assessment_turns import beside, somebody_waits
from tests.waiting import DEADLINE_S, wait_until

TITLE = "Kabar dari Puskesmas Oesapa di Kota Kupang"
BEGUN = "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar. Baca selengkapnya …"
SITE = "https://situs.contoh.id"


def host_of(length: int) -> str:
    """A name of so many characters whose parts are short enough."""
    return (("a" * 49 + ".") * length)[: length - 4] + "b.id"


@pytest.mark.parametrize(("length", "nowhere"), [(253, False), (254, True), (1900, True)])
def test_a_name_longer_than_any_leads_nowhere(length: int, nowhere: bool) -> None:
    assert has_impossible_host(f"https://{host_of(length)}/x") is nowhere


@pytest.mark.usefixtures("shipped_model")
def test_a_link_to_a_host_that_cannot_be_stops_nothing(
    app: APIFlask, server: FeedServer, settings: Settings, now: datetime
) -> None:
    url = f"https://{host_of(304)}/x"
    entry = f"<guid>1</guid><link>{url}</link><title>{TITLE}</title><description>{BEGUN}</description>"
    feed = f'<rss version="2.0"><channel><title>Kabar</title><item>{entry}</item></channel></rss>'
    db.session.add(Source(name="Kabar", url=server.answer("/feed", Reply(feed.encode())), created_at=now))
    db.session.commit()
    pipeline.run_due_sources(settings, now)
    item_id = db.session.scalars(sa.select(Item.id).where(Item.url == url)).one()
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [item_id]
    assert db.session.scalars(sa.select(LinkedPage.url)).all() == []
    with write_transaction():
        db.session.add(LinkedPage(item_id=item_id, url=url, next_at=now))
    assert full_text.lease_linked_pages(now, Politeness()) == [(item_id, url)], "asked for before such links were known"
    assert db.session.scalars(sa.select(HostVisit.host)).all() == []


@pytest.fixture
def site(app: APIFlask, now: datetime) -> None:
    """A site with two feeds, and more pages that are due than one worker takes."""
    source, other = (Source(name=name, url=f"{SITE}/{name}", created_at=now) for name in ("feed", "lain"))
    db.session.add_all([source, other])
    db.session.flush()
    for number in range(PAGES_PER_HOST + 1):
        item = Item(source_id=source.id, entry_key=str(number), content_key=str(number), fetched_at=now)
        db.session.add(item)
        db.session.flush()
        db.session.add(LinkedPage(item_id=item.id, url=f"{SITE}/{number}", next_at=now))
    db.session.commit()


@pytest.mark.usefixtures("site")
def test_a_site_is_held_for_workers_whose_round_began_earlier_too(now: datetime) -> None:
    later = now + timedelta(seconds=20)
    assert len(full_text.lease_linked_pages(later, Politeness())) == PAGES_PER_HOST
    assert full_text.lease_linked_pages(now, Politeness()) == []
    assert lease_sources(due_sources(now), now, Politeness()) == []


@pytest.mark.usefixtures("site")
def test_feeds_that_a_later_round_reads_keep_pages_of_their_site_waiting(now: datetime) -> None:
    later = now + timedelta(seconds=20)
    assert len(lease_sources(due_sources(later), later, Politeness(per_host=1))) == 1
    assert lease_sources(due_sources(now), now, Politeness()) == []
    assert full_text.lease_linked_pages(now, Politeness()) == []


@pytest.mark.usefixtures("site")
def test_a_hold_that_another_worker_has_since_stays(now: datetime) -> None:
    over = now + HOST_LEASE
    first = [url for _, url in full_text.lease_linked_pages(now, Politeness())]
    second = [url for _, url in full_text.lease_linked_pages(over, Politeness())]
    release_hosts(first, now, Politeness())
    assert locked_hosts(over, Politeness()) == {"situs.contoh.id"}
    release_hosts(second, over, Politeness())
    assert locked_hosts(over, Politeness()) == set()


@pytest.mark.postgresql
@pytest.mark.usefixtures("site")
def test_feeds_wait_for_pages_that_are_being_chosen(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[sa.exc.SQLAlchemyError] = []
    chosen: list[int] = []
    reader: threading.Thread = beside(
        app, lambda: chosen.append(len(lease_sources(due_sources(now), now, Politeness()))), errors
    )
    hold = site_locks.lock_hosts

    def while_feeds_are_chosen(*given: object) -> None:
        reader.start()
        wait_until(lambda: not reader.is_alive() or somebody_waits(), "the feeds are chosen, or wait for us")
        hold(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(site_locks, "lock_hosts", while_feeds_are_chosen)
    assert len(full_text.lease_linked_pages(now, Politeness())) == PAGES_PER_HOST
    reader.join(DEADLINE_S)
    assert (chosen, errors) == ([0], [])
