"""Database errors as messages: full, read-only, busy, unreachable, damaged, never created.

Drivers report codes: SQLite's result codes (https://sqlite.org/rescode.html) and PostgreSQL's SQLSTATE
(https://www.postgresql.org/docs/17/errcodes-appendix.html). Services let such errors pass; the faces
(core/web/error_handlers.py, the command line) translate them here.
"""

from __future__ import annotations

import sqlite3

import sqlalchemy as sa

from hoax_tracker.errors import (
    DatabaseBusyError,
    DatabaseDamagedError,
    DatabaseNotReadyError,
    DatabaseUnreachableError,
    HoaxTrackerError,
    InvalidInputError,
    ModelUnusableError,
    ReadOnlyError,
    StorageFullError,
)

# The low byte of SQLite's extended result codes.
SQLITE_ERROR_CLASSES: dict[int, type[HoaxTrackerError]] = {
    sqlite3.SQLITE_FULL: StorageFullError,
    sqlite3.SQLITE_READONLY: ReadOnlyError,
    sqlite3.SQLITE_PERM: ReadOnlyError,
    sqlite3.SQLITE_BUSY: DatabaseBusyError,
    sqlite3.SQLITE_LOCKED: DatabaseBusyError,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnreachableError,
    sqlite3.SQLITE_IOERR: DatabaseUnreachableError,
    sqlite3.SQLITE_CORRUPT: DatabaseDamagedError,
    sqlite3.SQLITE_NOTADB: DatabaseDamagedError,
}
# Of an extended code: no room for the memory that SQLite's processes share, which is a file.
SQLITE_EXTENDED_ERROR_CLASSES: dict[int, type[HoaxTrackerError]] = {sqlite3.SQLITE_IOERR_SHMSIZE: StorageFullError}

MODEL_ERROR_NAMES = ("ArtefactError", "MatchModelError")
"""By name, so that nobody loads scikit-learn to see that nothing of it failed."""

# The longest prefix of an SQLSTATE that is listed decides.
POSTGRESQL_ERROR_CLASSES: dict[str, type[HoaxTrackerError]] = {
    "53100": StorageFullError,
    "25006": ReadOnlyError,
    "42501": ReadOnlyError,
    "40001": DatabaseBusyError,
    "40P01": DatabaseBusyError,
    "55P03": DatabaseBusyError,
    "57014": DatabaseBusyError,
    "53": DatabaseBusyError,
    "42P01": DatabaseNotReadyError,
    "42703": DatabaseNotReadyError,
    "XX001": DatabaseDamagedError,
    "XX002": DatabaseDamagedError,
    "3D000": DatabaseUnreachableError,
    "08": DatabaseUnreachableError,
    "28": DatabaseUnreachableError,
    "57P": DatabaseUnreachableError,
    "22": InvalidInputError,
}


def translate_model_error(error: BaseException) -> ModelUnusableError | None:
    """Return our error for an unusable model file; ``classifiers`` does not know our errors."""
    return ModelUnusableError(first_error_line(error)) if type(error).__name__ in MODEL_ERROR_NAMES else None


def translate_database_error(error: BaseException) -> HoaxTrackerError | None:
    """Return our error for a database or driver error; None for any other."""
    kind = database_error_class(error)
    return kind(first_error_line(error)) if kind else None


def database_error_class(error: BaseException) -> type[HoaxTrackerError] | None:
    """Return the class of our error for a database error."""
    if isinstance(error, sa.exc.TimeoutError):  # no connection became free in time
        return DatabaseBusyError
    if not isinstance(error, sa.exc.DBAPIError):
        return None
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return (
            SQLITE_EXTENDED_ERROR_CLASSES.get(code)
            or SQLITE_ERROR_CLASSES.get(code & 0xFF)
            or _missing_table_error_class(error)
        )
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return _driver_error_class(error)
    listed = [prefix for prefix in POSTGRESQL_ERROR_CLASSES if state.startswith(prefix)]
    return POSTGRESQL_ERROR_CLASSES[max(listed, key=len)] if listed else None


def _missing_table_error_class(error: sa.exc.DBAPIError) -> type[HoaxTrackerError] | None:
    """Return the class for a missing table or column, for which SQLite has no code, only a message."""
    return DatabaseNotReadyError if str(error.orig).startswith(("no such table", "no such column")) else None


def _driver_error_class(error: sa.exc.DBAPIError) -> type[HoaxTrackerError] | None:
    """Return the class for an error of the driver: no server answered, or the value cannot be sent (NUL in a text)."""
    if isinstance(error, sa.exc.DataError):
        return InvalidInputError
    return DatabaseUnreachableError if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError) else None


def first_error_line(error: BaseException) -> str:
    """Return the driver's message without statement and values, which may hold a person's text."""
    message = str(error.orig) if isinstance(error, sa.exc.DBAPIError) else str(error)
    return message.strip().splitlines()[0] if message.strip() else type(error).__name__
