"""The judges whose weights are added to the softmax's."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from classifiers.flagger.calibrated_linear import CalibratedMargin
from classifiers.flagger.second_judges import OtherWriters, SecondJudge, fit_bayes, fit_other_writers, undecided_judge

KINDS = ["notice", "joke"]


def make_texts(random: np.random.Generator, n: int = 240) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Features of which the first marks label 1, the second each kind of 0, the last nothing."""
    y = random.integers(0, 2, n)
    kinds = np.where(y == 1, "", np.array(KINDS)[random.integers(0, 2, n)])
    noise = random.random((n, 4))
    X = np.column_stack([y * (noise[:, 0] < 0.7), (kinds == "joke") * (noise[:, 1] < 0.7), noise[:, 2:] < 0.5])
    return csr_array(X.astype(float)), y, kinds


def test_added_judges_move_the_score_by_their_weights_alone() -> None:
    X, y, kinds = make_texts(np.random.default_rng(1))
    writers = OtherWriters(csr_array(np.eye(4)), np.array([0, 0, 1, 0]))
    plain = CalibratedMargin().fit(X, y, kinds=kinds)
    blended = CalibratedMargin(bayes_share=0.3, writers_share=0.2).fit(X, y, kinds=kinds, writers=writers)
    moved = (blended.decision_function(X) - blended.offset_) / blended.slope_
    moved -= (plain.decision_function(X) - plain.offset_) / plain.slope_
    bayes = fit_bayes(X, y, np.ones(len(y))).margins(X)
    others = fit_other_writers(writers, X[:0], y[:0]).margins(X)
    fitted, *_ = np.linalg.lstsq(np.column_stack([bayes, others, np.ones(len(y))]), moved, rcond=None)
    assert fitted[0] > 0
    assert fitted[1] > 0
    assert np.column_stack([bayes, others, np.ones(len(y))]) @ fitted == pytest.approx(moved, abs=0.02)


def test_what_other_writers_mark_raises_a_score_that_the_corpus_leaves_alone() -> None:
    X, y, kinds = make_texts(np.random.default_rng(2))
    told = OtherWriters(csr_array([[0.0, 0, 1, 0], [0, 0, 0, 1]] * 20), np.array([1, 0] * 20))
    judge = CalibratedMargin(writers_share=0.5).fit(X, y, kinds=kinds, writers=told)
    with_mark, without = judge.decision_function(csr_array([[0.0, 0, 1, 0], [0, 0, 0, 1]]))
    assert with_mark > without + 0.5


def test_the_explained_weights_hold_the_added_judges() -> None:
    X, y, kinds = make_texts(np.random.default_rng(3))
    judge = CalibratedMargin(bayes_share=0.3).fit(X, y, kinds=kinds)
    row = csr_array([[1.0, 0, 1, 0]])
    columns, moved = judge.local_weights(row)[0]
    assert columns.tolist() == [0, 2]
    assert moved[0] > abs(moved[1])
    assert judge.judge(row).shares.sum() == pytest.approx(1.0)


def test_without_writers_their_share_changes_nothing() -> None:
    X, y, kinds = make_texts(np.random.default_rng(4))
    plain = CalibratedMargin().fit(X, y, kinds=kinds)
    asked = CalibratedMargin(writers_share=0.5).fit(X, y, kinds=kinds)
    assert asked.decision_function(X) == pytest.approx(plain.decision_function(X))


def test_texts_from_elsewhere_weigh_little_in_naive_bayes() -> None:
    X, y = csr_array([[1.0, 0], [0, 1], [1, 0], [1, 0]]), np.array([1, 0, 0, 0])
    heavy, light = (fit_bayes(X, y, np.array([1, 1, w, w])).weights[0] for w in (1.0, 0.1))
    assert light > heavy


def test_judges_add_up() -> None:
    judge = undecided_judge(2).add(SecondJudge(np.array([1.0, -2.0]), 0.5), 2.0)
    assert judge.margins(csr_array([[1.0, 1.0], [0, 0]])).tolist() == [-1.0, 1.0]
