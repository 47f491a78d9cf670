"""The metrics equal scikit-learn's, with ties, with one class, and with nothing flagged."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from classifiers.flagger import evaluate


@pytest.mark.parametrize("digits", [1, 2, 6])
def test_figures_are_those_of_scikit_learn(digits: int) -> None:
    random = np.random.default_rng(digits)
    for size in range(2, 60):
        labels = np.append(random.integers(0, 2, size), (0, 1)).astype(np.int8)
        scores = np.round(random.random(size + 2), digits)
        assert evaluate.roc_auc(labels, scores) == pytest.approx(metrics.roc_auc_score(labels, scores))
        assert evaluate.pr_auc(labels, scores) == pytest.approx(metrics.average_precision_score(labels, scores))
        assert evaluate.f1_score(labels, scores) == pytest.approx(
            metrics.f1_score(labels, scores >= 0.5, zero_division=0.0)
        )
        assert evaluate.brier_score(labels, scores) == pytest.approx(metrics.brier_score_loss(labels, scores))


def test_one_class_has_no_order() -> None:
    for label in (0, 1):
        labels, scores = np.full(3, label, dtype=np.int8), np.array([0.1, 0.2, 0.3])
        assert np.isnan(evaluate.roc_auc(labels, scores))
        assert np.isnan(evaluate.pr_auc(labels, scores))
        assert evaluate.f1_score(labels, scores) == 0.0
