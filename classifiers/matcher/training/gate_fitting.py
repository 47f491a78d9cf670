"""Fits a gate to rows of features: the ranking's and the near-miss gate's alike."""

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
    """How much a gate may learn: trees, leaves of each, cases in a leaf, and how freely the line is fitted (C)."""

    trees: int
    leaves: int
    cases_in_leaf: int
    line_strength: float


def fit_gate(
    rows: Floats, labels: npt.NDArray[np.bool_], weights: Floats, features: Sequence[Feature], size: Size
) -> Gate:
    """Return a gate, not calibrated yet. ``features``: those of ``rows``, in order; the trees keep their direction."""
    model = HistGradientBoostingClassifier(
        max_iter=size.trees, learning_rate=0.05, max_leaf_nodes=size.leaves, min_samples_leaf=size.cases_in_leaf,
        l2_regularization=5.0, monotonic_cst=[feature.direction for feature in features], early_stopping=False,
        random_state=0,
    )  # fmt: skip
    # Many small trees: on a busy machine its threads wait for one another far longer than they work.
    with threadpool_limits(1):
        trees = model.fit(rows, labels, sample_weight=weights)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    line = LogisticRegression(C=size.line_strength, max_iter=2000)
    line.fit((rows - mean) / scale, labels, sample_weight=weights)
    return Gate(Trees.of(trees), Line.of(line, mean, scale), np.array([1.0, 0.0]), np.array([0.5, 0.9]))


def fit_calibration(odds: Floats, labels: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Return slope and shift of log odds that a gate gave cases it had not seen."""
    curve = LogisticRegression(C=1e6).fit(odds[:, None], labels, sample_weight=weights)
    return np.array([curve.coef_[0, 0], curve.intercept_[0]])


def usable(rows: Floats, features: Sequence[Feature], *, vectors: bool) -> Floats:
    """Return rows as a gate is fitted on them: nothing missing, and without ``vectors`` nothing that needs them."""
    rows = np.nan_to_num(rows)
    return rows if vectors else np.where([feature.needs_vectors for feature in features], 0.0, rows)
