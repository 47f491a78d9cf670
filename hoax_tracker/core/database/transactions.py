"""Connections and transactions, with the same guarantees on SQLite and PostgreSQL.

SQLite (WAL, foreign keys, busy timeout): a read that later writes fails at once when another process wrote in between.
So a transaction declares itself at its start: every one takes the write lock first, except declared reads (web GETs).
There is one writer at a time, and readers see one snapshot. What a person is told survives a power cut: each commit
waits until the disk has it (synchronous=FULL), except those of batches, whose loss comes again from the feed or the
queue (NORMAL); the next waiting commit takes them along, because the log is written in order.

PostgreSQL has many writers. Reads run REPEATABLE READ: one snapshot, as on SQLite. Writes run READ COMMITTED: after
waiting for another transaction, the next statement sees its result, as "look, decide, write" needs here (SERIALIZABLE
would see the old snapshot and fail, and every caller would have to retry). What must not happen twice at once takes a
turn, an advisory lock held until the transaction ends.
"""

from __future__ import annotations

import enum
import sqlite3
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm.exc import StaleDataError

from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import db

BUSY_TIMEOUT_MS = 15_000
SQLITE_CACHE_KB = 8_000
"""What a connection to SQLite remembers at most. Its usual 2 MB are too few for the indexes of a million items."""
WAL_CHECKPOINT_PAGES = 4_000
"""Pages (of 4 kB) that SQLite gathers before it writes them into its file. Entries of a million items touch many pages
of the indexes, and the same ones again soon: at the usual 1,000 each is written more often."""
ASKED_FOR_MS = 8
"""Milliseconds within which SQLite asks for its write lock at growing distances; then the same again."""
FEWEST_AT_ONCE, HELD_S = 20, 0.3
"""Rows of a batch that are written in one transaction at least, and seconds that one should take: whoever writes waits
for it, and a slow or busy machine takes fewer at a time."""
HELD_BESIDE_OTHERS_S = 3.0
"""The same on PostgreSQL, where others write meanwhile and smaller batches would only let more workers wait: far below
the time after which those who wait for a turn give up (LOCK_TIMEOUT_MS)."""
LONG_S, GIVES_WAY_S = 0.05, 0.01
"""A transaction of the worker's that took so long is followed by a pause, in which others find the lock free."""
MOST_CONNECTIONS = 30
"""Beyond those that stay open: more than a web process has threads, so that none waits for another's."""
ADVISORY_LOCK_KEY = 0x4B4B48  # first half of the key of our advisory locks, so that they meet no other program's;
# one more for those of single texts

TAKE_TURNS_FOR = sa.text(
    "select count(pg_advisory_xact_lock(:key, number)) from unnest(cast(:numbers as int[])) as number"
)
"""In the order given, so that no two transactions deadlock."""

_reading: ContextVar[bool] = ContextVar("reading", default=False)
_patience_ms: ContextVar[int | None] = ContextVar("patience_ms", default=None)
_comes_again: ContextVar[bool] = ContextVar("comes_again", default=False)


class Turn(enum.IntEnum):
    """What only one transaction does at a time, over all processes and hosts.

    Turns are taken in this order, so that no two transactions deadlock; those of single texts (``take_turns_for``) come
    between FLAG and STORE.
    """

    OFFICER = 1  # acts that look at rows and then decide: the default of ``write_transaction``
    FLAG = 2  # items and reports given to claims: two near-copies must not open two claims
    MODEL = 5  # another model put into use; shared by those who assess with the one before
    STORE = 3  # stored items reworded or deleted, sources leased, the queue of items made anew
    AUDIT = 4  # the chain of the audit log has one end


BATCHES = (Turn.FLAG, Turn.STORE)
"""What comes in long rows of transactions."""


def engine_options(url: str) -> dict[str, Any]:
    """Return the engine's options. Its errors never include values, which would end up in logs."""
    address = sa.engine.make_url(url)
    if address.get_backend_name() != "postgresql":
        return {"hide_parameters": True, "max_overflow": MOST_CONNECTIONS}
    from hoax_tracker.core.database import postgresql

    return {"hide_parameters": True} | postgresql.postgresql_engine_options(address)


def prepare_engine(engine: sa.Engine) -> None:
    """Attach the connection rules to an engine."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin_sqlite)
    else:
        from hoax_tracker.core.database import postgresql

        event.listen(engine, "connect", postgresql.prepare_connection)
        event.listen(engine, "begin", _on_begin_postgresql)


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    enable_wal(cursor)
    cursor.execute(f"PRAGMA cache_size=-{SQLITE_CACHE_KB}")
    cursor.execute(f"PRAGMA wal_autocheckpoint={WAL_CHECKPOINT_PAGES}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # what is deleted is overwritten: a reporter may ask for it
    cursor.close()


def enable_wal(cursor: sqlite3.Cursor | sqlite3.Connection, within_s: float = BUSY_TIMEOUT_MS / 1000) -> None:
    """Turn WAL on, retrying: two processes that open a new file at once collide, and SQLite does not wait here."""
    end = time.monotonic() + within_s
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(0.01)


def _on_begin_sqlite(connection: sa.Connection) -> None:
    if _reading.get():
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'NORMAL' if _comes_again.get() else 'FULL'}")
    patience_ms = _patience_ms.get()
    _begin_writing(connection, BUSY_TIMEOUT_MS if patience_ms is None else patience_ms)


def _begin_writing(connection: sa.Connection, patience_ms: int) -> None:
    """Take the write lock, trying every few milliseconds.

    SQLite's own waiting slows to ten tries a second, misses the gaps between a worker's transactions, and gives up
    while others come and go.
    """
    end = time.monotonic() + patience_ms / 1000
    connection.exec_driver_sql(f"PRAGMA busy_timeout={min(patience_ms, ASKED_FOR_MS)}")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except sa.exc.OperationalError as error:
                code = getattr(error.orig, "sqlite_errorcode", 0)
                if code & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                    raise
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


def _on_begin_postgresql(connection: sa.Connection) -> None:
    """Set the isolation of this transaction, which the driver sends with BEGIN."""
    if "isolation_level" not in connection.get_execution_options():
        level: Any = "REPEATABLE READ" if _reading.get() else "READ COMMITTED"
        connection.dialect.set_isolation_level(connection.connection.dbapi_connection, level)  # type: ignore[arg-type]


def start_read_transactions() -> None:
    """Let the transactions of this context begin as reads (a web GET)."""
    _reading.set(True)


def stop_read_transactions() -> None:
    """Let the transactions of this context begin as writes again."""
    _reading.set(False)


def is_reading() -> bool:
    """Tell whether the transactions of this context are reads: each sees one snapshot."""
    return _reading.get()


@contextmanager
def read_transaction() -> Iterator[None]:
    """Run a block of read-only transactions, which wait for no writer."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def write_transaction(
    turn: Turn | None = Turn.OFFICER, *, patience_ms: int | None = None, in_batches: bool = False
) -> Iterator[None]:
    """Run a block as one write: a fresh transaction, committed at the end, rolled back on an error.

    Loaded rows are expired first, so that a decision uses the present state. ``turn`` names the advisory lock on
    PostgreSQL; None is for blocks whose single statements are safe by themselves. Raises EditConflictError where a
    versioned row changed meanwhile. ``patience_ms``: how long to wait for other writers (None: the default) before the
    database's lock error. ``in_batches``: it is one of many in a row, between which others want to write, and what a
    power cut takes of it comes again.
    """
    db.session.rollback()
    begun = time.monotonic()
    token, patience = _reading.set(False), _patience_ms.set(patience_ms)
    lasting = _comes_again.set(in_batches)
    try:
        if patience_ms is not None and db.engine.dialect.name == "postgresql":
            db.session.execute(sa.text(f"set local lock_timeout = {max(1, patience_ms)}"))
        if turn is not None:
            take_turn(turn)
        yield
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise EditConflictError(str(error)) from error
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _reading.reset(token)
        _patience_ms.reset(patience)
        _comes_again.reset(lasting)
    if (in_batches or turn in BATCHES) and time.monotonic() - begun > LONG_S and db.engine.dialect.name == "sqlite":
        time.sleep(GIVES_WAY_S)


def next_batch(at_once: int, held_s: float, most: int) -> int:
    """Return the size of the next batch, from how long the last one held its locks."""
    should_s = HELD_BESIDE_OTHERS_S if db.engine.dialect.name == "postgresql" else HELD_S
    return min(most, max(FEWEST_AT_ONCE, int(at_once * should_s / max(held_s, should_s / 2))))


def take_turns_for(texts: Iterable[str]) -> None:
    """Wait until no other transaction has a turn for one of these texts, and hold them to the end of this one."""
    if db.engine.dialect.name == "postgresql":
        numbers = sorted({zlib.crc32(text.encode()) - 2**31 for text in texts})
        db.session.execute(TAKE_TURNS_FOR, {"key": ADVISORY_LOCK_KEY + 1, "numbers": numbers})


def share_turn(turn: Turn) -> None:
    """Wait until no other transaction has this turn, and keep it from others to the end of this one.

    Any number share it. Who waits to have it alone comes before those who ask to share it later.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(ADVISORY_LOCK_KEY, int(turn))))


def try_turn(turn: Turn) -> bool:
    """Take the turn, and hold it to the end of this transaction, unless another transaction has it."""
    if db.engine.dialect.name != "postgresql":
        return True
    return bool(db.session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(ADVISORY_LOCK_KEY, int(turn)))))


def take_turn(turn: Turn) -> None:
    """Wait until no other transaction has this turn, and hold it to the end of this one.

    On SQLite a writing transaction has every turn already.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK_KEY, int(turn))))
