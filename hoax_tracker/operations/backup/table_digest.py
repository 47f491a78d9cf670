"""A digest of a table's rows that is the same on SQLite and PostgreSQL, in any order of the rows.

A row is digested by the values that the product reads through the column types of the models: an aware UTC datetime, a
float to its last bit, the value of an enum, the parsed JSON, every byte of a file. The SHA-256 digests of the rows are
added up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date
from enum import Enum
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import Base

ROWS_AT_ONCE = 500
LARGE_ROWS_AT_ONCE = 10
"""Rows with files in them are read few at a time: a screenshot has megabytes."""
MODULUS = 2**256

Rows = Sequence[sa.Row[Any]]


class TableDigest:
    """Counts and digests the rows that are added to it."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add_rows(self, rows: Rows) -> None:
        """Add rows, each with all columns in the order of the models."""
        for row in rows:
            self._sum += int.from_bytes(hashlib.sha256(_row_bytes(row)).digest())
        self._sum %= MODULUS
        self.rows += len(rows)

    def __str__(self) -> str:
        """Return the number of rows and the digest as text."""
        return f"{self.rows} rows {self._sum:064x}"


def _row_bytes(row: Sequence[Any]) -> bytes:
    """Return the bytes of a row that are digested: ASCII, the same for equal values."""
    return json.dumps([_without_nul(value) for value in row], default=_plain_value, sort_keys=True).encode()


def _without_nul(value: Any) -> Any:
    """Return a text without NUL characters, which PostgreSQL cannot store. Other values stay as they are."""
    return value.replace("\x00", "") if isinstance(value, str) and "\x00" in value else value


def _plain_value(value: Any) -> str:
    """Return as text a value that JSON cannot hold. Raises TypeError for a type that no column has."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"a column holds {type(value)}")


def read_rows(connection: sa.Connection, table: sa.Table) -> Iterator[Rows]:
    """Yield all rows of a table in batches, so that memory does not grow with the table."""
    has_files = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    query = sa.select(table).execution_options(yield_per=LARGE_ROWS_AT_ONCE if has_files else ROWS_AT_ONCE)
    with connection.execute(query) as result:
        yield from result.partitions()


def digest_table(connection: sa.Connection, table: sa.Table) -> TableDigest:
    """Read a whole table and return its digest."""
    digest = TableDigest()
    for rows in read_rows(connection, table):
        digest.add_rows(rows)
    return digest


def digest_tables(connection: sa.Connection) -> dict[str, str]:
    """Return the digests of the models' tables, by table name."""
    return {table.name: str(digest_table(connection, table)) for table in Base.metadata.sorted_tables}
