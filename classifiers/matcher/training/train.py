"""Train the match model: background frequencies, and the gate that ranks.

    python -m classifiers.matcher.training.train --pairs data/pairs --retrieval ../shared/data/retrieval/*.jsonl
        --news ../shared/data/news/*.csv --posts data/labelled/*.csv ../shared/data/classification/bdc2020.csv

Calibration and thresholds are fitted on out-of-fold scores; folds follow topics and stories.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn import __version__ as sklearn_version
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from classifiers.matcher.gate import Floats, Gate, Line, Trees
from classifiers.matcher.index.candidates import Candidates, DocumentIndex
from classifiers.matcher.index.document_frequency import Background
from classifiers.matcher.match import COMPARED_CANDIDATES, load_shipped_reader
from classifiers.matcher.model_file import MATCH_MODEL_FILE, MatchModel
from classifiers.matcher.pair_features import PAIR_FEATURES, Feature, PairFeatures
from classifiers.matcher.reading import Reader, Reading
from classifiers.matcher.training.data import (
    FOLDS,
    OFFICERS_SET,
    OWN_SET,
    RETOLD_SET,
    Case,
    MatchSet,
    load_officers_pairs,
    load_own_pairs,
    load_public_pairs,
    load_retold_pairs,
    read_csv_table,
    read_json_lines,
)
from classifiers.shipped import shipped_data_folder


class Size(NamedTuple):
    """Capacity of a gate: trees, leaves per tree, minimum cases per leaf, and C of the logistic regression."""

    trees: int
    leaves: int
    cases_in_leaf: int
    line_strength: float


def fit_gate(
    rows: Floats, labels: npt.NDArray[np.bool_], weights: Floats, features: Sequence[Feature], size: Size
) -> Gate:
    """Return an uncalibrated gate fitted on (n, features) rows.

    ``features``: of the columns, in order; the trees are monotonic in their directions.
    """
    model = HistGradientBoostingClassifier(
        max_iter=size.trees, learning_rate=0.05, max_leaf_nodes=size.leaves, min_samples_leaf=size.cases_in_leaf,
        l2_regularization=5.0, monotonic_cst=[feature.direction for feature in features], early_stopping=False,
        random_state=0,
    )  # fmt: skip
    # The trees are small, so several threads would mostly wait for one another.
    with threadpool_limits(1):
        trees = model.fit(rows, labels, sample_weight=weights)
    mean, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale < 1e-9] = 1.0
    line = LogisticRegression(C=size.line_strength, max_iter=2000)
    line.fit((rows - mean) / scale, labels, sample_weight=weights)
    return Gate(Trees.of(trees), Line.of(line, mean, scale), np.array([1.0, 0.0]), np.array([0.5, 0.9]))


def fit_calibration(odds: Floats, labels: npt.NDArray[np.bool_], weights: Floats) -> Floats:
    """Return slope and offset of Platt scaling; ``odds``: (n,) log-odds of cases that the gate was not trained on."""
    curve = LogisticRegression(C=1e6).fit(odds[:, None], labels, sample_weight=weights)
    return np.array([curve.coef_[0, 0], curve.intercept_[0]])


OWN_WEIGHT = 6.0
"""Weight of our pairs relative to public ones. They resemble residents' questions but are only a tenth in number."""
TRAINED_CANDIDATES = 12
"""Candidates of a case that are trained on."""
FALSE_MATCHES, FALSE_POSSIBLES = 0.01, 0.05
MEASURED_SETS = (OWN_SET, "tbh2026")
"""Sets whose false match rates set the thresholds, each by itself."""
SIZE = Size(trees=250, leaves=12, cases_in_leaf=40, line_strength=0.3)


@dataclass(frozen=True)
class Compared:
    """A case with the features of its candidates.

    ``rows``: (k, features); ``right``: (k,) which pages answer; ``rank``: (k,) by words, 0 nearest.
    """

    set: str
    case: Case
    rows: Floats
    right: npt.NDArray[np.bool_]
    rank: npt.NDArray[np.int64]

    @property
    def weight(self) -> float:
        """Return the weight of the case in training."""
        return OWN_WEIGHT if self.set in (OWN_SET, OFFICERS_SET) else 1.0

    @property
    def learned(self) -> Compared:
        """Return the candidates for training: the nearest, and one answering page at any rank."""
        return self._only(np.union1d(np.flatnonzero(self.rank < TRAINED_CANDIDATES), np.flatnonzero(self.right)[:1]))

    @property
    def decided(self) -> Compared:
        """Return the candidates that a ``Matcher`` would compare. Answering pages at lower ranks are lost."""
        return self._only(np.flatnonzero(self.rank < COMPARED_CANDIDATES))

    def _only(self, chosen: npt.NDArray[np.int64]) -> Compared:
        return replace(self, rows=self.rows[chosen], right=self.right[chosen], rank=self.rank[chosen])


def _compare_set(part: MatchSet, index: DocumentIndex) -> list[Compared]:
    """Return every case of a set with its features."""
    features = PairFeatures(index)
    return [_compare_case(part.name, case, index, features) for case in part.cases]


def _compare_case(name: str, case: Case, index: DocumentIndex, features: PairFeatures) -> Compared:
    message = load_shipped_reader().read(case.text)
    candidates = _candidates_among(index, message, case.pages)
    right = np.array([int(place) in case.answers for place in candidates.places], dtype=bool)
    rank = np.argsort(np.argsort(-candidates.lexical[candidates.places], kind="stable"))
    return Compared(name, case, features.rows(message, candidates), right, rank)


def _candidates_among(index: DocumentIndex, message: Reading, pages: npt.NDArray[np.bool_]) -> Candidates:
    """Return the candidates among some pages, as if the index had no others; ``pages``: (n,) mask."""
    every = index.candidates(message.stems, len(index))
    lexical = np.where(pages, every.lexical, -1).astype(np.float32)
    return index.nearest(lexical, available=int(pages.sum()))


def _fit_ranking(cases: Sequence[Compared]) -> Gate:
    """Return an uncalibrated ranking gate."""
    cases = [compared.learned for compared in cases]
    rows = np.vstack([compared.rows for compared in cases])
    right = np.concatenate([compared.right for compared in cases])
    weight = np.concatenate([np.full(len(compared.right), compared.weight) for compared in cases])
    return fit_gate(rows, right, weight, PAIR_FEATURES, SIZE)


def _score_held_out(cases: Sequence[Compared]) -> list[tuple[Compared, Floats]]:
    """Return the measured cases with out-of-fold log-odds."""
    scored: list[tuple[Compared, Floats]] = []
    for fold in range(FOLDS):
        gate = _fit_ranking([compared for compared in cases if compared.case.fold != fold])
        measured = [compared.decided for compared in cases if compared.case.fold == fold and compared.case.measured]
        scored += [(compared, gate.raw(compared.rows)) for compared in measured]
    return scored


def _drop_retold_cases(judged: Sequence[tuple[Compared, Floats]]) -> list[tuple[Compared, Floats]]:
    """Return the cases about clarifications: messages against one another set no threshold."""
    return [(compared, scores) for compared, scores in judged if compared.set != RETOLD_SET]


def _calibrate_gate(gate: Gate, measured: Sequence[tuple[Compared, Floats]]) -> Gate:
    """Return the gate with calibration and thresholds from out-of-fold scores."""
    calibration, thresholds = _fit_decision_lines(measured, MEASURED_SETS)
    return Gate(gate.trees, gate.line, calibration, thresholds)


def _fit_decision_lines(measured: Sequence[tuple[Compared, Floats]], sets: Sequence[str]) -> tuple[Floats, Floats]:
    """Return slope and offset of the calibration, and the probabilities from which a page is possible and a match.

    ``sets``: the sets whose unanswered messages set the thresholds, each by itself.
    """
    scores = np.concatenate([case_scores for _, case_scores in measured])
    right = np.concatenate([compared.right for compared, _ in measured])
    weight = np.concatenate([np.full(len(compared.right), compared.weight) for compared, _ in measured])
    calibration = fit_calibration(scores, right, weight)
    drawn = [
        max(_false_answer_line(measured, name, share) for name in sets) for share in (FALSE_POSSIBLES, FALSE_MATCHES)
    ]
    return calibration, 1 / (1 + np.exp(-(calibration[0] * np.array(drawn) + calibration[1])))


def _false_answer_line(measured: Sequence[tuple[Compared, Floats]], name: str, share: float) -> float:
    """Return the log-odds that at most a share of a set's unanswered messages exceed."""
    none = sorted(
        (s.max() for compared, s in measured if compared.set == name and not compared.case.answers), reverse=True
    )
    return float(none[int(share * len(none))]) if none else -np.inf


def _train_match_model(sets: Sequence[MatchSet], background: Background, reader: Reader) -> MatchModel:
    cases = [
        compared for part in sets for compared in _compare_set(part, DocumentIndex(part.documents, reader, background))
    ]
    gate = _calibrate_gate(_fit_ranking(cases), _drop_retold_cases(_score_held_out(cases)))
    about = {"version": "5", "scikit-learn": sklearn_version, "cases": {part.name: len(part.cases) for part in sets}}
    return MatchModel(background, gate, about)


def _fit_background(paths: Sequence[Path], retrieval: Sequence[Path], reader: Reader) -> Background:
    """Return document frequencies of stems in news and posts."""
    texts = [
        f"{row.get('title', '')}. {row.get('text', row.get('content', ''))}" for p in paths for row in read_csv_table(p)
    ]
    texts += [row["query"] for path in retrieval for row in read_json_lines(path)]
    return Background.fit(frozenset(reader.read(text[:800]).stems) for text in texts)


def _load_match_sets(
    pairs: Path, retrieval: Sequence[Path], news: Sequence[Path], posts: Sequence[Path]
) -> list[MatchSet]:
    """Return all sets. Posts that may repeat a hoax about the city are no negatives for our pairs."""
    chance = random.Random(7)  # noqa: S311 - a reproducible sample, not a secret
    calm = [path for path in posts if not path.stem.startswith("misinformation") and path.parent.name == "labelled"]
    others = [f"{row['title']}. {row['text']}" for path in calm for row in chance.sample(read_csv_table(path), 40)]
    headlines = [row["title"] for path in news for row in chance.sample(read_csv_table(path), 400)]
    sets = [load_own_pairs(pairs, others), load_retold_pairs(pairs)]
    newest = next((path for path in retrieval if path.stem == "tbh2026"), None)
    for path in retrieval:
        # Only the newest set surely shares no story with the others.
        elsewhere = [p for p in retrieval if p != path] if path == newest else [newest] if newest else []
        queries = [
            row["query"]
            for p in elsewhere
            for row in chance.sample(read_json_lines(p), 90)
            if row.get("category") != "scam"
        ]
        sets.append(load_public_pairs(path, [*queries, *chance.sample(headlines, min(150, len(headlines)))]))
    return sets


def main() -> None:
    """Train on the files from the command line and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--retrieval", type=Path, nargs="+", default=[])
    parser.add_argument("--news", type=Path, nargs="+", default=[])
    parser.add_argument("--posts", type=Path, nargs="+", default=[])
    parser.add_argument("--officers", type=Path, nargs="+", default=[], help="of hoax-tracker export pairs")
    parser.add_argument("--out", type=Path, default=shipped_data_folder() / "models" / MATCH_MODEL_FILE)
    options = parser.parse_args()
    reader = Reader.from_folder(shipped_data_folder())
    background = _fit_background([*options.news, *options.posts], options.retrieval, reader)
    sets = _load_match_sets(options.pairs, options.retrieval, options.news, options.posts) + list(
        map(load_officers_pairs, options.officers)
    )
    model = _train_match_model(sets, background, reader)
    model.save(options.out)


if __name__ == "__main__":
    main()
