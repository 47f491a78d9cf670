"""Misinformation: a checkable claim that spreads unconfirmed. One pipeline from texts to a calibrated probability.

It reads words, letters and named cues, never how loud a text is, and places only as "a place": who shouts is not wrong,
and a kelurahan says nothing about the truth. What each part adds, and what was tried and left out: docs/models.md.
"""

from __future__ import annotations

from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.flagger.calibrated_linear import CalibratedMargin, SourceAverage
from classifiers.flagger.features import SPACED_WORD_PATTERN, CueFeatures, HeadText, NearWords
from classifiers.flagger.hashed_counts import LetterCounts, WordCounts
from classifiers.text.gazetteer import GAZETTEER_WORD_LIMIT

LETTER_WORD_LIMIT = 60
"""Letter n-grams are most of the time; the first words carry most of what they tell."""

CRITICISM_KINDS = ("criticism", "complaint", "satire", "allegation")
"""The kinds of text that a flag must leave alone."""
CRITICISM_CAUTION = 1.5
"""In log-odds: to flag a criticism counts as much as to flag four and a half notices. From 0 to 1.5 flagged criticism
falls by more than a quarter, and ROC-AUC does not fall; beyond, notices pay (docs/models.md)."""
BORROWED_DISCOUNT = 1.0
"""In log-odds: how much less a likeness to hoaxes from elsewhere counts than one to those of the city's corpus. At 1
criticism is flagged no more often than without them; at 3 half of them pass again (docs/models.md)."""


def build_misinformation_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted flagger for texts about the city; fit it with ``judge__kinds`` and ``judge__groups``.

    Texts from elsewhere are marked in ``judge__borrowed``.

    ``lexicon`` and ``gazetteer``: what ``Lexicon.dumps`` and ``Gazetteer.dumps`` return.
    """
    features = FeatureUnion(
        [
            ("words", _tfidf_pipeline(HeadText(lexicon, GAZETTEER_WORD_LIMIT, gazetteer), word_vectorizer())),
            ("letters", _tfidf_pipeline(HeadText(lexicon, LETTER_WORD_LIMIT, gazetteer), letter_vectorizer())),
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
            # Most sets of words stand in one text alone; with fewer columns they would share those of the telling ones.
            ("hash", HashingVectorizer(**_WORD_SET_OPTIONS, n_features=2**22, binary=True)),
        ]
    )
    return Pipeline([("features", FeatureUnion([("words", words)])), ("judge", SourceAverage(smoothing=0.5))])


_WORD_SET_OPTIONS = {"token_pattern": SPACED_WORD_PATTERN, "lowercase": False, "alternate_sign": False, "norm": None}


def word_vectorizer() -> WordCounts:
    """Return the vectorizer of single words and pairs of words."""
    return WordCounts(2**16, pairs=True)


def letter_vectorizer() -> LetterCounts:
    """Return the vectorizer of letters inside words: endings, prefixes and misspellings."""
    return LetterCounts((3, 5), 2**16)


def _tfidf_pipeline(head: HeadText, vectorizer: WordCounts | LetterCounts) -> Pipeline:
    return Pipeline([("head", head), ("hash", vectorizer), ("tfidf", TfidfTransformer())])
