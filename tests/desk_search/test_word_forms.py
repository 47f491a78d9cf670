"""Searching occurring word forms finds the same as searching all forms."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.desk_search.queries import INDEXED_TABLE_BY_KIND, list_search_sections
from hoax_tracker.desk_search.query_parser import (
    ResultKind,
    SearchQuery,
    estimated_match_share,
    keep_occurring_forms,
    load_occurring_forms,
    read_search_words,
)
from hoax_tracker.models import Officer, db
from tests import factories
from tests.desk_search import rows

CLAIMS, ITEMS = INDEXED_TABLE_BY_KIND[ResultKind.CLAIM], INDEXED_TABLE_BY_KIND[ResultKind.ITEM]


def test_a_question_is_narrowed_to_the_forms_that_occur() -> None:
    asked = keep_occurring_forms(
        read_search_words('air sekolah "air mati" sek*'), {"air": 0.1, "airnya": 0, "sekolahan": 0}
    )
    assert asked
    assert [term.forms for term in asked.terms[:2]] == [{"air", "airnya"}, {"sekolahan"}]
    assert asked.terms[2:] == read_search_words('"air mati" sek*').terms
    assert keep_occurring_forms(read_search_words("air sekolah"), {"air": 0.1}) is None, "nothing holds both"


def test_how_many_rows_hold_all_words_is_guessed() -> None:
    assert estimated_match_share(
        read_search_words("air sekolah"), {"air": 0.1, "airnya": 0.1, "sekolah": 0.5}
    ) == pytest.approx(0.1)
    assert estimated_match_share(read_search_words('air "air mati"'), {"air": 0.1}) == pytest.approx(0.1)
    assert estimated_match_share(read_search_words("air"), {"air": 0}) == 0


@pytest.mark.postgresql
@pytest.mark.parametrize("counted", [False, True])
def test_the_database_tells_which_forms_occur(app: APIFlask, officer: Officer, counted: bool) -> None:
    common = [factories.make_claim(f"air mati {number}").id for number in range(9)]
    if counted:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("analyze claim"))
    seldom = factories.make_claim("perairan dimatikan")  # in forms that no statistics know
    rows.make_item(rows.make_source(), "airnya mengalir")
    found = load_occurring_forms(read_search_words("air mati"), [CLAIMS, ITEMS])
    assert set(found[CLAIMS.index]) == {"air", "mati", "perairan", "dimatikan"}
    assert found[CLAIMS.index]["air"] == pytest.approx(1.0 if counted else 0)
    assert set(found[ITEMS.index]) == {"airnya"}
    with app.test_request_context():
        shown = list_search_sections(SearchQuery(q="air mati"), officer)
        assert [section.kind for section in shown] == [ResultKind.CLAIM]
        (all_claims,) = list_search_sections(SearchQuery(q="perairan dimatikan", kind=ResultKind.CLAIM), officer)
        assert [hit.id for hit in all_claims.hits] == [seldom.id, *reversed(common)]


@pytest.mark.postgresql
def test_words_that_hold_signs_of_the_language_of_questions_are_asked_for_as_they_are(app: APIFlask) -> None:
    factories.make_claim("H5N1 di Oesapa, naïf")
    found = load_occurring_forms(read_search_words("h5n1 oesapa naïf O'Neil a:b \\x & |"), [CLAIMS])
    assert {"h5n1", "oesapa", "naïf"} <= set(found[CLAIMS.index])
    assert load_occurring_forms(read_search_words('"air mati"'), [CLAIMS]) == {CLAIMS.index: {}}
