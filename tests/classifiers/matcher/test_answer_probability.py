"""The probability of an answer is monotonic in the gates' outputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.matcher.answer_probability import DIRECTIONS, LONGEST, TERMS, AnswerCurve, answer_terms, log_odds
from classifiers.matcher.match import Document, Matcher
from classifiers.matcher.near_miss import load_near_miss_model

CHANCES = st.floats(0, 1)


@pytest.fixture(params=["answers_with_vectors", "answers_words_only"])
def curve(request: pytest.FixtureRequest) -> AnswerCurve:
    found: AnswerCurve = getattr(load_near_miss_model(), request.param)
    return found


def test_a_repeat_is_likelier_than_a_near_miss_of_the_same_page(curve: AnswerCurve) -> None:
    repeat, near_miss = (curve.probability([0.97, 0.02], repeated, 250) for repeated in (0.95, 0.2))
    assert repeat > 0.6 > 0.2 > near_miss


def test_no_term_bends_the_wrong_way(curve: AnswerCurve) -> None:
    assert all(weight * direction >= 0 for weight, direction in zip(curve.weights, DIRECTIONS, strict=False))


@given(first=CHANCES, second=CHANCES, repeated=CHANCES, pages=st.integers(1, 10**6))
def test_any_chances_give_a_probability(first: float, second: float, repeated: float, pages: int) -> None:
    for one in (load_near_miss_model().answers_with_vectors, load_near_miss_model().answers_words_only):
        assert 0 < one.probability([first, min(first, second)], repeated, pages) < 1
        assert one.probability([first], repeated, pages) <= one.probability([first], 1.0, pages)


def test_without_a_claim_the_likeness_is_all_there_is(curve: AnswerCurve) -> None:
    assert curve.probability([0.8, 0.7], None, 10_000) == 0.8


def test_no_gate_is_believed_without_end() -> None:
    assert [log_odds(chance) for chance in (0.0, 0.5, 1.0)] == [-LONGEST, 0.0, LONGEST]
    alone = answer_terms([0.5], 0.5, 100)
    assert np.array_equal(alone, [0.0, -LONGEST, 0.0, 0.0])
    assert len(alone) == len(TERMS)


def test_the_pages_behind_the_first_are_less_likely_in_the_order_of_their_likeness() -> None:
    pages = [
        Document(f"{at}", f"Pasar {name} tetap buka", f"Pasar {name} ditutup satu minggu karena atap bocor", "")
        for at, name in enumerate(("Oeba", "Naikoten", "Kasih"))
    ]
    found = Matcher(pages, use_vectors=False).decide("Pasar Oeba ditutup satu minggu karena atap bocor").matches
    assert found[0].id == "0"
    shares = [match.probability / found[0].probability for match in found]
    assert shares == pytest.approx([match.likeness / found[0].likeness for match in found])
