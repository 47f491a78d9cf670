"""How common each Indonesian stem is in real news and posts: figures only, hashed and capped, no word list.

A small index knows nothing of which words are common. With these, "kota" and "warga" weigh little even where ten pages
exist; as an index grows, its own frequencies take over.
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
"""Weights are kept in one byte: sixteenths of a nat, so at most 15.9."""
_BACKGROUND_WEIGHT = 1_000.0
"""The background counts as this many documents beside an index's own."""
_MAX_WEIGHT = 9.0
"""No word weighs more: a misspelling is rare too, and says nothing."""
_WEIGHT_CACHE_SIZE = 50_000


@memoise_per_word
def stem_bucket(stem: str) -> int:
    """Return where a stem's figure stands; remembered, for texts say the same words."""
    return zlib.crc32(stem.encode()) % BUCKET_COUNT


@dataclass(frozen=True)
class Background:
    """``rarity``: (BUCKETS,) bytes, minus the log of the share of background texts that hold a stem, in sixteenths."""

    rarity: npt.NDArray[np.uint8]

    @classmethod
    def fit(cls, texts: Iterable[frozenset[str]]) -> Background:
        """Return the figures for texts given as sets of stems."""
        counts = np.zeros(BUCKET_COUNT)
        total = 0
        for stems in texts:
            total += 1
            for place in {stem_bucket(stem) for stem in stems}:
                counts[place] += 1
        shares = (counts + 0.5) / (total + 1)
        return cls(np.clip(np.rint(-np.log(shares) * _STEPS_PER_NAT), 0, 255).astype(np.uint8))

    def share(self, stem: str) -> float:
        """Return the share of background texts that hold a stem."""
        return float(np.exp(-float(self.rarity[stem_bucket(stem)]) / _STEPS_PER_NAT))

    def shares(self, stems: Collection[str]) -> npt.NDArray[np.float64]:
        """Return the same of several stems, (n,)."""
        places = np.fromiter(map(stem_bucket, stems), dtype=np.int64, count=len(stems))
        return np.exp(-self.rarity[places].astype(np.float64) / _STEPS_PER_NAT)


_NO_COUNTS: Mapping[str, int] = MappingProxyType({})


class Weights:
    """What each stem of one index weighs: background and index frequencies together."""

    def __init__(
        self,
        background: Background,
        counts: Mapping[str, int] | Callable[[str], int] = _NO_COUNTS,
        documents: int = 0,
    ) -> None:
        """Take the background, and how many of an index's ``documents`` hold each stem."""
        self._background = background
        self.holders = counts if callable(counts) else lambda stem: counts.get(stem, 0)
        self._total = documents + _BACKGROUND_WEIGHT
        self._look_up = _KnownWeights(self._weigh).__getitem__

    def __getitem__(self, stem: str) -> float:
        """Return the weight of a stem, 0 to 9."""
        return self._look_up(stem)

    def _weigh(self, stem: str) -> float:
        share = (self._background.share(stem) * _BACKGROUND_WEIGHT + self.holders(stem)) / self._total
        return min(max(-float(np.log(share)), 0.0), _MAX_WEIGHT)

    def of(self, stems: Collection[str], holders: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the weights of several stems, (n,), of which is known how many documents hold each."""
        shares = (self._background.shares(stems) * _BACKGROUND_WEIGHT + holders) / self._total
        return np.clip(-np.log(shares), 0.0, _MAX_WEIGHT)

    def sum(self, stems: Iterable[str]) -> float:
        """Return the weight of several stems together."""
        return sum(map(self._look_up, stems))

    def heaviest_first(self, stems: Iterable[str]) -> list[float]:
        """Return the weights of several stems, the heaviest first."""
        return sorted(map(self._look_up, stems), reverse=True)


class _KnownWeights(dict[str, float]):
    """The weights that were asked for; a lookup of one that is known runs no Python."""

    def __init__(self, weigh: Callable[[str], float]) -> None:
        super().__init__()
        self._weigh = weigh

    def __missing__(self, stem: str) -> float:
        weight = self._weigh(stem)
        if len(self) < _WEIGHT_CACHE_SIZE:
            self[stem] = weight
        return weight
