"""Connections to PostgreSQL. Imported only where PostgreSQL is used."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.string import StrDumper
from sqlalchemy.engine import URL, Engine

LOCK_TIMEOUT_MS = 15_000

# A host that vanishes must not hold its locks for hours: the server notices within a minute or two. Statements are not
# compiled: ours end sooner than a compiler, which runs where the planner expects much and finds little (a search).
CONNECT_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5,
    "application_name": "hoax-tracker",
    "options": f"-c lock_timeout={LOCK_TIMEOUT_MS} -c timezone=UTC -c jit=off -c tcp_keepalives_idle=30",
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}


class NulStrippingDumper(StrDumper):
    """Sends text without NUL characters, which PostgreSQL refuses and SQLite would store."""

    def dump(self, obj: str) -> Buffer | None:
        """Return the text as it is sent."""
        return super().dump(obj.replace("\x00", "") if "\x00" in obj else obj)


def postgresql_engine_options(address: URL) -> dict[str, Any]:
    """Return the engine's options; the URL takes precedence.

    A pooled connection is tested before use, so that a restarted database is simply there again.
    """
    chosen = {key: value for key, value in CONNECT_OPTIONS.items() if key not in address.query}
    return {"pool_pre_ping": True, "pool_timeout": 10, "connect_args": chosen}


def prepare_connection(connection: psycopg.Connection[Any], _record: Any) -> None:
    """Prepare a new connection."""
    connection.adapters.register_dumper(str, NulStrippingDumper)


def open_detached_connection(engine: Engine) -> psycopg.Connection[Any]:
    """Open a connection outside the pool, without transactions of its own accord; whoever asks for it closes it."""
    pooled = engine.raw_connection()
    connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
    pooled.detach()
    connection.autocommit = True
    return connection
