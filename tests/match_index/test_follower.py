"""A web process hears of published pages from PostgreSQL: also after its connection broke, also without a worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.reports.erasure import erase_report
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.match_index import MatchIndex, current_match_index, follower
from hoax_tracker.match_index.files import POINTER_FILE
from hoax_tracker.models import PUBLISHED_CHANNEL, Clarification, ClarificationStatus, Officer, db
from tests import factories
from tests.shared_app import create_test_app
from tests.waiting import DEADLINE_S, wait_until

CATTLE = "Sapi di Naioni mati kena antraks, warga dilarang makan daging sapi dari semua pasar di Kupang"


@pytest.fixture
def host(app: APIFlask, settings: Settings, tmp_path: Path) -> Iterator[APIFlask]:
    """Another web host of the same instance, with an empty data folder and nobody who asks it anything."""
    other = create_test_app(replace(settings, data_folder=tmp_path / "other"))
    other.extensions["settings"].data_folder.mkdir()
    yield other
    with other.app_context():
        db.session.remove()
        db.engine.dispose()


@contextmanager
def following(host: APIFlask) -> Iterator[MatchIndex]:
    """Run a host's thread until the block ends; yield its index once it listens."""
    stop = threading.Event()
    thread = threading.Thread(target=follower.follow_published_pages, args=(host, stop))
    thread.start()
    try:
        wait_until(lambda: len(list_listeners()) == 1, "the host listens")
        with host.app_context():
            index = current_match_index()
        wait_until(lambda: index.is_read, "the index was read")
        yield index
    finally:
        stop.set()
        wait_until(lambda: tell_until_ended(thread), "the thread ends")
        thread.join(DEADLINE_S)


def list_listeners() -> list[int]:
    """The connections that listen."""
    query = "select pid from pg_stat_activity where query = :said and datname = current_database()"
    with db.engine.connect() as connection:
        return list(connection.scalars(sa.text(query), {"said": f"listen {PUBLISHED_CHANNEL}"}))


def tell_until_ended(thread: threading.Thread) -> bool:
    """Wake the thread so that it sees that it is to stop; tell whether it ended."""
    with db.engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_notify(PUBLISHED_CHANNEL, "")))
    return not thread.is_alive()


def holds(index: MatchIndex, page: Clarification) -> bool:
    """Tell whether the index has read a page, without asking it anything."""
    state = index._published.held
    return state is not None and page.id in state.fresh


@pytest.mark.sqlite
def test_on_sqlite_the_index_is_read_and_the_thread_ends(app: APIFlask) -> None:
    follower.follow_published_pages(app, threading.Event())
    assert current_match_index().is_read


@pytest.mark.postgresql
def test_a_host_that_nobody_asks_reads_what_is_published_and_withdrawn(
    host: APIFlask, officer: Officer, approver: Officer
) -> None:
    with following(host) as index:
        page = factories.make_clarification(officer, approver, claim_quote=CATTLE)
        wait_until(lambda: holds(index, page), "the page was read")
        page.status = ClarificationStatus.RETRACTED
        db.session.commit()
        wait_until(lambda: not holds(index, page), "the page is gone")


@pytest.mark.postgresql
def test_only_what_residents_read_is_told_and_only_once_it_is_committed(officer: Officer, approver: Officer) -> None:
    with follower.listening_connection(db.engine) as connection:
        page = factories.make_clarification(officer, approver, claim_quote=CATTLE)
        page.title = "Lain"
        db.session.flush()
        db.session.rollback()
        factories.make_claim(CATTLE)
        factories.make_clarification(officer, None)
        page.status = ClarificationStatus.RETRACTED
        db.session.commit()
        connection.execute("select pg_notify(%s, 'the end')", [PUBLISHED_CHANNEL])
        assert list(iter(lambda: hear(connection), "the end")) == ["", ""], "published, withdrawn"


def hear(connection: psycopg.Connection[Any]) -> str:
    """Return the next word on a connection."""
    return next(connection.notifies(timeout=DEADLINE_S, stop_after=1)).payload


@pytest.mark.postgresql
def test_a_host_whose_connection_was_cut_listens_again_and_reads_what_it_missed(
    host: APIFlask, officer: Officer, approver: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower, "FIRST_PAUSE_S", 0.01)
    with following(host) as index:
        [before] = list_listeners()
        with db.engine.begin() as connection:
            assert connection.scalar(sa.select(sa.func.pg_terminate_backend(before)))
        page = factories.make_clarification(officer, approver, claim_quote=CATTLE)
        wait_until(lambda: holds(index, page), "the page was read")
        wait_until(lambda: list_listeners() not in ([], [before]), "the host listens again")


@pytest.mark.postgresql
def test_a_host_without_a_worker_writes_its_files(host: APIFlask, officer: Officer, approver: Officer) -> None:
    with following(host):
        factories.make_clarification(officer, approver, claim_quote=CATTLE)
        pointer = host.extensions["settings"].data_folder / "index" / "published" / POINTER_FILE
        wait_until(pointer.exists, "the files are written")


@pytest.mark.postgresql
def test_another_host_writes_its_files_anew_when_a_reporter_erases(host: APIFlask, now: datetime) -> None:
    settings = host.extensions["settings"]
    factories.make_claim(CATTLE)
    ticket = submit_report(CATTLE, None, None, None, False, now, settings)
    pointer = settings.data_folder / "index" / "known" / POINTER_FILE
    with following(host) as index:
        with host.app_context():
            index.forget()
        before = pointer.read_text()
        erase_report(ticket, now)
        wait_until(lambda: pointer.read_text() != before, "the files are written anew")
