"""Transformers from texts to features, the first steps of the pipelines.

Their parameters are strings and numbers, so a model file can store them without pickle. Lexicon and gazetteer are
passed as the strings from their ``dumps``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from inspect import signature
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.utils.sparsefuncs_fast import inplace_csr_row_normalize_l2

from classifiers.flagger import cues
from classifiers.flagger.hashed_counts import LetterCounts, WordCounts
from classifiers.text.gazetteer import GAZETTEER_WORD_LIMIT, Found, Gazetteer
from classifiers.text.lexicon import Lexicon
from classifiers.text.memo import TEXT_CACHE_SIZE, memoise_per_word
from classifiers.text.normalise import stem_word, strip_affixes, tokenise_text

NUMBER_WORD = "angka"
"""Replaces every number, because a particular number does not generalise."""


READING_VERSION = 2
"""Raise it when the same text yields other features though no list changed. Older models must then be refitted."""
SPACED_WORD_PATTERN = r"\S+"
"""Token pattern of vectorizers for the strings of ``HeadText``, which separates words by spaces."""
NAME_WORD_PREFIX = "nama_"
"""Prefix of the words that replace names."""
MASK_WORDS = {kind: NAME_WORD_PREFIX + kind for kind in ("place", "person")}
"""Kinds of names that a model must not learn, each with the word that replaces it."""


Values = npt.NDArray[np.float32]


class Seen(NamedTuple):
    """The words of a text as a model reads them, with their spans in the original text."""

    words: list[str]
    starts: list[int]
    ends: list[int]


class _Stateless(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    def fit(self, X: Sequence[str], y: object = None) -> Self:
        """Return self: there is nothing to fit."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        """Tell scikit-learn that no fit is needed."""
        return True


class HeadText(_Stateless):
    """Transform texts into their first normalised words, joined to one string each."""

    def __init__(
        self,
        lexicon: str,
        words: int = 60,
        gazetteer: str = "",
        stop: bool = False,
        units: bool = False,
        roots: bool = False,
        bare: bool = False,
        once: bool = False,
    ) -> None:
        """Set what is read.

        ``words``: maximum number of words; ``stop``: drop stop words; ``roots``: stem words; ``bare``: strip common
        affixes; ``once``: drop a word that occurred before. With a gazetteer each name of a place or person becomes one
        placeholder word; with ``units`` names stay, and the code of each named unit is appended as a word.
        """
        self.lexicon = lexicon
        self.words = words
        self.gazetteer = gazetteer
        self.stop = stop
        self.units = units
        self.roots = roots
        self.bare = bare
        self.once = once

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of words per text."""
        return list(map(" ".join, self.words_of(X)))

    def words_of(self, X: Sequence[str]) -> list[list[str]]:
        """Return the list of words of each text."""
        lexicon, names = self._lists()
        if names is None:  # no spans, as every entry of every feed passes here
            most = self.words
            lists = [list(map(_mask_number, tokenise_text(text, lexicon)[0][:most])) for text in X]
        else:
            lists = [self._seen(text, lexicon, names)[0] for text in X]
        if self.stop:
            stop = lexicon.stop_words
            lists = [[word for word in words if word not in stop] for words in lists]
        if self.roots or self.bare:
            lists = [list(map(self._form, words)) for words in lists]
        return [list(dict.fromkeys(words)) for words in lists] if self.once else lists

    def read(self, X: Sequence[str]) -> list[Seen]:
        """Return the words of each text with their spans in the original text."""
        lexicon, names = self._lists()
        texts = [self._seen(text, lexicon, names) for text in X]
        if self.stop:
            texts = [_drop_words(seen, lexicon.stop_words) for seen in texts]
        if self.roots or self.bare:
            texts = [seen._replace(words=list(map(self._form, seen.words))) for seen in texts]
        return [_keep_first_occurrences(seen) for seen in texts] if self.once else texts

    @property
    def _form(self) -> Callable[[str], str]:
        return stem_word if self.roots else strip_affixes

    def _lists(self) -> tuple[Lexicon, Gazetteer | None]:
        names = Gazetteer.loads(self.gazetteer, self.lexicon) if self.gazetteer else None
        return Lexicon.loads(self.lexicon), names

    def _seen(self, text: str, lexicon: Lexicon, names: Gazetteer | None) -> Seen:
        """Return the words and their spans before words are dropped or stemmed."""
        if names is not None and not self.units:
            words, starts, ends = _mask_names(text, names)
            return Seen(words[: self.words], starts[: self.words], ends[: self.words])
        read = tokenise_text(text, lexicon)
        words, starts, ends = read.words[: self.words], read.starts[: self.words], read.ends[: self.words]
        if names is None:
            return Seen(list(map(_mask_number, words)), starts, ends)
        units = {name.entry.unit for name in names.find_words(text) if name.entry.unit and not name.entry.district}
        nowhere = [0] * len(units)
        return Seen([*words, *(f"unit_{unit}" for unit in sorted(units))], starts + nowhere, ends + nowhere)


def _drop_words(seen: Seen, words: frozenset[str]) -> Seen:
    return _keep_positions(seen, [position for position, word in enumerate(seen.words) if word not in words])


def _keep_first_occurrences(seen: Seen) -> Seen:
    last_to_first = zip(reversed(seen.words), reversed(range(len(seen.words))), strict=True)
    return _keep_positions(seen, sorted(dict(last_to_first).values()))


def _keep_positions(seen: Seen, positions: Sequence[int]) -> Seen:
    return Seen(
        [seen.words[position] for position in positions],
        [seen.starts[position] for position in positions],
        [seen.ends[position] for position in positions],
    )


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def _mask_names(text: str, names: Gazetteer) -> Seen:
    """Return the first words of a text with places and people masked and authorities removed.

    The result is cached: do not change it.
    """
    read = tokenise_text(text, names.lexicon)
    words = list(map(_mask_number, read.words[:GAZETTEER_WORD_LIMIT]))
    starts, ends = read.starts[:GAZETTEER_WORD_LIMIT], read.ends[:GAZETTEER_WORD_LIMIT]
    for start, stop, entry, _ in reversed(names.find_words(text)):
        if entry.kind in MASK_WORDS:
            words[start:stop] = [MASK_WORDS[entry.kind]]
            starts[start:stop], ends[start:stop] = [starts[start]], [ends[stop - 1]]
    seen = Seen(words, starts, ends)
    return seen if _AUTHORITY_WORDS.isdisjoint(words) else _drop_words(seen, _AUTHORITY_WORDS)


_AUTHORITY_WORDS = frozenset(cues.AUTHORITIES)


@memoise_per_word
def _mask_number(word: str) -> str:
    return word if word[0] > "9" else NUMBER_WORD


class NearWords(_Stateless):
    """Transform strings of words into strings of words, and of pairs and triples of nearby words.

    The order within a pair or triple does not count, as headlines and messages vary it.
    """

    def __init__(self, pairs: int = 5, triples: int = 4, sizes: Sequence[int] = (1, 2, 3)) -> None:
        """Set the window, in words, within which a pair and a triple must lie, and the sizes of the sets returned."""
        self.pairs = pairs
        self.triples = triples
        self.sizes = sizes

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of space-separated word sets per text."""
        made = []
        for text in X:
            words = text.split()
            made.append(" ".join([join_word_set(words, places) for places in self.places(len(words))]))
        return made

    def places(self, count: int) -> list[tuple[int, ...]]:
        """Return the word positions of each set in a text of ``count`` words. The list is cached: do not change it."""
        return _word_set_places(count, self.pairs, self.triples, tuple(self.sizes))


@lru_cache(maxsize=512)
def _word_set_places(count: int, pairs: int, triples: int, sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    sets: list[tuple[int, ...]] = [(position,) for position in range(count)]
    for first in range(count):
        for other in range(first + 1, min(first + pairs, count)):
            sets.append((first, other))
            sets += [(first, other, last) for last in range(other + 1, min(first + triples, count))]
    return [places for places in sets if len(places) in sizes]


def join_word_set(words: Sequence[str], places: tuple[int, ...]) -> str:
    """Return the words at these positions as one token that does not depend on their order."""
    return "_".join(sorted([words[position] for position in places])) if len(places) > 1 else words[places[0]]


class CueFeatures(_Stateless):
    """Transform texts into saturated counts of the cues."""

    def __init__(self, lexicon: str, words: int = 120, weight: float = 1.0) -> None:
        """Read at most ``words`` words. ``weight`` scales all values: larger values are regularised less."""
        self.lexicon = lexicon
        self.words = words
        self.weight = weight

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, len(cues.CUE_NAMES)) values in 0..weight."""
        return csr_array(self.values(X))

    def values(self, X: Sequence[str]) -> Values:
        """Return the values of ``transform`` as a dense array."""
        lexicon = Lexicon.loads(self.lexicon)
        counts = [
            cues.count_cues(
                text, tokenise_text(text, lexicon).words[: self.words], cues.find_cue_phrases(text, lexicon, self.words)
            )
            for text in X
        ]
        table = np.array(counts, dtype=np.float32).reshape(len(X), len(cues.CUE_NAMES))
        return cues.saturate_counts(table) * np.float32(self.weight)


def vectorise_texts(features: FeatureUnion | Pipeline, texts: Sequence[str]) -> csr_array:
    """Return the result of ``features.transform`` without scikit-learn's overhead.

    scikit-learn clones and checks every step, and scipy checks every table. For one text that takes most of the time.
    """
    if isinstance(features, FeatureUnion):
        return _stack_columns([_vectorise_part(step, texts) for _, step in features.transformer_list if step != "drop"])
    return _stack_columns([_vectorise_part(features, texts)])


class _Rows(NamedTuple):
    """A sparse table in CSR form: row bounds, columns, values, and the number of columns."""

    starts: npt.NDArray[Any]
    columns: npt.NDArray[Any]
    values: npt.NDArray[Any]
    width: int


def _vectorise_part(step: Any, texts: Sequence[str]) -> _Rows:
    if isinstance(step, CueFeatures | PlaceFeatures):
        table = step.values(texts)
        rows, columns = np.nonzero(table)
        starts = np.searchsorted(rows, np.arange(len(texts) + 1))
        return _Rows(starts, columns, table[rows, columns], table.shape[1])
    made = _apply_steps([transformer for _, transformer in step.steps] if isinstance(step, Pipeline) else [step], texts)
    return _Rows(made.indptr, made.indices, made.data, made.shape[1])


def _apply_steps(steps: Sequence[Any], texts: Sequence[str]) -> csr_array:
    table: Any = texts
    if len(steps) > 1 and isinstance(steps[0], HeadText) and isinstance(steps[1], WordCounts | LetterCounts):
        table = steps[1].of_words(steps[0].words_of(texts))
        steps = steps[2:]
    for step in steps:
        table = _apply_tfidf(step, table) if _is_plain_tfidf(step) else step.transform(table)
    return csr_array(table)


def _is_plain_tfidf(step: Any) -> bool:
    return isinstance(step, TfidfTransformer) and step.norm == "l2" and step.use_idf and not step.sublinear_tf


def _apply_tfidf(step: TfidfTransformer, counts: csr_array) -> csr_array:
    """Apply the inverse document frequencies and normalise rows to length 1. Changes ``counts``."""
    counts.data *= step.idf_[counts.indices]
    inplace_csr_row_normalize_l2(counts)
    return counts


def _stack_columns(parts: Sequence[_Rows]) -> csr_array:
    """Return the tables side by side as one CSR table with ordered columns."""
    sizes = [np.diff(part.starts) for part in parts]
    ends = np.cumsum(sum(sizes))
    starts = np.concatenate([[0], ends]).astype(np.int32)
    columns, values = np.empty(starts[-1], dtype=np.int32), np.empty(starts[-1])
    begins, first = starts[:-1].astype(np.int64), 0
    for part, size in zip(parts, sizes, strict=True):
        places = np.arange(len(part.columns)) + np.repeat(begins - part.starts[:-1], size)
        columns[places], values[places] = part.columns + first, part.values
        begins, first = begins + size, first + part.width
    return csr_array((values, columns, starts), shape=(len(starts) - 1, first))


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
    "kupang_malay",
)


class PlaceFeatures(_Stateless):
    """Transform texts into saturated counts of the city's names and of other places."""

    def __init__(self, gazetteer: str, lexicon: str, words: int = 60, weight: float = 1.0) -> None:
        """Read at most ``words`` words; ``weight`` as in ``CueFeatures``."""
        self.gazetteer = gazetteer
        self.lexicon = lexicon
        self.words = words
        self.weight = weight

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, len(PLACE_FEATURES)) values in 0..weight."""
        return csr_array(self.values(X))

    def values(self, X: Sequence[str]) -> Values:
        """Return the values of ``transform`` as a dense array."""
        names = Gazetteer.loads(self.gazetteer, self.lexicon)
        lexicon = Lexicon.loads(self.lexicon)
        local, words = lexicon.local, self.words
        rows = [
            [*self._count(names.find_words(text)), not local.isdisjoint(tokenise_text(text, lexicon).spoken[:words])]
            for text in X
        ]
        table = np.array(rows, dtype=np.float32).reshape(len(X), len(PLACE_FEATURES))
        return table * np.float32(self.weight)

    def _count(self, names: Sequence[Found]) -> list[float]:
        if not names:
            return _NO_NAMES_ROW
        counts = [0.0] * 8
        for _, stop, entry, city in names:
            if stop <= self.words:
                counts[7 if entry.elsewhere else _COUNT_COLUMNS[city, entry.kind]] += 1
        any_city = any(counts[:4])
        full = [count / (count + 1) for count in counts]
        return [*full, counts[7] > 0 and not any_city, any_city, not any(counts)]


_NO_NAMES_ROW = [*(0.0 for _ in range(10)), True]
_COUNT_COLUMNS: dict[tuple[bool, Any], int] = {
    (True, "place"): 0,
    (True, "office"): 1,
    (True, "programme"): 2,
    (True, "person"): 3,
    (False, "place"): 4,
    (False, "office"): 5,
    (False, "programme"): 6,
    (False, "person"): 4,
}


def features_version() -> str:
    """Return a digest of the feature columns and of the transformers' parameters, 12 hex digits.

    A model with another version would weigh the wrong columns.
    """
    readers = (HeadText, NearWords, WordCounts, LetterCounts, CueFeatures, PlaceFeatures)
    parameters = [(reader.__name__, sorted(signature(reader).parameters)) for reader in readers]
    meanings = (READING_VERSION, cues.PHRASE_CUES, cues.STYLE_CUES, PLACE_FEATURES, parameters)
    return hashlib.sha256(repr(meanings).encode()).hexdigest()[:12]
