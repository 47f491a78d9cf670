"""A full disk, a lost database or a wrong address gives a message and leaves nothing half-done."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.app import create_app
from hoax_tracker.cli import main
from hoax_tracker.core.audit import audit_log, chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.database.schema_version import require_newest_database
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.rate_limiting import Limit
from hoax_tracker.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseNotReadyError,
    DatabaseUnreachableError,
    HoaxTrackerError,
    InvalidInputError,
    ReadOnlyError,
    StorageFullError,
)
from hoax_tracker.flag.model import model_files as flag_models
from hoax_tracker.models import Claim, Officer, RateLimit, Report, Source, db
from hoax_tracker.worker import embedded
from tests import databases, factories, hardship
from tests.browser import Browser
from tests.conftest import settings_for
from tests.factories import count_rows
from tests.services import PostgreSQL, run_postgresql
from tests.waiting import DEADLINE_S, wait_until

LONG = "Mulai Senin air PDAM mati total. " * 600


def report(browser: FlaskClient) -> tuple[int, str]:
    """Send a long report; return the status and what the sender reads."""
    answer = browser.post("/api/v1/reports", json={"text": LONG})
    return answer.status_code, answer.get_data(as_text=True)


def count(table: type) -> int:
    db.session.rollback()
    return count_rows(table)


@pytest.mark.sqlite
def test_a_full_database_is_said_so_and_nothing_is_half_written(app: APIFlask, client: FlaskClient) -> None:
    room = [2]

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + room[0]}")

    db.session.rollback()
    with db.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.connection.execute("vacuum")  # no free pages inside
    sa.event.listen(db.engine, "connect", limit)
    try:
        db.engine.dispose()
        status, words = report(client)
        assert status == 503
        assert "penuh" in words
        assert "tersimpan" in words
        assert (count(Report), count(Claim)) == (0, 0)
        page = client.get("/")
        assert page.status_code == 200
        room[0] = 10_000
        db.engine.dispose()
        assert report(client)[0] == 201
    finally:
        sa.event.remove(db.engine, "connect", limit)  # the engine is that of all tests of this process
        db.session.remove()
        db.engine.dispose()


@pytest.mark.sqlite
@pytest.mark.process
@pytest.mark.needs("memory_disk")
def test_a_full_disk_is_said_so_and_the_database_stays_whole(settings: Settings, tmp_path: Path) -> None:
    with hardship.tiny_disk(tmp_path / "disk", "6m") as disk:
        databases.copy_instance(settings.data_folder, disk / "instance")
        app = create_app(settings_for(disk / "instance"))
        app.test_client_class = Browser
        with app.app_context():
            client = app.test_client()
            assert client.get("/").status_code == 200
            ballast = hardship.fill_disk(disk)
            status, words = report(client)
            assert status == 503
            assert "penuh" in words
            page = client.post("/cek", data={"teks": "Apakah air PDAM mati besok?"})
            assert page.status_code == 200, "a question is answered though it cannot be counted"
            assert "elum ada klarifikasi" in page.get_data(as_text=True)
            assert count(Report) == 0
            ballast.unlink()
            assert report(client)[0] == 201
            assert db.session.scalar(sa.text("pragma integrity_check")) == "ok"
            db.session.remove()
            db.engine.dispose()


@pytest.mark.sqlite
@pytest.mark.parametrize("place", [0, 4096], ids=["no database", "broken tables"])
def test_a_damaged_database_is_told_as_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], place: int
) -> None:
    app = create_app(settings)
    with app.app_context():
        path = Path(str(db.engine.url.database))
        db.session.remove()
        db.engine.dispose()
    sqlite3.connect(path).close()  # the last one writes the log into the file
    with path.open("r+b") as file:
        file.seek(place)
        file.write(b"rusak" * ((path.stat().st_size - place) // 5))
    answer = app.test_client().post("/api/v1/check", json={"text": LONG})
    assert answer.status_code == 503
    assert "hoax-tracker restore" in answer.get_json()["title"]
    for name, value in databases.command_environment(settings.data_folder).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit):
        main(["ingest", "--all"])
    assert "hoax-tracker restore" in capsys.readouterr().err


def test_a_command_that_meets_a_full_database_says_so(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in databases.command_environment(settings.data_folder).items():
        monkeypatch.setenv(name, value)

    def full(*_: object) -> None:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sa.exc.OperationalError("insert …", {"text": "what a person wrote"}, error)

    monkeypatch.setattr(chain_check, "verify_chain", full)
    with pytest.raises(SystemExit) as stopped:
        main(["audit", "verify"])
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert said.startswith("hoax-tracker: Ruang penyimpanan server penuh.")
    assert "disk is full" in said
    assert "what a person wrote" not in said


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (psycopg.errors.DiskFull, StorageFullError),
        (psycopg.errors.ReadOnlySqlTransaction, ReadOnlyError),
        (psycopg.errors.InsufficientPrivilege, ReadOnlyError),
        (psycopg.errors.DeadlockDetected, DatabaseBusyError),
        (psycopg.errors.SerializationFailure, DatabaseBusyError),
        (psycopg.errors.LockNotAvailable, DatabaseBusyError),
        (psycopg.errors.TooManyConnections, DatabaseBusyError),
        (psycopg.errors.DataCorrupted, DatabaseDamagedError),
        (psycopg.errors.IndexCorrupted, DatabaseDamagedError),
        (psycopg.errors.AdminShutdown, DatabaseUnreachableError),
        (psycopg.errors.CannotConnectNow, DatabaseUnreachableError),
        (psycopg.errors.InvalidPassword, DatabaseUnreachableError),
        (psycopg.errors.InvalidCatalogName, DatabaseUnreachableError),
        (psycopg.errors.UndefinedTable, DatabaseNotReadyError),
        (psycopg.errors.StringDataRightTruncation, InvalidInputError),
        (psycopg.OperationalError, DatabaseUnreachableError),
        (psycopg.errors.UniqueViolation, None),
        (psycopg.errors.SyntaxError, None),
    ],
)
def test_what_postgresql_says_has_words(state: type[psycopg.Error], kind: type[HoaxTrackerError] | None) -> None:
    error = sa.exc.DBAPIError.instance("select 1", None, state("said\nwith details"), psycopg.Error)
    fault = translate_database_error(error)
    assert type(fault) is (kind or type(None))
    assert fault is None or str(fault) == "said"


def test_an_error_of_our_own_code_is_not_taken_for_one_of_the_database() -> None:
    assert translate_database_error(KeyError("x")) is None


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A PostgreSQL that a test may switch off."""
    with run_postgresql() as running:
        yield running


@pytest.fixture
def elsewhere(server: PostgreSQL, tmp_path: Path) -> Iterator[APIFlask]:
    """An application on that PostgreSQL."""
    name = f"db_{abs(hash(tmp_path))}"
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')  # type: ignore[arg-type]
    settings = settings_for(tmp_path / "elsewhere")
    url = sa.engine.make_url(server.url).set(database=name, drivername="postgresql+psycopg").render_as_string()
    app = create_app(replace(settings, database_url=url))
    app.test_client_class = Browser
    with app.app_context():
        factories.migrate_database()
        factories.seed_reference()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def switched_off(server: PostgreSQL) -> Iterator[Callable[[], None]]:
    """A function that switches the server off; it runs again afterwards, whatever happens."""
    off = []

    def stop() -> None:
        server.stop()
        off.append(True)

    yield stop
    if off and not server.is_running:
        server.start()


@pytest.mark.postgresql
def test_a_database_that_goes_away_comes_back_by_itself(
    elsewhere: APIFlask, server: PostgreSQL, switched_off: Callable[[], None]
) -> None:
    officer = factories.make_officer("petugas@kupang.example")
    client, desk = elsewhere.test_client(), elsewhere.test_client()
    factories.submit_form(desk, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert desk.get("/petugas/").status_code == 200
    db.session.rollback()
    switched_off()
    for browser, path in [(client, "/klarifikasi/"), (desk, "/petugas/")]:
        page = browser.get(path)
        assert page.status_code == 503, path
        assert int(page.headers["Retry-After"]) > 0
        assert "tidak dapat dihubungi" in page.get_data(as_text=True)
        assert "<h1" in page.get_data(as_text=True)
    problem = client.post("/api/v1/reports", json={"text": LONG})
    assert (problem.status_code, problem.content_type) == (503, "application/problem+json")
    assert "psycopg" not in problem.get_data(as_text=True)
    with pytest.raises(DatabaseUnreachableError):
        require_newest_database()
    server.start()
    assert desk.get("/petugas/").status_code == 200
    assert report(client)[0] == 201
    assert count(Report) == 1


@pytest.mark.postgresql
def test_a_connection_that_breaks_within_a_write_leaves_nothing(elsewhere: APIFlask, now: datetime) -> None:
    with pytest.raises(sa.exc.OperationalError) as caught, write_transaction():
        Limit("check", 5, timedelta(hours=1)).use("10.0.0.1", now)
        db.session.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))
    assert type(translate_database_error(caught.value)) is DatabaseUnreachableError
    assert count(RateLimit) == 0


@pytest.mark.postgresql
def test_the_worker_goes_on_when_the_database_is_back(
    elsewhere: APIFlask, server: PostgreSQL, switched_off: Callable[[], None], now: datetime
) -> None:
    db.session.add(Source(name="s", url="http://127.0.0.1:9/feed", created_at=now))
    db.session.commit()
    switched_off()
    stop = threading.Event()

    def work() -> None:
        with elsewhere.app_context():
            embedded.run_worker(elsewhere.extensions["settings"], stop, pause_s=0.05)

    def has_failed() -> bool:
        db.session.rollback()
        return bool(db.session.scalar(sa.select(Source.failures)))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        worker.join(0.5)
        assert worker.is_alive()
        server.start()
        wait_until(has_failed, "the worker reads")
    finally:
        stop.set()
        worker.join(DEADLINE_S)
    assert "127.0.0.1" in (db.session.scalar(sa.select(Source.last_error)) or "")


@pytest.mark.postgresql
@pytest.mark.needs("memory_disk")
def test_a_full_disk_under_postgresql_is_said_so(elsewhere: APIFlask, server: PostgreSQL) -> None:
    with hardship.tiny_disk(server.folder / "disk", "1m") as disk:
        room = disk / "space"
        room.mkdir()
        server.give(room)
        outside = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with outside.connect() as connection:
            connection.execute(sa.text(f"create tablespace tiny location '{room}'"))
            connection.execute(sa.text("alter table report set tablespace tiny"))
        ballast = hardship.fill_disk(disk)
        client = elsewhere.test_client()
        words = ""
        for _ in range(200):  # what the table holds already is filled first
            status, words = report(client)
            if status != 201:
                break
        assert status == 503
        assert "penuh" in words
        stored = count(Report)
        ballast.unlink()
        assert report(client)[0] == 201
        assert count(Report) == stored + 1
        db.session.rollback()
        with outside.connect() as connection:
            connection.execute(sa.text("alter table report set tablespace pg_default"))
            connection.execute(sa.text("drop tablespace tiny"))


@pytest.mark.parametrize(
    "url",
    ["postgresql://nobody:hemmelig@127.0.0.1:1/x", "postgresql://nobody:hemmelig@tidak-ada.invalid/x"],
)
def test_a_wrong_address_is_said_so_without_its_password(settings: Settings, url: str) -> None:
    app = create_app(replace(settings, database_url=url.replace("postgresql:", "postgresql+psycopg:")))
    with app.app_context():
        with pytest.raises(DatabaseUnreachableError) as caught:
            require_newest_database()
        assert "hemmelig" not in str(caught.value)
        page = app.test_client().get("/klarifikasi/")
        assert page.status_code == 503
        db.engine.dispose()


@pytest.mark.postgresql
def test_a_database_that_is_not_there_is_said_so(elsewhere: APIFlask) -> None:
    url = db.engine.url.set(database="tidak_ada").render_as_string(hide_password=False)
    app = create_app(replace(elsewhere.extensions["settings"], database_url=url))
    with app.app_context():
        with pytest.raises(DatabaseUnreachableError, match="tidak_ada"):
            require_newest_database()
        db.engine.dispose()


def test_a_clock_set_back_breaks_neither_log_nor_limits_nor_claims(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    hour = timedelta(hours=1)
    for moment in (now, now - timedelta(days=30), now + hour):
        with write_transaction():
            audit_log.record_event("claim_link", "claim:1", officer=officer, now=moment)
            Limit("check", 1, hour).use("10.0.0.1", moment)
    assert chain_check.verify_chain().broken_at is None
    with write_transaction():
        flag_models.register_shipped_model(now)
    earlier = now - timedelta(days=30)
    for number, moment in enumerate((now, earlier)):
        row = Report(
            ticket_digest=f"{number}" * 64, text="Air PDAM mati total tujuh hari di Oebobo", received_at=moment
        )
        db.session.add(row)
        db.session.commit()
        pipeline.assign_report_to_claim(row.id, moment)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert (claim.first_seen_at, claim.last_seen_at) == (earlier, now)
