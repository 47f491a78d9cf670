"""Linear classifiers, the last step of each pipeline. Their probabilities are calibrated on out-of-fold scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from classifiers.flagger.second_judges import (
    BORROWED_WEIGHT,
    OtherWriters,
    SecondJudge,
    fit_bayes,
    fit_other_writers,
    undecided_judge,
)

Floats = npt.NDArray[np.float64]
WeightArray = npt.NDArray[np.float32]

POSITIVE_CLASS = "1"
_FULL_WEIGHT_TEXTS = 2000  # a larger source weighs no more
_SMALL_TABLE_CELLS = 20_000
_LENGTH_POWER = 0.75  # 0 sums a text's weights, 1 averages them


class Judged(NamedTuple):
    """All outputs of a judge for n texts.

    ``log_odds``: (n,) calibrated log-odds of label 1; ``shares``: (n, kinds) shares of the kinds in ``kinds``, (n, 0)
    where the judge has no kinds; ``moved``: per text its feature columns and their contributions to the log-odds.
    """

    log_odds: Floats
    shares: Floats
    kinds: Sequence[str]
    moved: list[tuple[npt.NDArray[np.int32], Floats]]

    @property
    def chances(self) -> Floats:
        """Return the (n,) probabilities of label 1."""
        return np.asarray(expit(self.log_odds))


class CalibratedMargin(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Binary classifier: a softmax over the class "1" and many kinds of 0, calibrated to a probability.

    The kinds of 0 (a notice, a joke, an accusation) have little in common, so one plane between 1 and 0 would mix them.
    The margin is the log-sum-exp over the classes of 1 minus that over the classes of 0. A logistic curve maps it to a
    probability; it is fitted on margins from cross-validation over groups.

    Training may borrow texts from elsewhere. A borrowed 1 gets a class of its own beside "1", so that it does not
    change the weights of "1". The calibration leaves borrowed texts out.

    Two further judges may have a share in the margin (``second_judges``): half of their weights is added to the classes
    of 1, and half is taken from the classes of 0.
    """

    def __init__(
        self,
        C: float = 30.0,
        spared: Sequence[str] = (),
        caution: float = 0.0,
        discount: float = 0.0,
        balanced: bool = False,
        folds: int = 5,
        seed: int = 0,
        bayes_share: float = 0.0,
        writers_share: float = 0.0,
    ) -> None:
        """Set the hyperparameters.

        ``C``: inverse strength of the L2 penalty; ``folds`` and ``seed``: of the cross-validation; ``caution``: added
        to the log-odds of the ``spared`` kinds of 0, as flagging one of these is worse; ``discount``: subtracted from
        the log-odds of borrowed kinds of 1; ``balanced``: calibrate for a prevalence of one half;
        ``bayes_share`` and ``writers_share``: the spread of the margins of naive Bayes and of the judge that learned
        from other writers, in spreads of the softmax's.
        """
        self.C = C
        self.spared = spared
        self.caution = caution
        self.discount = discount
        self.balanced = balanced
        self.folds = folds
        self.seed = seed
        self.bayes_share = bayes_share
        self.writers_share = writers_share

    def fit(
        self,
        X: csr_array,
        y: npt.ArrayLike,
        kinds: Sequence[str] | None = None,
        groups: Sequence[str] | None = None,
        borrowed: Sequence[bool] | None = None,
        writers: OtherWriters | None = None,
    ) -> Self:
        """Fit on (n, d) features and (n,) labels 0 or 1.

        ``kinds``: the kind of each text, used for 0 and for borrowed 1; ``groups``: near-duplicates share a group;
        ``borrowed``: whether a text comes from elsewhere; ``writers``: texts that ``writers_share`` is learned from.
        """
        labels = np.asarray(y).astype(int)
        kind_names = np.asarray(kinds if kinds is not None else [""] * len(labels), dtype=str)
        strange = np.zeros(len(labels), dtype=bool) if borrowed is None else np.asarray(borrowed, dtype=bool)
        named = np.char.add(np.where(labels == 1, f"{POSITIVE_CLASS} ", "0 "), kind_names)
        named[(labels == 1) & ~strange] = POSITIVE_CLASS
        X = csr_array(X)
        used = np.flatnonzero(np.diff(X.tocsc().indptr))
        used_columns = X[:, used]
        importance = np.where(strange, BORROWED_WEIGHT, 1.0)
        far = self._fit_writers(writers, used, used_columns[strange], labels[strange])
        margins = np.column_stack(
            [*self._out_of_fold(used_columns, labels, named, groups, importance), far.margins(used_columns)]
        )
        factors = self._second_factors(margins[~strange])
        out_of_fold = margins @ [1.0, *factors]
        self.slope_, self.offset_ = fit_calibration(out_of_fold[~strange], labels[~strange], self.balanced)
        self._out_of_fold_chances = expit(self.slope_ * out_of_fold + self.offset_)
        names, coefficients, intercepts = self._solve(used_columns, named)
        near = self._fit_bayes(used_columns, labels, importance)
        second = undecided_judge(len(used)).add(near, factors[0]).add(far, factors[1])
        halves = np.where(_positive_class_mask(names), 0.5, -0.5)
        self.classes_ = np.array([0, 1])
        self.kinds_ = names
        self.coef_ = np.zeros((len(names), X.shape[1]), dtype=np.float32)
        self.coef_[:, used] = half_precision(coefficients + halves[:, None] * second.weights)
        self.intercept_ = (intercepts + halves * second.intercept).astype(np.float32)
        return self

    def _fit_bayes(self, X: csr_array, labels: npt.NDArray[np.int_], importance: Floats) -> SecondJudge:
        return fit_bayes(X, labels, importance) if self.bayes_share else undecided_judge(X.shape[1])

    def _fit_writers(
        self,
        writers: OtherWriters | None,
        used: npt.NDArray[np.int64],
        borrowed: csr_array,
        labels: npt.NDArray[np.int_],
    ) -> SecondJudge:
        if writers is None or not self.writers_share:
            return undecided_judge(len(used))
        return fit_other_writers(OtherWriters(csr_array(writers.X)[:, used], writers.labels), borrowed, labels)

    def _second_factors(self, margins: Floats) -> tuple[float, float]:
        """Return what the margins of the two further judges count; ``margins``: (n, 3), those of the softmax first."""
        spreads = margins.std(axis=0)
        bayes, writers = (spreads[0] / spread if spread else 0.0 for spread in spreads[1:])
        return float(self.bayes_share * bayes), float(self.writers_share * writers)

    def take_out_of_fold(self) -> Floats:
        """Return the (n,) out-of-fold probabilities of the training texts and delete them.

        A second call raises ``KeyError``.
        """
        return self.__dict__.pop("_out_of_fold_chances")  # type: ignore[no-any-return]

    def _solve(self, X: csr_array, named: npt.NDArray[np.str_]) -> tuple[list[str], Floats, Floats]:
        # Five times as fast here as the default solver, with the same result.
        model = LogisticRegression(C=self.C, solver="newton-cg", max_iter=100, tol=1e-3).fit(X, named)
        coefficients, intercepts = model.coef_, model.intercept_
        if len(model.classes_) == 2:
            # scikit-learn stores one row for two classes. Two rows need no special case elsewhere.
            coefficients = np.vstack([-coefficients, coefficients]) / 2
            intercepts = np.append(-intercepts, intercepts) / 2
        names = [str(name) for name in model.classes_]
        spared = np.isin(names, [f"0 {kind}" for kind in self.spared])
        lent = _positive_class_mask(names) & (np.asarray(names) != POSITIVE_CLASS)
        return names, coefficients, intercepts + self.caution * spared - self.discount * lent

    def _out_of_fold(
        self,
        X: csr_array,
        labels: npt.NDArray[np.int_],
        named: npt.NDArray[np.str_],
        groups: Sequence[str] | None,
        importance: Floats,
    ) -> tuple[Floats, Floats]:
        """Return the (n,) margins of the softmax and of naive Bayes."""
        softmax, bayes = np.zeros(len(labels)), np.zeros(len(labels))
        apart = np.asarray(groups) if groups is not None else np.arange(len(labels))
        folds = min(self.folds, int(np.bincount(labels).min()), len(np.unique(apart)))
        everything = np.arange(len(labels))
        # Too few texts for cross-validation: the curve is fitted on training scores.
        splits = [(everything, everything)]
        if folds >= 2:
            splits = StratifiedGroupKFold(folds, shuffle=True, random_state=self.seed).split(X, labels, apart)
        for train, test in splits:
            if len(np.unique(labels[train])) == 2:
                names, coefficients, intercepts = self._solve(X[train], named[train])
                softmax[test] = _class_margins(X[test] @ coefficients.T + intercepts, _positive_class_mask(names))
                bayes[test] = self._fit_bayes(X[train], labels[train], importance[train]).margins(X[test])
        return softmax, bayes

    def _scores(self, X: csr_array) -> Floats:
        small, weights = self._of_used(csr_array(X))
        return self._scored(small, weights)

    def _scored(self, small: csr_array, weights: WeightArray) -> Floats:
        return np.asarray(small @ weights.T.astype(np.float64) + self.intercept_, dtype=np.float64)

    def _of_used(self, X: csr_array) -> tuple[csr_array, WeightArray]:
        small, used = select_used_columns(X)
        return small, self.coef_[:, used]

    def judge(self, X: csr_array) -> Judged:
        """Return all outputs for (n, d) features; costs little more than one of the methods below."""
        small, weights = self._of_used(X)
        scores = self._scored(small, weights)
        return Judged(
            self._calibrated(scores), softmax_rows(scores), self.kinds_, self._moved(X, small, weights, scores)
        )

    def kind_shares(self, X: csr_array) -> Floats:
        """Return (n, kinds) softmax shares of the kinds in ``kinds_``; each row sums to 1."""
        return softmax_rows(self._scores(X))

    def decision_function(self, X: csr_array) -> Floats:
        """Return the (n,) calibrated log-odds of label 1."""
        return self._calibrated(self._scores(X))

    def _calibrated(self, scores: Floats) -> Floats:
        return self.slope_ * _class_margins(scores, _positive_class_mask(self.kinds_)) + self.offset_

    def predict_proba(self, X: csr_array) -> Floats:
        """Return (n, 2) probabilities of labels 0 and 1."""
        return two_class_probabilities(expit(self.decision_function(X)))

    def predict(self, X: csr_array) -> npt.NDArray[np.int_]:
        """Return the (n,) likelier labels, 0 or 1."""
        return (self.decision_function(X) > 0).astype(int)

    def local_weights(self, X: csr_array) -> list[tuple[npt.NDArray[np.int32], Floats]]:
        """Return per text its feature columns and their contributions to the log-odds of label 1.

        A contribution compares the kinds of 1 with the kinds of 0, each weighted by its softmax share.
        """
        X = csr_array(X)
        small, weights = self._of_used(X)
        return self._moved(X, small, weights, self._scored(small, weights))

    def _moved(
        self, X: csr_array, small: csr_array, weights: WeightArray, scores: Floats
    ) -> list[tuple[npt.NDArray[np.int32], Floats]]:
        ones = _positive_class_mask(self.kinds_)
        mix = np.zeros_like(scores)
        mix[:, ones] = softmax_rows(scores[:, ones]) * self.slope_
        mix[:, ~ones] = softmax_rows(scores[:, ~ones]) * -self.slope_
        contributions = []
        for row in range(X.shape[0]):
            cells = slice(X.indptr[row], X.indptr[row + 1])
            contributions.append((X.indices[cells], (mix[row] @ weights[:, small.indices[cells]]) * X.data[cells]))
        return contributions


class SourceAverage(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Binary classifier for texts of several sources: a word's weight is its mean log-odds within the sources.

    A model fitted on all sources at once learns to tell the sources apart, as each has its own style and topics.
    Averaging within sources thins out what only marks one source. A source weighs by the square root of its size, at
    most that of 2,000 texts. The calibration curve is fitted with one source left out in turn.

    Features may come in blocks, such as words and pairs of words. Each block has its own smoothing and its own length
    of a text, and all blocks weigh the same: they are scaled to the spread that their scores have in sources left out.
    """

    def __init__(self, smoothing: float | Sequence[float] = 1.0, widths: Sequence[int] = ()) -> None:
        """Set the features.

        ``smoothing``: the pseudocount of each feature in texts, one number or one per block; ``widths``: the columns of
        each block, empty for one block of all.
        """
        self.smoothing = smoothing
        self.widths = widths

    def fit(self, X: csr_array, y: npt.ArrayLike, sources: Sequence[str]) -> Self:
        """Fit on (n, d) binary features, (n,) labels and the source of each text. Every source needs both labels."""
        labels, X = np.asarray(y).astype(int), csr_array(X)
        rows = [np.flatnonzero(np.asarray(sources) == name) for name in sorted(set(sources))]
        say = np.sqrt([min(len(source_rows), _FULL_WEIGHT_TEXTS) for source_rows in rows])
        parts = [
            self._fit_block(X[:, block], labels, rows, say, number) for number, block in enumerate(self._blocks(X))
        ]
        margins = np.sum([part_margins for _, part_margins in parts], axis=0)
        self.slope_, self.offset_ = fit_calibration_by_source(margins, labels, rows)
        self._out_of_fold_chances = expit(self.slope_ * margins + self.offset_)
        self.classes_ = np.array([0, 1])
        self.coef_ = half_precision(np.concatenate([weights for weights, _ in parts]))
        return self

    def _fit_block(
        self,
        X: csr_array,
        labels: npt.NDArray[np.int_],
        rows: Sequence[npt.NDArray[np.int_]],
        say: Floats,
        number: int,
    ) -> tuple[Floats, Floats]:
        """Return the weights of a block, and the (n,) scores of texts from the other sources."""
        smoothing = float(np.broadcast_to(self.smoothing, max(len(self.widths), 1))[number])
        weights = np.array([feature_log_odds(X[places], labels[places], smoothing) for places in rows])
        margins = np.zeros(len(labels))
        for left_out, places in enumerate(rows):
            others = np.delete(np.arange(len(rows)), left_out) if len(rows) > 1 else np.arange(1)
            margins[places] = _length_normalised_scores(
                X[places], np.average(weights[others], axis=0, weights=say[others])
            )
        scale = float(np.mean([np.std(margins[places]) for places in rows])) or 1.0
        return np.average(weights, axis=0, weights=say) / scale, margins / scale

    def _blocks(self, X: csr_array) -> list[slice]:
        ends = np.cumsum(self.widths or [X.shape[1]]).tolist()
        return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def take_out_of_fold(self) -> Floats:
        """Return the (n,) probabilities from fits without a text's source and delete them.

        A second call raises ``KeyError``.
        """
        return self.__dict__.pop("_out_of_fold_chances")  # type: ignore[no-any-return]

    def decision_function(self, X: csr_array) -> Floats:
        """Return the (n,) calibrated log-odds of label 1."""
        X = csr_array(X)
        scores = [_length_normalised_scores(X[:, block], self.coef_[block]) for block in self._blocks(X)]
        return np.asarray(self.slope_ * np.sum(scores, axis=0) + self.offset_)

    def predict_proba(self, X: csr_array) -> Floats:
        """Return (n, 2) probabilities of labels 0 and 1."""
        return two_class_probabilities(expit(self.decision_function(X)))

    def predict(self, X: csr_array) -> npt.NDArray[np.int_]:
        """Return the (n,) likelier labels, 0 or 1."""
        return (self.decision_function(X) > 0).astype(int)

    def judge(self, X: csr_array) -> Judged:
        """Return all outputs for (n, d) features."""
        return Judged(self.decision_function(X), np.zeros((X.shape[0], 0)), (), self.local_weights(X))

    def local_weights(self, X: csr_array) -> list[tuple[npt.NDArray[np.int32], Floats]]:
        """Return per text its feature columns and their contributions to the log-odds of label 1."""
        X = csr_array(X)
        ends = np.array([block.stop for block in self._blocks(X)])
        contributions = []
        for start, stop in zip(X.indptr[:-1], X.indptr[1:], strict=True):
            columns = X.indices[start:stop]
            of_block = np.searchsorted(ends, columns, side="right")
            lengths = np.bincount(of_block, minlength=len(ends))[of_block]
            contributions.append((columns, self.slope_ * self.coef_[columns] / lengths**_LENGTH_POWER))
        return contributions


def half_precision(values: Floats) -> WeightArray:
    """Round to half precision, about three digits, which compresses a model file to a third."""
    return values.astype(np.float16).astype(np.float32)


def fit_calibration(margins: Floats, labels: npt.NDArray[np.int_], balanced: bool = False) -> tuple[float, float]:
    """Fit Platt scaling. Return slope (above 0) and offset of the logistic curve from (n,) margins to probabilities."""
    scale = float(np.std(margins)) or 1.0
    weights = "balanced" if balanced else None
    curve = LogisticRegression(C=1e4, class_weight=weights).fit(margins[:, None] / scale, labels)
    return max(float(curve.coef_[0, 0]) / scale, 1e-3), float(curve.intercept_[0])


def fit_calibration_by_source(
    margins: Floats, labels: npt.NDArray[np.int_], rows: Sequence[npt.NDArray[np.int_]]
) -> tuple[float, float]:
    """Fit Platt scaling with one slope and an offset per source; return the slope and the mean offset.

    Sources differ in prevalence and in text length, which shifts all margins of a source. ``rows``: the row numbers of
    each source. Each source and each label has the same total weight.
    """
    sides = [source_rows[labels[source_rows] == label] for source_rows in rows for label in (0, 1)]
    weights = np.zeros(len(labels))
    for source_rows in sides:
        weights[source_rows] = 1000.0 / len(source_rows)
    scale = float(np.std(margins)) or 1.0
    table = np.zeros((len(labels), len(rows) + 1))
    table[:, 0] = margins / scale
    for column, source_rows in enumerate(rows, 1):
        table[source_rows, column] = 1.0
    curve = LogisticRegression(C=1e4, fit_intercept=False).fit(table, labels, sample_weight=weights)
    return max(float(curve.coef_[0, 0]) / scale, 1e-3), float(curve.coef_[0, 1:].mean())


def feature_log_odds(X: csr_array, labels: npt.NDArray[np.int_], smoothing: float) -> Floats:
    """Return the (d,) log-odds of each feature between labels 1 and 0, shrunk by ``smoothing`` pseudocounts."""
    with_one = np.asarray(X[labels == 1].sum(axis=0), dtype=float).ravel()
    with_zero = np.asarray(X[labels == 0].sum(axis=0), dtype=float).ravel()
    ones, zeros = max(with_one.sum(), 1.0), max(with_zero.sum(), 1.0)
    share = ones / (ones + zeros)
    return np.asarray(np.log((with_one + smoothing * share) / (with_zero + smoothing * (1 - share)) * (zeros / ones)))


def two_class_probabilities(chance: Floats) -> Floats:
    """Return (n, 2) probabilities from the (n,) probabilities of label 1."""
    return np.column_stack([1 - chance, chance])


def _positive_class_mask(names: Sequence[str]) -> npt.NDArray[np.bool_]:
    return np.array([name.split(" ")[0] == POSITIVE_CLASS for name in names])


def select_used_columns(X: csr_array) -> tuple[csr_array, npt.NDArray[np.int64]]:
    """Return the table with only its nonempty columns, and the numbers of these columns.

    A text fills a few hundred columns, so the weights of the others need not be read.
    """
    if X.nnz < _SMALL_TABLE_CELLS:  # cheaper than an array over all columns
        used, places = np.unique(X.indices, return_inverse=True)
        places = places.astype(X.indices.dtype)
    else:
        seen = np.zeros(X.shape[1], dtype=bool)
        seen[X.indices] = True
        used = np.flatnonzero(seen)
        all_places = np.zeros(X.shape[1], dtype=X.indices.dtype)
        all_places[used] = np.arange(len(used))
        places = all_places[X.indices]
    return csr_array((X.data, places, X.indptr), shape=(X.shape[0], len(used))), used


def softmax_rows(scores: Floats) -> Floats:
    """Return the softmax of each row. scipy's version takes longer than the rest of an assessment of one text."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _class_margins(scores: Floats, ones: npt.NDArray[np.bool_]) -> Floats:
    return _log_sum_exp(scores[:, ones]) - _log_sum_exp(scores[:, ~ones])


def _log_sum_exp(scores: Floats) -> Floats:
    highest = scores.max(axis=1)
    return np.asarray(highest + np.log(np.exp(scores - highest[:, None]).sum(axis=1)))


def _length_normalised_scores(X: csr_array, weights: npt.NDArray[Any]) -> Floats:
    return np.asarray(X @ weights / np.maximum(np.diff(X.indptr), 1) ** _LENGTH_POWER, dtype=np.float64)
