"""The answer curve is fitted on unseen messages and has the signs of its terms."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.matcher.answer_probability import TERMS
from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.near_miss import load_near_miss_model
from classifiers.matcher.training.answers import Judged, fit_curve, judged_answers, load_asked
from classifiers.matcher.training.data import read_csv_table
from classifiers.matcher.training.train_stance import is_held_out
from classifiers.shipped import shipped_data_folder


def test_the_curve_finds_what_was_right() -> None:
    dice = np.random.default_rng(0)
    terms = dice.normal(size=(4000, len(TERMS)))
    odds = terms @ np.array([0.5, -0.4, 1.5, 0.0]) - 1
    right = dice.random(len(terms)) < 1 / (1 + np.exp(-odds))
    weights = fit_curve([Judged(row, bool(was)) for row, was in zip(terms, right, strict=True)]).weights
    assert weights == pytest.approx([0.5, -0.4, 1.5, 0.0, -1.0], abs=0.15)


def test_a_term_that_would_bend_the_wrong_way_says_nothing() -> None:
    dice = np.random.default_rng(1)
    terms = dice.normal(size=(2000, len(TERMS)))
    right = terms[:, 1] + terms[:, 2] > 0  # a nearer runner-up would speak for the first page
    weights = fit_curve([Judged(row, bool(was)) for row, was in zip(terms, right, strict=True)]).weights
    assert weights[1] == 0
    assert weights[2] > 0


def test_nothing_of_the_held_out_half_is_asked() -> None:
    asked = load_asked(shipped_data_folder())
    assert not [one for one in asked if one.about and is_held_out(one.about)]
    unrelated = {row["text"] for row in read_csv_table(shipped_data_folder() / "near_misses" / "unrelated.csv")}
    assert not unrelated & {one.text for one in asked}
    assert {one.answer for one in asked if one.answer} == {one.about for one in asked if one.about}


@pytest.mark.training
def test_a_message_is_judged_by_the_words_of_its_page_alone_and_among_others() -> None:
    unseen = {one.about: load_near_miss_model().words_only for one in load_asked(shipped_data_folder())}
    judged = judged_answers(shipped_data_folder(), load_shipped_reader(), [], unseen, vectors=False)
    sizes = {round(float(one.terms[3]), 3) for one in judged}
    pages = len(unseen.keys() - {""})
    assert sizes == {round(float(np.log10(among / 100)), 3) for among in (pages, pages + 170)}
    assert 0.2 < np.mean([one.is_right for one in judged]) < 0.5
