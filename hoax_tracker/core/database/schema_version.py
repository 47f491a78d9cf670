"""Whether the database is usable, and otherwise why not: unreachable, too old, incomplete, never created."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.paths import PACKAGE_FOLDER
from hoax_tracker.errors import DatabaseNotReadyError, DatabaseUnreachableError, ReadOnlyError
from hoax_tracker.models import Base, db

OLDEST_POSTGRESQL = 15
UNFINISHED_MOVE = "unfinished_move"
"""The table that marks a database as an unfinished copy (operations/backup/database_move.py)."""


def load_migrations() -> ScriptDirectory:
    """Return the migrations that this program ships."""
    config = Config()
    config.set_main_option("script_location", str(PACKAGE_FOLDER / "migrations"))
    return ScriptDirectory.from_config(config)


def newest_revision() -> str:
    """Return the id of the newest shipped migration."""
    head = load_migrations().get_current_head()
    assert head is not None  # noqa: S101 - the package always ships at least one migration
    return head


def known_revisions() -> set[str]:
    """Return the ids of all migrations that this program ships."""
    return {revision.revision for revision in load_migrations().walk_revisions()}


def is_older_than_all(revision: str) -> bool:
    """Tell whether a migration is older than all that this program ships: numbers only grow."""
    return revision < str(load_migrations().get_base())


def require_newest_database() -> None:
    """Raise DatabaseNotReadyError unless the database exists and is at the newest migration."""
    stored = require_usable_database()
    if not stored:
        raise DatabaseNotReadyError("the database was never created: run hoax-tracker init")
    if list(stored) != [newest_revision()]:
        raise DatabaseNotReadyError(
            f"the database is at migration {stored[0]}, this program needs {newest_revision()}: run hoax-tracker init"
        )


def require_usable_database() -> Sequence[str]:
    """Return the database's migration, "" for an empty one; both can be upgraded.

    Raises DatabaseNotReadyError for a database that this program must not touch, and the error that prevents opening
    it.
    """
    try:
        with db.engine.connect() as connection:
            require_supported_server(connection)
            return read_database_revision(connection)
    except sa.exc.SQLAlchemyError as error:
        fault = translate_database_error(error)
        if isinstance(fault, DatabaseUnreachableError) and is_database_read_only():
            raise ReadOnlyError(str(fault)) from error
        raise (fault or DatabaseNotReadyError(str(error))) from error


def is_database_read_only() -> bool:
    """Tell whether an SQLite database lies in a read-only place: its processes share files beside it."""
    path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    return path is not None and Path(path).exists() and not os.access(Path(path).parent, os.W_OK)


def require_supported_server(connection: sa.Connection) -> None:
    """Raise DatabaseNotReadyError for a server older than the tested ones."""
    version = connection.dialect.server_version_info or (0,)
    if connection.dialect.name == "postgresql" and int(version[0]) < OLDEST_POSTGRESQL:
        said = ".".join(map(str, version))
        raise DatabaseNotReadyError(
            f"the server is PostgreSQL {said}: {OLDEST_POSTGRESQL} or newer is needed",
            user_message="Server PostgreSQL terlalu lama.",
        )


def read_database_revision(connection: sa.Connection) -> Sequence[str]:
    """Return the migration stored in the database. Raises DatabaseNotReadyError for an incomplete or newer one."""
    tables = set(sa.inspect(connection).get_table_names())
    if UNFINISHED_MOVE in tables:
        raise DatabaseNotReadyError(
            "the database is an unfinished copy: hoax-tracker move was broken off. Run it again, with DATABASE_URL "
            "set to the old database as it was then.",
            user_message="Basis data ini salinan yang belum selesai.",
        )
    noted: Sequence[str] = ()
    if "alembic_version" in tables:
        noted = connection.execute(sa.text("select version_num from alembic_version")).scalars().all()
    ours = sorted(tables & set(Base.metadata.tables))
    if ours and not noted:
        raise DatabaseNotReadyError(
            f"the database holds tables ({', '.join(ours[:3])} …) but no note of a migration: it is half made or was "
            "made by another program. Give an empty database, or restore a backup.",
            user_message="Basis data ini tidak lengkap.",
        )
    if set(noted) - known_revisions():
        raise refuse_revision(noted[0])
    return noted


def refuse_revision(revision: str) -> DatabaseNotReadyError:
    """Return the error for a database at a migration that this program does not ship."""
    reason = f"the database is at migration {revision}, this program needs {newest_revision()}"
    if is_older_than_all(revision):
        return DatabaseNotReadyError(
            f"{reason}: it was made by an older program whose migrations are gone, and is left as it is. Give an empty "
            "database, or go back to that program.",
            user_message="Basis data ini dibuat oleh versi program yang terlalu lama.",
        )
    return DatabaseNotReadyError(
        f"{reason}: a newer one made it. Install that one, or restore a backup.",
        user_message="Basis data ini dibuat oleh versi program yang lebih baru.",
    )
