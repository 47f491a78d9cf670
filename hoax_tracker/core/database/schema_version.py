"""Whether the database is usable, and otherwise why not: unreachable, too old, incomplete, never created.

While hosts are updated one after the other, the old program meets a database that the new one has migrated. It goes on
where it knows all that it must: each migration says so in ``needs_program``, and the database notes the newest of
these (migrations/env.py), because a program cannot ask a migration that it does not ship.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory

from hoax_tracker.core.database.fault_messages import translate_database_error
from hoax_tracker.core.paths import PACKAGE_FOLDER
from hoax_tracker.errors import DatabaseNotReadyError, DatabaseUnreachableError, NewerDatabaseError, ReadOnlyError
from hoax_tracker.models import Base, db

OLDEST_POSTGRESQL = 15
UNFINISHED_MOVE = "unfinished_move"
"""The table that marks a database as an unfinished copy (operations/backup/database_move.py)."""
VERSION_TABLE = "alembic_version"
NEEDED_PROGRAM = "needs_program"
"""The column beside the migration that is stored there, and the name that a migration gives it."""


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


cached_newest_revision = cache(newest_revision)
"""For who asks often: what a program ships does not change while it runs."""


def known_revisions() -> set[str]:
    """Return the ids of all migrations that this program ships."""
    return {revision.revision for revision in load_migrations().walk_revisions()}


def is_older_than_all(revision: str) -> bool:
    """Tell whether a migration is older than all that this program ships: numbers only grow."""
    return revision < str(load_migrations().get_base())


def require_newest_database() -> None:
    """Raise DatabaseNotReadyError unless the database exists and this program may run on it.

    That is the newest migration, or one of a newer program beside which this one may go on.
    """
    try:
        stored = require_usable_database()
    except NewerDatabaseError:
        if _may_run_beside_newer():
            return
        raise
    if not stored:
        raise DatabaseNotReadyError("the database was never created: run hoax-tracker init")
    if list(stored) != [newest_revision()]:
        raise DatabaseNotReadyError(
            f"the database is at migration {stored[0]}, this program needs {newest_revision()}: run hoax-tracker init"
        )


def is_outgrown() -> bool:
    """Tell whether a newer program has migrated the database so that this one, which runs, must stop."""
    noted = db.session.scalar(sa.text("select max(version_num) from alembic_version"))
    return str(noted or "") > cached_newest_revision() and not _may_run_beside_newer()


def _may_run_beside_newer() -> bool:
    """Tell whether the database is at a migration of a newer program that lets this one go on."""
    columns = {column["name"] for column in sa.inspect(db.session.connection()).get_columns(VERSION_TABLE)}
    if NEEDED_PROGRAM not in columns:
        return False
    noted = db.session.execute(sa.text("select version_num, needs_program from alembic_version")).all()
    return len(noted) == 1 and may_go_on(*noted[0], program=newest_revision())


def may_go_on(revision: str, needed: str | None, *, program: str) -> bool:
    """Tell whether a program that ships migrations up to ``program`` may run on a database at a newer ``revision``.

    ``needed`` is what the database notes. Numbers of migrations only grow.
    """
    return bool(needed) and revision.isdecimal() and revision > program >= str(needed)


def needed_program(migrations: ScriptDirectory, revision: str) -> str:
    """Return the newest migration that a program must know to run on a database at ``revision``."""
    steps = migrations.iterate_revisions(revision, "base")
    return max(str(getattr(step.module, NEEDED_PROGRAM, step.revision)) for step in steps)


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
        if isinstance(fault, DatabaseUnreachableError) and _is_database_read_only():
            raise ReadOnlyError(str(fault)) from error
        raise (fault or DatabaseNotReadyError(str(error))) from error


def _is_database_read_only() -> bool:
    """Tell whether an SQLite database lies in a read-only place: its processes share files beside it."""
    path = db.engine.url.database if db.engine.dialect.name == "sqlite" else None
    return path is not None and Path(path).exists() and not os.access(Path(path).parent, os.W_OK)


def require_supported_server(connection: sa.Connection) -> None:
    """Raise DatabaseNotReadyError for a server older than the tested ones."""
    version = connection.dialect.server_version_info or (0,)
    if connection.dialect.name == "postgresql" and int(version[0]) < OLDEST_POSTGRESQL:
        number = ".".join(map(str, version))
        raise DatabaseNotReadyError(
            f"the server is PostgreSQL {number}: {OLDEST_POSTGRESQL} or newer is needed",
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
    if VERSION_TABLE in tables:
        noted = connection.execute(sa.text("select version_num from alembic_version")).scalars().all()
    ours = sorted(tables & set(Base.metadata.tables))
    if ours and not noted:
        raise DatabaseNotReadyError(
            f"the database holds tables ({', '.join(ours[:3])} …) but no note of a migration: it is half made or was "
            "made by another program. Give an empty database, or restore a backup.",
            user_message="Basis data ini tidak lengkap.",
        )
    if set(noted) - known_revisions():
        raise _refuse_revision(noted[0])
    return noted


def _refuse_revision(revision: str) -> DatabaseNotReadyError:
    """Return the error for a database at a migration that this program does not ship."""
    reason = f"the database is at migration {revision}, this program needs {newest_revision()}"
    if is_older_than_all(revision):
        return DatabaseNotReadyError(
            f"{reason}: it was made by an older program whose migrations are gone, and is left as it is. Give an empty "
            "database, or go back to that program.",
            user_message="Basis data ini dibuat oleh versi program yang terlalu lama.",
        )
    return NewerDatabaseError(
        f"{reason}: a newer one made it, beside which this one cannot work. Install that one, or restore a backup.",
        user_message="Basis data ini dibuat oleh versi program yang lebih baru.",
    )
