"""Relevance: whether a text concerns Kota Kupang's government, its services, or its residents' worries."""

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
"""Words that are read: the head of an entry tells its subject, and every entry of every feed is read."""


def build_relevance_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted pipeline from texts to the probability of concerning the city.

    Fit it with ``judge__groups`` and, where texts about elsewhere have several kinds, ``judge__kinds``. ``lexicon`` and
    ``gazetteer``: the strings from ``Lexicon.dumps`` and ``Gazetteer.dumps``.
    """
    # Without affixes "ditutup" and "penutupan" count as one word.
    head = HeadText(lexicon, RELEVANCE_WORD_LIMIT, bare=True)
    words = Pipeline([("head", head), ("hash", WordCounts(2**15)), ("tfidf", TfidfTransformer())])
    places = PlaceFeatures(gazetteer, lexicon, RELEVANCE_WORD_LIMIT, weight=2.0)
    # Most texts of the corpus are about the city, few texts of feeds are. Balancing removes that prior.
    judge = CalibratedMargin(C=10.0, balanced=True, seed=seed)
    features = FeatureUnion([("words", words), ("places", places)])
    return Pipeline([("features", features), ("judge", judge)])


def relevance_features(model: Pipeline, texts: Sequence[str], local: Sequence[bool] = ()) -> csr_array:
    """Return (n, d) features. ``local``: True for texts whose source writes only about the city.

    A local text counts as naming the city, unless it names the city or another place itself. The model was fitted
    without sources; docs/models.md gives the effect.
    """
    features = model.named_steps["features"]
    table = vectorise_texts(features, texts)
    rows = np.flatnonzero(np.asarray(local, dtype=bool))
    if not len(rows):
        return table
    first = table.shape[1] - len(PLACE_FEATURES)
    seen = table[rows][:, first:].toarray()
    silent = (seen[:, _ELSEWHERE_COLUMN] == 0) & (seen[:, _ANY_CITY_COLUMN] == 0)
    rows, nothing = rows[silent], seen[silent, _NOTHING_COLUMN]
    named = np.full(len(rows), dict(features.transformer_list)["places"].weight)
    columns = np.repeat([first + _ANY_CITY_COLUMN, first + _NOTHING_COLUMN], len(rows))
    change = coo_array((np.concatenate([named, -nothing]), (np.tile(rows, 2), columns)), shape=table.shape)
    return csr_array(table + csr_array(change))


_ELSEWHERE_COLUMN, _ANY_CITY_COLUMN, _NOTHING_COLUMN = map(PLACE_FEATURES.index, ("elsewhere", "any_city", "nothing"))
