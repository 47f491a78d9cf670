"""The city's reference data is loaded whole and reloaded without overwriting edits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import District, Programme, Topic, Unit, UnitTopic, db
from hoax_tracker.organisation import reference_data, units
from tests.factories import count_rows


def test_the_city_is_complete(app: APIFlask) -> None:
    with write_transaction():
        reference_data.load_reference_data()
    kinds = dict(db.session.execute(sa.select(District.kind, sa.func.count()).group_by(District.kind)).all())
    assert kinds == {"kecamatan": 6, "kelurahan": 51}
    assert all(one.parent_id for one in db.session.scalars(sa.select(District).where(District.kind == "kelurahan")))
    assert {one.topic for one in db.session.scalars(sa.select(UnitTopic))} == set(Topic)
    roots = db.session.scalars(sa.select(Unit).where(Unit.is_root)).all()
    assert [root.code for root in roots] == ["diskominfo"]
    assert units.require_root_unit().code == "diskominfo"
    assert count_rows(Unit) > 100
    assert db.session.scalar(sa.select(Programme.unit_id).where(Programme.name == "KTP-el"))


def test_loading_again_changes_nothing(app: APIFlask) -> None:
    with write_transaction():
        reference_data.load_reference_data()
    with write_transaction():
        assert set(reference_data.load_reference_data().values()) == {0}


def test_an_edit_survives_loading_again(app: APIFlask, now: datetime) -> None:
    with write_transaction():
        reference_data.load_reference_data()
    with write_transaction():
        unit = db.session.scalars(sa.select(Unit).where(Unit.code == "dinkes")).one()
        unit.name, unit.parent_id = "Dinas Kesehatan dan Gizi", None
        unit.edited_at = now
        district = db.session.scalars(sa.select(District).where(District.name == "Oesapa")).one()
        district.aliases = ["Oesapa Besar"]
        district.edited_at = now
        topic = db.session.get(UnitTopic, Topic.MARKET)
        assert topic
        topic.unit_id = unit.id
        topic.edited_at = now
    with write_transaction():
        assert set(reference_data.load_reference_data().values()) == {0}
    assert (unit.name, unit.parent_id) == ("Dinas Kesehatan dan Gizi", None)
    assert district.aliases == ["Oesapa Besar"]
    assert topic.unit_id == unit.id


def test_a_renamed_programme_is_not_loaded_again_beside_it(app: APIFlask, now: datetime) -> None:
    with write_transaction():
        reference_data.load_reference_data()
    with write_transaction():
        card = db.session.scalars(sa.select(Programme).where(Programme.name == "KTP-el")).one()
        card.name = "KTP elektronik"
        card.edited_at = now
        family = db.session.scalars(sa.select(Programme).where(Programme.name == "Kartu Keluarga")).one()
        family.name, family.edited_at = "KTP-el", now
        added = Programme(name="Kartu Keluarga", edited_at=now)
        db.session.flush()
        db.session.add(added)
    before = count_rows(Programme)
    with write_transaction():
        assert reference_data.load_reference_data()["programmes"] == 0
    assert count_rows(Programme) == before
    assert (card.name, family.name, added.code) == ("KTP elektronik", "KTP-el", None)
