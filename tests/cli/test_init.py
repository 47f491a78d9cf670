"""``init`` creates an instance; a second run changes nothing, whatever was edited."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.accounts import officer_acts
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.ingest.sources import edits
from hoax_tracker.ingest.sources.fact_checkers import SOURCES
from hoax_tracker.models import District, Officer, Programme, RoleName, Source, Topic, Unit, UnitTopic, db
from hoax_tracker.organisation import units
from tests import factories
from tests.cli.conftest import ADMIN, Inside, Run, everything, use

EDITED_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.mark.slow
def test_init_makes_an_instance_and_an_administrator(
    empty: Path, run: Run, inside: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, empty, **ADMIN)
    done = run("init")
    assert done.code == 0, done.err
    assert "57 districts" in done.out
    assert "sources: 15 added" in done.out
    assert "administrator: admin@kupang.example" in done.out
    assert ADMIN["HOAX_TRACKER_ADMIN_PASSWORD"] not in done.out + done.err
    with inside():
        person = db.session.scalars(sa.select(Officer)).one()
        assert person.is_administrator
        assert person.unit.code == "diskominfo"
    assert {path.name for path in empty.iterdir() if path.stat().st_mode & 0o077 and path.suffix == ""} == set()


def test_a_second_init_changes_nothing(instance: Path, run: Run, inside: Inside) -> None:
    with inside():
        before = everything()
    done = run("init")
    assert done.code == 0, done.err
    assert "reference data: 0 roles, 0 units, 0 topics, 0 districts, 0 programmes" in done.out
    assert "sources: 0 added" in done.out
    assert "an administrator exists already" in done.out
    with inside():
        assert everything() == before


@pytest.mark.slow
def test_a_second_init_leaves_every_edit(instance: Path, run: Run, inside: Inside) -> None:
    with inside() as app:
        edit_everything(app.extensions["settings"].fetch_allow)
        before = everything()
    assert run("init").code == 0
    with inside():
        assert everything() == before
        assert db.session.scalars(sa.select(Source.name).where(Source.name == "Koran Lain")).one()


def edit_everything(allow: frozenset[tuple[str, int]]) -> None:
    """Change one row of each kind as an administrator does, and add some."""
    me = db.session.scalars(sa.select(Officer)).one()
    who: dict[str, Any] = {"by": me, "now": EDITED_AT}
    health, root = (one(Unit, Unit.code == code) for code in ("dinkes", "diskominfo"))
    district, card, paper = (
        one(District, District.name == "Oesapa"),
        one(Programme, Programme.name == "KTP-el"),
        one(Source, Source.name == "Pos Kupang"),
    )
    for rows, row, key, changed in (
        (units.UNITS, health, health.id, {"name": "Dinas Lain"}),
        (units.TOPICS, db.session.get_one(UnitTopic, Topic.MARKET), "market", {"unit_id": health.id}),
        (units.DISTRICTS, district, district.id, {"name": "Lain", "aliases": []}),
        (units.PROGRAMMES, card, card.id, {"name": "Kartu Lain"}),
    ):
        values = rows.read_values(row)
        rows.propose(key, values | changed, values_digest(values), **who)
    added = {"name": "Dinas Baru", "short_name": "Baru", "kind": "dinas", "parent_id": root.id, "is_active": True}
    units.UNITS.propose_new("Dinas Baru", added, **who)
    units.PROGRAMMES.propose_new("Program Baru", {"name": "Program Baru", "aliases": [], "unit_id": None}, **who)
    factories.confirm_waiting(factories.make_officer("penyetuju@kupang.example", RoleName.APPROVER))
    values = SOURCES.read_values(paper)
    moved = values | {"name": "Koran Lain", "url": "https://lain.example/feed", "interval_minutes": 60}
    edits.edit_source(paper.id, moved, values_digest(values), allow=allow, **who)
    edits.set_source_active(one(Source, Source.name == "Delegasi").id, False, **who)
    values = officer_acts.officer_values(me)
    officer_acts.edit_officer_account(me.id, values | {"name": "Nama Lain"}, values_digest(values), **who)


def one(model: type[Any], condition: Any) -> Any:
    """Return the row that meets the condition."""
    return db.session.scalars(sa.select(model).where(condition)).one()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("email", "password", "words"),
    [
        ("admin@kupang.example", "pendek", "Kata sandi harus paling sedikit 12"),
        ("bukan email", "kata-sandi-panjang-1", "Alamat email itu tidak sah."),
    ],
)
def test_a_bad_administrator_is_named_and_the_rest_is_done(
    empty: Path, run: Run, inside: Inside, monkeypatch: pytest.MonkeyPatch, email: str, password: str, words: str
) -> None:
    use(monkeypatch, empty, HOAX_TRACKER_ADMIN_EMAIL=email, HOAX_TRACKER_ADMIN_PASSWORD=password)
    done = run("init")
    assert done.code == 2
    assert words in done.err
    with inside():
        assert db.session.scalars(sa.select(Officer)).all() == []
        assert len(db.session.scalars(sa.select(Source)).all()) == 15
    use(monkeypatch, empty, **ADMIN)
    assert "administrator: admin@kupang.example" in run("init").out


def test_init_asks_for_the_address(empty: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, empty, HOAX_TRACKER_ADMIN_PASSWORD="kata-sandi-panjang-1")
    done = run("init", stdin="admin2@kupang.example\n")
    assert done.code == 0, done.err
    assert "administrator: admin2@kupang.example" in done.out


def test_without_an_answer_init_says_what_is_missing(empty: Path, run: Run, inside: Inside) -> None:
    done = run("init")
    assert done.code == 2
    assert "HOAX_TRACKER_ADMIN_EMAIL" in done.err
    with inside():
        assert len(db.session.scalars(sa.select(Source)).all()) == 15


def test_faulty_settings_are_all_named(empty: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, empty, HOAX_TRACKER_DEMO="maybe", HOAX_TRACKER_SECRET_KEY="short")
    done = run("init")
    assert done.code == 2
    assert "HOAX_TRACKER_DEMO" in done.err
    assert "HOAX_TRACKER_SECRET_KEY" in done.err
