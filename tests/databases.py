"""The databases that tests run on: SQLite files, or the PostgreSQL that HOAX_TRACKER_TEST_DATABASE names.

A data folder has one database, on PostgreSQL named after the folder. An instance is copied with its database, which is
quick on both: a file is copied, or PostgreSQL copies a template.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import sql
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import Pool

SERVER = os.environ.get("HOAX_TRACKER_TEST_DATABASE", "")
ON_POSTGRESQL = bool(SERVER)

_made: set[str] = set()
_open: WeakSet[psycopg.Connection[Any]] = WeakSet()


@event.listens_for(Pool, "connect")
def remember(connection: Any, _record: Any) -> None:
    """Note what engines open on PostgreSQL (some tests use SQLite there too)."""
    if isinstance(connection, psycopg.Connection):
        _open.add(connection)


def url_for(folder: Path) -> str:
    """The DATABASE_URL of an instance in the folder, its database made (empty) on first use; "" stands for SQLite."""
    if not ON_POSTGRESQL:
        return ""
    name = name_for(folder)
    if name not in _made:
        run("create database {}", name)
        _made.add(name)
    return url_of(folder)


def url_of(folder: Path) -> str:
    """The DATABASE_URL of an instance whose database is there already; "" stands for SQLite."""
    if not ON_POSTGRESQL:
        return ""
    return make_url(SERVER).set(database=name_for(folder)).render_as_string(hide_password=False)


def copy_instance(source: Path, target: Path) -> None:
    """Copy a data folder with its database; nobody may have the database open."""
    shutil.copytree(source, target)
    if ON_POSTGRESQL:
        name = name_for(target)
        run("create database {} template {} strategy file_copy", name, name_for(source))
        _made.add(name)


def lay_instance(source: Path, target: Path) -> None:
    """Copy a data folder to where an earlier copy may lie: that goes first, with everything that was left beside it."""
    drop_for(target.parent)
    for left in target.parent.iterdir():
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left)
        else:
            left.unlink()
    copy_instance(source, target)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a command that works on the instance in the folder."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("HOAX_TRACKER_")}
    return environ | {"HOAX_TRACKER_DATA": str(folder), "DATABASE_URL": url_for(folder), **more}


def name_for(folder: Path) -> str:
    """The name of the folder's database on the server."""
    return "hoax_" + hashlib.sha256(str(folder).encode()).hexdigest()[:24]


def drop_for(folder: Path) -> None:
    """Drop the databases of the folder and of the folders in it."""
    inside = [path for path in folder.rglob("*") if path.is_dir()] if folder.exists() else []
    drop({name_for(path) for path in (folder, *inside)} & _made)


def drop_all() -> None:
    """Drop what this process made."""
    drop(set(_made))


def drop(names: set[str]) -> None:
    """Drop databases, and close what a test left open to them (the threads of a server, an app of its own)."""
    for connection in [one for one in _open if not one.closed and one.info.dbname in names]:
        connection.close()
    for name in names:
        run("drop database if exists {} with (force)", name)
        _made.discard(name)


def run(statement: Any, *names: str) -> None:
    """Run a statement on the maintenance database."""
    with server() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def server() -> Iterator[psycopg.Connection]:
    """A connection to the maintenance database, outside transactions."""
    with psycopg.connect(SERVER, autocommit=True) as connection:
        yield connection
