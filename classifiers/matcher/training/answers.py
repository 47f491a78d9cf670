"""Fit the answer curve on messages that no gate was trained on, in small and large indexes."""

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
"""Pages of the indexes that are asked; the largest may have fewer."""


class Asked(NamedTuple):
    """A message and the page that answers it ("" for none); ``about``: the page it was written about."""

    text: str
    answer: str
    about: str


class Judged(NamedTuple):
    """The (4,) terms of the curve, and whether the first page answers."""

    terms: Floats
    is_right: bool


def load_asked(data: Path) -> list[Asked]:
    """Return messages about pages that the ranking was not trained on, and messages without an answer."""
    about_pages = [
        Asked(row["text"], row["clarification"] if row["answers"] == "1" else "", row["clarification"])
        for row in read_csv_table(data / "near_misses" / "messages.csv")
        if not is_held_out(row["clarification"])
    ]
    return about_pages + [Asked(row["text"], "", "") for row in read_csv_table(data / "pairs" / "unrelated.csv")]


def judged_answers(
    data: Path, reader: Reader, others: Sequence[Document], unseen: Mapping[str, Gate], *, vectors: bool
) -> list[Judged]:
    """Return the terms of the messages in indexes of ``SIZES`` pages, filled up with ``others``.

    Messages whose first page quotes no claim are left out. ``unseen``: by page, a near-miss gate not trained on it.
    """
    near = read_json_lines(data / "near_misses" / "clarifications.jsonl")
    ours = [_document(row) for row in near if not is_held_out(row["id"])]
    beside = [*map(_document, read_json_lines(data / "pairs" / "clarifications.jsonl")), *others]
    asked = load_asked(data)
    chances = stances_out_of_fold(
        [message.text for message in asked], [message.about for message in asked], data, reader
    )
    judged: list[Judged] = []
    for size in SIZES:
        judged += _judged_among(ours + beside[: max(size - len(ours), 0)], asked, chances, reader, unseen, vectors)
    return judged


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
    judged = []
    for case, stance in zip(asked, chances, strict=True):
        message = index.read(case.text)
        candidates = index.candidates(message).closest(COMPARED_CANDIDATES)
        rows = np.nan_to_num(features.rows(message, candidates))
        likenesses = ranking.probabilities(rows)
        best = (-likenesses).argsort(kind="stable")
        page = index.page(int(candidates.places[best[0]]))
        if not page.claimed:
            continue
        row = near_miss_row(rows[best[0]], message.reading, Told("asserts", stance), page, index.weights)
        gate = unseen.get(case.about, some_gate)
        repeated = float(gate.probabilities(np.nan_to_num(row)[None])[0])
        judged.append(Judged(answer_terms(likenesses[best], repeated, len(documents)), page.id == case.answer))
    return judged


def fit_curve(judged: Sequence[Judged]) -> AnswerCurve:
    """Return the curve of highest penalised likelihood whose weights have the signs in ``DIRECTIONS``."""
    terms, right = np.vstack([answer.terms for answer in judged]), np.array([answer.is_right for answer in judged])
    rows, signs = np.column_stack([terms, np.ones(len(terms))]), np.where(right, 1.0, -1.0)

    def loss(weights: Floats) -> float:
        # L2 penalty on all weights but the intercept, as in scikit-learn.
        return float(np.logaddexp(0, -signs * (rows @ weights)).sum() + 0.5 * weights[:-1] @ weights[:-1])

    bounds = [*(_BOUNDS[direction] for direction in DIRECTIONS), _BOUNDS[0]]
    return AnswerCurve(minimize(loss, np.zeros(rows.shape[1]), bounds=bounds, method="L-BFGS-B").x)


_BOUNDS = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
