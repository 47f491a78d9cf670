"""Misinformation: a checkable claim that spreads unconfirmed. The pipelines map texts to a calibrated probability.

They read words, letters and cues. They ignore capitals and exclamation marks, and mask the names of places, because
neither says whether a claim is true. docs/models.md gives the effect of each part and the parts that were dropped.
"""

from __future__ import annotations

from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.flagger.calibrated_linear import CalibratedMargin, SourceAverage
from classifiers.flagger.features import SPACED_WORD_PATTERN, CueFeatures, HeadText, NearWords
from classifiers.flagger.hashed_counts import LetterCounts, WordCounts
from classifiers.text.gazetteer import GAZETTEER_WORD_LIMIT

LETTER_WORD_LIMIT = 60
"""Words whose letter n-grams are read. N-grams take most of the time, and the first words carry most of their
signal."""

CRITICISM_KINDS = ("criticism", "complaint", "satire", "allegation")
"""Kinds of text that must not be flagged."""
CRITICISM_CAUTION = 1.5
"""Penalty in log-odds: flagging a criticism costs as much as flagging four and a half notices. From 0 to 1.5 flagged
criticism falls by more than a quarter at the same ROC-AUC; beyond, more notices are flagged (docs/models.md)."""
BORROWED_DISCOUNT = 1.0
"""Discount in log-odds for likeness to hoaxes from elsewhere. At 1 they cause no more flagged criticism; at 3 half of
them pass unflagged (docs/models.md)."""


def build_misinformation_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted flagger for texts about the city.

    Fit it with ``judge__kinds``, ``judge__groups`` and, for texts from elsewhere, ``judge__borrowed``. ``lexicon`` and
    ``gazetteer``: the strings from ``Lexicon.dumps`` and ``Gazetteer.dumps``.
    """
    features = FeatureUnion(
        [
            ("words", _tfidf_pipeline(HeadText(lexicon, GAZETTEER_WORD_LIMIT, gazetteer), _word_vectorizer())),
            ("letters", _tfidf_pipeline(HeadText(lexicon, LETTER_WORD_LIMIT, gazetteer), _letter_vectorizer())),
            ("cues", CueFeatures(lexicon, GAZETTEER_WORD_LIMIT, weight=0.3)),
        ]
    )
    judge = CalibratedMargin(
        C=30.0, spared=list(CRITICISM_KINDS), caution=CRITICISM_CAUTION, discount=BORROWED_DISCOUNT, seed=seed
    )
    return Pipeline([("features", features), ("judge", judge)])


def build_across_sources(lexicon: str) -> Pipeline:
    """Return the unfitted flagger for data sets of several sources; fit it with ``judge__sources``."""
    words = Pipeline(
        [
            ("head", HeadText(lexicon, LETTER_WORD_LIMIT, stop=True, roots=True)),
            ("near", NearWords()),
            # Most word sets occur in one text only. With fewer columns they would collide with the informative ones.
            ("hash", HashingVectorizer(**_WORD_SET_OPTIONS, n_features=2**22, binary=True)),
        ]
    )
    return Pipeline([("features", FeatureUnion([("words", words)])), ("judge", SourceAverage(smoothing=0.5))])


_WORD_SET_OPTIONS = {"token_pattern": SPACED_WORD_PATTERN, "lowercase": False, "alternate_sign": False, "norm": None}


def _word_vectorizer() -> WordCounts:
    """Return the vectorizer of words and adjacent words."""
    return WordCounts(2**16, pairs=True)


def _letter_vectorizer() -> LetterCounts:
    """Return the vectorizer of character n-grams: affixes and misspellings."""
    return LetterCounts((3, 5), 2**16)


def _tfidf_pipeline(head: HeadText, vectorizer: WordCounts | LetterCounts) -> Pipeline:
    return Pipeline([("head", head), ("hash", vectorizer), ("tfidf", TfidfTransformer())])
