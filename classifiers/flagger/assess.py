"""Assess texts: how relevant, how likely misinformation, which topic and unit, and why. It ranks; it never judges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.flagger.allegation import allegation_shares
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.cues import ASKING_CUES
from classifiers.flagger.explain import explain_texts
from classifiers.flagger.features import PlaceFeatures, vectorise_texts
from classifiers.flagger.reasons import Reason, build_reasons, list_names_in_text
from classifiers.flagger.relevance import relevance_features
from classifiers.flagger.topics import choose_answering_unit, predict_topic_probabilities
from classifiers.text.gazetteer import Gazetteer, Mention

TEXTS_PER_BATCH = 512  # texts at once: their words stay in the cache from one step to the next
CHARACTERS_READ = 900
"""About the 120 words that the models read; what stands further on would only be split into words."""
HEAD_CHARACTERS = 300
"""About 40 words, title and lead: what an entry is about stands there, and every entry of every feed is read so far."""


class Assessment(NamedTuple):
    """What the models say of one text; probabilities in 0..1, ``unit`` the code of who must answer.

    ``allegation``: the flagger's share for texts that accuse somebody (``allegation.py`` decides with it). ``asks``: it
    asks for money or personal data, and that speaks for a look.
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
    """Return the chance, in 0..1, that a text is misinformation about the city: both must hold."""
    return relevance * misinformation


def assess_texts(
    bundle: Bundle, texts: Sequence[str], skip_below: float = 0.0, local: Sequence[bool] = ()
) -> list[Assessment]:
    """Return an assessment of each text, in order.

    ``local``: True for each text from a source that writes about the city only; empty where none does.

    Texts whose relevance is below ``skip_below`` are not read further: their misinformation is 0, their topic "other",
    and they have no reasons. Only the first ``CHARACTERS_READ`` characters are read, for the relevance fewer.
    """
    heads = [text[:CHARACTERS_READ] for text in texts]
    parts = [slice(start, start + TEXTS_PER_BATCH) for start in range(0, len(heads), TEXTS_PER_BATCH)]
    return [one for part in parts for one in _assess_batch(bundle, heads[part], skip_below, local[part])]


def _assess_batch(bundle: Bundle, texts: list[str], skip_below: float, local: Sequence[bool]) -> Iterator[Assessment]:
    relevance = _predict_relevance(bundle, texts, local)
    read = [at for at, value in enumerate(relevance) if value >= skip_below]
    chosen = [texts[at] for at in read]
    full = dict(zip(read, _assess_relevant_texts(bundle, chosen, relevance[read]), strict=True)) if chosen else {}
    for at, value in enumerate(relevance.tolist()):
        yield full.get(at) or Assessment(value, 0.0, "other", 0.0, None, (), ())


def _predict_relevance(bundle: Bundle, texts: list[str], local: Sequence[bool]) -> npt.NDArray[np.float64]:
    if bundle.relevance is None:
        return np.ones(len(texts))
    # A text without a letter or a digit is about nothing, whatever the model's offset says.
    says_something = np.array([any(map(str.isalnum, text)) for text in texts])
    table = relevance_features(bundle.relevance, [text[:HEAD_CHARACTERS] for text in texts], local)
    chances = bundle.relevance.named_steps["judge"].predict_proba(table)[:, 1]
    return np.asarray(chances * says_something)


def _assess_relevant_texts(
    bundle: Bundle, texts: list[str], relevance: npt.NDArray[np.float64]
) -> Iterator[Assessment]:
    table = vectorise_texts(bundle.hoax.named_steps["features"], texts)
    judged = bundle.hoax.named_steps["judge"].judge(table)
    misinformation, accusing = judged.chances, allegation_shares(judged)
    found = explain_texts(bundle.hoax, texts, judged.moved)
    topics = _predict_topics(bundle, texts)
    names = _find_bundle_gazetteer(bundle)
    for at, text in enumerate(texts):
        topic, sure = topics[at]
        mentions = tuple(names.find(text)) if names is not None else ()
        unit = None
        if bundle.topics is not None:
            unit = choose_answering_unit(
                topic, sure, mentions, bundle.meta.get("routes", {}), bundle.meta.get("unit_kinds", {})
            )
        why = build_reasons(text, found[at], list_names_in_text(text, mentions, names) if names is not None else ())
        asks = any(one.name in ASKING_CUES and one.weight > 0 for one in found[at])
        chances = float(relevance[at]), float(misinformation[at])
        yield Assessment(*chances, topic, sure, unit, mentions, why, float(accusing[at]), asks)


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
