"""Liveness and readiness: each check fails for its own reason, and strangers learn nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.schema_version import newest_revision
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.flag.model import model_files as flag_models, registry
from hoax_tracker.match_index import warm_up_match_index
from hoax_tracker.models import ModelFile, ModelVersion, Officer, WorkerHeartbeat, db
from hoax_tracker.operations import health_checks, health_views
from hoax_tracker.operations.health_checks import BEAT_FRESH_FOR, Heartbeat
from hoax_tracker.operations.instance_keys import record_keys
from tests import factories
from tests.shared_app import change_settings

STRANGER = {"REMOTE_ADDR": "203.0.113.9"}
TOKEN = "q7Hc0vXz2LwTn9dRk4BsYp8MfJa6GuEe"


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every question be answered anew."""
    monkeypatch.setattr(health_views, "CHECKS_CACHE_S", 0)


@pytest.fixture
def ready(shipped_model: ModelVersion, app: APIFlask) -> APIFlask:
    """An instance that has all it needs."""
    Heartbeat().beat()
    warm_up_match_index(app)
    return app


def checked(app: APIFlask) -> dict[str, str]:
    """What /readyz says that is not well; empty where it answers 200."""
    answer = app.test_client().get("/readyz")
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json["checks"]) >= {"database", "disk"}
    failed = {name: said for name, said in answer.json["checks"].items() if said != "ok"}
    assert answer.status_code == (503 if failed else 200)
    assert answer.json["status"] == ("failed" if failed else "ok")
    assert str(app.extensions["settings"].data_folder) not in answer.get_data(as_text=True)
    return failed


def test_an_instance_that_has_all_it_needs_is_ready(ready: APIFlask) -> None:
    assert checked(ready) == {}


def test_a_fresh_one_says_what_it_lacks(app: APIFlask) -> None:
    assert checked(app) == {
        "index": "not read yet",
        "model": "no model in use: run hoax-tracker init",
        "worker": "no worker runs",
    }


def away(settings: Settings) -> Settings:
    """The settings with a database that does not answer."""
    if settings.database_url.startswith("sqlite"):
        return replace(settings, database_url=f"sqlite:///{settings.data_folder / 'none' / 'x.sqlite3'}")
    return replace(settings, database_url="postgresql+psycopg://postgres@127.0.0.1:1/none")


def test_alive_without_a_database_and_not_ready(settings: Settings) -> None:
    whole = create_app(settings)
    gone = create_app(away(settings))
    assert whole.test_client().get("/healthz").status_code == 200
    answer = gone.test_client().get("/healthz")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert checked(gone) == {"database": "DatabaseUnreachableError"}


def refuse_writes(connection: sqlite3.Connection, _record: object) -> None:
    """Let SQLite read and take its lock, and refuse every write."""
    connection.execute("pragma query_only = on")


def test_a_database_that_may_only_be_read(ready: APIFlask) -> None:
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            name = connection.engine.url.database
            connection.exec_driver_sql(f'alter database "{name}" set default_transaction_read_only = on')
    else:
        sa.event.listen(db.engine, "connect", refuse_writes)
    db.engine.dispose()
    try:
        assert checked(ready) == {"database": "read-only"}
    finally:
        if db.engine.dialect.name == "sqlite":
            sa.event.remove(db.engine, "connect", refuse_writes)
            db.engine.dispose()


def test_a_database_that_another_process_keeps_locked(ready: APIFlask) -> None:
    assert (checked(ready), checked(ready)) == ({}, {}), "its own row is there the second time"
    db.session.rollback()
    with db.engine.connect() as other:
        other.execute(sa.text("update kept_figures set value = value"))
        assert checked(ready) == {"database": "locked by another process"}
        other.rollback()
    assert checked(ready) == {}


def test_a_database_of_another_version(ready: APIFlask) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '0001'"))
    assert checked(ready) == {"migrations": "not at the newest migration: run hoax-tracker init"}


def test_a_web_host_is_taken_out_only_for_what_the_next_one_may_do_better(
    ready: APIFlask, settings: Settings, now: datetime
) -> None:
    def answered(app: APIFlask = ready) -> tuple[int, dict[str, str]]:
        answer = app.test_client().get("/readyz/web")
        return answer.status_code, {name: said for name, said in answer.json["checks"].items() if said != "ok"}

    with write_transaction():
        record_keys(settings, now)
        db.session.execute(sa.delete(WorkerHeartbeat))
    assert answered() == (200, {})
    assert answered(create_app(away(settings))) == (200, {})
    with write_transaction():
        db.session.execute(sa.text("update alembic_version set version_num = '9999', needs_program = '9999'"))
    status, said = answered()
    assert (status, list(said)) == (503, ["migrations"])
    assert "checks" not in ready.test_client().get("/readyz/web", environ_base=STRANGER).json
    with write_transaction():
        db.session.execute(sa.text("update alembic_version set version_num = :newest"), {"newest": newest_revision()})
    with db.engine.begin() as connection:
        connection.execute(sa.text("alter table instance_key rename to taken_away"))
    assert ready.test_client().get("/readyz/web").status_code == 503, "a table that this program needs is gone"
    with db.engine.begin() as connection:
        connection.execute(sa.text("alter table taken_away rename to instance_key"))
    strange, unread = create_app(replace(settings, secret_key="x" * 64)), create_app(settings)
    assert (answered(strange)[0], list(answered(strange)[1])) == (503, ["keys"])
    assert answered(unread) == (200, {})
    for app in (strange, unread):
        with app.app_context():
            db.engine.dispose()


def test_a_model_whose_file_is_gone(ready: APIFlask, now: datetime, tmp_path: Path) -> None:
    with write_transaction():
        own = tmp_path / "own.skops"
        own.write_bytes(
            flag_models.shipped_model_path().read_bytes() + b"1"
        )  # after the end of a zip archive: another digest
        version = flag_models.import_model_file(own, now)
        registry.set_active_version(version)
        path = flag_models.own_models_folder() / version.file_name
    assert checked(ready) == {}
    path.unlink()
    assert checked(ready) == {}, "it is in the database"
    with write_transaction():
        db.session.execute(sa.delete(ModelFile))
    assert checked(ready) == {"model": "the model's file is missing or another one"}


def beat_at(moment: datetime) -> None:
    """Let the worker's last sign of life be at a moment."""
    with write_transaction():
        db.session.execute(sa.update(WorkerHeartbeat).values(beat_at=moment))


def test_a_worker_that_stopped(ready: APIFlask, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_views, "utc_now", lambda: now)
    beat_at(now - BEAT_FRESH_FOR + timedelta(seconds=30))
    assert checked(ready) == {}
    beat_at(now - BEAT_FRESH_FOR - timedelta(seconds=30))
    assert checked(ready)["worker"].startswith("no sign of life for 330")
    beat_at(now + timedelta(days=1))
    assert checked(ready)["worker"] == "no worker runs", "a clock set back makes no dead worker alive"
    Heartbeat(lambda: now).beat()
    assert checked(ready) == {}, "nor a living one dead"


def test_a_worker_whose_rounds_fail(ready: APIFlask) -> None:
    heart = Heartbeat()
    for _ in range(2):
        heart.round_ended(["letters", "hubs"])
    assert checked(ready) == {}
    heart.round_ended(["letters", "hubs"])
    assert checked(ready) == {"worker": "3 rounds failed in a row: letters, hubs"}
    heart.round_ended()
    assert checked(ready) == {}
    heart.end()
    assert checked(ready) == {"worker": "no worker runs"}


def test_the_administrator_reads_what_fails_in_their_language(
    ready: APIFlask, administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    heart = Heartbeat()
    for _ in range(3):
        heart.round_ended(["letters"])
    browser = sign_in(administrator)
    page = browser.get("/petugas/kelola/sistem").text
    assert "1 bagian perlu diperiksa" in page
    assert 'Pekerja latar</b>: <b class="wrong">bermasalah</b>, 3 putaran gagal berturut-turut: mengirim email' in page
    browser.get("/bahasa/en")
    page = browser.get("/petugas/kelola/sistem").text
    assert "3 rounds failed in a row: sending mail" in page
    heart.end()
    assert "not running" in browser.get("/petugas/kelola/sistem").text


def test_a_heartbeat_writes_now_and_then_and_clears_old_rows(app: APIFlask, now: datetime) -> None:
    clock = [now]
    with write_transaction():
        old = now - timedelta(days=2)
        db.session.add(WorkerHeartbeat(name="gone:1", started_at=old, beat_at=old, failed_rounds=0))
    heart = Heartbeat(lambda: clock[0])
    heart.beat()
    seen = []
    for seconds in (3, 9, 11):
        clock[0] = now + timedelta(seconds=seconds)
        heart.beat()
        db.session.rollback()
        seen.append(db.session.scalars(sa.select(WorkerHeartbeat.beat_at)).all())
    assert seen == [[now], [now], [now + timedelta(seconds=11)]]


def test_a_disk_that_is_nearly_full(ready: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_checks, "DISK_FLOOR_MB", 10**9)
    assert checked(ready)["disk"].endswith("MB free, less than 1000000000")


def test_an_index_that_cannot_follow_the_rows(
    ready: APIFlask, monkeypatch: pytest.MonkeyPatch, settings: Settings, now: datetime
) -> None:
    author = factories.make_officer("a@kupang.example", factories.RoleName.OFFICER)
    approver = factories.make_officer("b@kupang.example", factories.RoleName.APPROVER)
    with write_transaction():
        factories.make_clarification(author, approver)
    monkeypatch.setattr(health_checks, "warm_up_match_index", lambda _app: None)
    with ready.app_context():
        assert health_checks.run_health_checks(settings, now)["index"].said == "ok", "it has a minute"
        db.session.rollback()  # outside of a request it holds the turn to write
        later = now + timedelta(seconds=70)
        assert health_checks.run_health_checks(settings, later)["index"].said == "behind the rows for 70 s"
        db.session.rollback()
        warm_up_match_index(ready)
        assert health_checks.run_health_checks(settings, later)["index"].said == "ok"


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_strangers_are_told_nothing(ready: APIFlask, settings: Settings, path: str) -> None:
    def status(app: APIFlask, **how: object) -> tuple[int, bool]:
        answer = app.test_client().get(path, **how)
        return answer.status_code, "worker" in answer.get_data(as_text=True)

    refused = (403, False) if path == "/metrics" else (200, False)
    told = (200, True)
    assert status(ready) == told
    assert status(ready, environ_base={"REMOTE_ADDR": "::ffff:127.0.0.1"}) == told
    assert status(ready, environ_base=STRANGER) == refused
    assert status(ready, headers={"X-Forwarded-For": "198.51.100.1"}) == refused, "a proxy we were not told of"
    change_settings(ready, metrics_token=TOKEN)
    good, bad = {"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}
    assert status(ready, environ_base=STRANGER, headers=good) == told
    assert status(ready, environ_base=STRANGER, headers=bad) == refused
    assert status(ready, environ_base=STRANGER, headers={"Authorization": "Bearer é"}) == refused


def test_behind_a_proxy_the_client_counts(settings: Settings) -> None:
    app = create_app(replace(settings, behind_proxy=True))

    def status(chain: str) -> int:
        return app.test_client().get("/metrics", headers={"X-Forwarded-For": chain}).status_code

    assert status("127.0.0.1, 203.0.113.9") == 403, "the proxy adds who asked it; what stands before was made up"
    assert status("127.0.0.1") == 200


def test_asking_often_costs_one_look(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    find: Callable[[], dict[str, health_checks.CheckResult]] = lambda: looks.append(1) or {"database": health_checks.OK}  # type: ignore[func-returns-value] # noqa: E731
    monkeypatch.setattr(health_views, "CHECKS_CACHE_S", 100)
    app.extensions["readiness"] = health_views.CachedCheckResults(find)
    for _ in range(5):
        assert app.test_client().get("/readyz").status_code == 200
    assert looks == [1]


def test_no_path_is_told(ready: APIFlask, tmp_path: Path) -> None:
    text = ready.test_client().get("/metrics").get_data(as_text=True)
    assert str(tmp_path) not in text
