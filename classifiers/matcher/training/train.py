"""Trains matching: background frequencies, the turn of the vectors, and a gate with and one without vectors.

    python -m classifiers.matcher.training.train --pairs data/pairs --retrieval ../shared/data/retrieval/*.jsonl
        --news ../shared/data/news/*.csv --posts data/labelled/*.csv ../shared/data/classification/bdc2020.csv

Each case is measured by a gate that saw no case of its fold, topic by topic and story by story. On those figures the
probability is calibrated and the two thresholds are chosen.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn import __version__ as sklearn_version

from classifiers.matcher.embeddings import EMBEDDED_PAGES, Whitening
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.candidates import Candidates, DocumentIndex, Message
from classifiers.matcher.index.document_frequency import Background
from classifiers.matcher.match import COMPARED_CANDIDATES
from classifiers.matcher.model_file import MATCH_MODEL_FILE, MatchModel
from classifiers.matcher.pair_features import PAIR_FEATURES, PairFeatures
from classifiers.matcher.reading import Reader
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
from classifiers.matcher.training.gate_fitting import Size, fit_calibration, fit_gate, usable
from classifiers.shipped import shipped_data_folder

OWN_WEIGHT = 6.0
"""How much more a pair of ours counts than a public one: they are what residents ask, and a tenth in number."""
TRAINED_CANDIDATES = 12
"""Candidates of a case that are trained on."""
FALSE_MATCHES, FALSE_POSSIBLES = 0.01, 0.05
FALSE_JOINS = 0.005
"""Of messages that tell another claim, near as they are: joined to a claim all the same."""
MEASURED_SETS = (OWN_SET, "tbh2026")
"""The sets whose false matches the thresholds hold down, each by itself."""
SIZE = Size(trees=250, leaves=12, cases_in_leaf=40, line_strength=0.3)


@dataclass(frozen=True)
class Compared:
    """A case with the features of its nearest pages.

    ``right``: which of them answer it; ``rank``: how near each is, 0 the nearest in words and meaning together.
    """

    set: str
    case: Case
    rows: Floats
    right: npt.NDArray[np.bool_]
    rank: npt.NDArray[np.int64]

    @property
    def weight(self) -> float:
        """Return how much the case counts in training."""
        return OWN_WEIGHT if self.set in (OWN_SET, OFFICERS_SET) else 1.0

    @property
    def learned(self) -> Compared:
        """Return what is trained on: the nearest pages, and one that answers wherever it stands."""
        return self._only(np.union1d(np.flatnonzero(self.rank < TRAINED_CANDIDATES), np.flatnonzero(self.right)[:1]))

    @property
    def decided(self) -> Compared:
        """Return what a ``Matcher`` would compare; a page that answers is lost where it is not near enough."""
        return self._only(np.flatnonzero(self.rank < COMPARED_CANDIDATES))

    def _only(self, chosen: npt.NDArray[np.int64]) -> Compared:
        return replace(self, rows=self.rows[chosen], right=self.right[chosen], rank=self.rank[chosen])


def compare_set(part: MatchSet, index: DocumentIndex) -> list[Compared]:
    """Return every case of a set with its features in the index of its pages."""
    features = PairFeatures(index)
    return [_compare_case(part.name, case, index, features) for case in part.cases]


def _compare_case(name: str, case: Case, index: DocumentIndex, features: PairFeatures) -> Compared:
    message = index.read(case.text)
    candidates = candidates_among(index, message, case.pages)
    right = np.array([int(place) in case.answers for place in candidates.places], dtype=bool)
    rank = np.argsort(np.searchsorted(candidates.places, candidates.by_nearness()))
    return Compared(name, case, features.rows(message, candidates), right, rank)


def candidates_among(index: DocumentIndex, message: Message, pages: npt.NDArray[np.bool_]) -> Candidates:
    """Return the candidates among some pages of an index, as if the others were not there."""
    every = index.candidates(message, len(index))
    lexical = np.where(pages, every.lexical, -1).astype(np.float32)
    meaning = None if every.meaning is None else np.where(pages, every.meaning, -1).astype(np.float32)
    return index.nearest(lexical, meaning, available=int(pages.sum()))


def fit_ranking(cases: Sequence[Compared], *, vectors: bool) -> Gate:
    """Return a gate fitted on some cases, not calibrated yet."""
    cases = [one.learned for one in cases]
    rows = usable(np.vstack([one.rows for one in cases]), PAIR_FEATURES, vectors=vectors)
    right = np.concatenate([one.right for one in cases])
    weight = np.concatenate([np.full(len(one.right), one.weight) for one in cases])
    return fit_gate(rows, right, weight, PAIR_FEATURES, SIZE)


def score_held_out(cases: Sequence[Compared], *, vectors: bool) -> list[tuple[Compared, Floats]]:
    """Return each measured case with the log odds that a gate gives it which saw nothing of its fold."""
    found: list[tuple[Compared, Floats]] = []
    for fold in range(FOLDS):
        gate = fit_ranking([one for one in cases if one.case.fold != fold], vectors=vectors)
        measured = [one.decided for one in cases if one.case.fold == fold and one.case.measured]
        found += [(one, gate_log_odds(gate, one, vectors=vectors)) for one in measured]
    return found


def gate_log_odds(gate: Gate, one: Compared, *, vectors: bool) -> Floats:
    """Return the log odds that a gate gives the pages of a case."""
    return gate.raw(usable(one.rows, PAIR_FEATURES, vectors=vectors))


def drop_retold_cases(judged: Sequence[tuple[Compared, Floats]]) -> list[tuple[Compared, Floats]]:
    """Return what is about clarifications: messages against one another are another matter, with a line of its own."""
    return [(one, scores) for one, scores in judged if one.set != RETOLD_SET]


def calibrate_gate(gate: Gate, measured: Sequence[tuple[Compared, Floats]]) -> Gate:
    """Return the gate with probabilities and thresholds fitted to cases it has not seen."""
    calibration, thresholds = fit_decision_lines(measured, MEASURED_SETS)
    return Gate(gate.trees, gate.line, calibration, thresholds)


def fit_decision_lines(measured: Sequence[tuple[Compared, Floats]], sets: Sequence[str]) -> tuple[Floats, Floats]:
    """Return slope and shift of the log odds, and the probabilities from which on one says possible and match.

    ``sets``: those whose unanswered messages decide the two, each by itself.
    """
    scores = np.concatenate([one for _, one in measured])
    right = np.concatenate([one.right for one, _ in measured])
    weight = np.concatenate([np.full(len(one.right), one.weight) for one, _ in measured])
    calibration = fit_calibration(scores, right, weight)
    drawn = [
        max(_false_answer_line(measured, name, share) for name in sets) for share in (FALSE_POSSIBLES, FALSE_MATCHES)
    ]
    return calibration, 1 / (1 + np.exp(-(calibration[0] * np.array(drawn) + calibration[1])))


def fit_join_line(measured: Sequence[tuple[Compared, Floats]]) -> float:
    """Return the log odds from which on two messages are taken for one claim."""
    return _false_answer_line(measured, RETOLD_SET, FALSE_JOINS)


def _false_answer_line(measured: Sequence[tuple[Compared, Floats]], name: str, share: float) -> float:
    """Return the log odds above which no more than a share of a set's unanswered messages lie."""
    none = sorted((s.max() for one, s in measured if one.set == name and not one.case.answers), reverse=True)
    return float(none[int(share * len(none))]) if none else -np.inf


def train_match_model(
    sets: Sequence[MatchSet], background: Background, whitening: Whitening, reader: Reader
) -> MatchModel:
    """Return a model trained on the sets."""
    # Compared once: the gate without vectors learns from the same candidates, less what needs vectors.
    cases = [one for part in sets for one in compare_set(part, _build_set_index(part, reader, background, whitening))]
    judged = {on: score_held_out(cases, vectors=on) for on in (True, False)}
    gates = [calibrate_gate(fit_ranking(cases, vectors=on), drop_retold_cases(judged[on])) for on in (True, False)]
    join = max(float(gates[1].probability_of(fit_join_line(judged[False]))), float(gates[1].thresholds[1]))
    about = {"version": "4", "scikit-learn": sklearn_version, "cases": {one.name: len(one.cases) for one in sets}}
    return MatchModel(background, whitening, gates[0], gates[1], join, about)


def _build_set_index(part: MatchSet, reader: Reader, background: Background, turn: Whitening | None) -> DocumentIndex:
    index = DocumentIndex(part.documents, reader, background, turn)
    index.embed = lambda text: EMBEDDED_PAGES.vectors([text], is_query=True)
    return index


def fit_whitening(paths: Sequence[Path], reader: Reader) -> Whitening:
    """Return the turn of the vectors, fitted on posts and titles of the public sets; needs no labels."""
    rows = [row for path in paths for row in read_json_lines(path) if not row["verbatim"]]
    messages = [reader.read(row["query"]).head for row in rows]
    titles = [reader.read(row["doc_title"]).clean for row in rows]
    pairs = [(message, title) for message, title in zip(messages, titles, strict=True) if message and title]
    return Whitening.fit(
        EMBEDDED_PAGES.vectors([message for message, _ in pairs], is_query=True),
        EMBEDDED_PAGES.vectors([" ".join(title.split()[:24]) for _, title in pairs], is_query=False),
    )


def fit_background(paths: Sequence[Path], retrieval: Sequence[Path], reader: Reader) -> Background:
    """Return the frequencies of stems in news and posts."""
    texts = [
        f"{row.get('title', '')}. {row.get('text', row.get('content', ''))}" for p in paths for row in read_csv_table(p)
    ]
    texts += [row["query"] for path in retrieval for row in read_json_lines(path)]
    return Background.fit(frozenset(reader.read(text[:800]).stems) for text in texts)


def load_match_sets(
    pairs: Path, retrieval: Sequence[Path], news: Sequence[Path], posts: Sequence[Path]
) -> list[MatchSet]:
    """Return all sets; a post that may repeat a hoax about the city is no negative for our pairs."""
    chance = random.Random(7)  # nosec B311  # noqa: S311 - a reproducible sample, not a secret
    calm = [path for path in posts if not path.stem.startswith("misinformation") and path.parent.name == "labelled"]
    others = [f"{row['title']}. {row['text']}" for path in calm for row in chance.sample(read_csv_table(path), 40)]
    headlines = [row["title"] for path in news for row in chance.sample(read_csv_table(path), 400)]
    sets = [load_own_pairs(pairs, others), load_retold_pairs(pairs)]
    newest = next((path for path in retrieval if path.stem == "tbh2026"), None)
    for path in retrieval:
        # Only the newest set is sure to share no story with another one.
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
    """Train on the files named on the command line and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--retrieval", type=Path, nargs="+", default=[])
    parser.add_argument("--news", type=Path, nargs="+", default=[])
    parser.add_argument("--posts", type=Path, nargs="+", default=[])
    parser.add_argument("--officers", type=Path, nargs="+", default=[], help="of hoax-tracker export pairs")
    parser.add_argument("--vectors", type=Path, help="remember vectors here between runs (.npz)")
    parser.add_argument("--out", type=Path, default=shipped_data_folder() / "models" / MATCH_MODEL_FILE)
    given = parser.parse_args()
    EMBEDDED_PAGES.limit = 10**6
    if given.vectors and given.vectors.exists():
        EMBEDDED_PAGES.load(given.vectors)
    reader = Reader.from_folder(shipped_data_folder())
    background = fit_background([*given.news, *given.posts], given.retrieval, reader)
    # The newest set stays out of what needs no labels too: it is what the model is measured on.
    whitening = fit_whitening([path for path in given.retrieval if path.stem != "tbh2026"], reader)
    sets = load_match_sets(given.pairs, given.retrieval, given.news, given.posts) + list(
        map(load_officers_pairs, given.officers)
    )
    model = train_match_model(sets, background, whitening, reader)
    model.save(given.out)
    if given.vectors:
        EMBEDDED_PAGES.save(given.vectors)


if __name__ == "__main__":
    main()
