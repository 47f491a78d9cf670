"""Fits the probability of an answer on messages that neither gate has seen, among few pages and among thousands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from classifiers.matcher.answer_probability import DIRECTIONS, AnswerCurve, answer_terms
from classifiers.matcher.document import Document
from classifiers.matcher.embeddings import EMBEDDED_PAGES
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.candidates import DocumentIndex
from classifiers.matcher.match import COMPARED_CANDIDATES
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.near_miss import Told, near_miss_row
from classifiers.matcher.pair_features import PairFeatures
from classifiers.matcher.reading import Reader
from classifiers.matcher.stance import Stance
from classifiers.matcher.training.data import read_csv_table, read_json_lines
from classifiers.matcher.training.train_stance import is_held_out, stances_out_of_fold

SIZES = (30, 250, 2_000, 10_000)
"""Pages of the indexes that the messages are asked of; there may be fewer."""


class Asked(NamedTuple):
    """A message and the page that answers it, "" where none does; ``about``: the page that it was written about."""

    text: str
    answer: str
    about: str


class Judged(NamedTuple):
    """What the curve is over, and whether the first page answers."""

    terms: Floats
    is_right: bool


def load_asked(data: Path) -> list[Asked]:
    """Return the messages about pages that the ranking has not learned from, and messages that none answers."""
    found = [
        Asked(row["text"], row["clarification"] if row["answers"] == "1" else "", row["clarification"])
        for row in read_csv_table(data / "near_misses" / "messages.csv")
        if not is_held_out(row["clarification"])
    ]
    return found + [Asked(row["text"], "", "") for row in read_csv_table(data / "pairs" / "unrelated.csv")]


def judged_answers(
    data: Path, reader: Reader, others: Sequence[Document], unseen: Mapping[str, Gate], *, vectors: bool
) -> list[Judged]:
    """Return what is said of the messages among the pages they are about and ever more of ``others``.

    Left out is where the first page quotes no claim. ``unseen``: by page, a near-miss gate that has not seen it.
    """
    near = read_json_lines(data / "near_misses" / "clarifications.jsonl")
    ours = [_document(row) for row in near if not is_held_out(row["id"])]
    beside = [*map(_document, read_json_lines(data / "pairs" / "clarifications.jsonl")), *others]
    asked = load_asked(data)
    chances = stances_out_of_fold([one.text for one in asked], [one.about for one in asked], data, reader)
    found: list[Judged] = []
    for size in SIZES:
        found += _judged_among(ours + beside[: max(size - len(ours), 0)], asked, chances, reader, unseen, vectors)
    return found


def _document(row: Mapping[str, str]) -> Document:
    return Document(row["id"], row["title"], row["claim"], row["summary"])


def _judged_among(
    documents: Sequence[Document],
    asked: Sequence[Asked],
    chances: Sequence[dict[Stance, float]],
    reader: Reader,
    unseen: Mapping[str, Gate],
    vectors: bool,
) -> list[Judged]:
    model, some_gate = load_match_model(), next(iter(unseen.values()))
    index = DocumentIndex(documents, reader, model.background, model.whitening if vectors else None)
    index.embed = lambda text: EMBEDDED_PAGES.vectors([text], is_query=True)
    features, ranking = PairFeatures(index), model.with_vectors if vectors else model.words_only
    found = []
    for one, stance in zip(asked, chances, strict=True):
        message = index.read(one.text)
        candidates = index.candidates(message).closest(COMPARED_CANDIDATES)
        rows = np.nan_to_num(features.rows(message, candidates))
        likenesses = ranking.probabilities(rows)
        best = (-likenesses).argsort(kind="stable")
        page = index.page(int(candidates.places[best[0]]))
        if not page.claimed:
            continue
        row = near_miss_row(rows[best[0]], message.reading, Told("asserts", stance), page, index.weights)
        gate = unseen.get(one.about, some_gate)
        repeated = float(gate.probabilities(np.nan_to_num(row)[None])[0])
        found.append(Judged(answer_terms(likenesses[best], repeated, len(documents)), page.id == one.answer))
    return found


def fit_curve(judged: Sequence[Judged]) -> AnswerCurve:
    """Return the likeliest curve for what was right that no term bends the wrong way."""
    terms, right = np.vstack([one.terms for one in judged]), np.array([one.is_right for one in judged])
    rows, signs = np.column_stack([terms, np.ones(len(terms))]), np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> float:
        # The intercept is left free, the others are drawn to nothing as in scikit-learn's regression.
        return float(np.logaddexp(0, -signs * (rows @ weights)).sum() + 0.5 * weights[:-1] @ weights[:-1])

    bounds = [*(_BOUNDS[direction] for direction in DIRECTIONS), _BOUNDS[0]]
    return AnswerCurve(minimize(loss, np.zeros(rows.shape[1]), bounds=bounds, method="L-BFGS-B").x)


_BOUNDS = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
