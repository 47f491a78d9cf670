"""Topic of a text, and the unit that must answer it by topic and names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from classifiers.flagger.calibrated_linear import select_used_columns, softmax_rows
from classifiers.flagger.features import HeadText
from classifiers.flagger.hashed_counts import WordCounts
from classifiers.text.gazetteer import Mention
from classifiers.text.lexicon import read_csv_rows

MAIN_UNIT = "diskominfo"
"""PPID Utama, which answers what no other unit clearly must."""
SURE_TOPIC_PROBABILITY = 0.15
"""Below this probability of the best of 21 topics a text goes to PPID Utama, unless it names an office.

In cross-validation over stories 54 % of the texts about the city lie above it. Of their topics 81 % are right, of those
below it 46 %."""
GENERAL_TOPICS = ("government", "other")
"""Topics without an office of their own. Texts on them go to a named kelurahan, kecamatan or puskesmas."""

TOPIC_LABELS: Mapping[str, str] = {
    "health": "kesehatan",
    "water": "air bersih",
    "civil_registry": "kependudukan",
    "education": "pendidikan",
    "social_aid": "bantuan sosial",
    "transport": "perhubungan",
    "public_works": "jalan dan bangunan umum",
    "waste": "sampah dan kebersihan",
    "market": "pasar dan harga",
    "tax": "pajak dan retribusi",
    "disaster": "bencana dan cuaca",
    "public_order": "ketertiban umum",
    "personnel": "kepegawaian",
    "government": "pemerintahan",
    "tourism": "pariwisata",
    "agriculture": "pertanian dan ternak",
    "fisheries": "perikanan dan laut",
    "housing": "perumahan dan tanah",
    "permits": "perizinan",
    "women_children": "perempuan dan anak",
    "other": "lain-lain",
}


def build_topics_pipeline(lexicon: str, gazetteer: str, seed: int = 0) -> Pipeline:
    """Return the unfitted pipeline from texts to the probability of each topic."""
    head = HeadText(lexicon, 60, gazetteer, stop=True, units=True)
    judge = LogisticRegression(
        C=10.0, class_weight="balanced", solver="newton-cg", max_iter=100, tol=1e-3, random_state=seed
    )
    counts = WordCounts(2**14, pairs=True)
    return Pipeline([("head", head), ("hash", counts), ("tfidf", TfidfTransformer()), ("judge", judge)])


def predict_topic_probabilities(judge: LogisticRegression, X: csr_array) -> npt.NDArray[np.float64]:
    """Return (n, topics) probabilities as ``predict_proba`` does, without its checks."""
    if len(judge.coef_) == 1:  # scikit-learn stores one row of weights for two topics
        return np.asarray(judge.predict_proba(X))
    small, used = select_used_columns(X)
    return softmax_rows(np.asarray(small @ judge.coef_[:, used].T + judge.intercept_))


def load_topic_routes(folder: Path) -> dict[str, str]:
    """Return the default answering unit of each topic from ``units.csv``."""
    return {topic: row["code"] for row in read_csv_rows(folder / "units.csv") for topic in row["topics"].split()}


def choose_answering_unit(
    topic: str, probability: float, mentions: Sequence[Mention], routes: Mapping[str, str], kinds: Mapping[str, str]
) -> str:
    """Return the code of the answering unit.

    The order is: the topic's unit where the topic is clear; an office that the text names; for general topics a named
    kelurahan, kecamatan or puskesmas; PPID Utama. ``kinds``: the kind of each unit by code.
    """
    meant = [mention.answers or mention.unit for mention in mentions if mention.about_city]
    named = [unit for unit in meant if unit and unit in kinds]
    offices = [unit for unit in named if kinds[unit] not in ("kelurahan", "kecamatan", "puskesmas")]
    if topic not in GENERAL_TOPICS and probability >= SURE_TOPIC_PROBABILITY:
        return routes.get(topic, MAIN_UNIT)
    if offices:
        return offices[0]
    return named[0] if topic in GENERAL_TOPICS and named else MAIN_UNIT
