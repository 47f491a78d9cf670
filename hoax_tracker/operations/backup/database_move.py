"""Move the database of an instance from SQLite to PostgreSQL when the office grows, or back.

1. Nobody uses the present database, and nobody can write to it until the end. The new one is empty, or holds the
   remains of an interrupted move of this instance.
2. The new one is marked as unfinished, so that no program starts on it, and is migrated to the newest migration.
3. One transaction copies all rows in batches, reads them back and compares the count and digest of every table,
   verifies the audit chain, rebuilds the full-text search, continues the numbering of rows, and removes the mark.

A killed move leaves either the mark and no rows, or everything: the database rolls back an unfinished transaction. The
next run starts step 3 again. A run that finds the new database complete says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import flask_migrate
import sqlalchemy as sa
from flask import Flask
from flask_babel import lazy_gettext as _l

from hoax_tracker.authority import guards
from hoax_tracker.core import instance_lock
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.config.variables import parse_database_url, sqlite_url
from hoax_tracker.core.database.fault_messages import first_error_line, translate_database_error as database_fault
from hoax_tracker.core.database.schema_version import (
    UNFINISHED_MOVE,
    newest_revision,
    read_database_revision,
    require_supported_server,
)
from hoax_tracker.core.database.transactions import read_transaction
from hoax_tracker.desk_search import index_tables as search
from hoax_tracker.errors import DatabaseNotReadyError, HoaxTrackerError
from hoax_tracker.models import Base, db
from hoax_tracker.operations.backup.backup import key_fingerprint
from hoax_tracker.operations.backup.database_copy import (
    DatabaseFacts,
    is_postgresql,
    open_engine,
    read_database_facts,
    require_confirmed,
    require_whole_chain,
    sqlite_path,
)
from hoax_tracker.operations.backup.seal import Rows, TableDigest, digest_table, digest_tables, read_rows
from hoax_tracker.operations.backup.swap import (
    open_maintenance_connection,
    require_unused_database,
    require_unused_sqlite,
)

Progress = Callable[[str, int, int], None]


class MoveRefused(HoaxTrackerError):
    """Nothing was moved. The message says why."""

    user_message = _l("Basis data tidak jadi dipindahkan. Yang sekarang tidak berubah.")


@dataclass(frozen=True)
class Moved:
    """The contents of the new database; ``was_there`` means that an earlier run had copied all of it."""

    facts: DatabaseFacts
    was_there: bool


def read_target(settings: Settings, address: str) -> Settings:
    """Return the settings with the new database's address.

    Raises MoveRefused, whose message does not repeat the address.
    """
    faults: list[str] = []
    if not address:
        raise MoveRefused("--to names no database")
    url = None if address == "sqlite" else parse_database_url(address, faults.append)
    if faults:
        raise MoveRefused("; ".join(f"--to {fault}" for fault in faults))
    target = replace(settings, database_url=url or sqlite_url(settings.data_folder))
    if not is_postgresql(target):
        sqlite_path(target)  # only what lies in the data folder is backed up
    if _address_of(target) == _address_of(settings):
        raise MoveRefused("--to is the database that this instance has already")
    return target


def _address_of(settings: Settings) -> tuple[Any, ...]:
    """Return the part of the settings that identifies their database."""
    url = sa.engine.make_url(settings.database_url)
    if not is_postgresql(settings):
        return (Path(url.database or "").resolve(),)
    return url.host or url.query.get("host"), url.port or 5432, url.database


def move_database(settings: Settings, target: Flask, progress: Progress) -> Moved:
    """Copy every row of the instance into the database of the target, an application that can migrate it.

    Raises MoveRefused or InstanceInUseError. Both databases then stay as they were, except that a target refused
    half-way is left with empty tables.
    """
    try:
        with (
            instance_lock.lock_instance_exclusively(settings.data_folder),
            _frozen_source(settings) as source,
            _opened_target(target) as engine,
        ):
            facts = require_whole_chain(read_database_facts(source, settings.audit_key))
            if claim_target(engine, key_fingerprint(settings.contact_key)):
                progress("tables", 0, 0)
                flask_migrate.upgrade()
                copy_database(source, engine, facts, progress, settings.audit_key)
                return Moved(facts, was_there=False)
            _require_copied(source, engine)
            return Moved(facts, was_there=True)
    except sa.exc.SQLAlchemyError as error:
        raise MoveRefused(str(database_fault(error) or first_error_line(error))) from error


@contextmanager
def _frozen_source(settings: Settings) -> Iterator[sa.Connection]:
    """Yield a connection with a snapshot of the present database. Nobody can write to it until the end.

    Raises InstanceInUseError where another program has it open, and DatabaseNotReadyError where it is not at the newest
    migration.
    """
    _require_unused(settings)
    with open_engine(settings.database_url) as engine:
        with engine.connect() as connection:
            if list(read_database_revision(connection)) != [newest_revision()]:
                raise DatabaseNotReadyError("the database is not at the newest migration: run hoax-tracker init")
        with engine.connect() as connection:
            _lock_against_writers(connection)
            yield connection


def _require_unused(settings: Settings) -> None:
    """Raise InstanceInUseError where the present database is open elsewhere, MoveRefused where none is."""
    if is_postgresql(settings):
        url = sa.engine.make_url(settings.database_url)
        with open_maintenance_connection(url) as server:
            require_unused_database(server, url.database or "")
        return
    path = sqlite_path(settings)
    if not path.exists():
        raise MoveRefused(f"there is no database at {path}")
    require_unused_sqlite(path)


def _lock_against_writers(connection: sa.Connection) -> None:
    """Begin a transaction that blocks writers: as SQLite's only writer, or with a shared lock on all tables.

    PostgreSQL takes the transaction's snapshot at its first query, after the lock.
    """
    if connection.dialect.name == "sqlite":
        connection.execute(sa.text("select 1"))
        return
    quote = connection.dialect.identifier_preparer.format_table
    names = ", ".join(quote(table) for table in Base.metadata.sorted_tables)
    with read_transaction():
        connection.exec_driver_sql(f"lock table {names} in share mode")


@contextmanager
def _opened_target(target: Flask) -> Iterator[sa.Engine]:
    """Yield the engine of the new database, within its application."""
    with target.app_context():
        try:
            yield db.engine
        finally:
            db.session.remove()
            db.engine.dispose()


def claim_target(engine: sa.Engine, instance: str) -> bool:
    """Mark an empty database as the unfinished copy of this instance. Return False for tables without a mark.

    Raises MoveRefused for the unfinished copy of another instance.
    """
    mark = sa.table(UNFINISHED_MOVE, sa.column("instance"))
    with engine.begin() as connection:
        require_supported_server(connection)
        _require_utf8(connection)
        names = sa.inspect(connection).get_table_names()
        if UNFINISHED_MOVE in names:
            if connection.scalar(sa.select(mark.c.instance)) != instance:
                raise MoveRefused("the new database holds the unfinished copy of another instance: empty it first")
            return True
        if names:
            return False
        connection.exec_driver_sql(f"create table {UNFINISHED_MOVE} (instance varchar(16) not null)")
        connection.execute(sa.insert(mark).values(instance=instance))
        return True


def _require_utf8(connection: sa.Connection) -> None:
    """Raise MoveRefused for a PostgreSQL database that cannot store every character."""
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(sa.text("show server_encoding"))
        if encoding != "UTF8":
            raise MoveRefused(f"the new database has the encoding {encoding}: create it with --encoding=UTF8")


def _require_copied(source: sa.Connection, engine: sa.Engine) -> None:
    """Raise MoveRefused unless a database with tables holds exactly the rows of the present one."""
    with read_transaction(), engine.connect() as connection:
        if not _is_newest(connection) or digest_tables(source) != digest_tables(connection):
            raise MoveRefused("the new database is not empty: give an empty one. Nothing in it was touched")


def _is_newest(connection: sa.Connection) -> bool:
    """Tell whether a database has the tables of this program, at the newest migration."""
    try:
        return list(read_database_revision(connection)) == [newest_revision()]
    except DatabaseNotReadyError:
        return False


def copy_database(
    source: sa.Connection, engine: sa.Engine, wanted: DatabaseFacts, progress: Progress, audit_key: str
) -> None:
    """Fill the migrated, marked database in one transaction. Raises MoveRefused if anything then differs."""
    with engine.connect() as target, _unchecked_foreign_keys(target), target.begin():
        _lock_mark(target)
        guards.drop_guards(target)  # a row may come before the confirmation that it stands on
        foreign_keys = drop_foreign_keys(target)
        for searched in search.INDEXED_TABLES:
            search.drop_index(target, searched)
        digests = copy_tables(source, target, wanted, progress)
        for statement in foreign_keys:
            target.exec_driver_sql(statement)
        _require_foreign_keys(target)
        guards.create_guards(target)
        require_confirmed(target)
        progress("full-text search", 0, 0)
        for searched in search.INDEXED_TABLES:
            search.create_index(target, searched)
        continue_numbers(source, target)
        progress("verify", 0, 0)
        require_digests(target, digests, progress)
        _require_search(target)
        target.exec_driver_sql("analyze")
        target.exec_driver_sql(f"drop table {UNFINISHED_MOVE}")
        require_facts(read_database_facts(target, audit_key), wanted)


def _lock_mark(target: sa.Connection) -> None:
    """Raise an error at once where another move copies into the same database.

    SQLite has one writer anyway.
    """
    if target.dialect.name == "postgresql":
        target.exec_driver_sql(f"lock table {UNFINISHED_MOVE} in access exclusive mode nowait")


@contextmanager
def _unchecked_foreign_keys(target: sa.Connection) -> Iterator[None]:
    """Let SQLite accept a row before the row that it refers to.

    SQLite allows this setting only outside a transaction.
    """
    if target.dialect.name != "sqlite":
        yield
        return
    target.connection.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        target.connection.execute("PRAGMA foreign_keys=ON")


def drop_foreign_keys(target: sa.Connection) -> list[str]:
    """Drop PostgreSQL's foreign keys within the transaction. Return the statements that restore them.

    The statements also check the keys. A claim may refer to one with a higher number, and one check at the end costs
    less than one per row.
    """
    if target.dialect.name != "postgresql":
        return []
    query = sa.text(
        "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint "
        "where contype = 'f' and connamespace = current_schema()::regnamespace order by 1, 2"
    )
    statements = []
    for table, name, definition in target.execute(query).all():
        target.exec_driver_sql(f"alter table {table} drop constraint {name}")
        statements.append(f"alter table {table} add constraint {name} {definition}")
    return statements


def _require_foreign_keys(target: sa.Connection) -> None:
    """Raise MoveRefused where a row on SQLite refers to a missing row.

    PostgreSQL has checked this when its keys were restored.
    """
    if target.dialect.name == "sqlite":
        loose = target.exec_driver_sql("PRAGMA foreign_key_check").first()
        if loose:
            raise MoveRefused(f"a row of {loose[0]} points to one of {loose[2]} that is not there")


def copy_tables(
    source: sa.Connection, target: sa.Connection, wanted: DatabaseFacts, progress: Progress
) -> dict[str, str]:
    """Copy the tables, parents first. Return the digest of the rows read from each."""
    for table in reversed(Base.metadata.sorted_tables):
        target.execute(sa.delete(table))  # what a migration may have put there
    return {
        table.name: str(copy_table(source, target, table, wanted.tables[table.name], progress))
        for table in Base.metadata.sorted_tables
    }


def copy_table(
    source: sa.Connection, target: sa.Connection, table: sa.Table, total: int, progress: Progress
) -> TableDigest:
    """Copy the rows of a table in batches. Return the digest of the rows read."""
    digest = TableDigest()
    progress(table.name, 0, total)
    for rows in read_rows(source, table):
        digest.add_rows(rows)
        insert_rows(target, table, rows)
        progress(table.name, digest.rows, total)
    return digest


def insert_rows(target: sa.Connection, table: sa.Table, rows: Rows) -> None:
    """Insert rows with all their columns.

    Raises MoveRefused, naming the first row that the database rejects.
    """
    values = [dict(row._mapping) for row in rows]
    try:
        with target.begin_nested():
            target.execute(sa.insert(table), values)
    except sa.exc.DBAPIError:
        for value in values:
            _insert_row(target, table, value)
        raise


def _insert_row(target: sa.Connection, table: sa.Table, value: Mapping[str, Any]) -> None:
    """Insert one row. Raises MoveRefused with its table and key, but without its other values."""
    try:
        with target.begin_nested():
            target.execute(sa.insert(table), [value])
    except sa.exc.DBAPIError as error:
        key = ", ".join(f"{column.name} {value[column.name]}" for column in table.primary_key)
        raise MoveRefused(f"the new database does not take {table.name} {key}: {first_error_line(error)}") from error


def continue_numbers(source: sa.Connection, target: sa.Connection) -> None:
    """Continue the numbering of rows after the last number given, even where that row was deleted.

    Readers remember the last number.
    """
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        highest = target.scalar(sa.select(sa.func.max(column))) or 0
        last = max(highest, _last_number(source, table, column))
        if last:
            _set_last_number(target, table, column, last)


def _last_number(connection: sa.Connection, table: sa.Table, column: sa.Column[Any]) -> int:
    """Return the last number given in a table, or 0 where the database does not remember it."""
    if connection.dialect.name == "postgresql":
        sequence = sa.cast(sa.func.pg_get_serial_sequence(table.name, column.name), sa.dialects.postgresql.REGCLASS)
        return connection.scalar(sa.select(sa.func.pg_sequence_last_value(sequence))) or 0
    if not _is_counted_by_sqlite(table):
        return 0
    return connection.scalar(sa.text("select seq from sqlite_sequence where name = :name"), {"name": table.name}) or 0


def _set_last_number(target: sa.Connection, table: sa.Table, column: sa.Column[Any], last: int) -> None:
    """Make the next row of a table get a higher number.

    Without AUTOINCREMENT SQLite looks only at the rows.
    """
    if target.dialect.name == "postgresql":
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        target.execute(sa.select(sa.func.setval(sequence, last)))
    elif _is_counted_by_sqlite(table):
        name = {"name": table.name}
        target.execute(sa.text("delete from sqlite_sequence where name = :name"), name)
        target.execute(sa.text("insert into sqlite_sequence (name, seq) values (:name, :last)"), name | {"last": last})


def _is_counted_by_sqlite(table: sa.Table) -> bool:
    """Tell whether SQLite remembers the last number of a table (AUTOINCREMENT)."""
    return bool(table.dialect_options["sqlite"]["autoincrement"])


def require_digests(target: sa.Connection, wanted: Mapping[str, str], progress: Progress) -> None:
    """Raise MoveRefused unless every table of the copy has the digest read from the present database."""
    for number, table in enumerate(Base.metadata.sorted_tables, 1):
        progress(f"verify {table.name}", number, len(wanted))
        digest = str(digest_table(target, table))
        if digest != wanted[table.name]:
            raise MoveRefused(f"{table.name} was not copied as it is: {wanted[table.name]}, but {digest} arrived")


def _require_search(target: sa.Connection) -> None:
    """Raise MoveRefused where the full-text index of a table misses a row."""
    for searched in search.INDEXED_TABLES:
        if not search.is_index_consistent(target, searched):
            raise MoveRefused(f"the full-text index of {searched.table} is not right")


def require_facts(copied: DatabaseFacts, wanted: DatabaseFacts) -> None:
    """Raise MoveRefused where tables, migration or audit log differ."""
    if copied != wanted:
        names = sorted(copied.tables.keys() ^ wanted.tables.keys())
        raise MoveRefused(f"the copy is not the same: {', '.join(names) or 'audit log or migration'}")
