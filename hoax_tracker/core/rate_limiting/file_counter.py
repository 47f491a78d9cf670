"""Rate limit counters in a separate SQLite file, which all processes of one machine share exactly.

The instance's database has one writer at a time, and a worker that stores feeds can hold it for seconds. In this file a
write takes a fraction of a millisecond, so counting a request never waits for other work.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from hoax_tracker.core.rate_limiting.redis_counter import CounterUnavailableError

log = logging.getLogger(__name__)

FOLDER = "limits"
NAME = "counts.sqlite3"
PATIENCE_S = 0.2
"""Seconds that a request waits for its turn to be counted; then it passes uncounted."""
OPENED_WITHIN_S = 5.0
"""Seconds that the first use of a process waits where others open the file as well."""

SCHEMA = (
    "create table if not exists spent (key text primary key, count integer not null, expires_at real not null)"
    " without rowid"
)
FORGET = "delete from spent where expires_at < ?"
ADD_ONE = (
    "insert into spent (key, count, expires_at) values (?, 1, ?) on conflict (key) do update set count = count + 1"
)


class FileCounter:
    """The counters in a folder. Thread-safe; opens the file on first use, never before a fork."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._lock = Lock()
        self._connection: sqlite3.Connection | None = None

    def spend(self, counters: Sequence[tuple[str, int]], window: timedelta, now: datetime) -> int:
        """Raise every (key, limit) counter and return how many there are.

        Where a counter is at its limit, nothing is counted and its index is returned. Raises CounterUnavailableError
        where the file cannot be written, or not in time.
        """
        with self._writing() as connection:
            counts = [self._count(connection, key) for key, _limit in counters]
            for place, (count, (_key, limit)) in enumerate(zip(counts, counters, strict=True)):
                if count >= limit:
                    return place
            expires_at = (now + window).timestamp()
            connection.executemany(ADD_ONE, [(key, expires_at) for key, _limit in counters])
            if 0 in counts:
                connection.execute(FORGET, (now.timestamp(),))
        return len(counters)

    def forget_expired(self, now: datetime) -> None:
        """Delete expired counters. Raises CounterUnavailableError."""
        with self._writing() as connection:
            connection.execute(FORGET, (now.timestamp(),))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection with the write lock held."""
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise CounterUnavailableError("other threads count")
        try:
            connection = self._connection = self._connection or self._connect()
            with connection:  # commits, or takes back
                connection.execute("begin immediate")
                yield connection
        except (sqlite3.Error, OSError) as error:
            log.warning("a request is not counted: %s", type(error).__name__)
            self._close()
            raise CounterUnavailableError(type(error).__name__) from error
        finally:
            self._lock.release()

    @staticmethod
    def _count(connection: sqlite3.Connection, key: str) -> int:
        row = connection.execute("select count from spent where key = ?", (key,)).fetchone()
        return int(row[0]) if row else 0

    def _connect(self) -> sqlite3.Connection:
        """Open the file.

        A damaged one (power loss) is replaced by a new one, because its content is short-lived.
        """
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
            for name in (NAME, f"{NAME}-wal", f"{NAME}-shm"):
                self._path.with_name(name).unlink(missing_ok=True)
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            write_ahead(connection)
            connection.execute("pragma synchronous=off")
            connection.execute(SCHEMA)
            with closing(connection.execute("pragma quick_check")) as checked:
                if checked.fetchone() != ("ok",):
                    raise damaged()
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def write_ahead(connection: sqlite3.Connection) -> None:
    """Enable WAL, with retries.

    Processes that open a new file at the same time collide here, and SQLite does not wait by itself.
    """
    end = time.monotonic() + OPENED_WITHIN_S
    while True:
        try:
            connection.execute("pragma journal_mode=wal")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def damaged() -> sqlite3.DatabaseError:
    """Return SQLite's error for a corrupt file, for damage that only its check found."""
    error = sqlite3.DatabaseError("the counters are damaged")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return error
