"""Hashing vectorizers for words and letters that cache the columns of each word.

Most words of a text occurred before. A cached word costs one dictionary lookup; the rest is array arithmetic over the
batch. ``explain`` uses the same functions to trace columns back to words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import murmurhash3_32

from classifiers.text.memo import memoise_per_word

Places = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

# Constants of SplitMix64 (Steele, Lea and Flood 2014, https://doi.org/10.1145/2660193.2660195).
_HASH_STEP, _HASH_MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


@memoise_per_word
def _hash_word(word: str) -> int:
    return abs(int(murmurhash3_32(word)))


def ngram_columns(grams: Sequence[str], features: int) -> Places:
    """Return the (n,) columns of n-grams, as ``HashingVectorizer`` without alternating signs computes them."""
    return np.array([abs(murmurhash3_32(gram)) % features for gram in grams], dtype=np.int64)


def hash_words(words: Iterable[str], count: int) -> Hashes:
    """Return the (count,) hashes of ``count`` words."""
    return np.fromiter(map(_hash_word, words), dtype=np.uint64, count=count)


def word_columns(hashes: Hashes, features: int) -> Places:
    """Return the (n,) columns of words, as ``HashingVectorizer`` computes them."""
    return (hashes % np.uint64(features)).astype(np.int64)


def pair_columns(hashes: Hashes, features: int) -> Places:
    """Return the (n - 1,) columns of adjacent words. The order of the two words matters."""
    mixed = hashes[:-1] * _HASH_STEP + hashes[1:]
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _HASH_MIX
    return ((mixed ^ (mixed >> np.uint64(32))) % np.uint64(features)).astype(np.int64)


class WordCounts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Transform strings of words into counts of words and, with ``pairs``, of adjacent words."""

    def __init__(self, n_features: int = 2**16, pairs: bool = False) -> None:
        """Set the number of columns, and whether adjacent words are counted."""
        self.n_features = n_features
        self.pairs = pairs

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Return self: there is nothing to fit."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that no fit is needed."""
        return True

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, n_features) counts."""
        return self.of_words([text.split() for text in X])

    def of_words(self, texts: Sequence[Sequence[str]]) -> csr_array:
        """Return the result of ``transform`` for texts that are lists of words."""
        sizes = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        hashes = hash_words(chain.from_iterable(texts), int(sizes.sum()))
        rows = np.repeat(np.arange(len(texts)), sizes)
        columns = word_columns(hashes, self.n_features)
        if self.pairs:
            inside = np.flatnonzero(rows[:-1] == rows[1:])
            columns = np.concatenate([columns, pair_columns(hashes, self.n_features)[inside]])
            rows = np.concatenate([rows, rows[inside]])
        return _build_count_table(rows, columns, (len(texts), self.n_features))


class LetterCounts(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Transform strings of words into counts of character n-grams, as ``HashingVectorizer`` with "char_wb" does."""

    def __init__(self, ngram_range: tuple[int, int] = (3, 5), n_features: int = 2**16) -> None:
        """Set the shortest and longest n-gram, and the number of columns."""
        self.ngram_range = ngram_range
        self.n_features = n_features

    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Return self: there is nothing to fit."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that no fit is needed."""
        return True

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, n_features) counts."""
        return self.of_words([text.split() for text in X])

    def of_words(self, texts: Sequence[Sequence[str]]) -> csr_array:
        """Return the result of ``transform`` for texts that are lists of words."""
        sizes = (self.ngram_range[0], self.ngram_range[1])
        sizes_in_words = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        made = list(map(build_letter_hasher(sizes, self.n_features), chain.from_iterable(texts)))
        runs = np.fromiter(map(len, made), dtype=np.int64, count=len(made))
        rows = np.repeat(np.repeat(np.arange(len(texts)), sizes_in_words), runs)
        columns = np.concatenate([np.zeros(0, dtype=np.int64), *made])
        return _build_count_table(rows, columns, (len(texts), self.n_features))


@lru_cache(maxsize=8)
def build_letter_hasher(sizes: tuple[int, int], features: int) -> Callable[[str], Places]:
    """Return a cached function from a word to the columns of its n-grams, with a space before and after the word.

    ``sizes``: the shortest and longest n-gram. The returned arrays are cached: do not change them.
    """
    return memoise_per_word(lambda word: ngram_columns(_letter_runs(word, sizes), features))


def _letter_runs(word: str, sizes: tuple[int, int]) -> list[str]:
    padded = f" {word} "
    runs: list[str] = []
    for size in range(sizes[0], sizes[1] + 1):
        runs += [padded[start : start + size] for start in range(max(len(padded) - size, 0) + 1)]
        if size >= len(padded):
            break  # a shorter word counts once, as a whole
    return runs


def _build_count_table(rows: Places, columns: Places, shape: tuple[int, int]) -> csr_array:
    if len(rows) < _SMALL_BATCH_CELLS:  # sorting is faster than scipy's conversion
        cells, counts = np.unique(rows * shape[1] + columns, return_counts=True)
        starts = np.searchsorted(cells, np.arange(shape[0] + 1) * shape[1])
        return csr_array((counts.astype(np.float64), cells % shape[1], starts), shape=shape)
    table = csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=shape))
    table.sum_duplicates()
    return table


_SMALL_BATCH_CELLS = 20_000
