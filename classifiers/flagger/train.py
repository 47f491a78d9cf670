"""Train the shipped models on the city's corpus, or a misinformation model alone on other data sets.

Training is seeded and takes its time from the caller, so the same files give the same model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import accuracy_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import Pipeline

from classifiers.corpus import Corpus, CorpusError, load_labelled_corpus
from classifiers.flagger import features, misinformation, relevance, topics
from classifiers.flagger.artefact import Bundle, code_version, save_bundle
from classifiers.flagger.calibrated_linear import half_precision
from classifiers.flagger.evaluate import (
    TARGET_RECALL,
    criticism_flagged,
    evaluate_public_texts,
    metrics_with_intervals,
    roc_auc,
    threshold_at_recall,
)
from classifiers.flagger.public_texts import PUBLIC_KINDS, WriterText, load_public_texts, load_writer_texts
from classifiers.text.gazetteer import Gazetteer
from classifiers.text.lexicon import Lexicon

TRAINING_SEED = 20261124
RELEVANT_RECALL = 0.92
"""Recall of the relevance threshold. Texts below it do not name the city; at .97 half of all national news would
pass."""

Floats = npt.NDArray[np.float64]


def train_shipped(data: Path, out: Path, now: datetime | None = None, public: Path | None = None) -> Bundle:
    """Train on the folder ``data``; write the bundle to ``out`` and return it.

    Of the folder it reads ``labelled``, ``hands``, ``kupang`` and ``language``. ``public``: a folder of circulated
    texts to train on as well (``public_texts``).
    """
    corpus = load_labelled_corpus(sorted((data / "labelled").glob("*.csv")))
    lexicon = Lexicon.from_folder(data / "language")
    gazetteer = Gazetteer.from_folder(data / "kupang", lexicon)
    learned, held_out = load_public_texts(public) if public else (None, None)
    routes, others = topics.load_topic_routes(data / "kupang"), load_writer_texts(data)
    bundle = _train_city_bundle(corpus, gazetteer, lexicon, routes, now, learned, others)
    if learned is not None and held_out is not None:
        kinds = {kind: learned.kinds.count(kind) for kind in PUBLIC_KINDS}
        real = {"data": kinds, "metrics": evaluate_public_texts(bundle, held_out)}
        bundle = replace(bundle, meta=dict(bundle.meta) | {"public": real})
    save_bundle(bundle, out)
    return bundle


def train_datasets(corpus: Corpus, out: Path, language: Path | None = None, now: datetime | None = None) -> Bundle:
    """Train a misinformation model on a corpus, write it to ``out`` and return it.

    ``language``: a folder of word lists; None uses none.
    """
    lexicon = Lexicon.from_folder(language) if language else Lexicon()
    bundle = train_hoax_only(corpus, lexicon, now)
    save_bundle(bundle, out)
    return bundle


def _train_city_bundle(
    corpus: Corpus,
    gazetteer: Gazetteer,
    lexicon: Lexicon,
    routes: Mapping[str, str] | None = None,
    now: datetime | None = None,
    public: Corpus | None = None,
    writers: Sequence[WriterText] = (),
) -> Bundle:
    """Return all models, trained on a corpus that labels ``about_city`` in every row.

    ``routes``: topic to unit; ``public``: texts from elsewhere that relevance and misinformation train on as well;
    ``writers``: texts that misinformation's judge of other writers trains on.
    Thresholds, calibration and metrics use the corpus alone. Raises ``CorpusError`` where a row lacks ``about_city``.
    """
    if (corpus.about_city < 0).any():
        raise CorpusError("Kolom about_city harus terisi di setiap baris untuk melatih model kota")
    words, names = lexicon.dumps(), gazetteer.dumps()
    texts, groups = list(corpus.texts), np.asarray(corpus.groups)
    lent = public or corpus.subset([])
    everything = [*texts, *lent.texts]
    borrowed = np.arange(len(everything)) >= len(texts)
    lent_kinds = np.asarray(lent.kinds, dtype=str)
    shared = {
        "groups": np.concatenate([groups, np.asarray(lent.groups, dtype=str)]),
        "borrowed": borrowed,
    }
    near = relevance.build_relevance_pipeline(words, names, TRAINING_SEED)
    far_kinds = np.concatenate([np.where(corpus.about_city == 1, "1", np.asarray(corpus.kinds)), lent_kinds])
    about = {f"judge__{name}": values for name, values in shared.items()}
    near.fit(everything, np.concatenate([corpus.about_city, lent.about_city]), judge__kinds=far_kinds, **about)
    flagger = misinformation.build_misinformation_pipeline(words, names, TRAINING_SEED)
    all_kinds = np.concatenate([text_kinds(corpus), lent_kinds])
    labels = np.concatenate([corpus.labels, lent.labels])
    misinformation.fit_with_writers(flagger, everything, labels, writers, kinds=all_kinds, **shared)
    topic = topics.build_topics_pipeline(words, names, TRAINING_SEED)
    found_topics = cross_val_predict(topic, texts, corpus.topics, groups=groups, cv=GroupKFold(5))
    topic.fit(texts, corpus.topics)
    judge = topic.named_steps["judge"]
    judge.coef_, judge.intercept_ = half_precision(judge.coef_), half_precision(judge.intercept_)
    near_scores, hoax_scores = (
        model.named_steps["judge"].take_out_of_fold()[: len(texts)] for model in (near, flagger)
    )
    city = corpus.about_city == 1
    thresholds = {
        "relevance": threshold_at_recall(corpus.about_city, near_scores, RELEVANT_RECALL),
        "misinformation": threshold_at_recall(corpus.labels[city], hoax_scores[city], TARGET_RECALL),
    }
    metrics = _city_metrics(corpus, near_scores, hoax_scores)
    metrics["topic_accuracy"] = round(float(accuracy_score(corpus.topics, found_topics)), 4)
    meta = _build_metadata("kota", corpus, metrics, {"relevance": near, "hoax": flagger, "topics": topic}, now)
    meta |= {"routes": dict(routes or {}), "unit_kinds": dict(gazetteer.names.unit_kinds)}
    meta["writers"] = {"hands": len({text.hand for text in writers}), "texts": len(writers)}
    meta["language_hash"] = hashlib.sha256((words + names).encode()).hexdigest()
    return Bundle(near, flagger, topic, thresholds, meta)


def train_hoax_only(corpus: Corpus, lexicon: Lexicon, now: datetime | None = None) -> Bundle:
    """Return a bundle with a misinformation model alone; several sources are averaged (``SourceAverage``)."""
    sources = text_sources(corpus)
    words = lexicon.dumps()
    if len(set(sources)) > 1:
        flagger = misinformation.build_across_sources(words)
        flagger.fit(list(corpus.texts), corpus.labels, judge__sources=sources)
    else:
        flagger = misinformation.build_misinformation_pipeline(words, "", TRAINING_SEED)
        flagger.fit(list(corpus.texts), corpus.labels, judge__groups=np.asarray(corpus.groups))
    scores = flagger.named_steps["judge"].take_out_of_fold()
    metrics = metrics_with_intervals(corpus.labels, scores, corpus.groups)
    thresholds = {"relevance": 0.0, "misinformation": threshold_at_recall(corpus.labels, scores)}
    return Bundle(None, flagger, None, thresholds, _build_metadata("data", corpus, metrics, {"hoax": flagger}, now))


def _city_metrics(corpus: Corpus, near: Floats, misinformation: Floats) -> dict[str, Any]:
    """Return the figures of the model card from (n,) out-of-fold scores."""
    city = corpus.about_city == 1
    groups = np.asarray(corpus.groups)
    metrics = metrics_with_intervals(corpus.labels[city], misinformation[city], groups[city].tolist())
    flagged = criticism_flagged(corpus, misinformation)
    if not np.isnan(flagged):
        metrics["criticism_flagged"] = round(flagged, 4)
    figures = metrics_with_intervals(corpus.about_city, near, corpus.groups, {"relevance_roc_auc": roc_auc})
    wanted = (city & (corpus.labels == 1)).astype(np.int8)
    return (
        metrics
        | figures
        | metrics_with_intervals(wanted, near * misinformation, corpus.groups, {"priority_roc_auc": roc_auc})
    )


def text_sources(corpus: Corpus) -> list[str]:
    """Return the source of each text: its file, or "rest" for files with one label only.

    Where those files together still have one label, all texts are one source.
    """
    names = np.asarray(corpus.kinds, dtype=object)
    both = [name for name in sorted(set(names)) if len(set(corpus.labels[names == name].tolist())) > 1]
    rest = ~np.isin(names, both)
    if rest.any() and len(set(corpus.labels[rest].tolist())) < 2:
        return ["all"] * len(corpus)
    return [str(name) for name in np.where(rest, "rest", names)]


def text_kinds(corpus: Corpus) -> npt.NDArray[np.str_]:
    """Return the (n,) kinds for the misinformation model: the file, or "elsewhere" for texts not about the city."""
    return np.where(corpus.about_city == 1, np.asarray(corpus.kinds), "elsewhere")


def _build_metadata(
    name: str, corpus: Corpus, metrics: Mapping[str, Any], models: Mapping[str, Pipeline], now: datetime | None
) -> dict[str, Any]:
    kinds, counts = np.unique(np.asarray(corpus.kinds), return_counts=True)
    return {
        "name": name,
        "trained_at": (now or datetime.now(UTC)).isoformat(timespec="seconds"),
        "data_hash": corpus.digest(),
        "code_version": code_version(),
        "features_version": features.features_version(),
        "rows": len(corpus),
        "data": {str(kind): int(count) for kind, count in zip(kinds, counts, strict=True)},
        "models": {key: type(model.steps[-1][1]).__name__ for key, model in models.items()},
        "metrics": dict(metrics),
        "skipped_rows": len(corpus.faults),
    }
