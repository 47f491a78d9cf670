"""Alignment of a message with a claim, word by word."""

from __future__ import annotations

import pytest

from classifiers.matcher.alignment import Alignment, align_message, list_changes
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.model_file import load_match_model

CLAIM = ["dispora", "gembok", "lapangan", "voli", "oepura", "bulan", "lampu", "curi"]


@pytest.fixture(scope="module")
def weights() -> Weights:
    return Weights(load_match_model().background)


def test_the_claim_itself_is_told_whole(weights: Weights) -> None:
    found = align_message(CLAIM, CLAIM, weights)
    assert found == Alignment(1.0, 1.0, 0.0, 0, 0.0, 0.0, 0.0)


def test_small_talk_around_it_changes_nothing(weights: Weights) -> None:
    found = align_message(["selamat", "pagi", *CLAIM, "mohon", "info"], CLAIM, weights)
    assert (found.told, found.replacements, found.inserted, found.missed) == (1.0, 0, 0.0, 0.0)


def test_another_verb_in_the_middle_is_one_replacement(weights: Weights) -> None:
    found = align_message([word if word != "gembok" else "sewa" for word in CLAIM], CLAIM, weights)
    assert found.replacements == 1
    assert found.replaced > 0
    assert found.told < 1


def test_another_beginning_or_end_is_seen(weights: Weights) -> None:
    assert align_message(["satpol", *CLAIM[1:]], CLAIM, weights).ends_replaced > 0
    assert align_message([*CLAIM[:-1], "rusak"], CLAIM, weights).ends_replaced > 0


def test_another_spelling_is_no_other_word(weights: Weights) -> None:
    found = align_message([word if word != "lapangan" else "lapangn" for word in CLAIM], CLAIM, weights)
    assert found.replacements == 0


@pytest.mark.parametrize(("message", "claim"), [([], CLAIM), (CLAIM, []), (["lain"], CLAIM), (["x"] * 5000, CLAIM)])
def test_what_has_nothing_in_common_tells_nothing(message: list[str], claim: list[str], weights: Weights) -> None:
    assert align_message(message, claim, weights) == Alignment()


def test_it_lists_what_stands_in_place_of_the_claims_own_words(weights: Weights) -> None:
    """Not a common word, another spelling, a sentence of its own, or what stands before or after the claim."""
    message = ["pagi", *CLAIM[:3], "futsal", *CLAIM[4:], "viral"]
    assert list_changes(message, CLAIM, weights) == [(["futsal"], ["voli"])]
    assert list_changes([*CLAIM[:2], "lapangn", *CLAIM[3:]], CLAIM, weights) == []
    assert list_changes([*CLAIM[:5], "hari", *CLAIM[6:]], CLAIM, weights) == []
    assert list_changes([*CLAIM[:2], "futsal", *CLAIM[2:]], CLAIM, weights) == [(["futsal"], [])]
    assert list_changes([*CLAIM[:2], "futsal", "hotel", "parkir", *CLAIM[2:]], CLAIM, weights) == []
    assert list_changes(["apa", "saja"], CLAIM, weights) == []
