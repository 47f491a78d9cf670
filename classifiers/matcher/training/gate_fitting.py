"""Fit gates: the ranking gate and the near-miss gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from classifiers.matcher.gate import Floats, Gate, Line, Trees
from classifiers.matcher.pair_features import Feature


class Size(NamedTuple):
    """Capacity of a gate: trees, leaves per tree, minimum cases per leaf, and C of the logistic regression."""

    trees: int
    leaves: int
    cases_in_leaf: int
    line_strength: float


def fit_gate(
    rows: Floats, labels: npt.NDArray[np.bool_], weights: Floats, features: Sequence[Feature], size: Size
) -> Gate:
    """Return an uncalibrated gate fitted on (n, features) rows.

    ``features``: of the columns, in order; the trees are monotonic in their directions.
    """
    model = HistGradientBoostingClassifier(
        max_iter=size.trees, learning_rate=0.05, max_leaf_nodes=size.leaves, min_samples_leaf=size.cases_in_leaf,
        l2_regularization=5.0, monotonic_cst=[feature.direction for feature in features], early_stopping=False,
        random_state=0,
    )  # fmt: skip
    # The trees are small, so several threads would mostly wait for one another.
    with threadpool_limits(1):
        trees = model.fit(rows, labels, sample_weight=weights)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    line = LogisticRegression(C=size.line_strength, max_iter=2000)
    line.fit((rows - mean) / scale, labels, sample_weight=weights)
    return Gate(Trees.of(trees), Line.of(line, mean, scale), np.array([1.0, 0.0]), np.array([0.5, 0.9]))


def fit_calibration(odds: Floats, labels: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Return slope and offset of Platt scaling; ``odds``: (n,) log-odds of cases that the gate was not trained on."""
    curve = LogisticRegression(C=1e6).fit(odds[:, None], labels, sample_weight=weights)
    return np.array([curve.coef_[0, 0], curve.intercept_[0]])


def usable(rows: Floats, features: Sequence[Feature], *, vectors: bool) -> Floats:
    """Return the rows with missing values as 0, and without ``vectors`` also the features that need them."""
    rows = np.nan_to_num(rows)
    return rows if vectors else np.where([feature.needs_vectors for feature in features], 0.0, rows)
