"""Document frequencies of Indonesian stems in real news and posts, hashed and capped, without a word list.

A small index cannot tell which words are common. The background gives "kota" and "warga" low weights even among ten
pages. As an index grows, its own frequencies prevail.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from classifiers.text.memo import memoise_per_word

BUCKET_COUNT = 1 << 16
_STEPS_PER_NAT = 16
"""Weights are stored in one byte as sixteenths of a nat, at most 15.9 nats."""
_BACKGROUND_WEIGHT = 1_000.0
"""The background counts as this many documents."""
_MAX_WEIGHT = 9.0
"""Maximum weight of a stem, because misspellings are rare but not informative."""
_WEIGHT_CACHE_SIZE = 50_000


@memoise_per_word
def stem_bucket(stem: str) -> int:
    """Return the bucket of a stem in the background. The result is cached."""
    return zlib.crc32(stem.encode()) % BUCKET_COUNT


@dataclass(frozen=True)
class Background:
    """``rarity``: (BUCKET_COUNT,) bytes, the negative log of a bucket's document frequency in sixteenths of a nat."""

    rarity: npt.NDArray[np.uint8]

    @classmethod
    def fit(cls, texts: Iterable[frozenset[str]]) -> Background:
        """Fit on texts given as sets of stems."""
        counts = np.zeros(BUCKET_COUNT)
        total = 0
        for stems in texts:
            total += 1
            for place in {stem_bucket(stem) for stem in stems}:
                counts[place] += 1
        shares = (counts + 0.5) / (total + 1)
        return cls(np.clip(np.rint(-np.log(shares) * _STEPS_PER_NAT), 0, 255).astype(np.uint8))

    def share(self, stem: str) -> float:
        """Return the share of background texts that contain a stem, 0..1."""
        return float(np.exp(-float(self.rarity[stem_bucket(stem)]) / _STEPS_PER_NAT))

    def shares(self, stems: Collection[str]) -> npt.NDArray[np.float64]:
        """Return the (n,) shares of background texts that contain each stem."""
        places = np.fromiter(map(stem_bucket, stems), dtype=np.int64, count=len(stems))
        return np.exp(-self.rarity[places].astype(np.float64) / _STEPS_PER_NAT)


_NO_COUNTS: Mapping[str, int] = MappingProxyType({})


class Weights:
    """Weights of the stems of one index, from the background and its own document frequencies."""

    def __init__(
        self,
        background: Background,
        counts: Mapping[str, int] | Callable[[str], int] = _NO_COUNTS,
        documents: int = 0,
    ) -> None:
        """``counts``: how many of the index's ``documents`` contain a stem."""
        self._background = background
        self.holders = counts if callable(counts) else lambda stem: counts.get(stem, 0)
        self._total = documents + _BACKGROUND_WEIGHT
        self._look_up = _KnownWeights(self._weigh).__getitem__

    def __getitem__(self, stem: str) -> float:
        """Return the weight of a stem in nats, 0 to 9."""
        return self._look_up(stem)

    def _weigh(self, stem: str) -> float:
        share = (self._background.share(stem) * _BACKGROUND_WEIGHT + self.holders(stem)) / self._total
        return min(max(-float(np.log(share)), 0.0), _MAX_WEIGHT)

    def of(self, stems: Collection[str], holders: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the (n,) weights of stems; ``holders``: (n,) how many documents contain each."""
        shares = (self._background.shares(stems) * _BACKGROUND_WEIGHT + holders) / self._total
        return np.clip(-np.log(shares), 0.0, _MAX_WEIGHT)

    def sum(self, stems: Iterable[str]) -> float:
        """Return the total weight of stems."""
        return sum(map(self._look_up, stems))

    def heaviest_first(self, stems: Iterable[str]) -> list[float]:
        """Return the weights of stems in descending order."""
        return sorted(map(self._look_up, stems), reverse=True)


class _KnownWeights(dict[str, float]):
    """Cache of weights; a cached lookup runs no Python code."""

    def __init__(self, weigh: Callable[[str], float]) -> None:
        super().__init__()
        self._weigh = weigh

    def __missing__(self, stem: str) -> float:
        weight = self._weigh(stem)
        if len(self) < _WEIGHT_CACHE_SIZE:
            self[stem] = weight
        return weight
