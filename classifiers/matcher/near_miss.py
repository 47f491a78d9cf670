"""Tell a repeat of a page's claim from a near-miss, which changes a detail, the verb or the stance.

Ranking finds the page; this gate decides whether the page answers. Its features are the ranking's (``pair_features``),
the typed details (``details``), the stance (``stance``) and the word alignment (``alignment``). ``train_near_miss``
fits it on repeats and near-misses.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from classifiers.matcher.alignment import Alignment, align_message
from classifiers.matcher.answer_probability import AnswerCurve
from classifiers.matcher.details import (
    DECISIVE_KINDS,
    DetailKind,
    Difference,
    added_scopes,
    compare_details,
    is_same_detail,
    read_bodies,
    read_times,
)
from classifiers.matcher.document import Page
from classifiers.matcher.doubts import fact_and_claim_shares, is_contradiction
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.model_file import MatchModelError
from classifiers.matcher.pair_features import PAIR_FEATURES, Feature
from classifiers.matcher.reading import Reading
from classifiers.matcher.stance import (
    CLAIMING_STANCES,
    Stance,
    chance_of_no_claim,
    is_plain_denial,
    likeliest_stance,
    load_stance_model,
)
from classifiers.shipped import shipped_data_folder

NEAR_MISS_MODEL_FILE = "near_miss.npz"
_RAISING_FEATURES = frozenset(("details_shared",))
_EITHER_WAY_FEATURES = frozenset(
    ("claim_told", "asks", "only_left_out", "all_left_out", *(f"aligned_{name}" for name in ("told", "longest_run")))
)
_NEAR_MISS_NAMES = (
    *(f"differs_{kind}" for kind in get_args(DetailKind)),
    "details_differ",
    "details_shared",
    "asks",
    "denies",
    "reports",
    "notice",
    "no_claim",
    "no_claim_beside_page",
    "contradicts",
    "fact_told",
    "claim_told",
    *(f"aligned_{name}" for name in Alignment._fields),
    "only_added",
    "all_added",
    "only_left_out",
    "all_left_out",
    "times_differ",
    "bodies_differ",
)
NEAR_MISS_FEATURES = (
    *PAIR_FEATURES,
    *(
        Feature(name, 1 if name in _RAISING_FEATURES else 0 if name in _EITHER_WAY_FEATURES else -1, "near-miss")
        for name in _NEAR_MISS_NAMES
    ),
)
"""Features of the gate for a message and a page, in order."""
PLAINLY_TOLD = 0.7
"""Share of a claim that a plain retelling tells in order."""
_CHANGES = (
    "details_differ",
    "contradicts",
    "aligned_replacements",
    "aligned_inserted",
    "aligned_ends_replaced",
    "only_added",
    "all_added",
    "only_left_out",
    "all_left_out",
    "times_differ",
    "bodies_differ",
)
_COLUMNS = {feature.name: column for column, feature in enumerate(NEAR_MISS_FEATURES)}
_TOLD_COLUMN, _CHANGE_COLUMNS = _COLUMNS["aligned_told"], [_COLUMNS[name] for name in _CHANGES]


@dataclass(frozen=True)
class Told:
    """The stance of a message, and the probability of each stance."""

    stance: Stance
    chances: Mapping[Stance, float]

    @classmethod
    def of(cls, reading: Reading) -> Told:
        """Return the stance of a message by the shipped model."""
        chances = load_stance_model().probabilities(reading.words, reading.marks)
        denied = is_plain_denial(reading.words, reading.marks)
        return cls("denies" if denied else likeliest_stance(chances), chances)

    @property
    def is_claiming(self) -> bool:
        """Tell whether the message asserts the claim or asks about it."""
        return self.stance in CLAIMING_STANCES


def near_miss_row(ranked: Floats, message: Reading, told: Told, page: Page, weights: Weights) -> Floats:
    """Return the (features,) row of a message and a page; ``ranked``: their ``PairFeatures``."""
    differs = compare_details(message.details, page.details)
    kinds = {difference.kind for difference in differs}
    shared = sum(
        any(is_same_detail(detail, other) for other in page.details if other.kind == detail.kind)
        for detail in message.details
    )
    aside = chance_of_no_claim(told.chances)
    claim_words = (page.heads[1] or page.heads[0]).split()
    own = [
        *(float(kind in kinds) for kind in get_args(DetailKind)),
        float(len(differs)),
        float(shared),
        *(told.chances[stance] for stance in ("asks", "denies", "reports", "notice")),
        aside,
        aside - page.no_claim,
        float(is_contradiction(message, page)),
        *fact_and_claim_shares(message, page, weights),
        *align_message(message.stems, page.fields[1] or page.fields[0], weights),
        *map(float, added_scopes(message.words, claim_words)),
        *map(float, added_scopes(claim_words, message.words)),
        float(_are_apart(read_times(message.words, message.details), read_times(claim_words, page.details))),
        float(_are_apart(read_bodies(message.words, message.details), read_bodies(claim_words, page.details))),
    ]
    return np.concatenate([ranked, np.array(own, dtype=np.float64)])


def is_plain_retelling(row: Floats) -> bool:
    """Tell whether a message only drops or moves words of a claim; ``row``: what ``near_miss_row`` returned."""
    return bool(row[_TOLD_COLUMN] >= PLAINLY_TOLD and not row[_CHANGE_COLUMNS].any())


def _are_apart(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    return bool(ours and theirs) and not ours & theirs


def has_decisive_difference(differs: Sequence[Difference]) -> bool:
    """Tell whether one of the differing details decides by itself."""
    return any(difference.kind in DECISIVE_KINDS for difference in differs)


@dataclass(frozen=True)
class NearMissModel:
    """The near-miss gates with and without vectors; ``about``: version and figures.

    ``answers_…``: the answer curve for each gate. The thresholds of a gate are the probabilities from which a message
    repeats the claim: first of a plain retelling, second of any other message.
    """

    with_vectors: Gate
    words_only: Gate
    answers_with_vectors: AnswerCurve
    answers_words_only: AnswerCurve
    about: Mapping[str, Any] = field(default_factory=dict)

    def gate(self, *, vectors: bool) -> Gate:
        """Return the gate of a matcher with or without vectors."""
        return self.with_vectors if vectors else self.words_only

    def save(self, path: Path) -> None:
        """Write the model without pickle, so that loading a foreign file runs no code."""
        about = dict(self.about) | {"features": [feature.name for feature in NEAR_MISS_FEATURES]}
        arrays: dict[str, npt.NDArray[Any]] = self.with_vectors.arrays("with_vectors")
        arrays |= self.words_only.arrays("words_only")
        arrays |= {"answers.with_vectors": self.answers_with_vectors.weights}
        arrays |= {"answers.words_only": self.answers_words_only.weights}
        np.savez_compressed(path, allow_pickle=False, about=np.array(json.dumps(about, ensure_ascii=False)), **arrays)

    @classmethod
    def load(cls, path: Path) -> NearMissModel:
        """Load a model. Raises ``MatchModelError`` where it was fitted on other features."""
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        about = json.loads(str(stored["about"]))
        if about["features"] != [feature.name for feature in NEAR_MISS_FEATURES] or "answers.words_only" not in stored:
            raise MatchModelError(f"{path}: fitted on other features than this version works out")
        gates = [Gate.from_arrays(stored, name) for name in ("with_vectors", "words_only")]
        curves = [AnswerCurve(stored[f"answers.{name}"]) for name in ("with_vectors", "words_only")]
        return cls(gates[0], gates[1], curves[0], curves[1], about)


@cache
def load_near_miss_model() -> NearMissModel:
    """Return the shipped model. It is cached."""
    return NearMissModel.load(shipped_data_folder() / "models" / NEAR_MISS_MODEL_FILE)
