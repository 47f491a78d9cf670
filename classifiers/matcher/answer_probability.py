"""The probability that the first page answers a message.

A larger index has more wrong pages nearby, and a close runner-up makes the first page less certain. A logistic curve
therefore combines the likeness of both, the probability of a repeat and the number of pages; ``training/answers.py``
fits it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from classifiers.matcher.gate import Floats

LONGEST = 6.0
"""Maximum absolute log-odds of a term."""
TERMS = ("likeness", "likeness of the runner-up", "repeated", "pages")
DIRECTIONS = (1, -1, 1, -1)
"""Sign of each weight: 1 not negative, -1 not positive, 0 free."""


@dataclass(frozen=True)
class AnswerCurve:
    """The curve's ``weights``: one for each of ``TERMS``, then the intercept, in log-odds."""

    weights: Floats

    def probability(self, likenesses: Sequence[float] | Floats, repeated: float | None, pages: int) -> float:
        """Return the probability that the first page answers, 0..1; ``likenesses``: best first.

        ``repeated`` is None where the page quotes no claim: then the result is the first likeness.
        """
        if repeated is None:
            return float(likenesses[0])
        odds = answer_terms(likenesses, repeated, pages) @ self.weights[:-1] + self.weights[-1]
        return float(1 / (1 + np.exp(-odds)))


def answer_terms(likenesses: Sequence[float] | Floats, repeated: float, pages: int) -> Floats:
    """Return the (4,) terms of the curve in the order of ``TERMS``."""
    second = log_odds(likenesses[1]) if len(likenesses) > 1 else -LONGEST
    return np.array([log_odds(likenesses[0]), second, log_odds(repeated), np.log10(max(pages, 1) / 100)])


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability, clipped to ±``LONGEST``."""
    bounded = min(max(float(probability), 1e-9), 1 - 1e-9)
    return float(np.clip(np.log(bounded / (1 - bounded)), -LONGEST, LONGEST))
