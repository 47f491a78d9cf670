"""The last step of a restore: the verified copy replaces the present instance, which is kept beside it.

It uses only renames on the same disk; a failed one undoes those before it. PostgreSQL's dump is made and loaded by
pg_dump and pg_restore (database_copy.py). They load into the present database, which would be lost if the dump differed
from the one that was backed up. This module therefore loads into a second database and swaps the two.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from hoax_tracker.core.instance_lock import InstanceInUseError
from hoax_tracker.operations.backup.database_copy import (
    CopyFailedError,
    DatabaseFacts,
    load_postgresql,
    open_engine,
    read_database_facts,
    require_confirmed,
    require_whole_chain,
)

SwapAction = Callable[[], str]
DATABASE_NAME_LIMIT = 63  # of a PostgreSQL database
LEAVING_TRIES = 20


@dataclass(frozen=True)
class RestorePaths:
    """The folders of a restore.

    ``staged`` holds the new instance (``database`` and ``files/``); ``kept`` will hold the old one.
    """

    folder: Path
    staged: Path
    kept: Path
    stamp: str

    @classmethod
    def of(cls, folder: Path, now: datetime) -> RestorePaths:
        """Return names beside the data folder, or within it where it is a mount point.

        A mount point cannot be renamed.
        """
        stamp = now.strftime("%Y%m%dT%H%M%S")
        within = os.path.ismount(folder)
        parent, name = (folder, "") if within else (folder.parent, folder.name)
        return cls(folder, parent / f"{name}.restoring-{stamp}", parent / f"{name}.before-{stamp}", stamp)

    def swap(self) -> None:
        """Replace the old files with the new ones."""
        new = self.staged / "files"
        if self.staged.parent != self.folder:
            move_all_or_none([(self.folder, self.kept), (new, self.folder)])
            return
        self.kept.mkdir(mode=0o700)
        old = [path for path in self.folder.iterdir() if not path.name.startswith((".restoring-", ".before-"))]
        try:
            out = [(path, self.kept / path.name) for path in old]
            move_all_or_none(out + [(path, self.folder / path.name) for path in new.iterdir()])
        except OSError:
            self.kept.rmdir()
            raise


def move_all_or_none(moves: Sequence[tuple[Path, Path]]) -> None:
    """Rename the paths in order. Where one fails, undo those before it and raise."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            if target.exists():
                raise FileExistsError(f"{target} is there already")
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        raise


def prepare_sqlite_swap(beside: RestorePaths, present: Path) -> SwapAction:
    """Return the action that puts the staged SQLite file and folder in place."""

    def swap() -> str:
        require_unused_sqlite(present)
        target = beside.staged / "files" / present.relative_to(beside.folder)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (beside.staged / "database").rename(target)
        beside.swap()
        return str(beside.kept)

    return swap


def require_unused_sqlite(path: Path) -> None:
    """Raise InstanceInUseError where another process has the database open.

    SQLite leaves WAL mode only without other connections. A database too damaged to open is a reason to restore, so it
    is accepted.
    """
    if not path.exists():
        return
    with suppress(sqlite3.DatabaseError), closing(sqlite3.connect(path, timeout=0)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise InstanceInUseError(f"{path} is open in another program: {error}") from error


@contextmanager
def prepare_postgresql_swap(
    url: str, beside: RestorePaths, wanted: DatabaseFacts, audit_key: str, *, unproven: bool
) -> Iterator[SwapAction]:
    """Load the staged dump into a separate database and check it. Yield the action that swaps it in.

    The action renames the databases. The new database is dropped again unless it took the place of the present one.
    """
    present = sa.engine.make_url(url)
    name = present.database or ""
    new, former = (f"{name[: DATABASE_NAME_LIMIT - 28]}_{word}_{beside.stamp}" for word in ("restoring", "before"))
    with open_maintenance_connection(present) as server:
        quoted = server.dialect.identifier_preparer.quote
        server.exec_driver_sql(f"create database {quoted(new)} template template0")
        try:
            load_postgresql(present.set(database=new), beside.staged / "database")
            _check_postgresql(present.set(database=new), wanted, audit_key, unproven=unproven)

            def swap() -> str:
                _rename_databases(server, [(name, former), (new, name)], beside.swap)
                return f"{beside.kept}, database {former}"

            yield swap
        finally:
            server.exec_driver_sql(f"drop database if exists {quoted(new)}")


def _check_postgresql(url: sa.URL, wanted: DatabaseFacts, audit_key: str, *, unproven: bool) -> None:
    """Raise CopyFailedError unless the loaded database agrees with the manifest.

    Update the statistics for the query planner, too.
    """
    with open_engine(url.render_as_string(hide_password=False)) as engine, engine.begin() as connection:
        if not unproven:
            require_confirmed(connection)
        require_same_facts(read_database_facts(connection, audit_key), wanted)
        connection.execute(sa.text("analyze"))


def require_same_facts(restored: DatabaseFacts, wanted: DatabaseFacts) -> None:
    """Raise CopyFailedError, naming the differences, unless the restored rows are those backed up.

    An audit chain that was broken already is compared by the number of its rows alone: where the fault shows depends on
    the keys of this host.
    """
    if wanted.audit_fault:
        restored = replace(wanted, migration=restored.migration, tables=restored.tables)
    else:
        require_whole_chain(restored)
    differ = [name for name in wanted.tables if restored.tables.get(name) != wanted.tables[name]]
    if differ or restored != wanted:
        raise CopyFailedError(
            f"the restored database is not the one that was backed up: {', '.join(differ) or 'audit log'}"
        )


def _rename_databases(server: sa.Connection, renames: Sequence[tuple[str, str]], folders: Callable[[], None]) -> None:
    """Rename databases and folders together.

    Raises InstanceInUseError while anybody is connected to one of the databases.
    """
    quoted = server.dialect.identifier_preparer.quote
    require_unused_database(server, renames[0][0])
    there = set(server.scalars(sa.text("select datname from pg_database")))
    server.exec_driver_sql("begin")
    try:
        for old, new in renames:
            if old in there:
                server.exec_driver_sql(f"alter database {quoted(old)} rename to {quoted(new)}")
        folders()
    except BaseException:
        server.exec_driver_sql("rollback")
        raise
    server.exec_driver_sql("commit")


def require_unused_database(server: sa.Connection, name: str) -> None:
    """Raise InstanceInUseError while anybody is connected. Clients that are leaving get a moment."""
    query = sa.text("select count(*) from pg_stat_activity where datname = :name and backend_type = 'client backend'")
    for _ in range(LEAVING_TRIES):
        count = server.scalar(query, {"name": name})
        if not count:
            return
        time.sleep(0.05)
    raise InstanceInUseError(f"{count} connections to the database {name}")


@contextmanager
def open_maintenance_connection(url: sa.URL) -> Iterator[sa.Connection]:
    """Yield an autocommit connection to a database of the server other than the one to swap."""
    beside = "postgres" if url.database != "postgres" else "template1"
    text = url.set(database=beside).render_as_string(hide_password=False)
    with (
        open_engine(text) as engine,
        engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection,
    ):
        yield connection
