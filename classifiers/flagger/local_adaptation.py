"""Adapt the base model to officers' decisions: a small correction of its log-odds, fitted on a few dozen decisions.

    log-odds = slope * base's log-odds + offset + sum of small weights of the text's own features

Gaussian priors hold the slope near 1, the offset near 0 and the weights near 0. Without decisions the local model
equals the base. The precisions are fixed, because a few dozen decisions cannot choose them. Reported figures are
out-of-fold.

The weights belong to hashed features, so no text can be read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit, log_expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import CHARACTERS_READ
from classifiers.flagger.calibrated_linear import Judged, half_precision, two_class_probabilities
from classifiers.flagger.evaluate import metrics_with_intervals

Floats = npt.NDArray[np.float64]

MIN_TRAINING_DECISIONS = 24
"""No correction is fitted on fewer decisions, or on fewer than ``MIN_DECISIONS_PER_SIDE`` of one side."""
MIN_DECISIONS_PER_SIDE = 5
FOLDS = 5

SLOPE_PRECISION, OFFSET_PRECISION, WEIGHT_PRECISION = 100.0, 20.0, 0.3
"""Precisions of the priors of slope (mean 1), offset and weights (mean 0); docs/learning.md says how they were
chosen."""


class TooFewDecisionsError(ValueError):
    """There are too few decisions, or too few of one side."""


class AdaptedJudge(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The last step of a local model: corrects the log-odds of the base's judge."""

    def __init__(
        self,
        base: Any,
        strength: float = WEIGHT_PRECISION,
        slope: float = SLOPE_PRECISION,
        offset: float = OFFSET_PRECISION,
    ) -> None:
        """Set the fitted judge of the base, and the precisions of the priors of weights, slope and offset."""
        self.base = base
        self.strength = strength
        self.slope = slope
        self.offset = offset

    def fit(self, X: csr_array, y: npt.ArrayLike, weights: Floats | None = None) -> Self:
        """Fit on (n, d) features, (n,) labels 0 or 1, and (n,) weights of the decisions."""
        X, labels = csr_array(X), np.asarray(y).astype(float)
        counts = np.ones(len(labels)) if weights is None else np.asarray(weights, dtype=float)
        # The optimiser works in as many dimensions as there are texts, not features.
        spread, back = _spanned_directions(X)
        precisions = np.array([self.slope, self.offset, *[self.strength] * spread.shape[1]])
        theta = _fit_posterior(self.base.decision_function(X), spread, labels, counts, precisions)
        self.classes_ = np.array([0, 1])
        self.slope_, self.offset_ = max(float(theta[0]), 0.05), float(theta[1])
        self.coef_ = half_precision(np.asarray(X.T @ (back @ theta[2:]), dtype=float))
        return self

    def decision_function(self, X: csr_array) -> Floats:
        """Return the (n,) corrected log-odds of label 1."""
        X = csr_array(X)
        return self._corrected(X, self.base.decision_function(X))

    def _corrected(self, X: csr_array, log_odds: Floats) -> Floats:
        return np.asarray(self.slope_ * log_odds + self.offset_ + X @ self.coef_, dtype=float)

    def judge(self, X: csr_array) -> Judged:
        """Return all outputs for (n, d) features. The shares of kinds are the base's."""
        base: Judged = self.base.judge(X)
        return base._replace(log_odds=self._corrected(X, base.log_odds), moved=self._moved(X, base.moved))

    def predict_proba(self, X: csr_array) -> Floats:
        """Return (n, 2) probabilities of labels 0 and 1."""
        return two_class_probabilities(expit(self.decision_function(X)))

    def predict(self, X: csr_array) -> npt.NDArray[np.int_]:
        """Return the (n,) likelier labels, 0 or 1."""
        return (self.decision_function(X) > 0).astype(int)

    def local_weights(self, X: csr_array) -> list[tuple[npt.NDArray[np.int32], Floats]]:
        """Return per text its feature columns and their contributions to the log-odds of label 1."""
        X = csr_array(X)
        return self._moved(X, self.base.local_weights(X))

    def _moved(
        self, X: csr_array, by_base: Sequence[tuple[npt.NDArray[np.int32], Floats]]
    ) -> list[tuple[npt.NDArray[np.int32], Floats]]:
        moved = []
        for row, (columns, values) in enumerate(by_base):
            own = X.data[X.indptr[row] : X.indptr[row + 1]] * self.coef_[columns]
            moved.append((columns, self.slope_ * values + own))
        return moved


def _spanned_directions(X: csr_array) -> tuple[Floats, Floats]:
    """Return the (n, r) coordinates of the texts in their span, and the (n, r) matrix ``back``.

    Weights are ``X.T @ back @ coordinates``. The basis is orthonormal, so a Gaussian prior on the coordinates is the
    same prior on the weights.
    """
    values, vectors = np.linalg.eigh((X @ X.T).toarray())
    spanned = values > max(float(values[-1]), 1e-12) * 1e-9
    roots = np.sqrt(values[spanned])
    return vectors[:, spanned] * roots, vectors[:, spanned] / roots


def _fit_posterior(base: Floats, X: Floats, labels: Floats, counts: Floats, precisions: Floats) -> Floats:
    """Return the maximum a posteriori slope, offset and weights; ``precisions``: those of their priors."""
    side = 2 * labels - 1
    columns = np.column_stack([base, np.ones(len(base)), X])
    start = np.zeros(columns.shape[1])
    start[0] = 1.0

    def loss(theta: Floats) -> tuple[float, Floats]:
        margin = side * (columns @ theta)
        away = theta - start
        value = -counts @ log_expit(margin) + precisions @ away**2 / 2
        return float(value), columns.T @ (-counts * side * expit(-margin)) + precisions * away

    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x)


@dataclass(frozen=True)
class Decided:
    """Officers' decisions as training data. Every field has one entry per text.

    ``labels``: 1 worth an officer's attention, 0 not; ``weights``: weight of each decision; ``groups``: near-copies
    share a group; ``keys``: the caller's identifiers.
    """

    texts: Sequence[str]
    labels: npt.NDArray[np.int8]
    weights: Floats
    groups: Sequence[str]
    keys: Sequence[str]

    def require_enough(self) -> None:
        """Raise ``TooFewDecisionsError`` where the decisions are too few to learn from."""
        sides = np.bincount(self.labels, minlength=2)
        if len(self.labels) < MIN_TRAINING_DECISIONS or sides.min() < MIN_DECISIONS_PER_SIDE:
            raise TooFewDecisionsError(
                f"{len(self.labels)} keputusan ({sides[1]} layak, {sides[0]} tidak); perlu {MIN_TRAINING_DECISIONS}, "
                f"sedikitnya {MIN_DECISIONS_PER_SIDE} dari tiap sisi"
            )


def adapt_bundle(base: Bundle, decided: Decided, about: dict[str, Any], now: datetime | None = None) -> Bundle:
    """Return the base bundle with its misinformation model adapted to decisions.

    ``meta["local"]`` holds the out-of-fold chances by key, their metrics, and the base's metrics on the same decisions.
    ``about``: further entries of ``meta``, such as the digest of the base. The misinformation threshold moves so that
    as many of these texts lie above it as with the base. Raises ``TooFewDecisionsError``.
    """
    decided.require_enough()
    features, judge = base.hoax.named_steps["features"], base.hoax.named_steps["judge"]
    X = csr_array(features.transform([text[:CHARACTERS_READ] for text in decided.texts]))
    left_out = _predict_out_of_fold(judge, X, decided)
    adapted = AdaptedJudge(judge).fit(X, decided.labels, decided.weights)
    before = np.asarray(judge.predict_proba(X)[:, 1], dtype=float)
    line = threshold_at_same_share(before, adapted.predict_proba(X)[:, 1], base.thresholds["misinformation"])
    chances_by_key = {key: round(float(chance), 5) for key, chance in zip(decided.keys, left_out, strict=True)}
    figures = {
        "metrics": metrics_with_intervals(decided.labels, left_out, decided.groups),
        "base_metrics": metrics_with_intervals(decided.labels, before, decided.groups),
    }
    meta = dict(base.meta) | about
    meta |= {"name": "lokal", "trained_at": (now or datetime.now(UTC)).isoformat(timespec="seconds")}
    meta |= {
        "local": {"decisions": len(decided.texts), "strength": WEIGHT_PRECISION, "left_out": chances_by_key} | figures
    }
    meta["models"] = dict(base.meta.get("models", {})) | {"hoax": "AdaptedJudge"}
    hoax = Pipeline([("features", features), ("judge", adapted)])
    return replace(base, hoax=hoax, thresholds=dict(base.thresholds) | {"misinformation": line}, meta=meta)


def find_base_bundle(bundle: Bundle) -> Bundle | None:
    """Return the base inside a local model with the local threshold, or None for a model that is not local."""
    judge = bundle.hoax.named_steps["judge"]
    if not isinstance(judge, AdaptedJudge):
        return None
    hoax = Pipeline([("features", bundle.hoax.named_steps["features"]), ("judge", judge.base)])
    # The out-of-fold chances belong to the local model.
    return replace(bundle, hoax=hoax, meta={key: value for key, value in bundle.meta.items() if key != "local"})


def _predict_out_of_fold(judge: Any, X: csr_array, decided: Decided) -> Floats:
    """Return the (n,) chances of the decisions, each from a fit without it and its near-copies."""
    chances = np.zeros(len(decided.labels))
    folds = min(FOLDS, int(np.bincount(decided.labels).min()), len(set(decided.groups)))
    splitter = StratifiedGroupKFold(max(2, folds), shuffle=True, random_state=0)
    for train, test in splitter.split(np.zeros(len(chances)), decided.labels, np.asarray(decided.groups)):
        fitted = AdaptedJudge(judge).fit(X[train], decided.labels[train], decided.weights[train])
        chances[test] = fitted.predict_proba(X[test])[:, 1]
    return chances


def log_loss(labels: npt.NDArray[np.int8], chances: Floats) -> Floats:
    """Return the (n,) log loss of chances clipped to 0.001..0.999; 0 is best."""
    bounded = np.clip(chances, 1e-3, 1 - 1e-3)
    return np.asarray(-np.log(np.where(labels == 1, bounded, 1 - bounded)))


def threshold_at_same_share(before: Floats, after: Floats, line: float) -> float:
    """Return the threshold above which as many new chances lie as old ones above ``line``."""
    above = int((before >= line).sum())
    ranked = np.sort(after)[::-1]
    if above == 0:
        return float(min(1.0, ranked[0] + 1e-6))
    return float(ranked[above - 1]) if above < len(ranked) else float(min(ranked[-1], line))
