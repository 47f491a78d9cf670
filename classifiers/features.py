"""Texts in, numbers out: the transformers inside the pipelines. Their parameters are strings and numbers, so that a model
file can keep them without pickle; the lexicon and the gazetteer go in as the strings that their ``dumps`` returned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin

from classifiers import cues
from classifiers.gazetteer import Gazetteer
from classifiers.lexicon import Lexicon
from classifiers.text import Span, spans

NUMBER_WORD = "angka"
"""Stands for any number: which one says nothing about the next text."""


class _Stateless(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Return itself: there is nothing to learn."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Say that it can be used at once."""
        return True


class HeadText(_Stateless):
    """Turn texts into their first understood words, as one string each."""

    def __init__(
        self, lexicon: str, words: int = 60, gazetteer: str = "", stop: bool = False, units: bool = False
    ) -> None:
        """Read at most ``words`` words, with ``stop`` without stop words.

        With a gazetteer the names of places and people become one word each, so that a model learns what is said and
        not where; with ``units`` they stay, and the unit of each name is added as a word.
        """
        self.lexicon = lexicon
        self.words = words
        self.gazetteer = gazetteer
        self.stop = stop
        self.units = units

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of words a text."""
        return [" ".join([word for word, _, _ in seen]) for seen in self.read(X)]

    def read(self, X: Sequence[str]) -> list[list[Span]]:
        """Return, for each text, the words as a model sees them, each with its place in the text as written."""
        lexicon = Lexicon.loads(self.lexicon)
        names = Gazetteer.loads(self.gazetteer, self.lexicon) if self.gazetteer else None
        ignored = lexicon.stop_words if self.stop else frozenset()
        return [self._seen(text, spans(text, lexicon)[: self.words], names, ignored) for text in X]

    def _seen(
        self, text: str, read: Sequence[Span], names: Gazetteer | None, ignored: frozenset[str]
    ) -> list[Span]:
        seen = [Span(NUMBER_WORD, start, end) if word[0].isdigit() else Span(word, start, end) for word, start, end in read]
        found = names.find_words(text, read) if names is not None else []
        if self.units:
            seen += [Span(f"unit_{entry.unit}", 0, 0) for _, entry, _ in found if entry.unit and not entry.district]
        else:
            for hit, entry, _ in reversed(found):
                if entry.kind in ("place", "person"):
                    place = Span(f"nama_{entry.kind}", read[hit.start].start, read[hit.stop - 1].end)
                    seen[hit.start : hit.stop] = [place]
        return [span for span in seen if span.word not in ignored] if ignored else seen


class CueFeatures(_Stateless):
    """Turn texts into the values of the named cues."""

    def __init__(self, lexicon: str, words: int = 120, weight: float = 1.0) -> None:
        """Read at most ``words`` words. ``weight`` scales all values: the larger, the less they are held back."""
        self.lexicon = lexicon
        self.words = words
        self.weight = weight

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, len(cues.NAMES)) values."""
        lexicon = Lexicon.loads(self.lexicon)
        index = cues.index(lexicon)
        table = np.zeros((len(X), len(cues.NAMES)), dtype=np.float32)
        for row, text in enumerate(X):
            words = [span.word for span in spans(text, lexicon)[: self.words]]
            table[row] = cues.values(text, words, index.find(words))
        return csr_array(table * np.float32(self.weight))


PLACE_FEATURES = (
    "city_place",
    "city_office",
    "city_programme",
    "city_person",
    "undecided_place",
    "undecided_office",
    "undecided_programme",
    "elsewhere",
    "only_elsewhere",
    "any_city",
    "nothing",
)


class PlaceFeatures(_Stateless):
    """Turn texts into counts of the city's names and of other places."""

    def __init__(self, gazetteer: str, lexicon: str, words: int = 60, weight: float = 1.0) -> None:
        """Read at most ``words`` words; ``weight`` as in ``CueFeatures``."""
        self.gazetteer = gazetteer
        self.lexicon = lexicon
        self.words = words
        self.weight = weight

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, len(PLACE_FEATURES)) values in 0..weight."""
        names = Gazetteer.loads(self.gazetteer, self.lexicon)
        lexicon = Lexicon.loads(self.lexicon)
        table = np.zeros((len(X), len(PLACE_FEATURES)), dtype=np.float32)
        for row, text in enumerate(X):
            self._count(table[row], names, text, spans(text, lexicon)[: self.words])
        return csr_array(table * np.float32(self.weight))

    @staticmethod
    def _count(row: npt.NDArray[np.float32], names: Gazetteer, text: str, read: Sequence[Span]) -> None:
        for _, entry, city in names.find_words(text, read):
            if entry.elsewhere:
                row[7] += 1
            else:
                row[_COLUMN[city, entry.kind]] += 1
        row[:8] /= row[:8] + 1
        row[9] = row[:4].any()
        row[8] = row[7] > 0 and not row[9]
        row[10] = not row[:8].any()


_COLUMN: dict[tuple[bool, Any], int] = {
    (True, "place"): 0,
    (True, "office"): 1,
    (True, "programme"): 2,
    (True, "person"): 3,
    (False, "place"): 4,
    (False, "office"): 5,
    (False, "programme"): 6,
    (False, "person"): 4,
}
