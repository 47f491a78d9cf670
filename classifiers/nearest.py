"""The few pages nearest to a text by words, without adding up what each of very many pages has in common with it.

The words that weigh most are looked up first. As soon as no page without any of them can be among the nearest, only
those found so far are compared to the end: a page has no more in common with the words that are left than their length
(Cauchy and Schwarz). The pages are those that adding up everything would find.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from classifiers.background import Weights
from classifiers.postings import Postings, Scores

Places = npt.NDArray[np.int64]

_SLACK = 1e-4
"""Sums of 32-bit numbers differ a little with their order: what is so near to a bound is compared to the end."""


def nearest(
    postings: Postings, asked: Mapping[str, float], weights: Weights, limit: int, at_least: float, gone: Places
) -> tuple[Places, Scores]:
    """Return (k,) places and scores of the ``limit`` pages of a segment that score highest and ``at_least`` so much.

    ``asked``: weights by stem of a text of length 1, or less where it has words that no page holds; ``gone``: places
    that count no longer. In the order of the places; of equal ones at the edge, all.
    """
    stems = sorted(asked, key=lambda stem: -asked[stem])
    squares = np.array([asked[stem] ** 2 for stem in stems])
    left = np.sqrt(np.append(np.cumsum(squares[::-1])[::-1], 0.0)).tolist()
    entries = postings.entries(stems)
    summed = np.zeros(len(postings.lengths), dtype=np.float32)
    added, done = 0, 0
    while True:
        # A look costs a pass over all pages: the next comes when twice as much was added.
        enough = 2 * added + len(summed)
        while done < len(stems) and (added < enough or not added):
            places, amounts = next(entries)
            summed[places] += amounts * np.float32(asked[stems[done]] * weights[stems[done]])
            added, done = added + len(places), done + 1
        scores = summed / postings.lengths
        scores[gone] = 0
        near = np.flatnonzero(scores)
        edge = max(at_least, _lowest_of(scores[near], limit)) - _SLACK
        if left[done] < edge or done == len(stems):
            break
    near = near[scores[near] + left[done] >= edge]
    more = summed[near]
    for stem, (places, amounts) in zip(stems[done:], entries, strict=True):
        if len(places):
            at = np.minimum(np.searchsorted(places, near), len(places) - 1)
            more += (places[at] == near) * amounts[at] * np.float32(asked[stem] * weights[stem])
    scores = more / postings.lengths[near]
    best = scores >= max(at_least, _lowest_of(scores, limit))
    return near[best], scores[best]


def _lowest_of(scores: Scores, count: int) -> float:
    """Return the lowest of the ``count`` highest, 0 where there are fewer."""
    return float(np.partition(scores, len(scores) - count)[len(scores) - count]) if len(scores) >= count else 0.0
