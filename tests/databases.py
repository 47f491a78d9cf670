"""The databases of tests: SQLite files, or the PostgreSQL that HOAX_TRACKER_TEST_DATABASE names.

A data folder has one database; on PostgreSQL it is named after the folder. An instance is copied with its database, as
a file or by PostgreSQL's templates.
"""

from __future__ import annotations

import atexit
import hashlib
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import Pool

SERVER_URL = os.environ.get("HOAX_TRACKER_TEST_DATABASE", "")
ON_POSTGRESQL = bool(SERVER_URL)

_turns = itertools.count()
_made_databases: set[str] = set()
_open_connections: WeakSet[psycopg.Connection[Any]] = WeakSet()


@event.listens_for(Pool, "connect")
def note_connection(connection: Any, _record: Any) -> None:
    """Record the connections to PostgreSQL; some tests also use SQLite there."""
    if isinstance(connection, psycopg.Connection):
        _open_connections.add(connection)


def ensure_database_url(folder: Path) -> str:
    """The DATABASE_URL of an instance in the folder, created empty on first use; "" means SQLite."""
    if not ON_POSTGRESQL:
        return ""
    name = database_name(folder)
    if name not in _made_databases:
        run_statement("create database {}", name)
        _made_databases.add(name)
    return existing_database_url(folder)


def existing_database_url(folder: Path) -> str:
    """The DATABASE_URL of an existing instance; "" means SQLite."""
    if not ON_POSTGRESQL:
        return ""
    return make_url(SERVER_URL).set(database=database_name(folder)).render_as_string(hide_password=False)


def copy_instance(source: Path, target: Path) -> None:
    """Copy a data folder with its database, which must not be open."""
    shutil.copytree(source, target)
    if ON_POSTGRESQL:
        name = database_name(target)
        run_statement("create database {} template {} strategy file_copy", name, database_name(source))
        _made_databases.add(name)


def replace_instance(source: Path, target: Path) -> None:
    """Copy a data folder over an earlier copy, which is deleted with everything beside it.

    It is moved away first: what the test before left running may still write there while it is deleted.
    """
    place = target.parent
    drop_databases_in(place)
    gone = place.with_name(f"gone{next(_turns)}")
    place.rename(gone)
    place.mkdir()
    shutil.rmtree(gone, ignore_errors=True)
    copy_instance(source, target)


def command_environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command on the instance in the folder."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("HOAX_TRACKER_")}
    return environ | {"HOAX_TRACKER_DATA": str(folder), "DATABASE_URL": ensure_database_url(folder), **more}


def database_name(folder: Path) -> str:
    """The name of the folder's database on the server."""
    return "hoax_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def drop_databases_in(folder: Path) -> None:
    """Drop the databases of the folder and of its subfolders."""
    inside = [path for path in folder.rglob("*") if path.is_dir()] if folder.exists() else []
    drop_databases({database_name(path) for path in (folder, *inside)} & _made_databases)


def drop_all_databases() -> None:
    """Drop the databases that this process made."""
    drop_databases(set(_made_databases))


def drop_databases(names: set[str]) -> None:
    """Drop databases, and close connections that a test left open."""
    for connection in [one for one in _open_connections if not one.closed and one.info.dbname in names]:
        connection.close()
    for name in names:
        run_statement("drop database if exists {} with (force)", name)
        _made_databases.discard(name)


def run_statement(statement: Any, *names: str) -> None:
    """Run a statement on the maintenance database."""
    open_maintenance_connection().execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@cache
def open_maintenance_connection() -> psycopg.Connection[Any]:
    """A connection to the maintenance database for as long as this process lives: every test asks there twice."""
    connection = psycopg.connect(SERVER_URL, autocommit=True)
    atexit.register(connection.close)
    return connection


@contextmanager
def connect_to_server() -> Iterator[psycopg.Connection]:
    """A connection to the maintenance database, outside transactions."""
    with psycopg.connect(SERVER_URL, autocommit=True) as connection:
        yield connection
