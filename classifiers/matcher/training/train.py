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

from classifiers.matcher.embeddings import PAGES, Whitening
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.candidates import Candidates, DocumentIndex, Message
from classifiers.matcher.index.document_frequency import Background
from classifiers.matcher.match import COMPARED
from classifiers.matcher.model_file import FILE, MatchModel
from classifiers.matcher.pair_features import FEATURES, PairFeatures
from classifiers.matcher.reading import Reader
from classifiers.matcher.training.data import (
    FOLDS,
    OFFICERS,
    OWN,
    RETOLD,
    Case,
    MatchSet,
    officers_pairs,
    own_pairs,
    public_pairs,
    read_lines,
    read_table,
    retold,
)
from classifiers.matcher.training.gate_fitting import Size, fit_calibration, fit_gate, usable
from classifiers.shipped import shipped_data

OWN_WEIGHT = 6.0
"""How much more a pair of ours counts than a public one: they are what residents ask, and a tenth in number."""
KEPT = 12
"""Candidates of a case that are trained on."""
FALSE_MATCHES, FALSE_POSSIBLES = 0.01, 0.05
FALSE_JOINS = 0.005
"""Of messages that tell another claim, near as they are: joined to a claim all the same."""
MEASURED_SETS = (OWN, "tbh2026")
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
        return OWN_WEIGHT if self.set in (OWN, OFFICERS) else 1.0

    @property
    def learned(self) -> Compared:
        """Return what is trained on: the nearest pages, and one that answers wherever it stands."""
        return self._only(np.union1d(np.flatnonzero(self.rank < KEPT), np.flatnonzero(self.right)[:1]))

    @property
    def decided(self) -> Compared:
        """Return what a ``Matcher`` would compare; a page that answers is lost where it is not near enough."""
        return self._only(np.flatnonzero(self.rank < COMPARED))

    def _only(self, chosen: npt.NDArray[np.int64]) -> Compared:
        return replace(self, rows=self.rows[chosen], right=self.right[chosen], rank=self.rank[chosen])


def compare(part: MatchSet, index: DocumentIndex) -> list[Compared]:
    """Return every case of a set with its features in the index of its pages."""
    features = PairFeatures(index)
    return [_compared(part.name, case, index, features) for case in part.cases]


def _compared(name: str, case: Case, index: DocumentIndex, features: PairFeatures) -> Compared:
    message = index.read(case.text)
    candidates = among(index, message, case.pages)
    right = np.array([int(place) in case.answers for place in candidates.places], dtype=bool)
    rank = np.argsort(np.searchsorted(candidates.places, candidates.by_nearness()))
    return Compared(name, case, features.rows(message, candidates), right, rank)


def among(index: DocumentIndex, message: Message, pages: npt.NDArray[np.bool_]) -> Candidates:
    """Return the candidates among some pages of an index, as if the others were not there."""
    every = index.candidates(message, len(index))
    lexical = np.where(pages, every.lexical, -1).astype(np.float32)
    meaning = None if every.meaning is None else np.where(pages, every.meaning, -1).astype(np.float32)
    return index.nearest(lexical, meaning, available=int(pages.sum()))


def fit_ranking(cases: Sequence[Compared], *, vectors: bool) -> Gate:
    """Return a gate fitted on some cases, not calibrated yet."""
    cases = [one.learned for one in cases]
    rows = usable(np.vstack([one.rows for one in cases]), FEATURES, vectors=vectors)
    right = np.concatenate([one.right for one in cases])
    weight = np.concatenate([np.full(len(one.right), one.weight) for one in cases])
    return fit_gate(rows, right, weight, FEATURES, SIZE)


def held_out(cases: Sequence[Compared], *, vectors: bool) -> list[tuple[Compared, Floats]]:
    """Return each measured case with the log odds that a gate gives it which saw nothing of its fold."""
    found: list[tuple[Compared, Floats]] = []
    for fold in range(FOLDS):
        gate = fit_ranking([one for one in cases if one.case.fold != fold], vectors=vectors)
        measured = [one.decided for one in cases if one.case.fold == fold and one.case.measured]
        found += [(one, odds(gate, one, vectors=vectors)) for one in measured]
    return found


def odds(gate: Gate, one: Compared, *, vectors: bool) -> Floats:
    """Return the log odds that a gate gives the pages of a case."""
    return gate.raw(usable(one.rows, FEATURES, vectors=vectors))


def answering(judged: Sequence[tuple[Compared, Floats]]) -> list[tuple[Compared, Floats]]:
    """Return what is about clarifications: messages against one another are another matter, with a line of its own."""
    return [(one, scores) for one, scores in judged if one.set != RETOLD]


def calibrated(gate: Gate, measured: Sequence[tuple[Compared, Floats]]) -> Gate:
    """Return the gate with probabilities and thresholds fitted to cases it has not seen."""
    calibration, thresholds = lines(measured, MEASURED_SETS)
    return Gate(gate.trees, gate.line, calibration, thresholds)


def lines(measured: Sequence[tuple[Compared, Floats]], sets: Sequence[str]) -> tuple[Floats, Floats]:
    """Return slope and shift of the log odds, and the probabilities from which on one says possible and match.

    ``sets``: those whose unanswered messages decide the two, each by itself.
    """
    scores = np.concatenate([one for _, one in measured])
    right = np.concatenate([one.right for one, _ in measured])
    weight = np.concatenate([np.full(len(one.right), one.weight) for one, _ in measured])
    calibration = fit_calibration(scores, right, weight)
    drawn = [max(_line(measured, name, share) for name in sets) for share in (FALSE_POSSIBLES, FALSE_MATCHES)]
    return calibration, 1 / (1 + np.exp(-(calibration[0] * np.array(drawn) + calibration[1])))


def join_line(measured: Sequence[tuple[Compared, Floats]]) -> float:
    """Return the log odds from which on two messages are taken for one claim."""
    return _line(measured, RETOLD, FALSE_JOINS)


def _line(measured: Sequence[tuple[Compared, Floats]], name: str, share: float) -> float:
    """Return the log odds above which no more than a share of a set's unanswered messages lie."""
    none = sorted((s.max() for one, s in measured if one.set == name and not one.case.answers), reverse=True)
    return float(none[int(share * len(none))]) if none else -np.inf


def train(sets: Sequence[MatchSet], background: Background, whitening: Whitening, reader: Reader) -> MatchModel:
    """Return a model trained on the sets."""
    # Compared once: the gate without vectors learns from the same candidates, less what needs vectors.
    cases = [one for part in sets for one in compare(part, _index(part, reader, background, whitening))]
    judged = {on: held_out(cases, vectors=on) for on in (True, False)}
    gates = [calibrated(fit_ranking(cases, vectors=on), answering(judged[on])) for on in (True, False)]
    join = max(float(gates[1].probability_of(join_line(judged[False]))), float(gates[1].thresholds[1]))
    about = {"version": "3", "scikit-learn": sklearn_version, "cases": {one.name: len(one.cases) for one in sets}}
    return MatchModel(background, whitening, gates[0], gates[1], join, about)


def _index(part: MatchSet, reader: Reader, background: Background, turn: Whitening | None) -> DocumentIndex:
    index = DocumentIndex(part.documents, reader, background, turn)
    index.embed = lambda text: PAGES.vectors([text], is_query=True)
    return index


def fit_whitening(paths: Sequence[Path], reader: Reader) -> Whitening:
    """Return the turn of the vectors, fitted on posts and titles of the public sets; needs no labels."""
    rows = [row for path in paths for row in read_lines(path) if not row["verbatim"]]
    messages = [reader.read(row["query"]).head for row in rows]
    titles = [reader.read(row["doc_title"]).clean for row in rows]
    pairs = [(message, title) for message, title in zip(messages, titles, strict=True) if message and title]
    return Whitening.fit(
        PAGES.vectors([message for message, _ in pairs], is_query=True),
        PAGES.vectors([" ".join(title.split()[:24]) for _, title in pairs], is_query=False),
    )


def fit_background(paths: Sequence[Path], retrieval: Sequence[Path], reader: Reader) -> Background:
    """Return the frequencies of stems in news and posts."""
    texts = [
        f"{row.get('title', '')}. {row.get('text', row.get('content', ''))}" for p in paths for row in read_table(p)
    ]
    texts += [row["query"] for path in retrieval for row in read_lines(path)]
    return Background.fit(frozenset(reader.read(text[:800]).stems) for text in texts)


def load_sets(pairs: Path, retrieval: Sequence[Path], news: Sequence[Path], posts: Sequence[Path]) -> list[MatchSet]:
    """Return all sets; a post that may repeat a hoax about the city is no negative for our pairs."""
    chance = random.Random(7)  # nosec B311  # noqa: S311 - a reproducible sample, not a secret
    calm = [path for path in posts if not path.stem.startswith("misinformation") and path.parent.name == "labelled"]
    others = [f"{row['title']}. {row['text']}" for path in calm for row in chance.sample(read_table(path), 40)]
    headlines = [row["title"] for path in news for row in chance.sample(read_table(path), 400)]
    sets = [own_pairs(pairs, others), retold(pairs)]
    newest = next((path for path in retrieval if path.stem == "tbh2026"), None)
    for path in retrieval:
        # Only the newest set is sure to share no story with another one.
        elsewhere = [p for p in retrieval if p != path] if path == newest else [newest] if newest else []
        queries = [
            row["query"] for p in elsewhere for row in chance.sample(read_lines(p), 90) if row.get("category") != "scam"
        ]
        sets.append(public_pairs(path, [*queries, *chance.sample(headlines, min(150, len(headlines)))]))
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
    parser.add_argument("--out", type=Path, default=shipped_data() / "models" / FILE)
    given = parser.parse_args()
    PAGES.limit = 10**6
    if given.vectors and given.vectors.exists():
        PAGES.load(given.vectors)
    reader = Reader.from_folder(shipped_data())
    background = fit_background([*given.news, *given.posts], given.retrieval, reader)
    # The newest set stays out of what needs no labels too: it is what the model is measured on.
    whitening = fit_whitening([path for path in given.retrieval if path.stem != "tbh2026"], reader)
    sets = load_sets(given.pairs, given.retrieval, given.news, given.posts) + list(map(officers_pairs, given.officers))
    model = train(sets, background, whitening, reader)
    model.save(given.out)
    if given.vectors:
        PAGES.save(given.vectors)


if __name__ == "__main__":
    main()
