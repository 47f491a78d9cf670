"""Texts in, numbers out: the transformers inside the pipelines.

Their parameters are strings and numbers, so that a model file can keep them without pickle; the lexicon and the
gazetteer go in as the strings that their ``dumps`` returned.
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
"""Stands for any number: which one says nothing about the next text."""


READING_VERSION = 2
"""Raised when the same text gives other features though no list changed: models fitted before must be fitted anew."""
SPACED_WORD_PATTERN = r"\S+"
"""How vectorizers part the strings that ``HeadText`` returns: at spaces."""
NAME_WORD_PREFIX = "nama_"
"""Begins the word that stands for a name of one kind."""
MASK_WORDS = {kind: NAME_WORD_PREFIX + kind for kind in ("place", "person")}
"""The kinds of names that a model shall not learn, and the word that stands for each."""


Values = npt.NDArray[np.float32]


class Seen(NamedTuple):
    """The words of a text as a model sees them, where each begins in the text as written, and where it ends."""

    words: list[str]
    starts: list[int]
    ends: list[int]


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
        self,
        lexicon: str,
        words: int = 60,
        gazetteer: str = "",
        stop: bool = False,
        units: bool = False,
        roots: bool = False,
        bare: bool = False,
    ) -> None:
        """Read at most ``words`` words, with ``stop`` without stop words, with ``roots`` as stems, or ``bare``.

        With a gazetteer the names of places and people become one word each, so that a model learns what is said and
        not where; with ``units`` they stay, and the unit of each name is added as a word.
        """
        self.lexicon = lexicon
        self.words = words
        self.gazetteer = gazetteer
        self.stop = stop
        self.units = units
        self.roots = roots
        self.bare = bare

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of words a text."""
        return list(map(" ".join, self.words_of(X)))

    def words_of(self, X: Sequence[str]) -> list[list[str]]:
        """Return the words of each text."""
        lexicon, names = self._lists()
        if names is None:  # where the words stand is not asked: every entry of every feed passes here
            most = self.words
            lists = [list(map(_mask_number, tokenise_text(text, lexicon)[0][:most])) for text in X]
        else:
            lists = [self._seen(text, lexicon, names)[0] for text in X]
        if self.stop:
            stop = lexicon.stop_words
            lists = [[word for word in words if word not in stop] for words in lists]
        if self.roots or self.bare:
            lists = [list(map(self._form, words)) for words in lists]
        return lists

    def read(self, X: Sequence[str]) -> list[Seen]:
        """Return, for each text, the words as a model sees them, each with its place in the text as written."""
        lexicon, names = self._lists()
        found = [self._seen(text, lexicon, names) for text in X]
        if self.stop:
            found = [_drop_words(one, lexicon.stop_words) for one in found]
        if self.roots or self.bare:
            found = [one._replace(words=list(map(self._form, one.words))) for one in found]
        return found

    @property
    def _form(self) -> Callable[[str], str]:
        return stem_word if self.roots else strip_affixes

    def _lists(self) -> tuple[Lexicon, Gazetteer | None]:
        names = Gazetteer.loads(self.gazetteer, self.lexicon) if self.gazetteer else None
        return Lexicon.loads(self.lexicon), names

    def _seen(self, text: str, lexicon: Lexicon, names: Gazetteer | None) -> Seen:
        """Return the words before any is left out, and where each begins and ends."""
        if names is not None and not self.units:
            words, starts, ends = mask_names(text, names)
            return Seen(words[: self.words], starts[: self.words], ends[: self.words])
        found = tokenise_text(text, lexicon)
        words, starts, ends = found.words[: self.words], found.starts[: self.words], found.ends[: self.words]
        if names is None:
            return Seen(list(map(_mask_number, words)), starts, ends)
        units = {one.entry.unit for one in names.find_words(text) if one.entry.unit and not one.entry.district}
        nowhere = [0] * len(units)
        return Seen([*words, *(f"unit_{unit}" for unit in sorted(units))], starts + nowhere, ends + nowhere)


def _drop_words(seen: Seen, words: frozenset[str]) -> Seen:
    kept = [at for at, word in enumerate(seen.words) if word not in words]
    return Seen([seen.words[at] for at in kept], [seen.starts[at] for at in kept], [seen.ends[at] for at in kept])


@lru_cache(maxsize=TEXT_CACHE_SIZE)
def mask_names(text: str, names: Gazetteer) -> Seen:
    """Return the first words of a text, places and people as one word each, without the names of authorities.

    Remembered, not to be changed.
    """
    found = tokenise_text(text, names.lexicon)
    words = list(map(_mask_number, found.words[:GAZETTEER_WORD_LIMIT]))
    starts, ends = found.starts[:GAZETTEER_WORD_LIMIT], found.ends[:GAZETTEER_WORD_LIMIT]
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
    """Turn strings of words into strings of words, pairs and triples of words that stand near one another.

    In what order they stand does not count: headlines and messages say the same in many orders.
    """

    def __init__(self, pairs: int = 5, triples: int = 4) -> None:
        """Take how many words in a row a pair, and a triple, may lie in."""
        self.pairs = pairs
        self.triples = triples

    def transform(self, X: Sequence[str]) -> list[str]:
        """Return one string of sets a text, parted by spaces."""
        made = []
        for text in X:
            words = text.split()
            made.append(" ".join([join_word_set(words, places) for places in self.places(len(words))]))
        return made

    def places(self, count: int) -> list[tuple[int, ...]]:
        """Return the places of each set in a text of ``count`` words."""
        found: list[tuple[int, ...]] = [(at,) for at in range(count)]
        for one in range(count):
            for other in range(one + 1, min(one + self.pairs, count)):
                found.append((one, other))
                found += [(one, other, last) for last in range(other + 1, min(one + self.triples, count))]
        return found


def join_word_set(words: Sequence[str], places: tuple[int, ...]) -> str:
    """Return the words at these places as one word, the same in whatever order they stand."""
    return "_".join(sorted([words[at] for at in places])) if len(places) > 1 else words[places[0]]


class CueFeatures(_Stateless):
    """Turn texts into the values of the named cues."""

    def __init__(self, lexicon: str, words: int = 120, weight: float = 1.0) -> None:
        """Read at most ``words`` words. ``weight`` scales all values: the larger, the less they are held back."""
        self.lexicon = lexicon
        self.words = words
        self.weight = weight

    def transform(self, X: Sequence[str]) -> csr_array:
        """Return (n, len(cues.NAMES)) values."""
        return csr_array(self.values(X))

    def values(self, X: Sequence[str]) -> Values:
        """Return the same as a plain array."""
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
    """Return what ``features.transform`` does, with less work for each batch.

    scikit-learn clones, checks and wraps around every step, words would be joined to be parted again, and scipy checks
    every table on the way: for one text all that is most of the time.
    """
    if isinstance(features, FeatureUnion):
        return _stack_columns([_vectorise_part(step, texts) for _, step in features.transformer_list if step != "drop"])
    return _stack_columns([_vectorise_part(features, texts)])


class _Rows(NamedTuple):
    """A table row by row: where the cells of each row begin, their columns and values, and the number of columns."""

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
    made = _apply_steps([one for _, one in step.steps] if isinstance(step, Pipeline) else [step], texts)
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
    """Weigh each count by how rare its column is, and bring each row to length 1; ``counts`` is changed."""
    counts.data *= step.idf_[counts.indices]
    inplace_csr_row_normalize_l2(counts)
    return counts


def _stack_columns(parts: Sequence[_Rows]) -> csr_array:
    """Return the tables side by side, the cells of each row in the order of their columns."""
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
    """Turn texts into counts of the city's names and of other places."""

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
        """Return the same as a plain array."""
        names = Gazetteer.loads(self.gazetteer, self.lexicon)
        lexicon = Lexicon.loads(self.lexicon)
        local, words = lexicon.local, self.words
        rows = [
            [*self._count(names.find_words(text)), not local.isdisjoint(tokenise_text(text, lexicon).spoken[:words])]
            for text in X
        ]
        table = np.array(rows, dtype=np.float32).reshape(len(X), len(PLACE_FEATURES))
        return table * np.float32(self.weight)

    def _count(self, found: Sequence[Found]) -> list[float]:
        if not found:
            return _NO_NAMES_ROW
        counts = [0.0] * 8
        for _, stop, entry, city in found:
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
    """Return a digest of what the columns mean and what the transformers keep.

    A model fitted with other ones would weigh the wrong columns, or lack what reading needs.
    """
    readers = (HeadText, NearWords, WordCounts, LetterCounts, CueFeatures, PlaceFeatures)
    kept = [(reader.__name__, sorted(signature(reader).parameters)) for reader in readers]
    meanings = (READING_VERSION, cues.PHRASE_CUES, cues.STYLE_CUES, PLACE_FEATURES, kept)
    return hashlib.sha256(repr(meanings).encode()).hexdigest()[:12]
