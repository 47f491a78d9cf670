"""Gates: boosted trees and a logistic regression that give a probability from pair features.

The trees rank best; the regression breaks their ties. Both are fitted with scikit-learn and stored as plain arrays, so
at run time they need neither pickle nor scikit-learn and load within milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

MatchDecision = Literal["match", "possible", "none"]
Floats = npt.NDArray[np.float64]

LINE_SHARE = 0.3


@dataclass(frozen=True)
class Trees:
    """Boosted trees, all nodes in one table; ``roots``: the first node of each tree. A leaf is its own child."""

    roots: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int16]
    threshold: Floats
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: Floats
    baseline: Floats
    depth: npt.NDArray[np.int32]

    @classmethod
    def of(cls, model: HistGradientBoostingClassifier) -> Trees:
        """Return the trees of a fitted binary model without categorical features."""
        tables = [stage[0].nodes for stage in model._predictors]
        starts = np.cumsum([0, *map(len, tables)])[:-1]
        nodes = np.concatenate(tables)
        offset = np.repeat(starts, [len(table) for table in tables])
        leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        return cls(
            roots=starts.astype(np.int32),
            feature=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int16),
            threshold=nodes["num_threshold"].astype(np.float64),
            left=np.where(leaf, own, nodes["left"] + offset).astype(np.int32),
            right=np.where(leaf, own, nodes["right"] + offset).astype(np.int32),
            value=nodes["value"].astype(np.float64),
            baseline=np.ravel(model._baseline_prediction).astype(np.float64),
            depth=np.array([nodes["depth"].max()], dtype=np.int32),
        )

    def logits(self, rows: Floats) -> Floats:
        """Return the (n,) log-odds of (n, features) rows."""
        nodes, cells = self._nodes, np.ascontiguousarray(rows, dtype=np.float64).ravel()
        first_cell = (np.arange(len(rows)) * rows.shape[1])[:, None]
        node = np.broadcast_to(nodes.roots, (len(rows), len(nodes.roots)))
        for _ in range(int(self.depth[0])):
            goes_left = cells.take(nodes.feature.take(node) + first_cell) <= self.threshold.take(node)
            node = nodes.children.take(2 * node + goes_left)
        return np.asarray(self.value.take(node).sum(axis=1) + self.baseline[0])

    @cached_property
    def _nodes(self) -> _Nodes:
        children = np.column_stack([self.right, self.left]).ravel()
        return _Nodes(*(array.astype(np.intp) for array in (self.roots, self.feature, children)))


class _Nodes(NamedTuple):
    """Node arrays in the layout that numpy indexes fastest; ``children``: right and left child of each node in turn."""

    roots: npt.NDArray[np.intp]
    feature: npt.NDArray[np.intp]
    children: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Line:
    """A logistic regression on standardised features."""

    mean: Floats
    scale: Floats
    weight: Floats
    intercept: Floats

    @classmethod
    def of(cls, model: LogisticRegression, mean: Floats, scale: Floats) -> Line:
        """Return the line of a model fitted on rows standardised with ``mean`` and ``scale``."""
        return cls(mean, scale, np.ravel(model.coef_).astype(np.float64), np.ravel(model.intercept_).astype(np.float64))

    def logits(self, rows: Floats) -> Floats:
        """Return the (n,) log-odds of (n, features) rows."""
        return np.asarray((rows - self.mean) / self.scale @ self.weight + self.intercept[0])


@dataclass(frozen=True)
class Gate:
    """Trees and line; ``calibration``: slope and offset of the log-odds; ``thresholds``: of possible and of match."""

    trees: Trees
    line: Line
    calibration: Floats
    thresholds: Floats

    def raw(self, rows: Floats) -> Floats:
        """Return the (n,) uncalibrated log-odds of (n, features) rows."""
        return (1 - LINE_SHARE) * self.trees.logits(rows) + LINE_SHARE * self.line.logits(rows)

    def probabilities(self, rows: Floats) -> Floats:
        """Return the (n,) calibrated probabilities of (n, features) rows, strictly between 0 and 1."""
        return np.asarray(self.probability_of(self.raw(rows)))

    def probability_of(self, odds: Any) -> Any:
        """Return the calibrated probability of uncalibrated log-odds."""
        slope, shift = self.calibration
        return 1 / (1 + np.exp(-np.clip(slope * odds + shift, -30, 30)))

    def arrays(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays by name, each with ``prefix``, as ``from_arrays`` reads them."""
        trees = {f"{prefix}.trees.{f.name}": getattr(self.trees, f.name) for f in fields(Trees)}
        line = {f"{prefix}.line.{f.name}": getattr(self.line, f.name) for f in fields(Line)}
        return trees | line | {f"{prefix}.calibration": self.calibration, f"{prefix}.thresholds": self.thresholds}

    @classmethod
    def from_arrays(cls, stored: Mapping[str, npt.NDArray[Any]], prefix: str) -> Gate:
        """Return the gate whose arrays ``arrays`` returned."""
        trees = Trees(**{f.name: stored[f"{prefix}.trees.{f.name}"] for f in fields(Trees)})
        line = Line(**{f.name: stored[f"{prefix}.line.{f.name}"] for f in fields(Line)})
        return cls(trees, line, stored[f"{prefix}.calibration"], stored[f"{prefix}.thresholds"])
