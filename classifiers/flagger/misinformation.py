"""Misinformation: a checkable claim that spreads unconfirmed. The pipelines map texts to a calibrated probability.

They read words, letters and cues. They ignore capitals and exclamation marks, and mask the names of places, because
neither says whether a claim is true. docs/models.md gives the effect of each part and the parts that were dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.flagger.calibrated_linear import CalibratedMargin, SourceAverage
from classifiers.flagger.features import SPACED_WORD_PATTERN, CueFeatures, HeadText, NearWords, vectorise_texts
from classifiers.flagger.hashed_counts import LetterCounts, WordCounts
from classifiers.flagger.public_texts import WriterText, text_labels
from classifiers.flagger.second_judges import OtherWriters
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

BAYES_SHARE = 0.3
"""The share of naive Bayes in the margin, in spreads of the softmax's margins (docs/flagger-trials.md)."""
WRITERS_SHARE = 0.2
"""The share of the judge that learned from other writers. From .3 on it costs the corpus (docs/flagger-trials.md)."""


def build_misinformation_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted flagger for texts about the city.

    Fit it with ``judge__kinds``, ``judge__groups`` and, for texts from elsewhere, ``judge__borrowed``; or by
    ``fit_with_writers``. ``lexicon`` and
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
        C=30.0,
        spared=list(CRITICISM_KINDS),
        caution=CRITICISM_CAUTION,
        discount=BORROWED_DISCOUNT,
        seed=seed,
        bayes_share=BAYES_SHARE,
        writers_share=WRITERS_SHARE,
    )
    return Pipeline([("features", features), ("judge", judge)])


def fit_with_writers(
    model: Pipeline, texts: Sequence[str], labels: npt.ArrayLike, writers: Sequence[WriterText], **about: Any
) -> Pipeline:
    """Fit the flagger on texts, and its judge of other writers on theirs; ``about``: arguments of the judge's fit.

    The features are fitted on ``texts`` alone: how rare a word is in the corpus does not hang on how many writers came.
    """
    features, judge = model.named_steps["features"], model.named_steps["judge"]
    table = features.fit_transform(list(texts))
    others = None
    if writers:
        others = OtherWriters(vectorise_texts(features, [text.text for text in writers]), text_labels(writers))
    judge.fit(table, labels, writers=others, **about)
    return model


def build_across_sources(lexicon: str) -> Pipeline:
    """Return the unfitted flagger for data sets of several sources; fit it with ``judge__sources``."""
    parts = [(name, _word_set_pipeline(lexicon, size, width)) for name, size, width, _ in _WORD_SET_BLOCKS]
    judge = SourceAverage(
        smoothing=[smoothing for *_, smoothing in _WORD_SET_BLOCKS],
        widths=[width for _, _, width, _ in _WORD_SET_BLOCKS],
    )
    return Pipeline([("features", FeatureUnion(parts)), ("judge", judge)])


def _word_set_pipeline(lexicon: str, size: int, width: int) -> Pipeline:
    # A headline is told again in the text below it: a word counts once.
    head = HeadText(lexicon, LETTER_WORD_LIMIT, stop=True, roots=True, once=True)
    hashed = HashingVectorizer(**_WORD_SET_OPTIONS, n_features=width, binary=True)
    return Pipeline([("head", head), ("near", NearWords(sizes=(size,))), ("hash", hashed)])


_WORD_SET_BLOCKS = (("words", 1, 2**18, 2.0), ("pairs", 2, 2**21, 0.1), ("triples", 3, 2**21, 0.5))
"""Words, pairs and triples as blocks of their own: name, words in a set, columns, smoothing.

Most pairs and triples occur in one text only; with fewer columns they would collide with the informative ones. A word
is judged by the sources that hold it often, a pair by any that holds it (docs/flagger-trials.md)."""
_WORD_SET_OPTIONS = {"token_pattern": SPACED_WORD_PATTERN, "lowercase": False, "alternate_sign": False, "norm": None}


def _word_vectorizer() -> WordCounts:
    """Return the vectorizer of words and adjacent words."""
    return WordCounts(2**16, pairs=True)


def _letter_vectorizer() -> LetterCounts:
    """Return the vectorizer of character n-grams: affixes and misspellings."""
    return LetterCounts((3, 5), 2**16)


def _tfidf_pipeline(head: HeadText, vectorizer: WordCounts | LetterCounts) -> Pipeline:
    return Pipeline([("head", head), ("hash", vectorizer), ("tfidf", TfidfTransformer())])
