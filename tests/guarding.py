"""What the database refuses (``hoax_tracker.authority.guards``), in force while a request writes.

Most tests arrange rows past the services, which no real database allows: meanwhile the guards sleep. Whatever a browser
sends meets them, as it does at every office.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch

import psycopg
import sqlalchemy as sa

from hoax_tracker.authority import guards
from hoax_tracker.models import db

SWITCH = "tests_guard_here"
AWAKE = "exists (select 1 from tests_guard_here)"
"""Whether the tests' switch has a row."""
UNREACHABLE = (sqlite3.OperationalError, psycopg.OperationalError, sa.exc.OperationalError)
"""Of a database that is locked, full, or gone: some tests are about that."""


def replace_guards(connection: sa.Connection) -> None:
    """Replace the database's guards by ones that are in force only while the tests' switch is on."""
    create_trigger = guards._create_trigger

    def create_switched(
        connection: sa.Connection, name: str, table: str, moment: str, condition: str, words: str
    ) -> None:
        create_trigger(connection, name, table, moment, f"({condition}) and {AWAKE}", words)

    guards.drop_guards(connection)
    connection.exec_driver_sql("create table tests_guard_here (number integer)")
    with patch.object(guards, "_create_trigger", create_switched):
        guards.create_guards(connection)


def wake_guards() -> None:
    """Let this test's database refuse what no second person confirmed, whoever writes, as every real one does."""
    with _open_cursor() as cursor:
        cursor.execute("insert into tests_guard_here values (1)")


@contextmanager
def guard_writes() -> Iterator[None]:
    """Have the guards in force for a while, unless they are anyway or the test lets nobody write."""
    is_woken = False
    with suppress(*UNREACHABLE, psycopg.errors.UndefinedTable), _open_cursor(waits=False) as cursor:
        cursor.execute(f"insert into tests_guard_here select 1 where not {AWAKE}")
        is_woken = cursor.rowcount == 1
    try:
        yield
    finally:
        if is_woken:
            with suppress(psycopg.OperationalError, sa.exc.OperationalError), _open_cursor() as cursor:
                cursor.execute("delete from tests_guard_here")


@contextmanager
def _open_cursor(*, waits: bool = True) -> Iterator[Any]:
    """Write past what counts statements: the driver's own cursor, in a transaction."""
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    is_impatient = not waits and db.engine.dialect.name == "sqlite"
    try:
        if is_impatient:
            cursor.execute("pragma busy_timeout")
            patience = cursor.fetchone()[0]
            cursor.execute("pragma busy_timeout = 0")
        try:
            yield cursor
            connection.commit()
        finally:
            if is_impatient:
                cursor.execute(f"pragma busy_timeout = {patience}")
    finally:
        connection.close()
