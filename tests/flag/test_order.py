"""The same entries become the same claims in any order and however often a worker is killed."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import Random

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.core.fetch.site_locks import SOURCE_LEASE
from hoax_tracker.core.paths import data_file_path
from hoax_tracker.flag import item_assessment, service
from hoax_tracker.flag.model import model_files
from hoax_tracker.ingest.parsers.entry import FeedEntry
from hoax_tracker.ingest.sources.schedule import lease_sources
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import (
    Assessment,
    Claim,
    ClaimAppearance,
    Item,
    ItemBand,
    Source,
    UnassessedItem,
    UngroupedItem,
    db,
)
from tests.factories import count_rows
from tests.ingest.storage.test_store import entry

SOURCES, ENTRIES = 4, 150
Groups = frozenset[frozenset[str]]


@pytest.fixture
def sources(app: APIFlask, now: datetime) -> list[int]:
    """Ids of sources, on an instance with the shipped model."""
    with write_transaction():
        model_files.register_shipped_model(now)
        rows = [Source(name=f"s{n}", url=f"https://s{n}.example/", created_at=now) for n in range(SOURCES)]
        db.session.add_all(rows)
        db.session.flush()
        return [row.id for row in rows]


def entries(now: datetime) -> list[FeedEntry]:
    """Messages about few matters, each in many words, published minutes apart, some at the same moment, some twice."""
    with data_file_path("pairs", "messages.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in islice(csv.DictReader(file), ENTRIES)]
    told = enumerate([*texts, *texts[::10]])
    return [entry(text, feed_id=str(n), published_at=now - timedelta(minutes=n // 2)) for n, text in told]


def store(entries: Sequence[FeedEntry], sources: Sequence[int], now: datetime) -> None:
    """Store entries in this order, each from the source that always has it, a few in each transaction."""
    for one in entries:
        with write_transaction(Turn.STORE):
            store_entries(db.session.get_one(Source, sources[int(one.feed_id or 0) % SOURCES]), [one], now)


def grouped() -> Groups:
    """Return which entries are one claim, and take everything back."""
    found = defaultdict(set)
    query = sa.select(ClaimAppearance.claim_id, Item.feed_id).join(Item, Item.id == ClaimAppearance.item_id)
    for claim_id, feed_id in db.session.execute(query):
        found[claim_id].add(feed_id or "")
    with write_transaction():
        for table in (ClaimAppearance, Claim, ItemBand, Assessment, UnassessedItem, UngroupedItem, Item):
            db.session.execute(sa.delete(table))
    return frozenset(map(frozenset, found.values()))


@pytest.fixture
def wanted(sources: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch) -> Groups:
    """What becomes of the entries as they were published, in batches that are small enough to cut between them."""
    monkeypatch.setattr(item_assessment, "ASSESSMENT_BATCH", 40)
    monkeypatch.setattr(service, "GROUPED_AT_ONCE", 20)
    monkeypatch.setattr(pipeline, "next_batch", lambda at_once, _held_s, _most: at_once)
    store(entries(now)[::-1], sources, now)
    pipeline.flag_pending_items(now)
    found = grouped()
    assert len(found) > 10
    assert max(map(len, found)) > 3
    return found


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_in_whatever_order_they_arrive(wanted: Groups, sources: list[int], now: datetime, seed: int) -> None:
    store(Random(seed).sample(entries(now), len(entries(now))), sources, now)
    pipeline.flag_pending_items(now)
    assert grouped() == wanted


@pytest.mark.slow
def test_however_often_the_worker_is_killed(
    wanted: Groups, sources: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, store_claims = Random(1), service.link_near_copies

    def tie(items: Sequence[Item]) -> None:
        if chance.random() < 0.5:
            raise KeyboardInterrupt
        store_claims(items)

    store(chance.sample(entries(now), len(entries(now))), sources, now)
    monkeypatch.setattr(service, "link_near_copies", tie)
    killed = 0
    while count_rows(UnassessedItem) + count_rows(UngroupedItem):
        try:
            pipeline.flag_pending_items(now, seconds=0)
        except KeyboardInterrupt:
            killed += 1
            db.session.rollback()
    assert killed > 1
    assert grouped() == wanted


@pytest.mark.slow
def test_what_another_worker_is_reading_is_waited_for(wanted: Groups, sources: list[int], now: datetime) -> None:
    parts: dict[bool, list[FeedEntry]] = {True: [], False: []}
    for one in entries(now):
        parts[int(one.feed_id or 0) % SOURCES == 0].append(one)
    lease_sources(sa.select(Source).where(Source.id == sources[0]), now)
    store(parts[False], sources, now)
    assert pipeline.flag_pending_items(now) == 0
    store(parts[True], sources, now)
    with write_transaction():
        db.session.execute(sa.update(Source).values(lease_until=None))
    pipeline.flag_pending_items(now)
    assert grouped() == wanted


def test_a_killed_reader_is_waited_for_as_long_as_its_lease(sources: list[int], now: datetime) -> None:
    store(entries(now)[:5], sources, now - timedelta(minutes=1))
    lease_sources(sa.select(Source).where(Source.id == sources[0]), now)
    store(entries(now)[5:20], sources, now)
    pipeline.flag_pending_items(now)
    assert count_rows(UnassessedItem) == 15, "what was stored before the reading began does not wait"
    pipeline.flag_pending_items(now + SOURCE_LEASE)
    assert count_rows(UnassessedItem) == 0
