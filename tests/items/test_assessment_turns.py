"""Concurrent changes of the assessment queue: on PostgreSQL nothing is lost or deadlocked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.flag import item_assessment
from hoax_tracker.flag.model import model_files as flag_models, registry
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Assessment, ClaimAppearance, Item, ModelVersion, Source, db
from tests.ingest.storage.test_store import entry
from tests.items.test_assessment_queue import assess, listed, store, version
from tests.waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.postgresql
HOAXES = (
    "Beredar kabar air PDAM Kota Kupang beracun dan dua anak di Oesapa meninggal. Sebarkan!",
    "Bantuan sosial 5 juta dari Wali Kota Kupang, daftar dengan KTP di tautan ini sebelum besok. Bagikan!",
    "Mulai besok Puskesmas Oesapa menolak pasien BPJS, warga Kota Kupang wajib bayar Rp75.000. Viralkan!",
    "Sekolah di Kota Kupang libur 14 hari karena wabah, kata Dinas Pendidikan. Sebarkan ke semua grup!",
)
FIRST, LATER = "Harga cabai naik di Pasar Inpres", "Harga cabai turun di Pasar Inpres, kata pedagang"


def beside(app: APIFlask, act: Callable[[], object], errors: list[sa.exc.SQLAlchemyError]) -> threading.Thread:
    """Return a thread that does something with a session of its own; an error of the database is noted."""

    def do() -> None:
        with app.app_context():
            try:
                act()
            except sa.exc.SQLAlchemyError as error:
                errors.append(error)
            finally:
                db.session.remove()

    return threading.Thread(target=do)


def somebody_waits() -> bool:
    """Tell whether a transaction waits for another one."""
    with db.engine.connect() as watcher:
        query = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        return bool(watcher.scalar(sa.text(query)))


def tell(text: str, now: datetime) -> None:
    """Let the one source tell its one story in these words."""
    with write_transaction(Turn.STORE):
        source = db.session.scalar(sa.select(Source))
        if source is None:
            source = Source(name="s", created_at=now)
            db.session.add(source)
            db.session.flush()
        store_entries(source, [entry(text, feed_id="a")], now)


def while_assessing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do something once, in the middle of the next transaction that assesses."""
    asked, done = item_assessment.request_full_texts, list[bool]()

    def act_first(*given: Any) -> set[int]:
        if not done:
            done.append(True)
            act()
        return asked(*given)

    monkeypatch.setattr(item_assessment, "request_full_texts", act_first)


def begin_beside(thread: threading.Thread) -> None:
    """Start a thread, and go on once it ended or waits for us."""
    thread.start()
    wait_until(lambda: not thread.is_alive() or somebody_waits(), "it is through, or waits for us")


@pytest.mark.usefixtures("shipped_model")
def test_what_is_reworded_while_it_is_assessed_is_assessed_anew(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.flag_pending_items(now)  # from here on the list is the model's
    tell(FIRST, now)
    errors: list[sa.exc.SQLAlchemyError] = []
    edit = beside(app, lambda: tell(LATER, now + timedelta(minutes=1)), errors)
    while_assessing(monkeypatch, lambda: begin_beside(edit))
    assert pipeline.assess_batch(now, 10).items == 1
    edit.join(DEADLINE_S)
    assert errors == []
    db.session.rollback()
    item = db.session.scalars(sa.select(Item)).one()
    assert (item.text, listed()) == (LATER, [item.id])
    assert db.session.scalars(sa.select(Assessment.id)).all() == []
    pipeline.flag_pending_items(now)
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [item.id]


@pytest.mark.usefixtures("shipped_model")
def test_two_workers_assess_different_items_and_group_in_order(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.flag_pending_items(now)
    ids, errors, seen = store(now, *HOAXES), list[sa.exc.SQLAlchemyError](), list[object]()

    def work_beside() -> None:
        seen.append(pipeline.assess_batch(now, 2).items)
        seen.append(pipeline.group_batch(now, 1, wait=False))
        seen.append(listed())

    other = beside(app, work_beside, errors)
    while_assessing(monkeypatch, lambda: (begin_beside(other), other.join(DEADLINE_S)))
    assert pipeline.assess_batch(now, 2).items == 2
    assert errors == []
    assert seen == [2, 0, ids[:2]], "it took those after ours, and what comes after them is not grouped before"
    assert pipeline.flag_pending_items(now) == 0
    opened = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.opens).order_by(ClaimAppearance.claim_id)
    assert db.session.scalars(opened).all() == ids


@pytest.mark.usefixtures("shipped_model")
def test_nobody_waits_for_who_groups_but_the_last(app: APIFlask, now: datetime) -> None:
    store(now, HOAXES[0])
    errors, grouped = list[sa.exc.SQLAlchemyError](), list[int]()
    with write_transaction(Turn.FLAG):
        other = beside(app, lambda: grouped.append(pipeline.flag_pending_items(now)), errors)
        begin_beside(other)
        assert other.is_alive(), "it has nothing to assess any more"
        assert db.session.scalar(sa.select(sa.func.count(Assessment.id))) == 1
    other.join(DEADLINE_S)
    assert (errors, grouped) == ([], [1])
    assert db.session.scalar(sa.select(sa.func.count(ClaimAppearance.id))) == 1


def test_another_model_comes_into_use_after_who_assesses_with_the_old_one(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction():
        used = flag_models.register_shipped_model(now).id
    pipeline.flag_pending_items(now)
    (item_id,) = store(now, HOAXES[0])
    errors: list[sa.exc.SQLAlchemyError] = []
    next_one = version("b", now, is_active=False).id
    monkeypatch.setattr(registry, "share", lambda _version: None)  # it has no file

    def activate() -> None:
        with write_transaction():
            registry.set_active_version(db.session.get_one(ModelVersion, next_one))

    switch = beside(app, activate, errors)
    waited = list[bool]()
    while_assessing(monkeypatch, lambda: (begin_beside(switch), waited.append(switch.is_alive())))
    assert pipeline.assess_batch(now, 10).items == 1
    switch.join(DEADLINE_S)
    assert waited == [True]
    assert errors == []
    db.session.rollback()
    assert not item_assessment.is_still_active(db.session.get_one(ModelVersion, used))
    with write_transaction(Turn.STORE):
        assessment_queue.extend_queue(db.session.scalars(sa.select(ModelVersion).where(ModelVersion.is_active)).one())
    assert listed() == [item_id], "the new one has it before it, too"


@pytest.mark.usefixtures("shipped_model")
def test_what_an_officer_records_waits_for_who_assesses_it(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline.flag_pending_items(now)
    (item_id,) = store(now, HOAXES[0])
    errors: list[sa.exc.SQLAlchemyError] = []
    record = beside(app, lambda: pipeline.assign_item_to_claim(item_id, now), errors)
    while_assessing(monkeypatch, lambda: begin_beside(record))
    pipeline.flag_pending_items(now)
    record.join(DEADLINE_S)
    assert errors == []
    db.session.rollback()
    assert db.session.scalars(sa.select(ClaimAppearance.item_id)).all() == [item_id]


@pytest.mark.usefixtures("shipped_model")
def test_what_is_being_deleted_is_not_assessed(app: APIFlask, now: datetime) -> None:
    pipeline.flag_pending_items(now)
    gone, left = store(now, *HOAXES[:2])
    errors, assessed = list[sa.exc.SQLAlchemyError](), list[int]()
    with write_transaction(Turn.STORE):
        db.session.execute(sa.delete(Item).where(Item.id == gone))
        other = beside(app, lambda: assessed.append(pipeline.assess_batch(now, 10).items), errors)
        begin_beside(other)
        other.join(DEADLINE_S)
    assert (errors, assessed) == ([], [1])
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == [left]


def test_a_list_made_anew_misses_nothing_that_is_being_forgotten(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, old_id = store(now, "satu", "dua"), version("a", now).id
    assess(db.session.get_one(ModelVersion, old_id), now)
    new = version("b", now)
    with write_transaction(Turn.STORE):
        assessment_queue.extend_queue(new)
    held, go, errors = threading.Event(), threading.Event(), list[sa.exc.SQLAlchemyError]()

    def forget() -> None:
        with write_transaction(Turn.STORE):
            assessment_queue.requeue_items(ids[:1])
            held.set()
            go.wait(DEADLINE_S)

    def once_it_may_be_done(turn: Turn) -> None:
        go.set()
        take_turn(turn)

    monkeypatch.setattr(assessment_queue, "take_turn", once_it_may_be_done, raising=False)
    edit = beside(app, forget, errors)
    edit.start()
    assert held.wait(DEADLINE_S)
    try:
        with write_transaction(None):
            old = db.session.get_one(ModelVersion, old_id)
            assessment_queue.extend_queue(old)
            found = [item.id for item in assessment_queue.lock_next_items(old, sa.true(), 10)]
    finally:
        go.set()
        edit.join(DEADLINE_S)
    assert errors == []
    assert (found, listed()) == (ids[:1], ids[:1])
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == ids[1:]
