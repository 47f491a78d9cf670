"""Lists that are read in the order of an index, a page at a time, and not sorted whole: SQLite says how it reads."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.check.listing import public
from hoax_tracker.clarify.listing import ever_published
from hoax_tracker.models import db
from hoax_tracker.search.finding import statement
from hoax_tracker.search.wanted import Kind, wanted_from
from tests import factories

LISTS = {"public": public, "published": ever_published}


def plan_of(query: Any) -> list[str]:
    """The steps in which SQLite reads what a query asks for."""
    words = str(query.limit(5).compile(db.engine, compile_kwargs={"literal_binds": True}))
    return [row[3] for row in db.session.connection().exec_driver_sql(f"explain query plan {words}")]


@pytest.mark.sqlite
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_in_order(app: APIFlask, name: str) -> None:
    assert not [step for step in plan_of(LISTS[name]()) if "TEMP B-TREE FOR ORDER BY" in step]


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", [Kind.CLAIM, Kind.CLARIFICATION, Kind.REPORT, Kind.NOTE, Kind.EVIDENCE, Kind.ITEM])
def test_days_are_read_in_order(app: APIFlask, kind: Kind) -> None:
    officer = factories.make_officer("a@kupang.example")
    query = statement(kind, wanted_from({"since": "2026-01-01", "until": "2026-02-01"}), officer, 5)
    plan = plan_of(query)
    assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step], plan


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", [one for one in Kind if one is not Kind.ITEM])
def test_a_small_unit_is_looked_through_by_its_rows(app: APIFlask, kind: Kind) -> None:
    officer = factories.make_officer("a@kupang.example")
    query = statement(kind, wanted_from({"q": "air", "unit": str(officer.unit_id)}), officer, 5, few=True)
    plan = plan_of(query)
    assert [step for step in plan if "unit_id=?" in step], plan
    assert not [step for step in plan if "SCAN" in step and "VIRTUAL TABLE" not in step], plan
