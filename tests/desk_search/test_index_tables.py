"""The index matches the rows whoever changes them, and erased words leave the file."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.desk_search import index_tables
from hoax_tracker.models import Claim, Item, Officer, Report, db
from hoax_tracker.privacy.retention import forget_deleted
from tests import factories
from tests.desk_search import rows

pytestmark = pytest.mark.sqlite
PLANTED = "tanamkhusus"


def right() -> bool:
    """Whether every index fits its table."""
    db.session.rollback()
    with db.engine.begin() as connection:
        return all(index_tables.is_index_consistent(connection, searched) for searched in index_tables.INDEXED_TABLES)


def held(folder: Path) -> list[Path]:
    """The files in which the planted word stands."""
    return [path for path in folder.rglob("*") if path.is_file() and PLANTED.encode() in path.read_bytes()]


def wrong() -> None:
    """Make an index that does not fit."""
    with db.engine.begin() as connection:
        connection.execute(sa.text("drop trigger words_of_claim_changed"))
        connection.execute(sa.text("update claim set text = 'lain'"))


def test_core_statements_and_cascades_are_seen(officer: Officer) -> None:
    claim = factories.make_claim("satu")
    rows.make_report(claim, "dua")
    rows.make_question(claim, officer, "tiga", "empat")
    item = rows.make_item(rows.make_source(), "lima")
    assert right()
    with write_transaction():
        db.session.execute(sa.update(Claim).values(text="lain"))
        db.session.execute(sa.update(Item).values(source_id=item.source_id, text=""))
    assert right()
    with write_transaction():
        db.session.execute(sa.delete(Item).where(Item.id == item.id))
        db.session.execute(sa.text("delete from claim_appearance"))
        db.session.execute(sa.delete(Claim))  # its question goes with it
        db.session.execute(sa.delete(Report))
    assert right()
    with write_transaction():
        db.session.add(Report(ticket_digest="x", text="enam", received_at=rows.NOW))
        db.session.flush()
        db.session.rollback()
    assert right()


def test_the_check_sees_an_index_that_does_not_fit_and_rebuild_makes_it_right(app: APIFlask) -> None:
    factories.make_claim("satu")
    wrong()
    assert not right()
    with db.engine.begin() as connection:
        index_tables.rebuild_indexes(connection)
    assert right()


def test_a_migration_that_makes_a_table_anew_leaves_the_index_right(app: APIFlask) -> None:
    factories.make_claim("satu")
    wrong()
    with db.engine.begin() as connection:
        assert index_tables.repair_indexes(connection) == ["claim"]
        assert index_tables.repair_indexes(connection) == []
    assert right()
    factories.make_claim("dua").text = "tiga"
    db.session.commit()
    assert right()


@pytest.mark.parametrize(
    "way", [sa.delete(Report), sa.update(Report).values(text="kosong")], ids=["deleted", "changed"]
)
def test_what_is_erased_leaves_the_file(app: APIFlask, settings: Settings, way: sa.Delete | sa.Update) -> None:
    for number in range(100):  # a few more than FTS5 puts together by itself
        text = PLANTED if number == 50 else f"kata{number}"
        rows.add_row(Report(ticket_digest=f"r{number}", text=text, received_at=rows.NOW))
        db.session.commit()
    assert held(settings.data_folder)
    with write_transaction():
        db.session.execute(way.where(Report.text == PLANTED))
    forget_deleted()
    db.session.remove()
    assert held(settings.data_folder) == []
