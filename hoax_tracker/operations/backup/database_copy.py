"""Copy and reload a snapshot of the database: SQLite's backup API, PostgreSQL's pg_dump and pg_restore.

Both copy while others write. The counts and the audit chain are read from the same snapshot.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import sqlalchemy as sa

from hoax_tracker.authority import guards
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.audit.chain_check import describe_chain_fault
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import is_job_table
from hoax_tracker.core.database.transactions import engine_options, prepare_engine, read_transaction
from hoax_tracker.desk_search import index_tables
from hoax_tracker.errors import HoaxTrackerError
from hoax_tracker.models import ModelFile, ModelVersion

DEBIAN_POSTGRESQL_FOLDER = Path("/usr/lib/postgresql")


class CopyFailedError(HoaxTrackerError):
    """The database could not be copied. The message says why."""


@dataclass(frozen=True)
class DatabaseFacts:
    """Facts about a database: its migration, the rows of each table, and the end of the audit chain.

    The tables of the search are not counted. Where the chain is broken, ``audit_broken_at`` is the row and
    ``audit_fault`` says how; ``audit_rows`` and ``audit_hash`` are those before it.
    """

    migration: str
    tables: Mapping[str, int]
    audit_rows: int
    audit_hash: str
    audit_broken_at: int | None = None
    audit_fault: str = ""

    @property
    def audit_warning(self) -> str:
        """Return where and how the audit chain is broken, "" for a whole one."""
        return f"the audit log is broken at row {self.audit_broken_at}: {self.audit_fault}" if self.audit_fault else ""


@dataclass(frozen=True)
class Copy:
    """A copy of the database; ``model_digests`` are those of the models whose files are rows in it."""

    facts: DatabaseFacts
    model_digests: frozenset[str]
    content: IO[bytes]


@contextmanager
def open_engine(url: str) -> Iterator[sa.Engine]:
    """Yield an engine configured like the app's. It is closed afterwards."""
    engine = sa.create_engine(url, **engine_options(url))
    prepare_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def read_database_facts(connection: sa.Connection, audit_key: str) -> DatabaseFacts:
    """Read the facts in the connection's transaction, of a broken audit chain as well.

    Without a key the hashes of the chain are verified, but not its seals.
    """
    every = sorted(sa.inspect(connection).get_table_names())
    names = [name for name in every if not (index_tables.is_search_table(name) or is_job_table(name))]
    counts = {name: count_rows(connection, name) for name in names}
    noted = connection.scalar(sa.text("select version_num from alembic_version"))
    chain = chain_check.verify_chain_in(connection, audit_key)
    fault = describe_chain_fault(chain)
    return DatabaseFacts(str(noted), counts, chain.rows, chain.last_hash, chain.broken_at, fault)


def count_rows(connection: sa.Connection, table: str) -> int:
    """Return how many rows a table has."""
    return connection.scalar(sa.select(sa.func.count()).select_from(sa.table(table))) or 0


def require_whole_chain(facts: DatabaseFacts) -> DatabaseFacts:
    """Return the facts. Raises CopyFailedError where the audit chain is broken."""
    if facts.audit_warning:
        raise CopyFailedError(facts.audit_warning)
    return facts


def _model_digests_of(connection: sa.Connection) -> frozenset[str]:
    """Return the digests of the models whose files are rows; none where an older database lacks the table."""
    if not sa.inspect(connection).has_table(ModelFile.__tablename__):
        return frozenset()
    query = sa.select(ModelVersion.digest).join(ModelFile, ModelFile.version_id == ModelVersion.id)
    return frozenset(connection.scalars(query))


def sqlite_path(settings: Settings) -> Path:
    """Return the path of an instance's SQLite database.

    Raises CopyFailedError unless it is in the data folder.
    """
    path = Path(sa.engine.make_url(settings.database_url).database or "").absolute()
    if not path.is_relative_to(settings.data_folder):
        raise CopyFailedError(f"the SQLite database {path} lies outside HOAX_TRACKER_DATA, {settings.data_folder}")
    return path


def is_postgresql(settings: Settings) -> bool:
    """Tell whether the instance uses PostgreSQL, not SQLite."""
    return sa.engine.make_url(settings.database_url).get_backend_name() == "postgresql"


@contextmanager
def copy_sqlite(settings: Settings, aside: Path) -> Iterator[Copy]:
    """Yield a copy, stored at ``aside`` meanwhile. Writers are not blocked (WAL)."""
    source = sqlite_path(settings)
    if not source.exists():
        raise CopyFailedError(f"there is no database at {source}")
    try:
        os.close(os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with _open_sqlite(source) as running, _open_sqlite(aside) as copy:
            running.backup(copy)
            # One file is enough of a copy: no -wal and no -shm beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
        with opened_file(aside) as connection:
            facts, digests = read_database_facts(connection, settings.audit_key), _model_digests_of(connection)
        with aside.open("rb") as file:
            yield Copy(facts, digests, file)
    except sqlite3.Error as error:
        raise CopyFailedError(str(error)) from error
    finally:
        for path in (aside, *(aside.with_name(aside.name + end) for end in ("-wal", "-shm", "-journal"))):
            path.unlink(missing_ok=True)


@contextmanager
def _open_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a plain connection in autocommit mode."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=15)
    try:
        yield connection
    finally:
        connection.close()


def check_sqlite(path: Path, audit_key: str) -> DatabaseFacts:
    """Return the facts of a database file after SQLite has checked every page. Raises CopyFailedError."""
    try:
        with _open_sqlite(path) as connection:
            result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            loose = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise CopyFailedError(f"the database in it cannot be read: {error}") from error
    if result != "ok" or loose:
        raise CopyFailedError(f"the database in it is damaged: {result if result != 'ok' else loose}")
    with opened_file(path) as connection:
        return read_database_facts(connection, audit_key)


def require_confirmed(connection: sa.Connection) -> None:
    """Raise CopyFailedError where residents would read a row that no second person confirmed: the file was changed."""
    if unconfirmed := guards.list_unconfirmed(connection):
        named = ", ".join(f"{count} of {table}" for table, count in unconfirmed)
        raise CopyFailedError(f"rows that no second person confirmed: {named}")


@contextmanager
def opened_file(path: Path) -> Iterator[sa.Connection]:
    """Yield a connection to a SQLite file that no other program has open. The file stays without WAL."""
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def dump_postgresql(settings: Settings) -> Iterator[Copy]:
    """Yield a copy in pg_dump's custom format. Its facts come from the same snapshot."""
    program = _client_program("pg_dump")
    with open_engine(settings.database_url) as engine, read_transaction(), engine.connect() as connection:
        moment = connection.scalar(sa.text("select pg_export_snapshot()"))
        facts, digests = read_database_facts(connection, settings.audit_key), _model_digests_of(connection)
        # Not compressed here: the archive does that.
        command = [program, "--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={moment}"]
        process = subprocess.Popen(  # noqa: S603 - no shell, our own arguments
            command, env=_client_environment(engine.url), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        with process:
            stdout, stderr = cast(IO[bytes], process.stdout), cast(IO[bytes], process.stderr)  # PIPE makes both
            yield Copy(facts, digests, stdout)
            complaint = stderr.read().decode(errors="replace").strip()
        if process.returncode:
            raise CopyFailedError(f"pg_dump: {complaint}")


def load_postgresql(url: sa.URL, dump: Path) -> None:
    """Load a dump into an empty database, all or nothing.

    Raises CopyFailedError with pg_restore's message.
    """
    command = [
        _client_program("pg_restore"),
        "--exit-on-error",
        "--single-transaction",
        "--no-owner",
        "--no-privileges",
    ]
    done = subprocess.run(  # noqa: S603 - no shell, our own arguments
        [*command, f"--dbname={url.database}", str(dump)],
        env=_client_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CopyFailedError(f"pg_restore: {done.stderr.strip()}")


def _client_program(name: str) -> str:
    """Return the newest client program of that name.

    Raises CopyFailedError, naming the package to install.
    """
    numbered = {
        int(path.parent.parent.name): path
        for path in DEBIAN_POSTGRESQL_FOLDER.glob(f"*/bin/{name}")
        if path.parent.parent.name.isdecimal()
    }
    program = str(numbered[max(numbered)]) if numbered else shutil.which(name)
    if program is None:
        raise CopyFailedError(f"{name} is not installed: apt-get install postgresql-client")
    return program


def _client_environment(url: sa.URL) -> dict[str, str]:
    """Return the environment that points libpq's programs to the database.

    It holds the password, so that no command line does.
    """
    from psycopg.pq import Conninfo

    arguments = url.translate_connect_args(username="user", database="dbname") | dict(url.query)
    names = {option.keyword.decode(): option.envvar for option in Conninfo.get_defaults()}
    return os.environ | {
        variable.decode(): str(value) for key, value in arguments.items() if (variable := names.get(key)) is not None
    }
