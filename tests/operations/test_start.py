"""Start under hard conditions: killed half-way, twice at once, in a read-only folder, on a wrong database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from apiflask import APIFlask

from hoax_tracker.app import create_app
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.database import schema_version
from hoax_tracker.core.database.job_wakeups import is_job_table
from hoax_tracker.core.database.schema_version import newest_revision, require_newest_database
from hoax_tracker.desk_search.index_tables import is_search_table
from hoax_tracker.errors import DatabaseNotReadyError, SettingsError
from hoax_tracker.models import Officer, db
from hoax_tracker.operations import bootstrap
from tests import databases, hardship
from tests.forks import run_python

ADMIN = {"HOAX_TRACKER_ADMIN_EMAIL": "admin@kupang.example", "HOAX_TRACKER_ADMIN_PASSWORD": "kata-sandi-panjang"}

KILLED = """
import os, sys
import flask_migrate
from sqlalchemy import event
from hoax_tracker.app import create_app
from hoax_tracker.models import db

steps = 0

def killed(*_):
    global steps
    steps += 1
    if steps == int(sys.argv[1]):
        os.kill(os.getpid(), 9)

with create_app().app_context():
    event.listen(db.engine, "before_cursor_execute", killed)
    flask_migrate.upgrade()
print(steps)
"""

POSTED = """
from hoax_tracker.app import create_app
answer = create_app().test_client().post("/api/v1/check", json={"text": "Air PDAM mati total tujuh hari"})
print(answer.status_code, answer.get_json()["title"])
"""


def is_ours(name: str) -> bool:
    """Tell whether our models describe a table or index: not the index of words, nor Procrastinate's."""
    return not is_search_table(name) and not is_job_table(name)


@pytest.mark.database
@pytest.mark.slow
@pytest.mark.process
def test_a_migration_killed_anywhere_is_finished_by_the_next_init(empty: APIFlask, tmp_path: Path) -> None:
    def run_in(folder: Path, kill_at: int) -> subprocess.CompletedProcess[str]:
        return run_python("-c", KILLED, str(kill_at), environ=databases.command_environment(folder))

    undisturbed = run_in(tmp_path / "whole", 0)
    assert undisturbed.returncode == 0, undisturbed.stderr
    steps = int(undisturbed.stdout)
    assert steps > 50
    # On PostgreSQL the migrations that were whole stand, so each time less is left to do.
    parts = (steps // 3, steps // 4, steps // 8) if databases.ON_POSTGRESQL else (steps // 3, steps * 2 // 3, steps - 2)
    for kill_at in parts:
        assert run_in(tmp_path / "empty", kill_at).returncode == -signal.SIGKILL
        with pytest.raises(DatabaseNotReadyError, match="hoax-tracker init"):
            require_newest_database()
        # On PostgreSQL each migration is a step of its own, so whole ones may stand; on SQLite it is all or nothing.
        assert not schema_version.require_usable_database() or databases.ON_POSTGRESQL
    flask_migrate.upgrade()
    require_newest_database()
    with db.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": lambda _thing, name, *_rest: is_ours(name or "")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, db.metadata) == []


@pytest.mark.slow
def test_many_that_start_at_once_on_an_empty_folder_make_one_instance(empty: APIFlask, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hoax_tracker", "init"]
    environ = databases.command_environment(tmp_path / "empty", **ADMIN)
    started = [
        subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert sorted(("exists already" in out, "administrator: admin" in out) for out, _ in said) == [
        (False, True),
        (True, False),
        (True, False),
    ]
    require_newest_database()
    assert db.session.scalars(sa.select(Officer.email)).all() == ["admin@kupang.example"]
    assert chain_check.verify_chain().broken_at is None
    assert not [path.name for path in (tmp_path / "empty").iterdir() if path.name.count(".") > 1]


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.needs("permissions")
def test_an_empty_folder_that_may_only_be_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir()
    with hardship.read_only_folder(folder):
        done = hardship.run_python("-m", "hoax_tracker", "init", environ=databases.command_environment(folder, **ADMIN))
    assert done.returncode == 2
    assert done.stderr.startswith("hoax-tracker: ")
    assert f"HOAX_TRACKER_DATA: {folder} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.sqlite
@pytest.mark.process
@pytest.mark.needs("permissions")
def test_an_instance_that_may_only_be_read_says_so_to_whoever_writes(settings: Settings) -> None:
    folder, environ = settings.data_folder, databases.command_environment(settings.data_folder)
    with hardship.read_only_folder(folder):
        posted = hardship.run_python("-c", POSTED, environ=environ)
        init = hardship.run_python("-m", "hoax_tracker", "init", environ=environ)
    assert posted.returncode == 0, posted.stderr
    assert posted.stdout.startswith("503 ")
    assert "hanya dapat dibaca" in posted.stdout or "tidak dapat dihubungi" in posted.stdout
    assert init.returncode == 2
    assert "Traceback" not in init.stderr
    app = create_app(settings)
    with app.app_context():
        require_newest_database()
        db.engine.dispose()


def test_secrets_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "secret_key").mkdir()
    with pytest.raises(SettingsError, match="secret_key"):
        read_settings({"HOAX_TRACKER_DATA": str(tmp_path)})


@pytest.mark.parametrize("left", ["drop table alembic_version", "delete from alembic_version"])
def test_a_database_half_made_is_left_alone(app: APIFlask, left: str, now: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(left))
    for act in (require_newest_database, lambda: bootstrap.prepare_database(now)):  # type: ignore[arg-type]
        with pytest.raises(DatabaseNotReadyError, match="no note of a migration"):
            act()


def test_a_database_of_a_newer_program_is_left_alone(app: APIFlask, now: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    with pytest.raises(DatabaseNotReadyError, match=f"9999, this program needs {newest_revision()}") as caught:
        bootstrap.prepare_database(now)  # type: ignore[arg-type]
    assert "lebih baru" in str(caught.value.user_message)


@pytest.mark.parametrize("revision", ["0001", "0047"])
def test_a_database_whose_migrations_are_gone_is_left_alone(app: APIFlask, now: object, revision: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = :old"), {"old": revision})
    for act in (require_newest_database, lambda: bootstrap.prepare_database(now)):  # type: ignore[arg-type]
        with pytest.raises(DatabaseNotReadyError, match=f"{revision}, .*an older program whose migrations are gone"):
            act()
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("select version_num from alembic_version")) == revision


def test_a_database_without_any_table_is_taken(empty: APIFlask) -> None:
    assert not schema_version.require_usable_database()


@pytest.mark.postgresql
def test_a_server_that_is_too_old_is_named(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_version, "OLDEST_POSTGRESQL", 99)
    with pytest.raises(DatabaseNotReadyError, match="99 or newer is needed"):
        require_newest_database()


@pytest.mark.postgresql
def test_two_instances_in_one_server_do_not_wait_for_each_other(empty: APIFlask, app: APIFlask) -> None:
    """Advisory locks belong to a database, so the turns of one instance are not those of another."""
    from hoax_tracker.core.database.transactions import Turn, take_turn, write_transaction

    with app.app_context(), write_transaction():
        take_turn(Turn.AUDIT)
        with empty.app_context():
            flask_migrate.upgrade()
            require_newest_database()


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.database
def test_commands_name_a_database_that_is_not_ready(tmp_path: Path) -> None:
    environ = databases.command_environment(tmp_path / "none") | {"PYTHONWARNINGS": "error"}
    done = subprocess.run(
        [sys.executable, "-m", "hoax_tracker", "audit", "verify"],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "hoax-tracker init" in done.stderr
    assert "Traceback" not in done.stderr
    assert os.linesep.join(done.stderr.splitlines()[1:]) == ""
    databases.drop_databases_in(tmp_path)
