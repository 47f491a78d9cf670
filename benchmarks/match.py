"""Measures matching beside simple methods, with intervals, as a Markdown table.

    python -m benchmarks.match --data ../shared/data/retrieval --pairs data/pairs

Public sets: every page of the set is in the index; the messages that none answers are those of another year, scams left
out. Our pairs: six indexes by topic. The gate that judges a set has seen nothing of it ("others only"), or, of our
pairs, nothing of their topics ("other topics").
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from classifiers.background import Background
from classifiers.candidates import DocumentIndex
from classifiers.encode import PAGES, Whitening
from classifiers.match_data import FOLDS, Case, MatchSet, own_pairs, public_pairs, read_lines
from classifiers.match_model import shipped_data, shipped_model
from classifiers.page_vectors import embedded
from classifiers.pairs import PairFeatures
from classifiers.reading import Reader
from classifiers.train_match import Compared, among, compare, fit_gate

Scores = npt.NDArray[np.float64]
SHARES = (0.01, 0.02, 0.05)


@dataclass(frozen=True)
class Answer:
    """What a method said of a case: its best score, and at which rank an answering page stood (None: none answers)."""

    best: float
    rank: int | None
    hard: bool


def answer(scores: Scores, case: Case, hard: bool) -> Answer:
    """Return the answer for a case from the scores of all pages."""
    scores = np.where(case.pages, scores, -np.inf)
    if not case.answers:
        return Answer(float(scores.max()), None, hard)
    right = max(scores[place] for place in case.answers)
    return Answer(float(scores.max()), int((scores > right).sum()), hard)


def figures(answers: Sequence[Answer], seed: int = 0) -> dict[str, tuple[float, float, float]]:
    """Return each figure with its 95 % interval over 1,000 resamples of the messages."""
    answered = [one for one in answers if one.rank is not None]
    best = np.array([one.best for one in answered])
    rank = np.array([one.rank for one in answered])
    hard = np.array([one.hard for one in answered])
    none = np.array([one.best for one in answers if one.rank is None])
    dice = np.random.default_rng(seed)
    drawn = [_figures(best, rank, hard, none)]
    for _ in range(1000):
        a, n = dice.integers(0, len(best), len(best)), dice.integers(0, len(none), len(none))
        drawn.append(_figures(best[a], rank[a], hard[a], none[n]))
    table = np.array(drawn)
    low, high = np.nanpercentile(table[1:], [2.5, 97.5], axis=0)
    names = ("R@1", "R@5", "hard R@1", "AUC", *(f"at {share:.0%}" for share in SHARES))
    return {name: (table[0, at], low[at], high[at]) for at, name in enumerate(names)}


def _figures(best: Scores, rank: Scores, hard: npt.NDArray[np.bool_], none: Scores) -> list[float]:
    ordered = np.sort(none)
    below = np.searchsorted(ordered, best, side="left")
    ties = np.searchsorted(ordered, best, side="right") - below
    lines = [ordered[::-1][int(share * len(ordered))] for share in SHARES]
    right = [float(((best > line) & (rank == 0)).mean()) for line in lines]
    of_hard = float((rank[hard] == 0).mean()) if hard.any() else float("nan")
    return [
        float((rank == 0).mean()),
        float((rank < 5).mean()),
        of_hard,
        float(((below + ties / 2) / len(none)).mean()),
        *right,
    ]


def is_hard(case: Case, part: MatchSet, reader: Reader) -> bool:
    """Return whether at most half of the words of the answering title occur in the message."""
    said = set(reader.read(case.text).words)
    titles = [part.documents[place].title or part.documents[place].claim for place in case.answers]
    shares = [np.mean([word in said for word in words]) for t in titles if (words := reader.read(t).words)]
    return bool(shares) and max(shares) <= 0.5


def everything(path: Path, foreign: Sequence[str]) -> MatchSet:
    """Return a public set with every page in the index of every case."""
    part = public_pairs(path, foreign)
    every = np.ones(len(part.documents), dtype=bool)
    cases = [Case(c.id, c.text, c.answers, every, c.fold, c.kind) for c in part.cases if c.kind != "withdrawn"]
    return MatchSet(part.name, part.documents, tuple(cases))


class Simple:
    """The methods that the gate stands beside, on one set."""

    def __init__(self, part: MatchSet, reader: Reader, index: DocumentIndex) -> None:
        """Prepare the matrices."""
        self.reader, self.index = reader, index
        texts = [document.text for document in part.documents]
        self.words = TfidfVectorizer(analyzer=self._stems, sublinear_tf=True)
        self.pages = self.words.fit_transform(texts)
        self.counter = CountVectorizer(analyzer=self._stems)
        counts = self.counter.fit_transform(texts).toarray().astype(np.float32)
        length = counts.sum(axis=1, keepdims=True)
        held = (counts > 0).sum(axis=0)
        rarity = np.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
        self.saturated = rarity * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * length / length.mean()))

    def _stems(self, text: str) -> list[str]:
        return list(self.reader.read(text).stems)

    def scores(self, text: str, raw: npt.NDArray[np.float32]) -> dict[str, Scores]:
        """Return the scores of all pages by each method; ``raw``: (n, 3, 384) unturned vectors."""
        message = self.index.read(text)
        head = message.reading.head or "-"
        meaning = (raw @ PAGES.vectors([head], is_query=True)[0]).max(axis=1)
        turned = self.index.meaning(message)
        words = np.asarray((self.pages @ self.words.transform([text]).T).todense()).ravel()
        asked = (self.counter.transform([text]).toarray().ravel() > 0).astype(np.float32)
        known = self.index.lexical(message.reading.stems)
        turned = np.zeros(len(known)) if turned is None else turned
        return {
            "BM25": self.saturated @ asked,
            "TF-IDF": words,
            "TF-IDF, background frequencies": known,
            "e5": meaning,
            "e5, whitened": turned,
            "TF-IDF + 2 x e5": words + 2 * meaning,
            "background TF-IDF + whitened e5": known + turned,
        }


def simple_answers(part: MatchSet, reader: Reader, index: DocumentIndex) -> dict[str, list[Answer]]:
    """Return the answers of the simple methods to the measured cases of a set."""
    methods = Simple(part, reader, index)
    raw = embedded([index.page(place) for place in range(len(index))]).astype(np.float32)
    found: dict[str, list[Answer]] = {}
    for case in filter(lambda one: one.measured, part.cases):
        hard = is_hard(case, part, reader)
        for name, scores in methods.scores(case.text, raw).items():
            found.setdefault(name, []).append(answer(np.asarray(scores, dtype=np.float64), case, hard))
    return found


def gate_answers(
    part: MatchSet,
    index: DocumentIndex,
    reader: Reader,
    training: Callable[[int], Sequence[Compared]],
    *,
    vectors: bool,
) -> list[Answer]:
    """Return the answers of gates, one a fold; ``training``: the cases that may be learned from for a fold."""
    features = PairFeatures(index)
    found: list[Answer] = []
    folds = range(FOLDS) if training(0) is not training(1) else range(1)
    for fold in folds:
        gate = fit_gate(training(fold), vectors=vectors)
        for case in part.cases:
            if case.measured and (len(folds) == 1 or case.fold == fold):
                message = index.read(case.text)
                candidates = among(index, message, case.pages)
                scores = np.full(len(part.documents), -1e9)
                if len(candidates.places) and message.reading.stems:
                    scores[candidates.places] = gate.raw(np.nan_to_num(features.rows(message, candidates)))
                found.append(answer(scores, case, is_hard(case, part, reader)))
    return found


def show(name: str, answers: Sequence[Answer]) -> None:
    """Print one line of the table."""
    cells = [f"{value:.3f} ({low:.2f}-{high:.2f})" for value, low, high in figures(answers).values()]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def heading(part: MatchSet) -> None:
    """Print the head of a set's table."""
    answered = sum(bool(case.answers) for case in part.cases if case.measured)
    none = sum(not case.answers for case in part.cases if case.measured)
    print(f"\n### {part.name}: {answered} messages with an answer, {none} without, {len(part.documents)} pages\n")
    print("| method | R@1 | R@5 | hard R@1 | AUC | right at 1 % | at 2 % | at 5 % |")
    print("|---|---|---|---|---|---|---|---|", flush=True)


def indexed(part: MatchSet, reader: Reader, background: Background, turn: Whitening | None) -> DocumentIndex:
    """Return the index of a set, its messages' vectors remembered."""
    index = DocumentIndex(part.documents, reader, background, turn)
    index.embed = lambda text: PAGES.vectors([text], is_query=True)
    return index


def without(cases: Iterable[Compared], name: str) -> list[Compared]:
    """Return the cases of all sets but one."""
    return [one for one in cases if one.set != name]


def measure(sets: Sequence[MatchSet], training: Sequence[MatchSet], reader: Reader) -> None:
    """Print a table for each set."""
    model = shipped_model()
    prepared = {}
    for turn in (model.whitening, None):
        prepared[turn is not None] = [
            one for part in training for one in compare(part, indexed(part, reader, model.background, turn))
        ]
    for part in sets:
        heading(part)
        with_vectors = indexed(part, reader, model.background, model.whitening)
        for name, answers in simple_answers(part, reader, with_vectors).items():
            show(name, answers)
        for vectors in (False, True):
            index = with_vectors if vectors else indexed(part, reader, model.background, None)
            said = "gate" if vectors else "gate without vectors"
            others = without(prepared[vectors], part.name)
            show(f"{said}, others only", gate_answers(part, index, reader, lambda _, c=others: c, vectors=vectors))
            if part.name == "pairs":
                by_fold = [[c for c in prepared[vectors] if c.case.fold != fold] for fold in range(FOLDS)]
                show(f"{said}, other topics", gate_answers(part, index, reader, by_fold.__getitem__, vectors=vectors))


def speed(part: MatchSet, size: int = 1000) -> None:
    """Print what one decision costs at ``size`` pages, and of that the vector of the message."""
    from classifiers.match import Matcher

    documents = (part.documents * (size // len(part.documents) + 1))[:size]
    matcher = Matcher(documents)
    messages = [" ".join((case.text.split() * 60)[:60]) for case in part.cases[:200] if case.text.split()]
    matcher.decide(messages[0])
    whole, vector = [], []
    for text in messages:
        begun = time.perf_counter()
        matcher.decide(text + " ")
        whole.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        matcher.index.embed(matcher.index.read(text).reading.head or "-") if matcher.uses_vectors else None
        vector.append(time.perf_counter() - begun)
    for name, taken in (("decision", whole), ("of that vectors about", [v / 2 for v in vector])):
        p50, p95 = np.percentile(taken, [50, 95]) * 1000
        print(f"{name} at {size} pages: median {p50:.1f} ms, p95 {p95:.1f} ms")


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets (.jsonl)")
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, help="remember vectors here between runs (.npz)")
    given = parser.parse_args()
    PAGES.limit = 10**6
    if given.vectors and given.vectors.exists():
        PAGES.load(given.vectors)
    reader = Reader.from_folder(shipped_data())
    chance = random.Random(7)
    older = [row["query"] for row in read_lines(given.data / "tbh2024.jsonl") if row["category"] != "scam"]
    newer = [row["query"] for row in read_lines(given.data / "tbh2026.jsonl")]
    public = [
        everything(given.data / "tbh2026.jsonl", chance.sample(older, 500)),
        everything(given.data / "cekfakta1k.jsonl", chance.sample(newer, 500)),
    ]
    training = [own_pairs(given.pairs), *(public_pairs(path, []) for path in sorted(given.data.glob("*.jsonl")))]
    measure([*public, training[0]], training, reader)
    speed(training[0])
    if given.vectors:
        PAGES.save(given.vectors)


if __name__ == "__main__":
    main()
