"""Whether the database can be used as it is, and in words why not: unreachable, too old, half made, never created."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from hoax_tracker.core.database.fault_messages import in_words
from hoax_tracker.core.paths import PACKAGE
from hoax_tracker.errors import DatabaseGone, DatabaseNotReady, NotWritable
from hoax_tracker.models import Base, db

OLDEST_POSTGRESQL = 15
UNFINISHED_MOVE = "unfinished_move"
"""The table that marks a database as an unfinished copy (operations/backup/database_move.py)."""


def migrations() -> ScriptDirectory:
    """Return the migrations that this program ships."""
    config = Config()
    config.set_main_option("script_location", str(PACKAGE / "migrations"))
    return ScriptDirectory.from_config(config)


def newest_revision() -> str:
    """Return the id of the newest migration that this program ships."""
    head = migrations().get_current_head()
    assert head is not None  # noqa: S101 - the package always ships at least one migration
    return head


def known_revisions() -> set[str]:
    """Return the ids of all migrations that this program ships."""
    return {one.revision for one in migrations().walk_revisions()}


def require_newest_database() -> None:
    """Raise DatabaseNotReady, in words, unless the database is there and at the newest migration."""
    found = require_usable_database()
    if not found:
        raise DatabaseNotReady("the database was never created: run hoax-tracker init")
    if list(found) != [newest_revision()]:
        raise DatabaseNotReady(
            f"the database is at migration {found[0]}, this program needs {newest_revision()}: run hoax-tracker init"
        )


def require_usable_database() -> Sequence[str]:
    """Return the migration the database is at, nothing for an empty one; both can be brought to the newest.

    Raises DatabaseNotReady for a database that this program must leave alone, and what says why it cannot be opened.
    """
    try:
        with db.engine.connect() as connection:
            require_new_enough_server(connection)
            return revision_of(connection)
    except sa.exc.SQLAlchemyError as error:
        fault = in_words(error)
        if isinstance(fault, DatabaseGone) and is_read_only():
            raise NotWritable(str(fault)) from error
        raise (fault or DatabaseNotReady(str(error))) from error


def is_read_only() -> bool:
    """Tell whether an SQLite database lies where nothing can be written: its processes share files beside it."""
    path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    return path is not None and Path(path).exists() and not os.access(Path(path).parent, os.W_OK)


def require_new_enough_server(connection: sa.Connection) -> None:
    """Raise DatabaseNotReady for a server older than what we are tested on."""
    version = connection.dialect.server_version_info or (0,)
    if connection.dialect.name == "postgresql" and int(version[0]) < OLDEST_POSTGRESQL:
        said = ".".join(map(str, version))
        raise DatabaseNotReady(
            f"the server is PostgreSQL {said}: {OLDEST_POSTGRESQL} or newer is needed",
            user_message="Server PostgreSQL terlalu lama.",
        )


def revision_of(connection: sa.Connection) -> Sequence[str]:
    """Return the migration that is noted in the database. Raises DatabaseNotReady for one half made or too new."""
    held = set(sa.inspect(connection).get_table_names())
    if UNFINISHED_MOVE in held:
        raise DatabaseNotReady(
            "the database is an unfinished copy: hoax-tracker move was broken off. Run it again, with DATABASE_URL "
            "set to the old database as it was then.",
            user_message="Basis data ini salinan yang belum selesai.",
        )
    noted: Sequence[str] = ()
    if "alembic_version" in held:
        noted = connection.execute(sa.text("select version_num from alembic_version")).scalars().all()
    ours = sorted(held & set(Base.metadata.tables))
    if ours and not noted:
        raise DatabaseNotReady(
            f"the database holds tables ({', '.join(ours[:3])} …) but no note of a migration: it is half made or was "
            "made by another program. Give an empty database, or restore a backup.",
            user_message="Basis data ini tidak lengkap.",
        )
    if set(noted) - known_revisions():
        raise DatabaseNotReady(
            f"the database is at migration {noted[0]}, this program needs {newest_revision()}: a newer one made it. "
            "Install that one, or restore a backup.",
            user_message="Basis data ini dibuat oleh versi program yang lebih baru.",
        )
    return noted
