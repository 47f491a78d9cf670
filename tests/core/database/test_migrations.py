"""Models equal the newest migration; every migration runs up and down with rows in the tables."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from datetime import date
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from apiflask import APIFlask

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.job_wakeups import is_job_table
from hoax_tracker.core.database.schema_version import newest_revision, require_newest_database
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.paths import PACKAGE_FOLDER
from hoax_tracker.desk_search.index_tables import INDEXED_TABLES, is_index_consistent, is_search_table, repair_indexes
from hoax_tracker.errors import DatabaseNotReadyError
from hoax_tracker.models import (
    Assessment,
    CheckDecision,
    CheckQuery,
    ClaimAppearance,
    ClarificationReach,
    Demand,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    Item,
    ModelFile,
    ModelVersion,
    Note,
    Notice,
    NoticeKind,
    OutgoingMail,
    Programme,
    Report,
    RoleName,
    Source,
    Tag,
    Topic,
    Usefulness,
    db,
)
from tests import factories
from tests.every_table import fill_empty_tables
from tests.guarding import SWITCH


def revisions() -> list[str]:
    """The ids of all migrations, oldest first."""
    script = ScriptDirectory(str(PACKAGE_FOLDER / "migrations"))
    return [one.revision for one in script.walk_revisions()][::-1]


def fill() -> None:
    """Put a row into the tables that a migration may have to carry along."""
    author = factories.make_officer("a@kupang.example", RoleName.OFFICER)
    approver = factories.make_officer("b@kupang.example", RoleName.APPROVER)
    claim = factories.make_claim()
    page = factories.make_clarification(author, approver, claims=[claim])
    source = Source(name="s", url="https://s.example/feed", created_at=factories.NOW)
    version = ModelVersion(digest="d" * 64, name="m", file_name="m", registered_at=factories.NOW)
    report = Report(ticket_digest="t" * 64, text="pesan", received_at=factories.NOW)
    db.session.add_all([source, version, report, Programme(code="KTP-el", name="KTP elektronik")])
    db.session.flush()
    item = Item(source_id=source.id, entry_key="k" * 64, content_key="c" * 64, fetched_at=factories.NOW)
    db.session.add(item)
    db.session.flush()
    scores = {"relevance": 0.9, "misinformation": 0.8, "priority": 0.7, "topic": Topic.WATER, "flagged": True}
    db.session.add_all(
        [
            Assessment(item_id=item.id, model_version_id=version.id, assessed_at=factories.NOW, **scores),
            ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=factories.NOW),
            ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW),
            OutgoingMail(key="k", sealed=b"s", posted_at=factories.NOW, next_try_at=factories.NOW),
            CheckQuery(day=date(2026, 11, 24), digest="q" * 64, text="pesan", decision=CheckDecision.NONE),
            Usefulness(clarification_id=page.id, useful=1),
            ClarificationReach(clarification_id=page.id, day=date(2026, 11, 24), views=1),
            Demand(text="pesan", first_day=date(2026, 11, 24), last_day=date(2026, 11, 24), claim_id=claim.id),
            Note(claim_id=claim.id, officer_id=author.id, text="catatan", written_at=factories.NOW),
            Notice(officer_id=author.id, kind=NoticeKind.MENTIONED, claim_id=claim.id, made_at=factories.NOW),
            Tag(name="bansos", claims=[claim]),
            ModelFile(version_id=version.id, content=b"m"),
            Evidence(
                kind=EvidenceKind.LINK,
                title="bukti",
                url="https://e.example/",
                clarification_id=page.id,
                added_at=factories.NOW,
                copy=EvidenceCopy(kept_at=factories.NOW),
            ),
        ]
    )
    db.session.commit()
    with write_transaction():
        audit_log.record_event("claim_link", "claim:1", officer=author, now=factories.NOW)


def counts(among: Collection[str] | None = None) -> dict[str, int]:
    """Rows per table that the search and Alembic do not make themselves; ``among`` names the tables to count."""
    with db.engine.connect() as connection:
        names = [name for name in sa.inspect(connection).get_table_names() if not is_search_table(name)]
        tables = {name: sa.select(sa.func.count()).select_from(sa.table(name)) for name in names}
        wanted = {name: query for name, query in tables.items() if among is None or name in among}
        return {name: connection.scalar(query) or 0 for name, query in wanted.items() if name != "alembic_version"}


def is_ours(name: str) -> bool:
    """Whether the models describe a table or index of this name."""
    return not (is_search_table(name) or is_job_table(name) or name == SWITCH)


def test_models_equal_the_newest_migration(app: APIFlask) -> None:
    with db.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": lambda _thing, name, *_rest: is_ours(name or "")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, db.metadata) == []


def test_check_constraints_are_in_the_database(app: APIFlask) -> None:
    found = sa.inspect(db.engine)
    for table in db.metadata.sorted_tables:
        wanted = {one.name for one in table.constraints if isinstance(one, sa.CheckConstraint)}
        assert {one["name"] for one in found.get_check_constraints(table.name)} == wanted, table.name


@pytest.mark.slow
def test_up_and_down_with_rows(empty: APIFlask) -> None:
    """Rows of every table survive the way down to each migration that has the table, and up again."""
    fill_every_table()
    before = counts()
    assert set(before.values()) != {0}
    for revision in revisions()[-2::-1]:
        flask_migrate.downgrade(revision=revision)
        older = counts(before)  # tables that a later migration dropped are not among them
        assert older == {name: before[name] for name in older}, revision
        flask_migrate.upgrade()
        assert counts(older) == older, revision
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    assert counts() == {}
    with db.engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["alembic_version"]
    flask_migrate.upgrade()
    assert {name: count for name, count in counts().items() if count} == {}


def fill_every_table() -> None:
    """Migrate an empty database and put rows into each table."""
    flask_migrate.upgrade()
    factories.seed_reference()
    fill()
    with db.engine.begin() as connection:
        fill_empty_tables(connection)
    db.session.remove()


LATER = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{newest}", None, None
def upgrade():
    with op.batch_alter_table("claim", recreate="{recreate}") as batch:
        batch.add_column(sa.Column("later", sa.Integer(), nullable=False, server_default="7"))
def downgrade():
    with op.batch_alter_table("claim", recreate="{recreate}") as batch:
        batch.drop_column("later")
"""


@pytest.mark.slow
def test_a_later_migration_loses_no_row_and_no_trigger(empty: APIFlask, tmp_path: Path) -> None:
    """SQLite makes a table anew to alter it: what points to its rows, and the search's triggers, must stay."""
    fill_every_table()
    before = counts()
    folder = tmp_path / "migrations"
    shutil.copytree(PACKAGE_FOLDER / "migrations", folder)
    recreate = "always" if db.engine.dialect.name == "sqlite" else "auto"
    text = LATER.format(newest=newest_revision(), recreate=recreate)
    (folder / "versions" / "9999_later.py").write_text(text, encoding="utf-8")
    flask_migrate.upgrade(directory=str(folder))
    with db.engine.begin() as connection:
        assert set(connection.scalars(sa.text("select later from claim"))) == {7}
        assert repair_indexes(connection) == []
        assert all(is_index_consistent(connection, one) for one in INDEXED_TABLES)
    assert counts() == before
    flask_migrate.downgrade(directory=str(folder), revision=newest_revision())
    assert counts() == before
    require_newest_database()


def test_a_missing_or_old_database_is_a_clear_message(empty: APIFlask) -> None:
    with pytest.raises(DatabaseNotReadyError, match="never created"):
        require_newest_database()
    flask_migrate.upgrade()
    require_newest_database()
    with db.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = 'old'"))
    with pytest.raises(DatabaseNotReadyError, match=f"this program needs {newest_revision()}"):
        require_newest_database()


@pytest.mark.sqlite
def test_sqlite_is_opened_as_designed(app: APIFlask) -> None:
    with db.engine.connect() as connection:
        assert connection.scalar(sa.text("pragma journal_mode")) == "wal"
        assert connection.scalar(sa.text("pragma foreign_keys")) == 1
        assert int(connection.scalar(sa.text("pragma busy_timeout")) or 0) >= 5000
