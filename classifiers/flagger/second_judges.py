"""Further linear judges of the same features, averaged with the softmax of ``calibrated_linear``.

Judges that err on different texts err less together. Two are added, each scaled to a share of the softmax's spread:
naive Bayes between 1 and 0, and a logistic regression on texts by writers of whom the corpus has none. All are linear
in the same features, so their weights are added up, and a score costs what it cost. docs/flagger-trials.md has what
each brings.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import BernoulliNB

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int_]

BORROWED_WEIGHT = 0.1
"""The weight of a text from elsewhere in naive Bayes, as what tells those apart says little of the city."""
_BAYES_SMOOTHING = 0.1
_WRITERS_C = 10.0


class SecondJudge(NamedTuple):
    """A linear judge: ``weights`` of the (d,) features, and the log-odds of label 1 of a text without any."""

    weights: Floats
    intercept: float

    def margins(self, X: csr_array) -> Floats:
        """Return the (n,) log-odds of label 1."""
        return np.asarray(X @ self.weights + self.intercept, dtype=np.float64)

    def add(self, other: SecondJudge, factor: float) -> Self:
        """Return this judge and ``factor`` times the other in one."""
        return self._replace(
            weights=self.weights + factor * other.weights, intercept=self.intercept + factor * other.intercept
        )


class OtherWriters(NamedTuple):
    """Features and labels of texts by writers of whom the corpus has none."""

    X: csr_array
    labels: Ints


def undecided_judge(features: int) -> SecondJudge:
    """Return a judge that says nothing."""
    return SecondJudge(np.zeros(features), 0.0)


def fit_bayes(X: csr_array, labels: Ints, weights: Floats) -> SecondJudge:
    """Return the log-odds of naive Bayes (Bernoulli), without its prior. ``weights``: (n,) of the texts."""
    model = BernoulliNB(alpha=_BAYES_SMOOTHING).fit(X, labels, sample_weight=weights)
    odds = model.feature_log_prob_ - np.log1p(-np.exp(model.feature_log_prob_))
    return SecondJudge(np.asarray(odds[1] - odds[0]), 0.0)


def fit_other_writers(writers: OtherWriters, X: csr_array, labels: Ints) -> SecondJudge:
    """Return a logistic regression on texts by other writers, and on the given texts from elsewhere."""
    judge = LogisticRegression(C=_WRITERS_C, solver="liblinear", class_weight="balanced")
    judge.fit(vstack([writers.X, X]).tocsr(), np.concatenate([writers.labels, labels]))
    return SecondJudge(np.asarray(judge.coef_[0]), float(judge.intercept_[0]))
