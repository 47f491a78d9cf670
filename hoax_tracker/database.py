"""Connections and transactions: SQLite as DESIGN wants it (WAL, foreign keys, busy timeout, BEGIN IMMEDIATE).

A read that later writes fails at once under SQLite's WAL when another process wrote in between. So a transaction
says at its beginning what it is: everything takes the write lock first, except where reading was announced (web GETs).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm.exc import StaleDataError

from hoax_tracker.errors import Conflict, DatabaseNotReady
from hoax_tracker.models import PUBLIC_STATUSES, Clarification, db

BUSY_TIMEOUT_MS = 15_000

_reading: ContextVar[bool] = ContextVar("reading", default=False)


def prepare_engine(engine: sa.Engine) -> None:
    """Attach the SQLite rules to an engine; other databases need none of them."""
    if engine.dialect.name != "sqlite":
        return
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _on_begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN" if _reading.get() else "BEGIN IMMEDIATE")


def start_reading() -> None:
    """Let the transactions of this context begin as reads (a web GET)."""
    _reading.set(True)


def stop_reading() -> None:
    """Let the transactions of this context begin as writes again."""
    _reading.set(False)


@contextmanager
def reading() -> Iterator[None]:
    """Run a block whose transactions only read: they wait for no writer."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


@contextmanager
def writing() -> Iterator[None]:
    """Run a block as one write: a fresh transaction, committed at the end, rolled back on an error.

    Rows loaded before are read anew inside, so a decision is taken on the present state. Raises Conflict where
    somebody else changed a row that carries a version in the meantime.
    """
    db.session.rollback()
    token = _reading.set(False)
    try:
        yield
        db.session.commit()
    except StaleDataError as error:
        db.session.rollback()
        raise Conflict(str(error)) from error
    except BaseException:
        db.session.rollback()
        raise
    finally:
        _reading.reset(token)


def newest_revision() -> str:
    """Return the id of the newest migration that this program ships."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from hoax_tracker.assets import PACKAGE

    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    head = ScriptDirectory.from_config(config).get_current_head()
    assert head is not None  # noqa: S101 - the package always ships at least one migration
    return head


def require_newest_database() -> None:
    """Raise DatabaseNotReady, in words, unless the database is there and at the newest migration."""
    try:
        with reading(), db.engine.connect() as connection:
            found = connection.execute(sa.text("select version_num from alembic_version")).scalars().all()
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseNotReady(f"the database cannot be read or was never created: {error}") from error
    if found != [newest_revision()]:
        raise DatabaseNotReady(f"the database is at migration {found}, this program needs {newest_revision()}")


def public_clarifications() -> Sequence[Clarification]:
    """Return the clarifications that answer messages, newest first."""
    query = sa.select(Clarification).where(Clarification.status.in_(PUBLIC_STATUSES))
    return db.session.scalars(query.order_by(Clarification.published_at.desc(), Clarification.id.desc())).all()
