"""What a message and a page have in common and what not, as numbers: one row for each candidate.

Every figure is relative to the message, the page, or the background, so that it means the same in an index of twenty
pages and of a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Page
from classifiers.matcher.index.candidates import ABSENT_SCORE, Candidates, DocumentIndex, Message
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.index.postings import Scores
from classifiers.matcher.index.top_k import top_k_places
from classifiers.matcher.reading import Reading
from classifiers.text.quantities import Quantity

HEAD_STEMS = 12
_PAGE_CACHE_SIZE = 500
"""Pages whose parts are kept ready: sets of their stems, pairs and characters, which are large."""
_STEM_CACHE_SIZE = 20_000


class Feature(NamedTuple):
    """``direction``: +1 where more of it may only raise the probability, -1 only lower it, 0 either."""

    name: str
    direction: int
    family: str

    @property
    def needs_vectors(self) -> bool:
        """Return whether it is unknown where vectors are not installed."""
        return self.family == "meaning"


PAIR_FEATURES = (
    Feature("lexical", 1, "words"),
    Feature("lexical_margin", 1, "words"),
    Feature("message_covered", 1, "words"),
    Feature("head_covered", 1, "words"),
    Feature("sentence_covered", 1, "words"),
    Feature("claim_covered", 1, "words"),
    Feature("title_covered", 1, "words"),
    Feature("summary_covered", 0, "words"),
    Feature("shared_weight", 1, "words"),
    Feature("rarest_shared", 1, "rare words"),
    Feature("second_shared", 1, "rare words"),
    Feature("third_shared", 1, "rare words"),
    Feature("rarest_unshared", -1, "rare words"),
    Feature("third_unshared", -1, "rare words"),
    Feature("claim_rarest_missed", -1, "rare words"),
    Feature("phrases_shared", 1, "phrases and characters"),
    Feature("characters_of_message", 1, "phrases and characters"),
    Feature("characters_of_claim", 1, "phrases and characters"),
    Feature("numbers_shared", 1, "numbers"),
    Feature("numbers_missed", 0, "numbers"),
    Feature("numbers_conflict", -1, "numbers"),
    Feature("places_shared", 1, "places and offices"),
    Feature("places_missed", -1, "places and offices"),
    Feature("places_conflict", -1, "places and offices"),
    Feature("offices_shared", 1, "places and offices"),
    Feature("offices_missed", 0, "places and offices"),
    Feature("asks_service", -1, "manner"),
    Feature("asks_truth", 0, "manner"),
    Feature("negations", 0, "manner"),
    Feature("message_length", 0, "length"),
    Feature("page_length", 0, "length"),
    Feature("meaning", 1, "meaning"),
    Feature("meaning_claim", 1, "meaning"),
    Feature("meaning_title", 1, "meaning"),
    Feature("meaning_summary", 1, "meaning"),
    Feature("meaning_margin", 1, "meaning"),
    Feature("both_margin", 1, "meaning"),
)
FEATURE_FAMILIES = tuple(dict.fromkeys(feature.family for feature in PAIR_FEATURES))
FEATURE_NAMES = tuple(feature.name for feature in PAIR_FEATURES)


class Comparison(NamedTuple):
    """Typed numbers, places and offices of a message and a page side by side."""

    shared: int
    missed: int
    conflict: int


@dataclass
class _Seen:
    """What is worked out once for a message or a page."""

    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    grams: frozenset[str]
    weight: float
    claim: tuple[frozenset[str], float] = (frozenset(), 0.0)
    fields: list[tuple[frozenset[str], float]] = field(default_factory=list)
    claim_grams: frozenset[str] = frozenset()


class PairFeatures:
    """Works the features out for the pages of one index."""

    def __init__(self, index: DocumentIndex) -> None:
        """Take an index; its pages are looked at when they first stand among the candidates."""
        self._index = index
        self._page = lru_cache(_PAGE_CACHE_SIZE)(self._looked_at)

    def rows(self, message: Message, candidates: Candidates) -> npt.NDArray[np.float64]:
        """Return (candidates, features) in the order of ``PAIR_FEATURES``; NaN where vectors are missing."""
        weights = self._index.weights
        seen = _summarise_stems(message.reading.stems, weights)
        sentences = [(s, weights.sum(s)) for s in message.reading.sentences] or [(seen.stems, seen.weight)]
        opening = frozenset(message.reading.stems[:HEAD_STEMS])
        heads = [*sentences, (opening, weights.sum(opening))]
        words = [self._words(message.reading, seen, heads, int(place)) for place in candidates.places]
        scores = self._scores(message, candidates)
        return np.hstack([scores[:, :2], np.array(words).reshape(len(scores), -1), scores[:, 2:]])

    def _looked_at(self, place: int) -> tuple[Page, _Seen]:
        page = self._index.page(place)
        return page, _summarise_page(page, self._index.weights)

    def _words(
        self, reading: Reading, seen: _Seen, heads: list[tuple[frozenset[str], float]], place: int
    ) -> list[float]:
        weights, (page, other) = self._index.weights, self._page(place)
        shared = weights.heaviest_first(seen.stems & other.stems)
        unshared = weights.heaviest_first(seen.stems - other.stems)
        claim_missed = max(map(weights.__getitem__, other.claim[0] - seen.stems), default=0.0)
        *sentences, opening = heads
        return [
            sum(shared) / max(seen.weight, 1.0),
            _covered_share(opening, other.stems, weights),
            # A sentence of two words is easily covered: it counts for as much as it holds.
            max(_covered_share(one, other.stems, weights) * min(1.0, one[1] / 25.0) for one in sentences),
            _covered_share(other.claim, seen.stems, weights),
            _covered_share(other.fields[0], seen.stems, weights),
            _covered_share(other.fields[2], seen.stems, weights),
            float(np.log1p(sum(shared))),
            *_values_at(shared, 0, 1, 2),
            *_values_at(unshared, 0, 2),
            claim_missed,
            float(np.log1p(sum(min(weights[a], weights[b]) for a, b in seen.pairs & other.pairs))),
            len(seen.grams & other.grams) / max(len(seen.grams), 1),
            len(seen.grams & other.claim_grams) / max(len(other.claim_grams), 1),
            *map(float, compare_numbers(reading.numbers, page.numbers)),
            *map(float, compare_names(reading.places, page.places)),
            *map(float, compare_names(reading.offices, page.offices)[:2]),
            float(reading.asks_service),
            float(reading.asks_truth),
            float(min(reading.negations, 3)),
            float(np.log1p(len(seen.stems))),
            float(np.log1p(len(other.stems))),
        ]

    def _scores(self, message: Message, candidates: Candidates) -> npt.NDArray[np.float64]:
        places, lexical, meaning = candidates.places, candidates.lexical, candidates.meaning
        columns = [lexical[places], _margin_over_others(lexical, places)]
        fields = self._index.fields(places, message)
        if meaning is None or fields is None:
            columns += [np.full(len(places), np.nan)] * 6
        else:
            (title, claim, summary), filled = fields[0].T, fields[1]
            claim = np.where(filled[:, 1], claim, title)
            title = np.where(filled[:, 0], title, claim)
            columns += [
                meaning[places],
                claim,
                title,
                summary,
                _margin_over_others(meaning, places),
                _margin_over_others(lexical + meaning, places),
            ]
        return np.array(columns, dtype=np.float64).T


def _summarise_stems(said: Sequence[str], weights: Weights) -> _Seen:
    stems = frozenset(said)
    return _Seen(stems, frozenset(pairwise(said)), _character_grams(stems), weights.sum(stems))


def _summarise_page(page: Page, weights: Weights) -> _Seen:
    seen = _summarise_stems(page.stems, weights)
    stems = [frozenset(one) for one in page.fields]
    seen.fields = [(one, weights.sum(one)) for one in stems]
    # What was claimed stands in the claim, else in the title, else it is told in the summary.
    seen.claim = next((one for one in (seen.fields[1], seen.fields[0], seen.fields[2]) if one[0]), (frozenset(), 0.0))
    seen.claim_grams = _character_grams(seen.claim[0])
    return seen


def _character_grams(stems: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(_stem_grams, stems))


@lru_cache(_STEM_CACHE_SIZE)
def _stem_grams(stem: str) -> tuple[str, ...]:
    """Return the runs of four letters of a stem: made once, so that all pages that hold it share them."""
    padded = f" {stem} "
    return tuple(padded[at : at + 4] for at in range(max(len(padded) - 3, 1)))


def _covered_share(part: tuple[frozenset[str], float], by: frozenset[str], weights: Weights) -> float:
    return weights.sum(part[0] & by) / max(part[1], 1.0)


def _values_at(ordered: list[float], *places: int) -> list[float]:
    return [ordered[place] if place < len(ordered) else 0.0 for place in places]


def _margin_over_others(scores: Scores, places: npt.NDArray[np.int64]) -> Scores:
    """Return how far each place lies above the best of all others; where there is no other, above zero."""
    if len(scores) < 2:
        return scores[places]
    second, first = np.sort(scores[top_k_places(scores, 2)])
    second = second if second > ABSENT_SCORE else 0.0
    return np.asarray(scores[places] - np.where(scores[places] == first, second, first), dtype=np.float32)


def compare_numbers(ours: Collection[Quantity], theirs: Collection[Quantity]) -> Comparison:
    """Return how many of a message's numbers a page has, has not, and has another of the same kind instead."""
    kinds = {one.kind for one in theirs if one.kind != "count"}
    missed = {(one.kind, one.value) for one in ours if not has_same_number(one, theirs)}
    found = {(one.kind, one.value) for one in ours} - missed
    return Comparison(len(found), len(missed), sum(kind in kinds for kind, _ in missed))


def has_same_number(one: Quantity, theirs: Collection[Quantity]) -> bool:
    """Return whether a number stands among others; "Agustus" agrees with "1 Agustus", "2.000" with "Rp2.000"."""
    if one.kind == "date":
        month, day = divmod(one.value, 100)
        days = [other.value % 100 for other in theirs if other.kind == "date" and other.value // 100 == month]
        return day in days or bool(days and not day) or 0 in days
    if one.kind in ("count", "money") and one.value > 9:
        return any(other.value == one.value for other in theirs)
    return any(other.kind == one.kind and other.value == one.value for other in theirs)


def compare_names(ours: frozenset[str], theirs: frozenset[str]) -> Comparison:
    """Return how many of a message's names a page has, has not, and whether they only have different ones."""
    shared = len(ours & theirs)
    return Comparison(shared, len(ours - theirs), int(bool(ours and theirs and not shared)))
