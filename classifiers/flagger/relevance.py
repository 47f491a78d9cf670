"""Relevance: is a text about the government of Kota Kupang, its services, or something that worries its residents?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import coo_array, csr_array
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.flagger.calibrated_linear import CalibratedMargin
from classifiers.flagger.features import PLACE_FEATURES, HeadText, PlaceFeatures, vectorise_texts
from classifiers.flagger.hashed_counts import WordCounts

RELEVANCE_WORD_LIMIT = 60
"""The head of an entry says what it is about, and every entry of every feed is read."""


def build_relevance_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted pipeline from texts to the probability of being about the city.

    Fit it with ``judge__groups``, and ``judge__kinds`` where the texts about elsewhere are of several kinds.
    ``lexicon`` and ``gazetteer``: what ``Lexicon.dumps`` and ``Gazetteer.dumps`` return.
    """
    # "Ditutup", "penutupan" and "tutup" say the same of what a text is about.
    head = HeadText(lexicon, RELEVANCE_WORD_LIMIT, bare=True)
    words = Pipeline([("head", head), ("hash", WordCounts(2**15)), ("tfidf", TfidfTransformer())])
    places = PlaceFeatures(gazetteer, lexicon, RELEVANCE_WORD_LIMIT, weight=2.0)
    # In the corpus most texts are about the city, in feeds few are: the probability takes no side.
    judge = CalibratedMargin(C=10.0, balanced=True, seed=seed)
    features = FeatureUnion([("words", words), ("places", places)])
    return Pipeline([("features", features), ("judge", judge)])


def relevance_features(model: Pipeline, texts: Sequence[str], local: Sequence[bool] = ()) -> csr_array:
    """Return the features of texts. Those with True in ``local`` come from a source that writes about the city only.

    Such a text is read as though it named the city, unless it does, or names a place elsewhere. Nothing else of it is
    taken to be otherwise, and the model was fitted without sources: docs/models.md says what that brings.
    """
    features = model.named_steps["features"]
    table = vectorise_texts(features, texts)
    at = np.flatnonzero(np.asarray(local, dtype=bool))
    if not len(at):
        return table
    first = table.shape[1] - len(PLACE_FEATURES)
    seen = table[at][:, first:].toarray()
    silent = (seen[:, _ELSEWHERE_COLUMN] == 0) & (seen[:, _ANY_CITY_COLUMN] == 0)
    at, nothing = at[silent], seen[silent, _NOTHING_COLUMN]
    named = np.full(len(at), dict(features.transformer_list)["places"].weight)
    columns = np.repeat([first + _ANY_CITY_COLUMN, first + _NOTHING_COLUMN], len(at))
    change = coo_array((np.concatenate([named, -nothing]), (np.tile(at, 2), columns)), shape=table.shape)
    return csr_array(table + csr_array(change))


_ELSEWHERE_COLUMN, _ANY_CITY_COLUMN, _NOTHING_COLUMN = map(PLACE_FEATURES.index, ("elsewhere", "any_city", "nothing"))
