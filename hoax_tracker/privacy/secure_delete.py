"""Secure deletion: deleted data leaves the database files too."""

from __future__ import annotations

from hoax_tracker.core.database.transactions import BUSY_TIMEOUT_MS
from hoax_tracker.desk_search import index_tables
from hoax_tracker.models import db

_PATIENCE_MS = 200


def forget_deleted() -> None:
    """Remove deleted data from the files, as far as no reader holds them at this moment.

    SQLite overwrites it in the database (``secure_delete``) and keeps old pages in its log until a checkpoint.
    PostgreSQL removes old rows when it vacuums.
    """
    if db.engine.dialect.name != "sqlite":
        return
    db.session.rollback()
    if index_tables.SQLITE_KEEPS_DELETED:
        with db.engine.begin() as connection:
            index_tables.optimize_indexes(connection)
    with db.engine.connect() as connection:
        cursor = connection.connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            cursor.close()
