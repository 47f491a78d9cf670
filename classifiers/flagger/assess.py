"""Assess texts: relevance, misinformation, topic, answering unit and reasons. The scores rank texts; people decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.flagger.allegation import allegation_shares
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.explain import Reason, build_reasons, explain_texts, find_asking_texts, list_names_in_text
from classifiers.flagger.features import PlaceFeatures, vectorise_texts
from classifiers.flagger.relevance import relevance_features
from classifiers.flagger.topics import choose_answering_unit, predict_topic_probabilities
from classifiers.text.gazetteer import Gazetteer, Mention

TEXTS_PER_BATCH = 512  # all texts of a batch fit the token cache
CHARACTERS_READ = 900
"""About the 120 words that the models read. Tokenising more would be wasted."""
HEAD_CHARACTERS = 300
"""About 40 words, title and lead. Relevance reads only these, because every entry of every feed passes it."""


class Assessment(NamedTuple):
    """The scores of one text; probabilities lie in 0..1.

    ``unit``: the code of the answering unit; ``allegation``: the flagger's share for the kind "allegation", which
    ``allegation.py`` compares with its threshold; ``asks``: the text asks for money or personal data, and that raised
    its score.
    """

    relevance: float
    misinformation: float
    topic: str
    topic_probability: float
    unit: str | None
    mentions: tuple[Mention, ...]
    reasons: tuple[Reason, ...]
    allegation: float = 0.0
    asks: bool = False


def combined_score(relevance: float, misinformation: float) -> float:
    """Return the probability that a text is about the city and is misinformation, 0..1."""
    return relevance * misinformation


def assess_texts(
    bundle: Bundle,
    texts: Sequence[str],
    skip_below: float = 0.0,
    local: Sequence[bool] = (),
    explain_from: float = 0.0,
) -> list[Assessment]:
    """Return one assessment per text, in order.

    ``local``: True for each text whose source writes only about the city; empty where none does. Texts with a relevance
    below ``skip_below`` are read no further: they get misinformation 0, topic "other" and no reasons. Those with a
    misinformation below ``explain_from`` get no reasons either, which cost as much as the scores.
    """
    heads = [text[:CHARACTERS_READ] for text in texts]
    parts = [slice(start, start + TEXTS_PER_BATCH) for start in range(0, len(heads), TEXTS_PER_BATCH)]
    return [
        assessment
        for part in parts
        for assessment in _assess_batch(bundle, heads[part], skip_below, local[part], explain_from)
    ]


def _assess_batch(
    bundle: Bundle, texts: list[str], skip_below: float, local: Sequence[bool], explain_from: float
) -> Iterator[Assessment]:
    relevance = _predict_relevance(bundle, texts, local)
    read = [row for row, value in enumerate(relevance) if value >= skip_below]
    chosen = [texts[row] for row in read]
    assessed = _assess_relevant_texts(bundle, chosen, relevance[read], explain_from) if chosen else ()
    full = dict(zip(read, assessed, strict=True))
    for row, value in enumerate(relevance.tolist()):
        yield full.get(row) or Assessment(value, 0.0, "other", 0.0, None, (), ())


def _predict_relevance(bundle: Bundle, texts: list[str], local: Sequence[bool]) -> npt.NDArray[np.float64]:
    if bundle.relevance is None:
        return np.ones(len(texts))
    # The intercept alone would call a text without letters and digits relevant.
    says_something = np.array([any(map(str.isalnum, text)) for text in texts])
    table = relevance_features(bundle.relevance, [text[:HEAD_CHARACTERS] for text in texts], local)
    chances = bundle.relevance.named_steps["judge"].predict_proba(table)[:, 1]
    return np.asarray(chances * says_something)


def _assess_relevant_texts(
    bundle: Bundle, texts: list[str], relevance: npt.NDArray[np.float64], explain_from: float
) -> Iterator[Assessment]:
    table = vectorise_texts(bundle.hoax.named_steps["features"], texts)
    judged = bundle.hoax.named_steps["judge"].judge(table)
    misinformation, accusing = judged.chances, allegation_shares(judged)
    explained_rows = np.flatnonzero(misinformation >= explain_from).tolist()
    explained = explain_texts(
        bundle.hoax, [texts[row] for row in explained_rows], [judged.moved[row] for row in explained_rows]
    )
    contributions = dict(zip(explained_rows, explained, strict=True))
    asking = find_asking_texts(bundle.hoax, judged.moved)
    topics = _predict_topics(bundle, texts)
    names = _find_bundle_gazetteer(bundle)
    for row, text in enumerate(texts):
        topic, sure = topics[row]
        mentions = tuple(names.find(text)) if names is not None else ()
        unit = None
        if bundle.topics is not None:
            unit = choose_answering_unit(
                topic, sure, mentions, bundle.meta.get("routes", {}), bundle.meta.get("unit_kinds", {})
            )
        why: tuple[Reason, ...] = ()
        if row in contributions:
            named = list_names_in_text(text, mentions, names) if names is not None else ()
            why = build_reasons(text, contributions[row], named)
        chances = float(relevance[row]), float(misinformation[row])
        yield Assessment(*chances, topic, sure, unit, mentions, why, float(accusing[row]), asking[row])


def _predict_topics(bundle: Bundle, texts: list[str]) -> list[tuple[str, float]]:
    if bundle.topics is None:
        return [("other", 0.0)] * len(texts)
    table = predict_topic_probabilities(bundle.topics.named_steps["judge"], vectorise_texts(bundle.topics[:-1], texts))
    best = table.argmax(axis=1)
    return [(str(bundle.topics.classes_[column]), float(row[column])) for row, column in zip(table, best, strict=True)]


def _find_bundle_gazetteer(bundle: Bundle) -> Gazetteer | None:
    if bundle.relevance is None:
        return None
    places: PlaceFeatures = dict(bundle.relevance.named_steps["features"].transformer_list)["places"]
    return Gazetteer.loads(places.gazetteer, places.lexicon)
