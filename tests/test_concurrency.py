"""Concurrent workers: what SQLite's single write lock guarantees holds on PostgreSQL too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.accounts import officer_acts
from hoax_tracker.app import create_app
from hoax_tracker.check.answers.question_log import count_question
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.reports import additions
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database import transactions
from hoax_tracker.core.database.tally import drop_tallies
from hoax_tracker.core.database.transactions import read_transaction, write_transaction
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, RateLimitedError
from hoax_tracker.flag import service as flag_service
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.ingest import service as ingest
from hoax_tracker.ingest.storage.store import StoredBatch, store_entries
from hoax_tracker.match_index.documents import KNOWN_CLAIM_ROWS
from hoax_tracker.models import (
    Assessment,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    Officer,
    Report,
    ReportAddition,
    ReportPicture,
    RoleName,
    Source,
    db,
)
from tests import databases, factories
from tests.browser import Browser
from tests.factories import count_rows
from tests.ingest.storage.test_store import entry
from tests.waiting import DEADLINE_S

T = TypeVar("T")
HOUR = timedelta(hours=1)
HOAX = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)


def together(app: APIFlask, acts: Sequence[Callable[[], T]]) -> list[T | HoaxTrackerError]:
    """Do all acts at once, each on a thread and connection of its own; return results, or our error where one came."""
    start = threading.Barrier(len(acts))

    def do(act: Callable[[], T]) -> T | HoaxTrackerError:
        with app.app_context():
            try:
                db.session.connection()  # connected already when the start is given
                db.session.rollback()
                start.wait(DEADLINE_S)
                return act()
            except HoaxTrackerError as error:
                return error
            finally:
                db.session.remove()

    db.session.rollback()  # the caller's own transaction would hold everybody up
    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


@contextmanager
def another(app: APIFlask) -> Iterator[Callable[..., Any]]:
    """Yield a function that runs another with a session and connection of their own (one thread for all calls)."""
    with ThreadPoolExecutor(1) as pool:

        def call(act: Callable[..., T], *arguments: Any) -> T:
            def there() -> T:
                with app.app_context():
                    try:
                        return act(*arguments)
                    finally:
                        db.session.remove()

            return pool.submit(there).result(DEADLINE_S)

        yield call


@pytest.fixture(autouse=True)
def without_guards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no browser of these tests ask for the guards: who waits for whom is measured, and their switch waits, too."""
    monkeypatch.setattr(Browser, "meets_guards", False)


def test_the_audit_chain_never_forks(app: APIFlask, now: datetime) -> None:
    def act() -> None:
        for number in range(8):
            with write_transaction(None):
                audit_log.record_event("claim_link", f"claim:{number}", officer=None, now=now)

    together(app, [act] * 6)
    found = chain_check.verify_chain()
    assert (found.rows, found.broken_at) == (48, None)


def test_no_ticket_takes_more_additions_than_it_may(
    app: APIFlask, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who found room waits for a second one before storing; with the lock none comes, and the wait ends in vain."""
    ticket = submit_report("Pasar Oeba ditutup, batul ko?", None, None, None, False, now, settings)
    for number in range(additions.ADDITIONS_MOST - 1):
        additions.add_to_report(ticket, f"keterangan nomor {number} dari grup", None, now, settings)
    store_addition, second = additions.store_addition, threading.Barrier(2)

    def store_late(addition: ReportAddition, picture: ReportPicture | None) -> None:
        with suppress(threading.BrokenBarrierError):
            second.wait(0.2)
        store_addition(addition, picture)

    monkeypatch.setattr(additions, "store_addition", store_late)

    def add(text: str) -> str:
        additions.add_to_report(ticket, text, None, now, settings)
        return text

    texts = [f"kabar baru nomor {number} dari tetangga" for number in (1, 2, 3, 3)]
    outcomes = together(app, [partial(add, text) for text in texts])
    stored = [outcome for outcome in outcomes if isinstance(outcome, str)]
    assert len(set(stored)) == 1, "one more was taken; the same sent twice is one"
    assert all(isinstance(outcome, str | InvalidInputError) for outcome in outcomes)
    assert count_rows(ReportAddition) == additions.ADDITIONS_MOST


def test_no_source_is_leased_twice(app: APIFlask, now: datetime) -> None:
    db.session.add_all(Source(name=f"s{n}", url=f"https://{n}.example/", created_at=now) for n in range(30))
    db.session.commit()
    leased = together(app, [lambda: ingest.lease_sources(ingest.due_sources(now).limit(10), now)] * 4)
    taken = [target.source_id for one in leased for target in one]  # type: ignore[union-attr]
    assert len(taken) == len(set(taken))
    rest = ingest.lease_sources(ingest.due_sources(now), now)
    assert len(taken) + len(rest) == 30


@pytest.mark.postgresql
def test_a_worker_does_not_wait_for_the_choice_of_another(app: APIFlask, now: datetime) -> None:
    db.session.add_all(Source(name=f"s{n}", url=f"https://{n}.example/", created_at=now) for n in range(3))
    db.session.commit()
    with another(app) as call, write_transaction(None):
        first = db.session.scalars(ingest.due_sources(now).limit(1).with_for_update(skip_locked=True)).one()
        assert first.id not in {one.source_id for one in call(ingest.lease_sources, ingest.due_sources(now), now)}


def test_a_limit_holds_over_all_workers(app: APIFlask, now: datetime) -> None:
    def act() -> int:
        allowed = 0
        for _ in range(10):
            try:
                with write_transaction(None):
                    Limit("check", 25, HOUR).use("10.0.0.1", now)
                allowed += 1
            except RateLimitedError:
                continue
        return allowed

    assert sum(together(app, [act] * 5)) == 25  # type: ignore[arg-type]


def test_the_same_question_from_many_is_counted_for_each(app: APIFlask, now: datetime) -> None:
    together(app, [lambda: count_question("Apakah air PDAM mati tujuh hari?", answer_message("air mati", now))] * 6)
    assert db.session.scalars(sa.select(CheckQuery.count)).one() == 6


def test_the_same_page_from_two_feeds_is_one_item(app: APIFlask, now: datetime) -> None:
    sources = [Source(name=f"s{n}", url=f"https://{n}.example/", created_at=now) for n in range(4)]
    db.session.add_all(sources)
    db.session.commit()
    entries = [entry(f"berita nomor {n}", title=f"Judul {n}", url=f"https://a.example/{n}") for n in range(40)]

    def act(source_id: int) -> StoredBatch:
        told = Random(source_id).sample(entries, len(entries))
        with write_transaction(None):
            return store_entries(db.session.get_one(Source, source_id), told, now)

    stored = together(app, [lambda key=source.id: act(key) for source in sources])  # type: ignore[misc]
    assert sorted(len(one.new) for one in stored) == [0, 0, 0, 40]  # type: ignore[union-attr]
    assert count_rows(Item) == 40


def test_the_second_of_two_officers_is_told(app: APIFlask, now: datetime) -> None:
    claim_id = factories.make_claim().id

    def act() -> None:
        with read_transaction():
            seen = db.session.get_one(Claim, claim_id).version
        met.wait(DEADLINE_S)
        with write_transaction(None):
            claim = db.session.get_one(Claim, claim_id)
            if claim.version != seen:
                raise EditConflictError("somebody was first")
            claim.status, claim.version = ClaimStatus.INVESTIGATING, claim.version + 1

    met = threading.Barrier(2)
    outcomes = together(app, [act] * 2)
    assert sorted(type(one).__name__ for one in outcomes) == ["EditConflictError", "NoneType"]
    db.session.expire_all()
    assert db.session.get_one(Claim, claim_id).version == 2


def test_two_administrators_cannot_close_each_other(app: APIFlask, now: datetime) -> None:
    pair = [factories.make_officer(f"{name}@kupang.example", RoleName.ADMINISTRATOR).id for name in ("satu", "dua")]

    def act(mine: int, other: int) -> None:
        officer_acts.disable_officer_account(other, by=db.session.get_one(Officer, mine), now=now)

    outcomes = together(app, [lambda: act(pair[0], pair[1]), lambda: act(pair[1], pair[0])])
    assert sum(isinstance(one, HoaxTrackerError) for one in outcomes) == 1
    db.session.expire_all()
    assert sum(db.session.get_one(Officer, one).active for one in pair) == 1


@pytest.mark.usefixtures("shipped_model")
def test_near_copies_flagged_at_once_are_one_claim(app: APIFlask, now: datetime) -> None:
    source = Source(name="s", url="https://s.example/", created_at=now)
    asked = ("Betul ko?", "Benar begitu kah?", "Mohon infonya.")
    reports = [Report(ticket_digest=f"{n}" * 64, text=f"{HOAX} {end}", received_at=now) for n, end in enumerate(asked)]
    db.session.add_all([source, *reports])
    db.session.commit()
    with write_transaction():
        store_entries(source, [entry(HOAX, url="https://a.example/1"), entry(HOAX + " Ya.", feed_id="2")], now)
    flag_models.load_version_bundle(flag_models.find_active_version() or pytest.fail("no model"))
    acts: list[Callable[[], Any]] = [lambda: pipeline.flag_pending_items(now)] * 2
    acts += [lambda key=one.id: pipeline.assign_report_to_claim(key, now) for one in reports]  # type: ignore[misc]
    together(app, acts)
    assert (count_rows(Claim), count_rows(ClaimAppearance), count_rows(Assessment)) == (1, 5, 5)


@pytest.mark.usefixtures("shipped_model")
def test_an_officer_and_the_machine_at_one_claim_both_get_through(
    app: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim_id = factories.make_claim(HOAX).id
    report = Report(ticket_digest="t" * 64, text=HOAX, received_at=now + HOUR)
    db.session.add(report)
    db.session.commit()
    report_id = report.id
    db.session.rollback()

    def decide() -> None:
        with app.app_context():
            with write_transaction():
                claim = db.session.get_one(Claim, claim_id)
                claim.title, claim.version = "Dipilah", claim.version + 1
            db.session.remove()

    officer = threading.Thread(target=decide)

    def while_the_officer_decides(*given: Any) -> None:
        officer.start()
        officer.join(0.5)  # through already, or waiting for us
        spread(*given)

    spread = flag_service.widen_claim
    monkeypatch.setattr(flag_service, "widen_claim", while_the_officer_decides)
    pipeline.assign_report_to_claim(report_id, now + HOUR)
    officer.join(DEADLINE_S)
    claim = db.session.get_one(Claim, claim_id)
    assert (claim.title, claim.version, claim.last_seen_at) == ("Dipilah", 2, now + HOUR)
    assert len(claim.appearances) == 1


def test_a_page_sees_one_moment(app: APIFlask, now: datetime) -> None:
    with another(app) as call, read_transaction():
        assert count_rows(Claim) == 0
        call(factories.make_claim)
        assert count_rows(Claim) == 0
        db.session.rollback()
        assert count_rows(Claim) == 1


@pytest.mark.sqlite
def test_a_page_of_an_officer_waits_for_no_writer(
    app: APIFlask, administrator: Officer, sign_in: Callable[[Officer], FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is signed in is asked for before anything else of the page: that must not take the one write lock.

    Nor where something is posted only to be looked at: an address is fetched, a table read, and that takes long.
    """
    monkeypatch.setattr(transactions, "BUSY_TIMEOUT_MS", 100)
    browser = sign_in(administrator)
    token = factories.csrf_token_in(browser.get("/petugas/sumber/baru").get_data(as_text=True))
    db.session.remove()
    db.engine.dispose()
    with db.engine.connect() as writer:
        writer.exec_driver_sql("update claim set demand = demand")  # begins as a write
        assert browser.get("/petugas/").status_code == 200
        form = {"csrf_token": token, "url": "gopher://media.example", "look": "1"}
        assert browser.post("/petugas/sumber/baru", data=form).status_code == 422


def test_the_index_counts_ids_and_versions_that_are_large(app: APIFlask) -> None:
    empty = KNOWN_CLAIM_ROWS.signature()
    factories.make_claim(id=2_000_000_000, version=1_000_000, status=ClaimStatus.INVESTIGATING)
    assert KNOWN_CLAIM_ROWS.signature() != empty


@pytest.mark.sqlite
def test_a_report_gets_its_turn_while_a_worker_stores_without_end(app: APIFlask, now: datetime) -> None:
    """Transactions follow one another as fast as they can: whoever asks ten times a second waits for seconds."""
    client, stop = app.test_client(), threading.Event()
    rounds: list[int] = []

    def work() -> None:
        while not stop.is_set():
            with write_transaction(transactions.Turn.STORE):
                count_rows(Report)
                stop.wait(0.15)
            rounds.append(1)

    with ThreadPoolExecutor(1) as pool:
        worker = pool.submit(copy_context().run, in_context, app, work)
        waited, end = [], time.monotonic() + DEADLINE_S
        try:
            while len(waited) < 8 or (len(rounds) < 3 and time.monotonic() < end):
                waited.append(timed(lambda: client.post("/api/v1/reports", json={"text": "air mati"})))
        finally:
            stop.set()
        worker.result(DEADLINE_S)
    assert len(rounds) >= 3, "the worker gets on too, while reports come without a pause"
    assert sorted(waited)[5] < 1.0, waited


def timed(act: Callable[[], Any]) -> float:
    begun = time.monotonic()
    assert act().status_code == 201
    return time.monotonic() - begun


def in_context(app: APIFlask, act: Callable[[], T]) -> T:
    with app.app_context():
        try:
            return act()
        finally:
            db.session.remove()


def test_a_database_held_for_too_long_is_said_to_be_busy(
    app: APIFlask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "BUSY_TIMEOUT_MS", 100)
    if databases.ON_POSTGRESQL:
        settings = replace(settings, database_url=f"{settings.database_url}?options=-c%20lock_timeout%3D100")
    impatient = create_app(settings)
    client = impatient.test_client()
    with write_transaction():
        count_rows(Report)  # begins the transaction, which on SQLite is the lock
        if databases.ON_POSTGRESQL:
            db.session.execute(sa.text("lock table report, rate_limit, check_query in exclusive mode"))
        problem = client.post("/api/v1/reports", json={"text": "air mati"})
        page = client.post("/cek", data={"teks": "air mati"})
        drop_tallies(impatient)
    assert problem.status_code == 503
    assert problem.headers["Retry-After"]
    assert "sibuk" in problem.get_json()["title"]
    assert page.status_code == 200, "to count a question is not worth waiting for"
    assert client.post("/api/v1/reports", json={"text": "air mati"}).status_code == 201
    with impatient.app_context():
        db.engine.dispose()
