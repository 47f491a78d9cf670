"""Metrics of the matcher, each with a 95 % bootstrap interval over messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Figures = dict[str, tuple[float, float, float]]
"""Value, lower and upper end of the interval, by metric."""

FALSE_ANSWER_SHARES = (0.01, 0.02, 0.05)
METRIC_NAMES = (
    "recall_at_1",
    "recall_at_5",
    "hard_recall_at_1",
    "roc_auc",
    *(f"right_at_{share:.0%}" for share in FALSE_ANSWER_SHARES),
)
RESAMPLES = 1000
NOT_FOUND_RANK = 10**6


@dataclass(frozen=True)
class Answer:
    """A method's result for a case: its best score, and the rank of the answering page (None: no page answers).

    ``hard``: the message has at most half of the words of the answering title.
    """

    best: float
    rank: int | None
    hard: bool = False


def measure_answers(answers: Sequence[Answer], seed: int = 0) -> Figures:
    """Return the metrics in ``METRIC_NAMES``. Raises ``ValueError`` without answered or without unanswered messages.

    ``roc_auc``: answered against unanswered messages; ``right_at_1%``: share of answered messages whose page ranks
    first and scores above the threshold that 1 % of the unanswered messages exceed.
    """
    answered = [answer for answer in answers if answer.rank is not None]
    best, rank = np.array([answer.best for answer in answered]), np.array([answer.rank for answer in answered])
    hard = np.array([answer.hard for answer in answered], dtype=bool)
    none = np.array([answer.best for answer in answers if answer.rank is None])
    if not len(best) or not len(none):
        raise ValueError("matching is measured on messages with an answer and messages without: one kind is missing")
    dice = np.random.default_rng(seed)
    drawn = [_answer_metrics(best, rank, hard, none)]
    for _ in range(RESAMPLES):
        a, n = dice.integers(0, len(best), len(best)), dice.integers(0, len(none), len(none))
        drawn.append(_answer_metrics(best[a], rank[a], hard[a], none[n]))
    table = np.array(drawn)
    # A metric that is nan in some samples keeps its interval; one that is nan altogether has none.
    resampled = np.where(np.isnan(table[1:]), table[0], table[1:])
    low, high = np.percentile(resampled, [2.5, 97.5], axis=0)
    return {
        name: (float(table[0, column]), float(low[column]), float(high[column]))
        for column, name in enumerate(METRIC_NAMES)
    }


def _answer_metrics(
    best: Scores, rank: npt.NDArray[np.int64], hard: npt.NDArray[np.bool_], none: Scores
) -> list[float]:
    ordered = np.sort(none)
    below = np.searchsorted(ordered, best, side="left")
    ties = np.searchsorted(ordered, best, side="right") - below
    lines = [ordered[::-1][int(share * len(ordered))] for share in FALSE_ANSWER_SHARES]
    return [
        float((rank == 0).mean()),
        float((rank < 5).mean()),
        float((rank[hard] == 0).mean()) if hard.any() else float("nan"),
        float(((below + ties / 2) / len(none)).mean()),
        *(float(((best > line) & (rank == 0)).mean()) for line in lines),
    ]


def metrics_as_json(figures: Mapping[str, Figures]) -> dict[str, dict[str, object]]:
    """Return the metrics as ``--json`` prints them, each with its interval under ``name_ci``."""
    shown: dict[str, dict[str, object]] = {}
    for method, row in figures.items():
        shown[method] = {}
        for name, (value, low, high) in row.items():
            exists = not np.isnan(value)
            shown[method][name] = round(value, 4) if exists else None
            shown[method][f"{name}_ci"] = [round(low, 4), round(high, 4)] if exists else None
    return shown
