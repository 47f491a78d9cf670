"""How Alembic reaches the database: always through the running app's engine."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from hoax_tracker.models import Base, UtcDateTime, db


def render_item(kind: str, thing: Any, _autogen: Any) -> Any:
    """Write our own column type as ``UtcDateTime()`` in new migrations."""
    return "UtcDateTime()" if kind == "type" and isinstance(thing, UtcDateTime) else False


def run() -> None:
    """Run the migrations in one transaction.

    SQLite recreates a table to alter it; with foreign keys on, dropping the old one would delete the children of its
    rows (ON DELETE CASCADE). So the check is off meanwhile, and done once for everything at the end.
    """
    engine = db.engine
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        if sqlite:
            connection.connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
            **current_app.config.get("ALEMBIC_CONTEXT", {}),
        )
        with connection.begin():
            context.run_migrations()
            if sqlite:
                broken = connection.execute(sa.text("PRAGMA foreign_key_check")).fetchall()
                if broken:
                    raise RuntimeError(f"the migration left rows that point nowhere: {broken[:5]}")
        if sqlite:
            connection.connection.execute("PRAGMA foreign_keys=ON")


run()
