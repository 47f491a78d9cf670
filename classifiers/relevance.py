"""Relevance: is a text about the government of Kota Kupang, its services, or something that worries its residents?"""

from __future__ import annotations

from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.features import HeadText, PlaceFeatures
from classifiers.hashing import WordCounts
from classifiers.linear import CalibratedMargin

WORDS_READ = 60
"""The head of an entry says what it is about, and every entry of every feed is read."""


def build(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted pipeline from texts to the probability of being about the city.

    Fit it with ``judge__groups``, and ``judge__kinds`` where the texts about elsewhere are of several kinds.
    ``lexicon`` and ``gazetteer``: what ``Lexicon.dumps`` and ``Gazetteer.dumps`` return.
    """
    # "Ditutup", "penutupan" and "tutup" say the same of what a text is about.
    head = HeadText(lexicon, WORDS_READ, bare=True)
    words = Pipeline([("head", head), ("hash", WordCounts(2**15)), ("tfidf", TfidfTransformer())])
    places = PlaceFeatures(gazetteer, lexicon, WORDS_READ, weight=2.0)
    # In the corpus most texts are about the city, in feeds few are: the probability takes no side.
    judge = CalibratedMargin(C=10.0, balanced=True, seed=seed)
    features = FeatureUnion([("words", words), ("places", places)])
    return Pipeline([("features", features), ("judge", judge)])
