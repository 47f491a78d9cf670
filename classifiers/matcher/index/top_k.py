"""Select the largest of many scores without sorting all."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifiers.matcher.index.postings import Scores

_BLOCK = 64


def top_k_places(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    """Return the places of the ``count`` largest scores, unordered; ties at the boundary are broken arbitrarily.

    The ``count``-th largest block maximum is a lower bound for the ``count`` largest scores, so only scores from it on
    are sorted. Of a hundred thousand scores some hundred remain.
    """
    whole = len(scores) - len(scores) % _BLOCK
    if whole < count * _BLOCK * 2:
        return _top_k_by_partition(scores, count)
    highest = scores[:whole].reshape(-1, _BLOCK).max(axis=1)
    edge = np.partition(highest, len(highest) - count)[len(highest) - count]
    candidates = np.flatnonzero(scores >= edge)
    return candidates[_top_k_by_partition(scores[candidates], count)]


def _top_k_by_partition(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    if count >= len(scores):
        return np.arange(len(scores))
    return np.argpartition(scores, len(scores) - count)[len(scores) - count :]
