"""The tree of units: its root, ancestors and descendants, and rows tied to a circle."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.errors import DatabaseNotReadyError
from hoax_tracker.models import Unit, db
from hoax_tracker.organisation import units
from tests import factories


def tie(code: str, parent: str) -> None:
    """Put a unit below another in the rows, past the checks of the form."""
    factories.load_unit(code).parent_id = factories.load_unit(parent).id
    db.session.commit()


@pytest.mark.usefixtures("app")
def test_without_units_there_is_no_root() -> None:
    db.session.execute(sa.delete(Unit))
    assert units.find_root_unit() is None
    with pytest.raises(DatabaseNotReadyError):
        units.require_root_unit()


@pytest.mark.usefixtures("officer")
def test_the_root_is_the_same_in_rows_and_in_queries() -> None:
    root = units.require_root_unit()
    other = aliased(Unit)
    assert root.is_root
    assert not any(unit.is_root for unit in db.session.scalars(sa.select(Unit).where(~Unit.is_root)))
    assert db.session.scalars(sa.select(other.id).where(other.is_root)).all() == [root.id]
    assert units.list_answering_units()[0][0] == root.id
    first = units.list_unit_tree()[0]
    assert (first.unit.id, first.depth) == (root.id, 0)


@pytest.mark.usefixtures("officer")
def test_work_of_a_closed_unit_goes_past_closed_parents() -> None:
    tie("pdam", "dinkes")
    parent, child = factories.load_unit("dinkes"), factories.load_unit("pdam")
    assert units.nearest_active_parent(child) is parent
    parent.is_active = False
    assert units.nearest_active_parent(child) is units.find_root_unit()


@pytest.mark.usefixtures("officer")
def test_a_circle_in_the_rows_ends_every_walk() -> None:
    tie("pdam", "dinkes")
    tie("dinkes", "pdam")
    water, health = factories.load_unit("pdam"), factories.load_unit("dinkes")
    assert [unit.code for unit in units.walk_up(water)] == ["pdam", "dinkes"]
    assert units.is_same_or_below(water, health)
    assert not units.is_same_or_below(water, units.require_root_unit())
    health.is_active = False
    assert units.nearest_active_parent(water) is units.find_root_unit()
