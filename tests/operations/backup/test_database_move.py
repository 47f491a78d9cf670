"""An instance with rows in every table goes from SQLite to PostgreSQL and back; and everything that goes wrong.

Under ``make test`` both databases are SQLite files; under ``make test-postgresql`` the new one is PostgreSQL.
"""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from hoax_tracker.app import create_app
from hoax_tracker.core import instance_lock
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import is_job_table
from hoax_tracker.core.database.schema_version import UNFINISHED_MOVE
from hoax_tracker.core.instance_lock import InstanceInUseError
from hoax_tracker.desk_search.index_tables import INDEXED_TABLES, is_search_table
from hoax_tracker.errors import DatabaseNotReadyError, HoaxTrackerError
from hoax_tracker.models import Base, db
from hoax_tracker.operations.backup import database_move
from hoax_tracker.operations.backup.backup import key_fingerprint
from hoax_tracker.operations.backup.database_copy import open_engine
from hoax_tracker.operations.backup.database_move import MoveRefused, read_target
from tests import databases, factories
from tests.conftest import NOW
from tests.operations.backup.conftest import digests, moved, require_unfinished, table_names

pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_every_table_goes_there_and_back(instance: Settings, target: Settings) -> None:
    before = digests(instance)
    assert all(not digest.startswith("0 rows") for digest in before.values())
    there = moved(instance, target)
    assert digests(instance) == before
    assert digests(target) == before
    assert there.facts.tables["audit_event"] == 21
    (instance.data_folder / "hoax-tracker.sqlite3").rename(instance.data_folder / "old.sqlite3")
    back = moved(target, instance)
    assert back.facts == there.facts
    assert digests(instance) == before


def test_a_target_that_holds_tables_is_refused_and_left_alone(instance: Settings, target: Settings) -> None:
    with open_engine(target.database_url) as engine, engine.begin() as connection:
        connection.exec_driver_sql("create table claim (id integer primary key)")
    with pytest.raises(MoveRefused, match="not empty"):
        moved(instance, target)
    assert table_names(target) == {"claim"}


def test_another_instance_at_the_same_migration_is_refused(instance: Settings, target: Settings) -> None:
    moved(instance, target)
    with open_engine(target.database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text("update claim set title = title || '.'"))
    before = digests(target)
    with pytest.raises(MoveRefused, match="not empty"):
        moved(instance, target)
    assert digests(target) == before


def test_a_move_that_is_done_says_so_when_it_is_begun_again(instance: Settings, target: Settings) -> None:
    assert not moved(instance, target).was_there
    assert moved(instance, target).was_there


@pytest.mark.parametrize(
    "damage",
    [
        "update report set text = text || ' ' where id = 1",
        "update item set fetched_at = '2026-11-24 08:05:00.000001' where id = 1",
        "update assessment set relevance = 0.9000000000000001 where id = 1",
        "update source set is_active = not is_active where id = 1",
        "delete from note where id = 1",
        "update report set contact_encrypted = null where contact_encrypted is not null",
        "update audit_event set subject = 'claim:99' where id = 7",
    ],
)
def test_a_row_that_changes_underway_is_detected(
    instance: Settings, target: Settings, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    copy_tables = database_move.copy_tables

    def copied_with_damage(source: sa.Connection, connection: sa.Connection, *more: Any) -> dict[str, str]:
        found = copy_tables(source, connection, *more)
        assert connection.execute(sa.text(damage)).rowcount == 1  # type: ignore[attr-defined]
        return found

    monkeypatch.setattr(database_move, "copy_tables", copied_with_damage)
    with pytest.raises(MoveRefused, match="was not copied as it is"):
        moved(instance, target)
    require_unfinished(target)
    monkeypatch.undo()
    moved(instance, target)
    assert digests(target) == digests(instance)


def test_services_that_run_stop_a_move(instance: Settings, target: Settings) -> None:
    with instance_lock.lock_instance_shared(instance.data_folder), pytest.raises(InstanceInUseError):
        moved(instance, target)
    # A program of somebody else holds no lock of ours, but the database knows it.
    with open_engine(instance.database_url) as engine, engine.connect() as connection:
        connection.execute(sa.text("select 1"))
        with pytest.raises(InstanceInUseError):
            moved(instance, target)
    assert table_names(target) == set()


def test_services_that_run_on_the_larger_database_stop_the_way_back(instance: Settings, target: Settings) -> None:
    moved(instance, target)
    (instance.data_folder / "hoax-tracker.sqlite3").unlink()
    with open_engine(target.database_url) as engine, engine.connect() as connection:
        connection.execute(sa.text("select 1"))
        with pytest.raises(InstanceInUseError):
            moved(target, instance)


def test_nobody_writes_into_the_present_database_meanwhile(
    instance: Settings, target: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = list[str]()
    present, copy_tables = instance, database_move.copy_tables

    def copied_beside_a_writer(*arguments: Any) -> dict[str, str]:
        url = sa.engine.make_url(present.database_url)
        with sa.create_engine(url, connect_args=impatient(url), poolclass=sa.NullPool).connect() as other:
            try:
                other.execute(sa.text("update claim set title = 'x'"))
            except sa.exc.OperationalError as error:
                refused.append(str(error.orig))
        return copy_tables(*arguments)

    monkeypatch.setattr(database_move, "copy_tables", copied_beside_a_writer)
    moved(instance, target)
    present = target
    moved(target, replace(target, database_url=f"sqlite:///{instance.data_folder / 'third.sqlite3'}"))
    assert len(refused) == 2, refused


def impatient(url: sa.URL) -> dict[str, Any]:
    return {"options": "-c lock_timeout=200"} if url.get_backend_name() == "postgresql" else {"timeout": 0.1}


def test_the_unfinished_copy_of_another_instance_is_left_alone(instance: Settings, target: Settings) -> None:
    with open_engine(target.database_url) as engine:
        assert database_move.claim_target(engine, "another instance"[:16])
    with pytest.raises(MoveRefused, match="another instance"):
        moved(instance, target)
    assert table_names(target) == {UNFINISHED_MOVE}


def test_an_unfinished_copy_is_not_moved_on(instance: Settings, target: Settings) -> None:
    with open_engine(target.database_url) as engine:
        assert database_move.claim_target(engine, key_fingerprint(instance.contact_key))
    third = replace(target, database_url=f"sqlite:///{instance.data_folder / 'third.sqlite3'}")
    with pytest.raises(DatabaseNotReadyError, match="unfinished copy"):
        moved(target, third)
    assert table_names(third) == set()


def test_numbers_go_on_where_they_were(instance: Settings, target: Settings) -> None:
    """Readers of the table of changes remember the last number, also when its row is gone."""
    with open_engine(instance.database_url) as engine, engine.begin() as connection:
        last = connection.scalar(
            sa.text(
                "insert into index_change (table_name, row_id, changed_at) values "
                "('claim', 1, '2026-11-24 08:05:00.000000') returning id"
            )
        )
        connection.execute(sa.text("delete from index_change where id = :id"), {"id": last})
        highest = connection.scalar(sa.text("select max(id) from claim"))
    moved(instance, target)
    third = replace(target, database_url=f"sqlite:///{instance.data_folder / 'third.sqlite3'}")
    moved(target, third)
    for settings in (target, third):
        with open_engine(settings.database_url) as engine, engine.begin() as connection:
            rows = sa.insert(Base.metadata.tables["index_change"]).values(table_name="claim", row_id=1, changed_at=NOW)
            assert connection.execute(rows).inserted_primary_key[0] == last + 1
        app = create_app(settings)
        with app.app_context():
            assert factories.make_claim("Kabar lain").id == highest + 1
            db.session.remove()
            db.engine.dispose()


def test_the_new_database_is_the_one_that_the_migrations_make(instance: Settings, target: Settings) -> None:
    """Foreign keys, which were away for the copying, are all there again, and refuse what points nowhere."""
    moved(instance, target)
    app = create_app(target)
    with app.app_context():
        with db.engine.connect() as connection:
            opts = {
                "compare_type": True,
                "include_object": lambda _thing, name, *_rest: (
                    not (is_search_table(name or "") or is_job_table(name or ""))
                ),
            }
            assert compare_metadata(MigrationContext.configure(connection, opts=opts), db.metadata) == []
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            connection.execute(sa.text("update claim_appearance set claim_id = 99999"))
        db.engine.dispose()


def test_the_full_text_search_is_made_anew(instance: Settings, target: Settings) -> None:
    moved(instance, target)
    third = replace(target, database_url=f"sqlite:///{instance.data_folder / 'third.sqlite3'}")
    moved(target, third)
    assert search_parts(third) == search_parts(instance)
    if databases.ON_POSTGRESQL:
        assert search_parts(target) == {searched.index for searched in INDEXED_TABLES}


def search_parts(settings: Settings) -> set[str]:
    """The names of the indexes of words, and on SQLite of the triggers that keep them."""
    with open_engine(settings.database_url) as engine, engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        query = "select name from sqlite_master" if is_sqlite else "select indexname from pg_indexes"
        return set(filter(is_search_table, connection.scalars(sa.text(query))))


def test_what_the_new_database_does_not_take_is_named(instance: Settings, target: Settings) -> None:
    """SQLite takes any text into any column."""
    with open_engine(instance.database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text("PRAGMA ignore_check_constraints=ON"))
        connection.execute(
            sa.text("update report set language = 'bahasa Indonesia', rejected_reason = 'x' where id = 2")
        )
    with pytest.raises(MoveRefused, match=r"does not take report id 2: ") as refused:
        moved(instance, target)
    assert "bahasa" not in str(refused.value)
    require_unfinished(target)


def test_a_nul_character_that_postgresql_cannot_hold_stops_nobody(instance: Settings, target: Settings) -> None:
    with open_engine(instance.database_url) as engine, engine.begin() as connection:
        connection.execute(sa.text("update report set text = :text where id = 1"), {"text": "a\x00b"})
    moved(instance, target)
    assert digests(target) == digests(instance)


@pytest.mark.postgresql
def test_a_database_that_cannot_hold_every_letter_is_refused(instance: Settings, target: Settings) -> None:
    name = databases.database_name(instance.data_folder)
    databases.run_statement("drop database {}", name)
    databases.run_statement("create database {} encoding 'LATIN1' locale 'C' template template0", name)
    with pytest.raises(MoveRefused, match="encoding LATIN1"):
        moved(instance, target)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("", "names no database"),
        ("mysql://root:rahasia@h/x", "--to must begin with"),
        ("postgresql://petugas:rahasia@h:port/x", "--to cannot be read"),
        ("sqlite", "has already"),
        ("sqlite:////somewhere/else.sqlite3", "lies outside"),
    ],
)
def test_an_address_that_is_none_is_refused_without_its_password(instance: Settings, given: str, words: str) -> None:
    with pytest.raises(HoaxTrackerError, match=words) as refused:
        read_target(instance, given)
    assert "rahasia" not in str(refused.value)


def test_many_rows_are_copied_in_little_memory(instance: Settings, target: Settings) -> None:
    """Pictures of four megabytes, which are forty at once in memory where somebody gathers them."""
    pictures = Base.metadata.tables["report_picture"]
    picture = {"width": 1, "height": 1, "added_at": NOW}
    with open_engine(instance.database_url) as engine, engine.begin() as connection:
        for _ in range(40):
            connection.execute(sa.insert(pictures), [picture | {"sealed": os.urandom(2**22)}])
    tracemalloc.start()
    try:
        moved(instance, target)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 150 * 2**20
