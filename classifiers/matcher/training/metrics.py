"""Figures of a matcher's answers, each with its 95 % interval over resampled messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Figures = dict[str, tuple[float, float, float]]
"""Value, and lower and upper end of its interval, by name."""

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
    """What a method said of a case: its best score, and at which rank an answering page stood (None: none answers).

    ``hard``: at most half of the words of the answering title occur in the message.
    """

    best: float
    rank: int | None
    hard: bool = False


def measure_answers(answers: Sequence[Answer], seed: int = 0) -> Figures:
    """Return each figure of ``METRIC_NAMES``.

    ``roc_auc``: a message that is answered against one that none answers; ``right_at_1%``: the share of answered
    messages whose page stands first and above the score that 1 % of the unanswered messages reach.
    """
    answered = [one for one in answers if one.rank is not None]
    best, rank = np.array([one.best for one in answered]), np.array([one.rank for one in answered])
    hard = np.array([one.hard for one in answered], dtype=bool)
    none = np.array([one.best for one in answers if one.rank is None])
    if not len(best) or not len(none):
        raise ValueError("matching is measured on messages with an answer and messages without: one kind is missing")
    dice = np.random.default_rng(seed)
    drawn = [_answer_metrics(best, rank, hard, none)]
    for _ in range(RESAMPLES):
        a, n = dice.integers(0, len(best), len(best)), dice.integers(0, len(none), len(none))
        drawn.append(_answer_metrics(best[a], rank[a], hard[a], none[n]))
    table = np.array(drawn)
    # A figure that does not exist (no message is hard) has no interval either; one that some draws lack has.
    known = np.where(np.isnan(table[1:]), table[0], table[1:])
    low, high = np.percentile(known, [2.5, 97.5], axis=0)
    return {name: (float(table[0, at]), float(low[at]), float(high[at])) for at, name in enumerate(METRIC_NAMES)}


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


def reliability_table(probabilities: Scores, right: npt.NDArray[np.bool_], bins: int = 10) -> list[dict[str, float]]:
    """Return, for each tenth that holds any, how many, their mean probability, and the share that is right."""
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    return [
        {
            "from": at / bins,
            "count": int((place == at).sum()),
            "probability": round(float(probabilities[place == at].mean()), 3),
            "right": round(float(right[place == at].mean()), 3),
        }
        for at in range(bins)
        if (place == at).any()
    ]


def metrics_as_json(found: Mapping[str, Figures]) -> dict[str, dict[str, object]]:
    """Return figures as ``--json`` prints them: each metric a number with its interval beside it."""
    shown: dict[str, dict[str, object]] = {}
    for method, row in found.items():
        shown[method] = {}
        for name, (value, low, high) in row.items():
            known = not np.isnan(value)
            shown[method][name] = round(value, 4) if known else None
            shown[method][f"{name}_ci"] = [round(low, 4), round(high, 4)] if known else None
    return shown
