"""Insert or update, for both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.models import db


def insert_into(table: Any) -> postgresql.Insert | sqlite.Insert:
    """Return an insert with the present database's ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    return postgresql.insert(table) if db.engine.dialect.name == "postgresql" else sqlite.insert(table)
