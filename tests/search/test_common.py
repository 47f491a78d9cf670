"""Common words are looked for apart from the other forms, and the same is found."""

from __future__ import annotations

from itertools import product

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.models import Officer, db
from hoax_tracker.search import common
from hoax_tracker.search.finding import find
from hoax_tracker.search.wanted import Kind, Wanted
from hoax_tracker.search.words import Asked, read
from tests import factories


def pairs(asked: Asked) -> set[tuple[str, ...]]:
    """The ways in which one form of each word may be held."""
    return set(product(*(term.forms for term in asked.terms)))


@pytest.mark.parametrize("often", [{}, {"air": 0.1}, {"air": 0.1, "sekolah": 0.05, "airnya": 0.01, "sekolahan": 0.01}])
def test_the_parts_find_what_the_whole_finds(often: dict[str, float]) -> None:
    asked = read("air sekolah")
    assert set().union(*map(pairs, common.split(asked, often))) == pairs(asked)


def test_common_forms_stand_alone_and_the_others_apart() -> None:
    often, air, school = common.split(read("air sekolah"), {"air": 0.1, "sekolah": 0.05})
    assert [term.forms for term in often.terms] == [{"air"}, {"sekolah"}]
    assert "air" not in air.terms[0].forms
    assert "sekolah" not in school.terms[1].forms
    assert "air" in school.terms[0].forms


def test_by_a_word_of_which_no_form_is_common_few_rows_are_found() -> None:
    asked = read("air sekolah")
    assert common.split(asked, {"air": 0.1}) == [asked]
    assert common.share(asked, {"air": 0.1}) == 0
    assert common.share(asked, {"air": 0.1, "airnya": 0.1, "sekolah": 0.5}) == pytest.approx(0.1)


def test_phrases_and_beginnings_stay_as_they_are() -> None:
    asked = read('"air mati" sek* air')
    first, second = common.split(asked, {"air": 0.1})
    assert first.terms[:2] == second.terms[:2] == asked.terms[:2]
    assert common.share(asked, {"air": 0.1}) == pytest.approx(0.1)


def test_without_words_or_statistics_nothing_is_common(app: APIFlask) -> None:
    assert common.shares(read(""), ["words_of_claim"]) == {}
    assert common.shares(read("air"), ["words_of_claim"]) == {}


@pytest.mark.postgresql
def test_a_seldom_form_is_found_beside_the_common_ones(app: APIFlask, officer: Officer) -> None:
    for number in range(60):
        factories.make_claim(f"air mati {number}" if number % 3 else "listrik mati")
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("analyze claim"))
    counted = common.shares(read("air mati"), ["words_of_claim", "words_of_item"])
    assert set(counted["words_of_claim"]) == {"air", "mati"}
    assert counted["words_of_claim"]["air"] == pytest.approx(40 / 60)
    seldom = factories.make_claim("perairan dimatikan")  # in forms that were not counted
    with app.test_request_context():
        (section,) = find(Wanted(q="air mati", kind=Kind.CLAIM), officer)
        assert section.hits[0].id == seldom.id
        (seldom_alone,) = find(Wanted(q="perairan dimatikan", kind=Kind.CLAIM), officer)
        assert [hit.id for hit in seldom_alone.hits] == [hit.id for hit in section.hits]
