"""Features of a message and a page: one row per candidate.

Every value is relative to the message, the page or the background, so it means the same in an index of twenty pages as
in one of a thousand.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.details import CONTRASTED_KINDS, compare_details, has_decisive_difference, stands_among
from classifiers.matcher.document import Page
from classifiers.matcher.gate import Floats
from classifiers.matcher.index.candidates import ABSENT_SCORE, Candidates, DocumentIndex
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.index.postings import Scores, top_k_places
from classifiers.matcher.pair_reader.model import PairChances
from classifiers.matcher.reading import Reading
from classifiers.matcher.stance import STANCES, Told
from classifiers.text.quantities import Quantity

HEAD_STEMS = 12
_PAGE_CACHE_SIZE = 500
"""Pages whose sets of stems, pairs and character n-grams are cached; the sets are large."""
_STEM_CACHE_SIZE = 20_000


class Feature(NamedTuple):
    """``direction``: 1 where a larger value may only raise the probability, -1 only lower it, 0 either."""

    name: str
    direction: int
    family: str


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
)
FEATURE_NAMES = tuple(feature.name for feature in PAIR_FEATURES)


class Comparison(NamedTuple):
    """Counts of a message's values that a page shares, lacks, and contradicts."""

    shared: int
    missed: int
    conflict: int


@dataclass
class _Seen:
    """Sets computed once per message or page."""

    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    grams: frozenset[str]
    weight: float
    claim: tuple[frozenset[str], float] = (frozenset(), 0.0)
    fields: list[tuple[frozenset[str], float]] = field(default_factory=list)
    claim_grams: frozenset[str] = frozenset()


class PairFeatures:
    """Computes features for the pages of one index."""

    def __init__(self, index: DocumentIndex) -> None:
        """Take the index. Pages are summarised when they first become candidates."""
        self._index = index
        self._page = lru_cache(_PAGE_CACHE_SIZE)(self._looked_at)

    def rows(self, message: Reading, candidates: Candidates) -> npt.NDArray[np.float64]:
        """Return (candidates, features) in the order of ``PAIR_FEATURES``."""
        weights, places, lexical = self._index.weights, candidates.places, candidates.lexical
        seen = _summarise_stems(message.stems, weights)
        sentences = [(s, weights.sum(s)) for s in message.sentences] or [(seen.stems, seen.weight)]
        opening = frozenset(message.stems[:HEAD_STEMS])
        heads = [*sentences, (opening, weights.sum(opening))]
        words = [self._words(message, seen, heads, int(place)) for place in places]
        return np.column_stack(
            [lexical[places], _margin_over_others(lexical, places), np.array(words).reshape(len(places), -1)]
        )

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
            # Short sentences are easily covered, so they are discounted.
            max(
                _covered_share(sentence, other.stems, weights) * min(1.0, sentence[1] / 25.0) for sentence in sentences
            ),
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
            *map(float, _compare_names(reading.places, page.places)),
            *map(float, _compare_names(reading.offices, page.offices)[:2]),
            float(reading.asks_service),
            float(reading.asks_truth),
            float(min(reading.negations, 3)),
            float(np.log1p(len(seen.stems))),
            float(np.log1p(len(other.stems))),
        ]


def _summarise_stems(stem_sequence: Sequence[str], weights: Weights) -> _Seen:
    stems = frozenset(stem_sequence)
    return _Seen(stems, frozenset(pairwise(stem_sequence)), _character_grams(stems), weights.sum(stems))


def _summarise_page(page: Page, weights: Weights) -> _Seen:
    seen = _summarise_stems(page.stems, weights)
    stems = [frozenset(field_stems) for field_stems in page.fields]
    seen.fields = [(field_stems, weights.sum(field_stems)) for field_stems in stems]
    # A document without a claim states it in the title or the summary.
    seen.claim = next(
        (part for part in (seen.fields[1], seen.fields[0], seen.fields[2]) if part[0]), (frozenset(), 0.0)
    )
    seen.claim_grams = _character_grams(seen.claim[0])
    return seen


def _character_grams(stems: Iterable[str]) -> frozenset[str]:
    return frozenset().union(*map(_stem_grams, stems))


@lru_cache(_STEM_CACHE_SIZE)
def _stem_grams(stem: str) -> tuple[str, ...]:
    """Return the character 4-grams of a stem. They are cached so that pages share them."""
    padded = f" {stem} "
    return tuple(padded[start : start + 4] for start in range(max(len(padded) - 3, 1)))


def _covered_share(part: tuple[frozenset[str], float], by: frozenset[str], weights: Weights) -> float:
    return weights.sum(part[0] & by) / max(part[1], 1.0)


def _values_at(ordered: list[float], *places: int) -> list[float]:
    return [ordered[place] if place < len(ordered) else 0.0 for place in places]


def _margin_over_others(scores: Scores, places: npt.NDArray[np.int64]) -> Scores:
    """Return how far each place exceeds the best other score, or zero where there is no other."""
    if len(scores) < 2:
        return scores[places]
    second, first = np.sort(scores[top_k_places(scores, 2)])
    second = second if second > ABSENT_SCORE else 0.0
    return np.asarray(scores[places] - np.where(scores[places] == first, second, first), dtype=np.float32)


def compare_numbers(ours: Collection[Quantity], theirs: Collection[Quantity]) -> Comparison:
    """Return how many of a message's numbers a page shares, lacks, and replaces by another of the same kind."""
    kinds = {number.kind for number in theirs if number.kind != "count"}
    missed = {(number.kind, number.value) for number in ours if not has_same_number(number, theirs)}
    shared = {(number.kind, number.value) for number in ours} - missed
    return Comparison(len(shared), len(missed), sum(kind in kinds for kind, _ in missed))


def has_same_number(number: Quantity, theirs: Collection[Quantity]) -> bool:
    """Tell whether a number occurs among others; "Agustus" matches "1 Agustus", "2.000" matches "Rp2.000"."""
    if number.kind == "date":
        month, day = divmod(number.value, 100)
        days = [other.value % 100 for other in theirs if other.kind == "date" and other.value // 100 == month]
        return day in days or bool(days and not day) or 0 in days
    if number.kind in ("count", "money") and number.value > 9:
        return any(other.value == number.value for other in theirs)
    return any(other.kind == number.kind and other.value == number.value for other in theirs)


def _compare_names(ours: frozenset[str], theirs: frozenset[str]) -> Comparison:
    """Return how many of a message's names a page shares and lacks, and 1 where both have names but none in common."""
    shared = len(ours & theirs)
    return Comparison(shared, len(ours - theirs), int(bool(ours and theirs and not shared)))


LONGEST_ODDS = 6.0
"""Maximum absolute log-odds of a term: no model is believed without end."""
_DETAILS_COUNTED = 3
REPEAT_FEATURES = (
    Feature("claim_told", 0, "words"),
    Feature("message_in_claim", 0, "words"),
    Feature("fact_told", 0, "words"),
    Feature("details_differ", -1, "words"),
    Feature("decisive_detail_differs", -1, "words"),
    Feature("details_shared", 1, "words"),
    Feature("contradicts", -1, "words"),
    Feature("asks", 0, "words"),
    *(Feature(stance, -1, "words") for stance in STANCES[2:]),
    Feature("likeness", 1, "words"),
    Feature("reader_repeat", 1, "reader"),
    Feature("reader_near_miss", -1, "reader"),
    Feature("reader_other", -1, "reader"),
)
WORD_FEATURES = tuple(feature for feature in REPEAT_FEATURES if feature.family == "words")


def repeat_features(
    message: Reading, telling: Told, page: Page, likeness: float, chances: PairChances | None, weights: Weights
) -> Floats:
    """Return the row of a message and a page: of ``REPEAT_FEATURES``, without ``chances`` of ``WORD_FEATURES``."""
    claim = page.claimed or frozenset(page.fields[0])
    common = weights.sum(message.known & claim)
    differs = compare_details(message.details, page.details)
    details = [detail for detail in message.details if detail.kind not in CONTRASTED_KINDS]
    shared = [stands_among(detail, page.details) for detail in details]
    row = [
        common / max(weights.sum(claim), 1.0),
        common / max(weights.sum(message.known), 1.0),
        _fact_share(message, page, weights),
        float(len(differs)),
        float(has_decisive_difference(differs)),
        float(min(sum(shared), _DETAILS_COUNTED)),
        float(_is_contradiction(message, page)),
        *(telling.chances[stance] for stance in STANCES[1:]),
        log_odds(likeness),
    ]
    return np.array(row if chances is None else [*row, *map(log_odds, chances)])


def _is_contradiction(message: Reading, page: Page) -> bool:
    """Tell whether one text denies a stem of the claim that the other asserts."""
    return bool((message.denied ^ page.denied) & message.known & page.claimed)


def _fact_share(message: Reading, page: Page, weights: Weights) -> float:
    """Return which share (0..1) of the words that only the title has a message repeats."""
    fact = frozenset(page.fields[0]) - (page.claimed or frozenset(page.fields[0]))
    return weights.sum(fact & message.known) / max(weights.sum(fact), 1.0)


def log_odds(probability: float) -> float:
    """Return the log-odds of a probability, clipped to ±``LONGEST_ODDS``."""
    bounded = min(max(float(probability), 1e-9), 1 - 1e-9)
    return float(np.clip(np.log(bounded / (1 - bounded)), -LONGEST_ODDS, LONGEST_ODDS))
