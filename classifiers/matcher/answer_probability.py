"""How surely the first page answers a message: by likeness, repeat, margin to the second page, and number of pages.

Among more pages a wrong one comes near more often, and a page whose runner-up is as near says less. So the likeness
alone is too sure in a large index. A curve over what the gates say puts that right; ``train_answers`` fits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.matcher.gate import Floats

LONGEST = 6.0
"""Log odds beyond which a gate is not believed more."""
TERMS = ("likeness", "likeness of the runner-up", "repeated", "pages")
DIRECTIONS = (1, -1, 1, -1)
"""Whether more of it may only raise the probability (1), only lower it (-1), or either (0)."""


@dataclass(frozen=True)
class AnswerCurve:
    """``weights``: of each of ``TERMS`` and last the intercept, on the scale of log odds."""

    weights: Floats

    def probability(self, likenesses: Sequence[float] | Floats, repeated: float | None, pages: int) -> float:
        """Return how surely the first page answers; ``likenesses``: best first.

        ``repeated`` None: what was claimed is not known, so that the likeness is all there is.
        """
        if repeated is None:
            return float(likenesses[0])
        odds = answer_terms(likenesses, repeated, pages) @ self.weights[:-1] + self.weights[-1]
        return float(1 / (1 + np.exp(-odds)))


def answer_terms(likenesses: Sequence[float] | Floats, repeated: float, pages: int) -> Floats:
    """Return what the curve is over, in the order of ``TERMS``."""
    second = log_odds(likenesses[1]) if len(likenesses) > 1 else -LONGEST
    return np.array([log_odds(likenesses[0]), second, log_odds(repeated), np.log10(max(pages, 1) / 100)])


def log_odds(probability: float) -> float:
    """Return the log odds of a probability, at most ``LONGEST`` either way."""
    bounded = min(max(float(probability), 1e-9), 1 - 1e-9)
    return float(np.clip(np.log(bounded / (1 - bounded)), -LONGEST, LONGEST))
