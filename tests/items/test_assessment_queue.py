"""The queue of unassessed items stays right whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, write_transaction
from hoax_tracker.flag import item_assessment
from hoax_tracker.flag.item_assessment import is_assessable
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Assessment, Item, ModelVersion, Source, SourceKind, Topic, UnassessedItem, db
from tests.factories import count_rows
from tests.ingest.storage.test_store import entry

SCORES = {"relevance": 0.1, "misinformation": 0.1, "priority": 0.1, "topic": Topic.OTHER, "flagged": False}


def listed() -> list[int]:
    """The ids on the list."""
    return list(db.session.scalars(sa.select(UnassessedItem.item_id).order_by(UnassessedItem.item_id)))


def store(now: datetime, *texts: str, kind: SourceKind = SourceKind.FEED) -> list[int]:
    """Store texts of a source of that kind, published one after the other; return the ids of the items."""
    with write_transaction(Turn.STORE):
        source = db.session.scalar(sa.select(Source).where(Source.kind == kind))
        if source is None:
            source = Source(name=kind.value, kind=kind, created_at=now)
            db.session.add(source)
            db.session.flush()
        known = count_rows(Item)
        moments = (now + timedelta(seconds=known + place) for place in range(len(texts)))
        told = [entry(text, feed_id=text, published_at=at) for text, at in zip(texts, moments, strict=True)]
        return list(store_entries(source, told, now).new)


def version(name: str, now: datetime, *, is_active: bool = True) -> ModelVersion:
    """A version, the one in use unless told otherwise."""
    with write_transaction():
        if is_active:
            db.session.execute(sa.update(ModelVersion).values(is_active=False))
        row = ModelVersion(digest=name * 64, name=name, file_name=name, registered_at=now, is_active=is_active)
        db.session.add(row)
    return row


def assess(by: ModelVersion, now: datetime, limit: int = 500) -> list[int]:
    """Let a version assess what is pending, some of it; return the ids."""
    with write_transaction(Turn.STORE):
        assessment_queue.extend_queue(by)
        ids = [item.id for item in assessment_queue.lock_next_items(by, is_assessable(now), limit)]
        rows = [{"item_id": key, "model_version_id": by.id, "assessed_at": now, "reasons": []} | SCORES for key in ids]
        if rows:
            db.session.execute(sa.insert(Assessment), rows)
        assessment_queue.dequeue_items(ids)
        return ids


def test_what_is_stored_is_listed_until_it_is_assessed(app: APIFlask, now: datetime) -> None:
    ids, model = store(now, "satu", "dua", "tiga"), version("a", now)
    assert listed() == ids
    assert assess(model, now, limit=2) == ids[:2]
    assert listed() == ids[2:]
    more = store(now, "dua", "empat")
    assert assess(model, now) == ids[2:] + more
    assert (listed(), assess(model, now)) == ([], [])


def test_what_other_fact_checkers_wrote_is_never_listed(app: APIFlask, now: datetime) -> None:
    store(now, "Salah: air diracun", kind=SourceKind.CLAIM_REVIEW)
    assert (listed(), assess(version("a", now), now)) == ([], [])


def test_a_new_version_assesses_everything_and_the_old_one_only_what_came_since(app: APIFlask, now: datetime) -> None:
    old, ids = version("a", now), store(now, "satu", "dua")
    assess(old, now)
    new = version("b", now)
    assert assess(new, now, limit=1) == ids[:1]
    later = store(now, "tiga")
    assert assess(new, now) == ids[1:] + later
    assert assess(old, now) == later
    assert listed() == []


def test_what_is_forgotten_is_listed_again(app: APIFlask, now: datetime) -> None:
    model, ids = version("a", now), store(now, "satu", "dua")
    assess(model, now)
    with write_transaction():
        assessment_queue.requeue_items(ids[:1])
        assessment_queue.requeue_items(ids[:1])
    assert listed() == ids[:1]
    assert assess(model, now) == ids[:1]


def test_what_was_assessed_without_the_list_stops_nobody(app: APIFlask, now: datetime) -> None:
    model, ids = version("a", now), store(now, "satu", "dua")
    assert assess(model, now) == ids
    with write_transaction():
        assessment_queue.enqueue_items(Item.id.in_(ids))
    assert (assess(model, now), listed()) == ([], [])


@pytest.mark.usefixtures("shipped_model")
def test_what_was_being_assessed_when_a_worker_died_is_assessed_by_the_next(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = store(now, "Air mati di Oebobo", "Harga cabai naik di Pasar Inpres")

    def dies(_items: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(item_assessment, "enqueue_for_grouping", dies)
        with pytest.raises(KeyboardInterrupt):
            pipeline.flag_pending_items(now)
    assert (listed(), db.session.scalars(sa.select(Assessment.id)).all()) == (ids, [])
    pipeline.flag_pending_items(now)
    assert listed() == []
    assert db.session.scalars(sa.select(Assessment.item_id).order_by(Assessment.item_id)).all() == ids


@pytest.mark.usefixtures("shipped_model")
def test_what_takes_too_long_is_left_for_the_next_round(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = store(now, "Air mati di Oebobo", "Harga cabai naik di Pasar Inpres", "Jalan rusak di Liliba")
    monkeypatch.setattr(item_assessment, "ASSESSMENT_BATCH", 1)
    pipeline.flag_pending_items(now, seconds=0)
    assert listed() == ids[1:]
    pipeline.flag_pending_items(now)
    assert listed() == []


def test_the_list_of_another_version_is_made_in_slices(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assessment_queue, "QUEUE_SLICE", 2)
    old, ids = version("a", now), store(now, *"12345")
    while not old.is_listed:
        assess(old, now)
    assert listed() == []
    new = version("b", now)
    assert assess(new, now) == ids[:2]
    assert (new.is_listed, new.listed_to) == (False, ids[1])
    later = store(now, "6")
    assert assess(new, now, limit=1) == ids[2:3]
    assert listed() == [ids[3], *later]
    with write_transaction(Turn.STORE):
        assessment_queue.requeue_items(ids[:1])
    other = version("c", now)
    assert assess(other, now) == ids[:2], "what is listed of another version is begun anew"
    found = list[int]()
    while not new.is_listed:
        found += assess(new, now)
    assert sorted(found) == [ids[0], *ids[3:], *later]
    assert listed() == []


@pytest.mark.usefixtures("shipped_model")
def test_a_slice_with_nothing_to_assess_is_not_the_end(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = store(now, "Air mati di Oebobo", "Harga cabai naik di Pasar Inpres", "Jalan rusak di Liliba")
    pipeline.flag_pending_items(now)
    with write_transaction(Turn.STORE):
        assessment_queue.requeue_items(ids[2:])
        db.session.execute(sa.update(ModelVersion).values(is_listed=False))
        assessment_queue.dequeue_items(ids)
    monkeypatch.setattr(assessment_queue, "QUEUE_SLICE", 1)
    pipeline.flag_pending_items(now)
    assert set(db.session.scalars(sa.select(Assessment.item_id))) == set(ids)
    assert listed() == []


@pytest.fixture
def said(app: APIFlask) -> Iterator[list[tuple[str, Any]]]:
    """The statements that were run, with their values."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        found.append((statement, values))

    sa.event.listen(db.engine, "before_cursor_execute", note)
    yield found
    sa.event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.sqlite
def test_nobody_reads_all_items_to_find_the_few(app: APIFlask, now: datetime, said: list[tuple[str, Any]]) -> None:
    model = version("a", now)
    store(now, "satu")
    assess(model, now)
    store(now, *(f"kabar {number}" for number in range(50)))
    said.clear()
    with write_transaction():
        assessment_queue.extend_queue(model)
        assert len(assessment_queue.lock_next_items(model, is_assessable(now), 500)) == 50
        asked = [one for one in said if one[0].lstrip().upper().startswith("SELECT")]
        assert len(asked) >= 3
        for statement, values in asked:
            plan = db.session.connection().exec_driver_sql(f"explain query plan {statement}", values).all()
            assert not [row for row in plan if row[-1].startswith("SCAN item")], statement
