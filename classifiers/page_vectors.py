"""The vectors of pages, and how near each lies to a message: all in a few dimensions, the nearest in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifiers.encode import PAGES, WIDTH, Vectors, Whitening
from classifiers.page import FIELDS, Page
from classifiers.postings import Scores

COARSE = 128
"""Dimensions that the first look at all pages takes: of the 20 nearest by all 384, 95 % are among its nearest 100."""
NEAR = 100
FEW = 2_000

Halves = npt.NDArray[np.float16]


@dataclass(frozen=True)
class PageVectors:
    """``raw``: (n, 3, 384) of title, claim and summary as encoded, zero where empty; ``seen``: the same, turned.

    Of few pages all dimensions are kept turned, of many the first ``COARSE``; the rest is worked out when wanted.
    """

    raw: Halves
    seen: Vectors

    @classmethod
    def of(cls, raw: Halves, turn: Whitening) -> PageVectors:
        """Return the vectors of some pages, worked out a thousand at a time."""
        width = turn.turn.shape[1] if len(raw) <= FEW else COARSE
        seen = np.zeros((len(raw), len(FIELDS), width), dtype=np.float32)
        for start in range(0, len(raw), 1000):
            seen[start : start + 1000] = turned(raw[start : start + 1000], turn)[:, :, :width]
        return cls(raw, seen)

    def meaning(self, message: Vectors, turn: Whitening) -> Scores:
        """Return (n,) likeness of each page's nearest field to a message; exact for the nearest hundred."""
        width = self.seen.shape[2]
        flat = self.seen.reshape(-1, width)
        found = np.asarray((flat @ message[:width]).reshape(-1, len(FIELDS)).max(axis=1), dtype=np.float32)
        if width < len(message):
            near = np.argpartition(-found, NEAR)[:NEAR]
            exact = (turned(self.raw[near], turn) @ message).max(axis=1)
            # A page that the first look left out stands below those that were looked at.
            np.minimum(found, exact.min(), out=found)
            found[near] = exact
        return found

    def fields(self, places: npt.NDArray[np.int64], turn: Whitening) -> Vectors:
        """Return (k, 3, width) unit vectors of the fields of some pages."""
        whole = self.seen.shape[2] == turn.turn.shape[1]
        return self.seen[places] if whole else turned(self.raw[places], turn)


def turned(raw: Halves, turn: Whitening) -> Vectors:
    """Return (k, 3, width) unit vectors from raw ones, zero where a field is empty."""
    flat = raw.reshape(-1, WIDTH).astype(np.float32)
    pages = turn.pages(flat)
    pages[~flat.any(axis=1)] = 0
    return pages.reshape(len(raw), len(FIELDS), -1)


def embedded(pages: Sequence[Page]) -> Halves:
    """Return (n, 3, 384) raw vectors of the pages' fields. Slow: 25 to 70 ms a field."""
    known = dict.fromkeys(text for page in pages for text in page.heads if text)
    vectors = dict(zip(known, PAGES.vectors(list(known), is_query=False), strict=True))
    empty = np.zeros(WIDTH, dtype=np.float32)
    rows = [vectors.get(text, empty) for page in pages for text in page.heads]
    return np.array(rows, dtype=np.float16).reshape(len(pages), len(FIELDS), WIDTH)
