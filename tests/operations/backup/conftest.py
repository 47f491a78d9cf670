"""An instance on SQLite with rows in every table, and an empty database: PostgreSQL where the tests use one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from hoax_tracker.app import create_app
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings, read_settings
from hoax_tracker.core.database.schema_version import read_database_revision
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import DatabaseNotReadyError
from hoax_tracker.models import Base, Report, db
from hoax_tracker.operations.backup.database_copy import open_engine
from hoax_tracker.operations.backup.database_move import Moved, move_database, read_target
from hoax_tracker.operations.backup.seal import digest_tables
from hoax_tracker.pipeline import no_progress
from tests import databases, every_table, factories
from tests.conftest import NOW
from tests.core.database.test_migrations import fill


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an idle instance on SQLite with rows in every table."""
    folder = tmp_path_factory.mktemp("filled") / "instance"
    settings = read_settings({"HOAX_TRACKER_DATA": str(folder)})
    app = create_app(settings)
    with app.app_context():
        factories.migrate_database()
        factories.seed_reference()
        fill()
        with write_transaction():
            sealed = encrypt_contact("pelapor@surel.example", settings.contact_key)
            db.session.add(
                Report(ticket_digest="c" * 64, text="é", received_at=NOW, contact_encrypted=sealed, consent_at=NOW)
            )
            for number in range(20):
                audit_log.record_event("claim_link", f"claim:{number}", officer=None, now=NOW, detail={"kata": "é"})
        with db.engine.begin() as connection:
            every_table.fill_empty_tables(connection)
            assert list(every_table.empty_tables(connection)) == []
        db.session.remove()
        db.engine.dispose()
    return folder


@pytest.fixture
def instance(filled: Path, tmp_path: Path) -> Settings:
    """An instance of the test's own."""
    shutil.copytree(filled, tmp_path / "instance")
    return read_settings({"HOAX_TRACKER_DATA": str(tmp_path / "instance")})


@pytest.fixture
def target(instance: Settings) -> Iterator[Settings]:
    """The same instance on a new, empty database."""
    folder = instance.data_folder
    yield read_target(instance, databases.ensure_database_url(folder) or f"sqlite:///{folder / 'new.sqlite3'}")
    databases.drop_databases_in(folder)


def digests(settings: Settings) -> dict[str, str]:
    with open_engine(settings.database_url) as engine, engine.connect() as connection:
        return digest_tables(connection)


def moved(source: Settings, target: Settings) -> Moved:
    return move_database(source, create_app(target), no_progress)


def table_names(settings: Settings) -> set[str]:
    with open_engine(settings.database_url) as engine:
        return set(sa.inspect(engine).get_table_names())


def require_unfinished(target: Settings) -> None:
    """Assert that the database is not ready for any program and has no rows."""
    with open_engine(target.database_url) as engine, engine.connect() as connection:
        with pytest.raises(DatabaseNotReadyError, match="unfinished copy"):
            read_database_revision(connection)
        held = set(sa.inspect(connection).get_table_names())
        for table in Base.metadata.sorted_tables:
            if table.name in held:
                assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 0
