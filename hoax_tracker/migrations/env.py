"""How Alembic reaches the database: always through the running app's engine, one process at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from flask import current_app

from hoax_tracker.authority import guards
from hoax_tracker.core.database.job_wakeups import is_job_table
from hoax_tracker.core.database.schema_version import NEEDED_PROGRAM, VERSION_TABLE, needed_program
from hoax_tracker.core.database.transactions import ADVISORY_LOCK_KEY, BUSY_TIMEOUT_MS
from hoax_tracker.desk_search import index_tables
from hoax_tracker.models import Base, UtcDateTime, db

MIGRATING = 0  # second half of the advisory lock's key; the turns of ``database.Turn`` are the others
WAIT_FOR_ANOTHER_MS = 600_000


def render_item(kind: str, thing: Any, _autogen: Any) -> Any:
    """Write our own column type as ``UtcDateTime()`` in new migrations."""
    return "UtcDateTime()" if kind == "type" and isinstance(thing, UtcDateTime) else False


def is_compared(_thing: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    """Leave out what the search keeps beside the tables, and the tables of Procrastinate."""
    return not (kind in ("table", "index") and (index_tables.is_search_table(name or "") or is_job_table(name or "")))


def configure(connection: sa.Connection, **more: Any) -> None:
    """Tell Alembic what to compare and how to write."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        render_item=render_item,
        include_object=is_compared,
        compare_type=True,
        on_version_apply=note_needed_program,
        **more,
        **current_app.config.get("ALEMBIC_CONTEXT", {}),
    )


def note_needed_program(
    ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]
) -> None:
    """Note beside the migration, in its own transaction, what a program must know to run on it."""
    del step, run_args  # Alembic gives them by name
    if not heads:
        return  # the way down has ended
    connection = ctx.connection
    assert connection is not None and ctx.script is not None  # noqa: S101, PT018 - these never run without a database
    if NEEDED_PROGRAM not in {column["name"] for column in sa.inspect(connection).get_columns(VERSION_TABLE)}:
        connection.execute(sa.text("alter table alembic_version add column needs_program varchar(32)"))
    statement = sa.text("update alembic_version set needs_program = :needed")
    connection.execute(statement, {"needed": needed_program(ctx.script, max(heads))})


def run() -> None:
    """Run the migrations. A process that is killed on the way leaves whole steps only; the next one goes on."""
    with db.engine.connect() as connection:
        if db.engine.dialect.name == "sqlite":
            run_on_sqlite(connection)
        else:
            run_on_postgresql(connection)


def run_on_sqlite(connection: sa.Connection) -> None:
    """Run all steps in one transaction, which another process waits for.

    SQLite recreates a table to alter it; with foreign keys on, dropping the old one would delete the children of its
    rows (ON DELETE CASCADE). So the check is off meanwhile, and done once for everything at the end.
    """
    connection.connection.execute("PRAGMA foreign_keys=OFF")
    connection.connection.execute(f"PRAGMA busy_timeout={WAIT_FOR_ANOTHER_MS}")
    try:
        with connection.begin():
            configure(connection)  # inside, so that Alembic leaves the transaction alone
            context.run_migrations()
            index_tables.repair_indexes(connection)  # a table that was made anew has lost its triggers
            guards.create_guards(connection)
            broken = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall()
            if broken:
                raise RuntimeError(f"the migration left rows that point nowhere: {broken[:5]}")
    finally:
        connection.connection.execute("PRAGMA foreign_keys=ON")
        connection.connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def run_on_postgresql(connection: sa.Connection) -> None:
    """Run each step in a transaction of its own: it holds its locks no longer than that step takes.

    A step that would wait long for a busy table gives up (lock_timeout), instead of making everybody wait behind it. A
    step that builds an index on a full table does so CONCURRENTLY, in ``op.get_context().autocommit_block()``.
    """
    with alone(connection):
        configure(connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


@contextmanager
def alone(connection: sa.Connection) -> Iterator[None]:
    """Let one process at a time migrate: a second one waits as long as it takes, and then finds nothing to do."""
    key = {"locks": ADVISORY_LOCK_KEY, "key": MIGRATING}
    connection.execute(sa.text("set local lock_timeout = 0"))
    connection.execute(sa.text("select pg_advisory_lock(:locks, :key)"), key)
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        if not connection.invalidated:  # a lost connection has lost its locks too
            connection.execute(sa.text("select pg_advisory_unlock(:locks, :key)"), key)
            connection.commit()


run()
