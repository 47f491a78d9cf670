"""Lists are read in index order, page by page, and not sorted whole, according to SQLite's plans."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from apiflask import APIFlask

from hoax_tracker.check.clarification_list import ClarificationFilters, public_clarifications_query
from hoax_tracker.clarify.listing import ListingPart, part_conditions, part_query
from hoax_tracker.desk_search import queries
from hoax_tracker.desk_search.queries import build_search_statement
from hoax_tracker.desk_search.query_parser import ResultKind, SearchQuery
from hoax_tracker.models import Topic, db
from hoax_tracker.review.queue import queue
from tests import factories

# As "analyze" counts a hundred thousand claims.
MANY_CLAIMS = {
    "ix_claim_queue": "100000 20000 1",
    "ix_claim_due": "100000 20000 2 1 1 1",
    "ix_claim_closed": "100000 20000 1 1 1 1",
    "ix_claim_unit": "100000 5000 1000 2",
    "ix_claim_created": "100000 1 1",
}


def part(name: ListingPart) -> Any:
    """The query for a part of the list of clarifications."""
    return part_query(name, part_conditions(factories.NOW)[name])


LISTS: dict[str, Any] = {
    "public": public_clarifications_query,
    "public, a word": lambda: public_clarifications_query().where(*ClarificationFilters(words="air").conditions()),
    "published": lambda: part(ListingPart.PUBLISHED),
    "awaiting": lambda: part(ListingPart.AWAITING),
    "drafts": lambda: part(ListingPart.DRAFT),
}


def plan_of(query: Any) -> list[str]:
    """The steps in which SQLite reads what a query asks for."""
    words = str(query.limit(5).compile(db.engine, compile_kwargs={"literal_binds": True}))
    return [row[3] for row in db.session.connection().exec_driver_sql(f"explain query plan {words}")]


@pytest.mark.sqlite
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_read_in_order(app: APIFlask, name: str) -> None:
    assert not [step for step in plan_of(LISTS[name]()) if "TEMP B-TREE FOR ORDER BY" in step]


@pytest.mark.sqlite
@pytest.mark.parametrize("asked", ["q=air", "q=air&topic=water", "q=air&status=dismissed"])
def test_the_queue_asks_its_claims_for_a_word_in_an_index(app: APIFlask, asked: str) -> None:
    connection = db.session.connection()
    connection.exec_driver_sql("analyze")
    for index, rows in MANY_CLAIMS.items():
        connection.exec_driver_sql("insert into sqlite_stat1 values ('claim', ?, ?)", (index, rows))
    connection.exec_driver_sql("analyze sqlite_schema")
    chosen = queue.queue_conditions(queue.QueueFilters.from_args(dict(parse_qsl(asked))), factories.load_unit())
    plan = plan_of(queue.claim_count_query(*chosen))
    assert "INDEX ix_claim_" in plan[0], plan


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "kind",
    [
        ResultKind.CLAIM,
        ResultKind.CLARIFICATION,
        ResultKind.REPORT,
        ResultKind.NOTE,
        ResultKind.EVIDENCE,
        ResultKind.ITEM,
    ],
)
def test_days_are_read_in_order(app: APIFlask, kind: ResultKind) -> None:
    officer = factories.make_officer("a@kupang.example")
    query = build_search_statement(
        kind, SearchQuery.from_args({"since": "2026-01-01", "until": "2026-02-01"}), officer, 5
    )
    plan = plan_of(query)
    assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step], plan


@pytest.mark.sqlite
@pytest.mark.parametrize("kind", [one for one in ResultKind if one is not ResultKind.ITEM])
def test_a_small_unit_is_looked_through_by_its_rows(app: APIFlask, kind: ResultKind) -> None:
    officer = factories.make_officer("a@kupang.example")
    query = build_search_statement(
        kind, SearchQuery.from_args({"q": "air", "unit": str(officer.unit_id)}), officer, 5, few=True
    )
    plan = plan_of(query)
    assert [step for step in plan if "unit_id=?" in step], plan
    assert not [step for step in plan if "SCAN" in step and "VIRTUAL TABLE" not in step], plan


@pytest.mark.postgresql
@pytest.mark.parametrize(("count", "limit"), [(7, 2), (2, 5)])
def test_the_index_is_not_asked_where_the_newest_rows_that_the_filters_leave_hold_the_words(
    app: APIFlask, monkeypatch: pytest.MonkeyPatch, count: int, limit: int
) -> None:
    monkeypatch.setattr(queries, "NEWEST_ROWS_SCANNED", dict.fromkeys(ResultKind, 6))
    officer = factories.make_officer("a@kupang.example")
    ids = [factories.make_claim("Air mati", topic=Topic.TAX).id for _ in range(count)]
    for _ in range(6):
        factories.make_claim("Air mati", topic=Topic.WATER)
    query = build_search_statement(
        ResultKind.CLAIM, SearchQuery.from_args({"q": "air", "topic": "tax"}), officer, limit, {"air": 9.0}
    )
    assert query is not None
    assert [row[1] for row in db.session.execute(query)] == ids[::-1][:limit]
    words = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan = [row[0] for row in db.session.connection().exec_driver_sql(f"explain (analyze) {words}".replace("%", "%%"))]
    (others,) = (number for number, step in enumerate(plan) if "One-Time Filter" in step)
    assert "never executed" in plan[others + 1], plan
