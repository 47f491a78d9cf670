"""The calibrated linear models."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit

from classifiers.flagger.calibrated_linear import (
    CalibratedMargin,
    SourceAverage,
    feature_log_odds,
    fit_calibration,
    fit_calibration_by_source,
)


@pytest.fixture
def random() -> np.random.Generator:
    """Numbers of each test's own: drawn from one generator they would depend on which tests ran before."""
    return np.random.default_rng(3)


def texts_of_kinds(random: np.random.Generator, n: int = 600) -> tuple[csr_array, np.ndarray, np.ndarray]:
    """Three kinds of 0 that lie around the 1s: one plane cannot part them, a softmax can."""
    kinds = random.integers(0, 4, n)
    centres = np.array([[0.0, 0.0], [3.0, 0.0], [-1.5, 2.6], [-1.5, -2.6]])
    points = centres[kinds] + random.normal(0, 0.7, (n, 2))
    return csr_array(points), (kinds == 0).astype(int), kinds.astype(str)


def test_kinds_help_where_one_plane_fails(random: np.random.Generator) -> None:
    X, y, kinds = texts_of_kinds(random)
    plane = CalibratedMargin().fit(X, y)
    softmax = CalibratedMargin().fit(X, y, kinds=kinds)
    assert (softmax.predict(X) == y).mean() > 0.95
    assert (softmax.predict(X) == y).mean() > (plane.predict(X) == y).mean() + 0.1


def test_probabilities_are_calibrated(random: np.random.Generator) -> None:
    X, y, kinds = texts_of_kinds(random, 3000)
    model = CalibratedMargin().fit(X[:1500], y[:1500], kinds=kinds[:1500])
    chance = model.predict_proba(X[1500:])[:, 1]
    assert abs(chance.mean() - y[1500:].mean()) < 0.03
    assert model.predict_proba(X).sum(axis=1) == pytest.approx(1.0)


def test_caution_lowers_the_score_of_spared_kinds_most(random: np.random.Generator) -> None:
    X, y, kinds = texts_of_kinds(random)
    bold = CalibratedMargin().fit(X, y, kinds=kinds)
    careful = CalibratedMargin(spared=["1"], caution=2.0).fit(X, y, kinds=np.where(kinds == "0", "x", kinds))
    near_spared, near_other = csr_array([[1.4, 0.0]]), csr_array([[-0.7, 1.2]])
    drop = bold.decision_function(near_spared) - careful.decision_function(near_spared)
    assert drop[0] > (bold.decision_function(near_other) - careful.decision_function(near_other))[0]


def test_scores_of_training_texts_are_taken_once(random: np.random.Generator) -> None:
    X, y, _ = texts_of_kinds(random)
    model = CalibratedMargin().fit(X, y)
    assert model.take_out_of_fold().shape == y.shape
    with pytest.raises(KeyError):
        model.take_out_of_fold()


def test_local_weights_add_up_for_two_classes(random: np.random.Generator) -> None:
    X = csr_array(random.random((80, 6)))
    y = (X.toarray()[:, 0] > 0.5).astype(int)
    model = CalibratedMargin().fit(X, y)
    columns, moved = model.local_weights(X[:1])[0]
    intercept = model.slope_ * float(np.diff(model.intercept_[::-1])[0]) * -1 + model.offset_
    assert columns.tolist() == list(range(6))
    assert moved.sum() + intercept == pytest.approx(model.decision_function(X[:1])[0], abs=1e-4)


def test_a_mark_of_one_source_weighs_less_than_one_of_all(random: np.random.Generator) -> None:
    # Column 0 tells 1 from 0 in every source, column 1 as strongly but in one source alone.
    n = 200
    y = np.tile([1, 0], 3 * n // 2)
    sources = np.repeat(["a", "b", "c"], n)
    everywhere = np.where(random.random(3 * n) < 0.8, y, 1 - y)
    one_source = np.where(sources == "a", everywhere[random.permutation(3 * n)], 0)
    one_source[sources == "a"] = np.where(random.random(n) < 0.8, y[:n], 1 - y[:n])
    rest = np.ones(3 * n)
    X = csr_array(np.column_stack([everywhere, one_source, rest]))
    model = SourceAverage().fit(X, y, sources=sources)
    assert 0 < model.coef_[1] < 0.5 * model.coef_[0]
    assert ((model.predict_proba(X)[:, 1] > 0.5) == expit(model.decision_function(X)).round()).all()


def test_a_block_of_many_features_does_not_drown_one_of_few(random: np.random.Generator) -> None:
    # One telling word stands beside forty sets that tell nothing but are counted with it.
    n = 400
    y = np.tile([1, 0], n // 2)
    word = np.where(random.random(n) < 0.8, y, 1 - y)
    X = csr_array(np.column_stack([word, np.ones(n), random.random((n, 40)) < 0.3]).astype(float))
    sources = np.repeat(["a", "b"], n // 2)
    model = SourceAverage(smoothing=[2.0, 0.5], widths=[2, 40]).fit(X, y, sources=sources)
    moved = model.local_weights(X)
    assert [weights.sum() + model.offset_ for _, weights in moved] == pytest.approx(
        model.decision_function(X).tolist(), abs=1e-6
    )
    of_word, of_sets = (
        np.array([weights[(columns < 2) == first].sum() for columns, weights in moved]) for first in (True, False)
    )
    assert 0.3 < of_word.std() / of_sets.std() < 3


def test_log_odds_of_a_word_never_seen_are_none() -> None:
    X = csr_array(np.array([[1, 0], [1, 0], [1, 0], [0, 0]]))
    odds = feature_log_odds(X, np.array([1, 1, 0, 0]), 1.0)
    assert odds[1] == pytest.approx(0.0)


def test_a_curve_within_sources_is_not_flattened_by_what_moves_one_whole_source(random: np.random.Generator) -> None:
    n = 400
    y = np.tile([0, 1], n)
    rows = [np.arange(n), np.arange(n, 2 * n)]
    margins = y + random.normal(0, 0.3, 2 * n)
    moved = margins + np.where(np.arange(2 * n) < n, 0.0, 8.0)
    assert fit_calibration_by_source(moved, y, rows)[0] == pytest.approx(
        fit_calibration_by_source(margins, y, rows)[0], rel=0.05
    )
    assert fit_calibration(moved, y)[0] < 0.2 * fit_calibration(margins, y)[0]
