"""What tells a repeat of a page's claim from a near-miss: the features of the gate that decides the stamp.

The pair reader's chances, the likeness, the typed details, the stance, and how much of claim and message the other one
tells. Neither length nor the words around a claim are features: a gate that saw them learned that repeats are short,
which held for one writer. Without the pair reader the gate on the other features holds.
"""

from __future__ import annotations

import numpy as np

from classifiers.matcher.details import CONTRASTED_KINDS, compare_details, has_decisive_difference, stands_among
from classifiers.matcher.document import Page
from classifiers.matcher.gate import Floats
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import Feature
from classifiers.matcher.pair_reader.model import PairChances
from classifiers.matcher.reading import Reading
from classifiers.matcher.stance import STANCES, Told

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
    told = [detail for detail in message.details if detail.kind not in CONTRASTED_KINDS]
    shared = [stands_among(detail, page.details) for detail in told]
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
