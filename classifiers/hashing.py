"""Columns of words and letters, as scikit-learn's hashing gives them, one at a time and remembered.

``HashingVectorizer`` tells how often each column occurs in a text, not which word made it; and it takes the letters of
the same words apart again in every text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import murmurhash3_32

Places = npt.NDArray[np.int64]

_WORDS_REMEMBERED = 50_000


def columns_of(grams: Sequence[str], features: int) -> Places:
    """Return the column of each n-gram, as ``HashingVectorizer`` without alternating signs has it."""
    return np.array([abs(murmurhash3_32(gram)) % features for gram in grams], dtype=np.int64)


@lru_cache(maxsize=_WORDS_REMEMBERED)
def letters_of(word: str, sizes: tuple[int, int], features: int) -> Places:
    """Return the column of each run of ``sizes`` letters of a word with a space before and after; not to be changed."""
    padded = f" {word} "
    runs: list[str] = []
    for size in range(sizes[0], sizes[1] + 1):
        runs += [padded[at : at + size] for at in range(max(len(padded) - size, 0) + 1)]
        if size >= len(padded):
            break  # a word too short for a size counts once, whole
    return columns_of(runs, features)


class LetterCounts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Turn strings of words into counts of the letters inside words, as ``HashingVectorizer`` with "char_wb" does."""

    def __init__(self, ngram_range: tuple[int, int] = (3, 5), n_features: int = 2**16) -> None:
        """Take the shortest and longest run of letters, and the number of columns."""
        self.ngram_range = ngram_range
        self.n_features = n_features

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Return itself: there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Say that it can be used at once."""
        return True

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, n_features) counts."""
        sizes = (self.ngram_range[0], self.ngram_range[1])
        texts = [[letters_of(word, sizes, self.n_features) for word in text.split()] for text in X]
        bounds = np.cumsum([0, *(sum(map(len, words)) for words in texts)])
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *(one for words in texts for one in words)])
        table = csr_array((np.ones(len(columns)), columns, bounds), shape=(len(texts), self.n_features))
        table.sum_duplicates()
        return table
