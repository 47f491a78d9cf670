"""Whose pages may be visited: hosts that cannot be stop nothing, and a hold is its worker's own."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.config import Settings
from hoax_tracker.database import writing
from hoax_tracker.fetch.addresses import leads_nowhere
from hoax_tracker.flag import models as flag_models
from hoax_tracker.ingest import full_text
from hoax_tracker.ingest.leases import Manners
from hoax_tracker.models import Assessment, HostVisit, Item, LinkedPage, Source, db
from tests.feed_server import FeedServer, Reply

TITLE = "Kabar dari Puskesmas Oesapa di Kota Kupang"
BEGUN = "Pasien BPJS di Puskesmas Oesapa, Kota Kupang, menerima kabar. Baca selengkapnya …"


def host_of(length: int) -> str:
    """A name of so many characters whose parts are short enough."""
    return (("a" * 49 + ".") * length)[: length - 4] + "b.id"


@pytest.mark.parametrize(("length", "nowhere"), [(253, False), (254, True), (1900, True)])
def test_a_name_longer_than_any_leads_nowhere(length: int, nowhere: bool) -> None:
    assert leads_nowhere(f"https://{host_of(length)}/x") is nowhere


def test_a_link_to_a_host_that_cannot_be_stops_nothing(
    app: APIFlask, server: FeedServer, settings: Settings, now: datetime
) -> None:
    with writing():
        flag_models.register_shipped(now)
    url = f"https://{host_of(304)}/x"
    entry = f"<guid>1</guid><link>{url}</link><title>{TITLE}</title><description>{BEGUN}</description>"
    feed = f'<rss version="2.0"><channel><title>Kabar</title><item>{entry}</item></channel></rss>'
    db.session.add(Source(name="Kabar", url=server.answer("/feed", Reply(feed.encode())), created_at=now))
    db.session.commit()
    pipeline.run_due(settings, now)
    item_id = db.session.scalars(sa.select(Item.id).where(Item.url == url)).one()
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [item_id]
    assert db.session.scalars(sa.select(LinkedPage.url)).all() == []
    with writing():
        db.session.add(LinkedPage(item_id=item_id, url=url, next_at=now))
    assert full_text.take(now, Manners()) == [(item_id, url)], "asked for before such links were known"
    assert db.session.scalars(sa.select(HostVisit.host)).all() == []
