"""Find near-copies among many texts: MinHash proposes pairs, the similarity of words confirms them.

The set is the pairs of adjacent words in a text's sketch (near_duplicate.py). Two texts with Jaccard similarity j share
a band with probability 1 - (1 - j**ROWS)**BANDS (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive
Datasets, chapter 3): .99 at j = .58, .27 at .25, and .0002 at .02, typical for unrelated texts. The hash parameters
come from a digest, so stored values are the same on every machine and version.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from classifiers.matcher.details import compare_details, has_decisive_difference
from classifiers.matcher.match import load_shipped_reader
from classifiers.text.memo import TEXT_CACHE_SIZE
from classifiers.text.near_duplicate import COPY_LIKENESS, build_sketch, sketch_likeness

BAND_COUNT, ROWS_PER_BAND = 20, 3
MIN_SKETCH_WORDS = 6
"""Shorter texts are too similar to one another."""


def _digest_numbers(name: bytes, count: int) -> npt.NDArray[np.uint64]:
    return np.frombuffer(hashlib.shake_256(name).digest(8 * count), "<u8").astype(np.uint64)


_FACTORS = _digest_numbers(b"factors", BAND_COUNT * ROWS_PER_BAND) | np.uint64(1)
_SUMMANDS = _digest_numbers(b"summands", BAND_COUNT * ROWS_PER_BAND)
_ROW_MIXERS = _digest_numbers(b"rows", ROWS_PER_BAND) | np.uint64(1)
_BAND_MIXERS = _digest_numbers(b"places", BAND_COUNT)


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def minhash_bands(text: str) -> tuple[int, ...]:
    """Return ``BAND_COUNT`` signed 64-bit band hashes; near-copies share at least one. Short texts have none."""
    words = build_sketch(text).words.split()
    if len(words) < MIN_SKETCH_WORDS:
        return ()
    pairs = {crc32(f"{word} {other}".encode()) for word, other in pairwise(words)}
    shingles = np.fromiter(pairs, np.uint64, len(pairs))
    # Dietzfelbinger's multiply-shift hashing, modulo 2**64.
    least = ((shingles[:, None] * _FACTORS + _SUMMANDS) >> np.uint64(32)).min(axis=0).reshape(BAND_COUNT, ROWS_PER_BAND)
    mixed = ((least * _ROW_MIXERS).sum(axis=1, dtype=np.uint64) ^ _BAND_MIXERS).view(np.int64)
    return tuple(mixed.tolist())


def copy_likeness(text: str, other: str) -> float:
    """Return the similarity (0..1) of two texts where one is a near-copy of the other, else 0.

    A text that denies the other, or tells a checkable detail otherwise, is no copy.
    """
    alike = sketch_likeness(build_sketch(text), build_sketch(other))
    return alike if alike >= COPY_LIKENESS and not _tells_otherwise(text, other) else 0.0


def _tells_otherwise(text: str, other: str) -> bool:
    read = load_shipped_reader().read
    return has_decisive_difference(compare_details(read(text).details, read(other).details))
