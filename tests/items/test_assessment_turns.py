"""Concurrent changes of the assessment queue: on PostgreSQL nothing is lost or deadlocked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction
from hoax_tracker.flag import service as flag
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.items import assessment_queue
from hoax_tracker.models import Assessment, Item, ModelVersion, Source, db
from tests.ingest.storage.test_store import entry
from tests.items.test_assessment_queue import assess, listed, store, version
from tests.waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.postgresql
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


def test_what_is_reworded_while_it_is_judged_holds_nobody_up(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with write_transaction():
        flag_models.register_shipped_model(now)
    pipeline.flag_pending_items(now)  # from here on the list is the model's
    tell(FIRST, now)
    errors: list[sa.exc.SQLAlchemyError] = []
    edit = beside(app, lambda: tell(LATER, now + timedelta(minutes=1)), errors)

    def while_it_is_reworded(turn: Turn) -> None:
        if edit.ident is None:
            edit.start()
            wait_until(lambda: not edit.is_alive() or somebody_waits(), "the edit is through, or waits for us")
        take_turn(turn)

    monkeypatch.setattr(flag, "take_turn", while_it_is_reworded)
    pipeline.flag_pending_items(now)
    edit.join(DEADLINE_S)
    assert errors == []
    db.session.rollback()
    item = db.session.scalars(sa.select(Item)).one()
    assert (item.text, listed()) == (LATER, [item.id])


def test_a_list_made_anew_misses_nothing_that_is_being_forgotten(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, old_id = store(now, "satu", "dua"), version("a", now).id
    assess(db.session.get_one(ModelVersion, old_id), now)
    new = version("b", now)
    with write_transaction(Turn.FLAG):
        flag.list_pending_items(new, now)
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
        with write_transaction(Turn.FLAG):
            found = [item.id for item in flag.list_pending_items(db.session.get_one(ModelVersion, old_id), now)]
    finally:
        go.set()
        edit.join(DEADLINE_S)
    assert errors == []
    assert (found, listed()) == (ids[:1], ids[:1])
    assert db.session.scalars(sa.select(Assessment.item_id)).all() == ids[1:]
