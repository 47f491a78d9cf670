"""A program beside a newer one on one database: it goes on where only things were added, else it stops in words."""

from __future__ import annotations

import ast
import shutil
from contextlib import nullcontext
from pathlib import Path
from threading import Event

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from apiflask import APIFlask

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.schema_version import (
    NEEDED_PROGRAM,
    load_migrations,
    may_go_on,
    newest_revision,
    require_newest_database,
)
from hoax_tracker.core.paths import PACKAGE_FOLDER
from hoax_tracker.errors import NewerDatabaseError
from hoax_tracker.models import db
from hoax_tracker.operations import bootstrap, health_checks
from hoax_tracker.worker import embedded
from hoax_tracker.worker.jobs import Job

NOTED = sa.text("select version_num, needs_program from alembic_version")
LATER = """
from alembic import op
revision, down_revision, branch_labels, depends_on = "{revision}", "{before}", None, None
{needs}
def upgrade():
    op.execute("create table later_{revision} (number integer)")
def downgrade():
    op.execute("drop table later_{revision}")
"""
TAKES_AWAY = {"drop_table", "drop_column", "drop_constraint", "alter_column", "rename_table", "create_check_constraint"}
"""What a program that is older than a migration may meet as an error."""


def migrations_with(folder: Path, *later: tuple[str, str]) -> str:
    """A copy of the migrations with later ones: (revision, line with what it needs)."""
    shutil.copytree(PACKAGE_FOLDER / "migrations", folder)
    before = newest_revision()
    for revision, needs in later:
        text = LATER.format(revision=revision, before=before, needs=needs)
        (folder / "versions" / f"{revision}_later.py").write_text(text, encoding="utf-8")
        before = revision
    return str(folder)


def test_the_database_notes_what_a_program_must_know(empty: APIFlask, tmp_path: Path) -> None:
    needs = (("9996", 'needs_program = ""'), ("9997", ""), ("9998", 'needs_program = ""'))
    removed = ("9999", 'needs_program = "9997"')
    folder = migrations_with(tmp_path / "migrations", *needs, removed)
    flask_migrate.upgrade(revision=newest_revision())
    noted = {}
    with db.engine.connect() as connection:
        present = connection.execute(NOTED).one()
        connection.rollback()
        for revision in ("9996", "9997", "9998", "9999"):
            flask_migrate.upgrade(directory=folder, revision=revision)
            noted[revision] = connection.execute(NOTED).one()
            connection.rollback()
        flask_migrate.downgrade(directory=folder, revision="9996")
        back = connection.execute(NOTED).one()
        connection.rollback()
    assert present[0] == newest_revision()
    assert back == ("9996", present[1]) == noted["9996"], "9996 only adds, so the program before goes on"
    assert [noted[one] for one in ("9997", "9998", "9999")] == [("9997",) * 2, ("9998", "9997"), ("9999", "9997")]


@pytest.mark.parametrize(
    ("revision", "needed", "goes_on"),
    [
        ("0119", "0118", True),
        ("0119", "0100", True),
        ("0119", "0119", False),
        ("0119", None, False),
        ("0119", "", False),
        ("0118", "0118", False),
        ("0117", "0100", False),
        ("old", "0100", False),
    ],
)
def test_who_may_go_on(revision: str, needed: str | None, goes_on: bool) -> None:
    assert may_go_on(revision, needed, program="0118") is goes_on


@pytest.mark.parametrize("needed", ["newest", "9998", None])
def test_a_program_goes_on_or_stops_in_words(
    app: APIFlask, needed: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on = needed == "newest"
    with db.engine.begin() as connection:
        row = {"needed": newest_revision() if goes_on else needed}
        connection.execute(sa.text("update alembic_version set version_num = '9999', needs_program = :needed"), row)
    with nullcontext() if goes_on else pytest.raises(NewerDatabaseError, match="this one cannot work"):
        require_newest_database()
    db.session.rollback()
    settings = app.extensions["settings"]
    assert (health_checks.migrations(settings, utc_now()).said == "ok") is goes_on
    db.session.rollback()
    stop, ran = Event(), []
    job = Job("once", lambda *_: (ran.append(1), stop.set()))  # type: ignore[arg-type, func-returns-value]
    embedded.run_worker(settings, stop, jobs=[job])
    assert (ran, stop.is_set()) == ([1] if goes_on else [], True)
    assert ("this one cannot work beside it: install that one" in caplog.text) is not goes_on
    with pytest.raises(NewerDatabaseError):
        bootstrap.prepare_database(utc_now())


def test_a_migration_that_says_it_only_adds_takes_nothing_away() -> None:
    scripts: ScriptDirectory = load_migrations()
    for revision in scripts.walk_revisions():
        if getattr(revision.module, NEEDED_PROGRAM, revision.revision) == "":
            taken = acts_of_upgrade(Path(revision.path).read_text(encoding="utf-8")) & TAKES_AWAY
            assert not taken, f"{revision.revision}: {taken}"


def test_what_takes_away_is_seen() -> None:
    text = "def upgrade():\n    with op.batch_alter_table('a') as b:\n        b.drop_column('c')\n"
    assert acts_of_upgrade(text) == {"batch_alter_table", "drop_column"}


def acts_of_upgrade(text: str) -> set[str]:
    """The names of the methods that a migration's ``upgrade`` calls."""
    (upgrade,) = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"]
    calls = [one.func for one in ast.walk(upgrade) if isinstance(one, ast.Call)]
    return {one.attr for one in calls if isinstance(one, ast.Attribute)}
