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

    def __init__(self, lexicon: str, words: int = 60, stop: bool = False, gazetteer: str = "") -> None:
        """Read at most ``words`` words; leave out stop words with ``stop``; with a gazetteer, its names become the kind
        of thing they name, so that a model learns what is said and not where."""
        self.lexicon = lexicon
        self.words = words
        self.stop = stop
        self.gazetteer = gazetteer

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of words a text."""
        return [" ".join(word for word, _ in self.read(text)) for text in X]

    def read(self, text: str) -> list[tuple[str, Span]]:
        """Return the words as the model sees them, each with the first place it stands for."""
        lexicon = Lexicon.loads(self.lexicon)
        read = spans(text, lexicon)[: self.words]
        seen = [(NUMBER_WORD if span.word[0].isdigit() else span.word, span) for span in read]
        if self.gazetteer:
            seen = self._named(text, read, seen)
        return [pair for pair in seen if pair[0] not in lexicon.stop_words] if self.stop else seen

    def _named(self, text: str, read: Sequence[Span], seen: list[tuple[str, Span]]) -> list[tuple[str, Span]]:
        names = Gazetteer.loads(self.gazetteer, self.lexicon)
        for hit, entry, _ in reversed(names.find_words(text, read)):
            if entry.kind in ("place", "person"):
                seen[hit.start : hit.stop] = [(f"nama_{entry.kind}", Span("", read[hit.start].start, read[hit.stop - 1].end))]
        return seen


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
