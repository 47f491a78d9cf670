"""What the database says when it cannot go on, in our own words: full, read-only, busy, gone, damaged, never created.

Drivers speak in codes: SQLite's result codes (https://sqlite.org/rescode.html) and PostgreSQL's SQLSTATE
(https://www.postgresql.org/docs/17/errcodes-appendix.html). Services let such errors pass; the faces
(core/web/error_handlers.py, the command line) ask here what to tell the person.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from hoax_tracker.errors import (
    DatabaseBusy,
    DatabaseDamaged,
    DatabaseGone,
    DatabaseNotReady,
    HoaxTrackerError,
    Invalid,
    ModelUnusable,
    NotWritable,
    StorageFull,
)

# The low byte of SQLite's extended result codes.
SQLITE_KINDS: dict[int, type[HoaxTrackerError]] = {
    sqlite3.SQLITE_FULL: StorageFull,
    sqlite3.SQLITE_READONLY: NotWritable,
    sqlite3.SQLITE_PERM: NotWritable,
    sqlite3.SQLITE_BUSY: DatabaseBusy,
    sqlite3.SQLITE_LOCKED: DatabaseBusy,
    sqlite3.SQLITE_CANTOPEN: DatabaseGone,
    sqlite3.SQLITE_IOERR: DatabaseGone,
    sqlite3.SQLITE_CORRUPT: DatabaseDamaged,
    sqlite3.SQLITE_NOTADB: DatabaseDamaged,
}
# Of an extended code: no room for the memory that SQLite's processes share, which is a file.
SQLITE_EXACTLY: dict[int, type[HoaxTrackerError]] = {sqlite3.SQLITE_IOERR_SHMSIZE: StorageFull}

MODEL_FAULTS = ("ArtefactError", "MatchModelError")
"""By name, so that nobody loads scikit-learn to see that nothing of it failed."""

# The longest prefix of an SQLSTATE that is listed decides.
POSTGRESQL_KINDS: dict[str, type[HoaxTrackerError]] = {
    "53100": StorageFull,
    "25006": NotWritable,
    "42501": NotWritable,
    "40001": DatabaseBusy,
    "40P01": DatabaseBusy,
    "55P03": DatabaseBusy,
    "57014": DatabaseBusy,
    "53": DatabaseBusy,
    "42P01": DatabaseNotReady,
    "42703": DatabaseNotReady,
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
    "3D000": DatabaseGone,
    "08": DatabaseGone,
    "28": DatabaseGone,
    "57P": DatabaseGone,
    "22": Invalid,
}


def file_fault(error: BaseException) -> ModelUnusable | None:
    """Return our error for a model file that ``classifiers`` cannot use, which knows nothing of our errors."""
    return ModelUnusable(first_line(error)) if type(error).__name__ in MODEL_FAULTS else None


def in_words(error: BaseException) -> HoaxTrackerError | None:
    """Return our error for one that the database or its driver raised; None where it is not of that kind."""
    kind = kind_of(error)
    return kind(first_line(error)) if kind else None


def kind_of(error: BaseException) -> type[HoaxTrackerError] | None:
    """Return which of our errors says what happened."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection became free in time
        return DatabaseBusy
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return SQLITE_EXACTLY.get(code) or SQLITE_KINDS.get(code & 0xFF) or missing_table(error)
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return without_state(error)
    listed = [prefix for prefix in POSTGRESQL_KINDS if state.startswith(prefix)]
    return POSTGRESQL_KINDS[max(listed, key=len)] if listed else None


def missing_table(error: sa.exc.DBAPIError) -> type[HoaxTrackerError] | None:
    """SQLite has no code for a table or column that is not there, only words."""
    return DatabaseNotReady if str(error.orig).startswith(("no such table", "no such column")) else None


def without_state(error: sa.exc.DBAPIError) -> type[HoaxTrackerError] | None:
    """An error of the driver itself: no server answered, or the value cannot be sent (a NUL character in a text)."""
    if isinstance(error, sa.exc.DataError):
        return Invalid
    return DatabaseGone if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) else None


def first_line(error: BaseException) -> str:
    """Return what the driver said, without the statement and its values: those may hold what a person wrote."""
    said = str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
    return said.strip().splitlines()[0] if said.strip() else type(error).__name__
