"""Decisions from the best page's likeness and the probability of a repeat."""

from __future__ import annotations

import pytest

from classifiers.matcher.match import REPEATED_FROM, Gates, Repeat, _decide
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.near_miss import load_near_miss_model


@pytest.fixture(scope="module")
def gates() -> Gates:
    near = load_near_miss_model()
    return Gates(load_match_model().words_only, near.words_only, near.answers_words_only)


@pytest.mark.parametrize(
    ("likeness", "repeated", "decision"),
    [
        (0.5, Repeat(1.0), "none"),
        (REPEATED_FROM - 0.01, Repeat(1.0), "possible"),
        (REPEATED_FROM, Repeat(1.0), "match"),
        (0.999, Repeat(0.55, is_plain=False), "possible"),
        (0.999, Repeat(0.55), "match"),
        (0.999, Repeat(0.45), "possible"),
        (REPEATED_FROM, None, "possible"),
        (0.999, None, "match"),
    ],
)
def test_a_page_answers_where_its_claim_is_repeated_or_the_likeness_is_all_but_sure(
    gates: Gates, likeness: float, repeated: Repeat | None, decision: str
) -> None:
    assert _decide(likeness, repeated, gates) == decision


def test_no_page_answers_that_would_not_be_shown(gates: Gates) -> None:
    assert gates.ranking.thresholds[0] < REPEATED_FROM < gates.ranking.thresholds[1]
