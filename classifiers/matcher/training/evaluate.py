"""Evaluate the matcher: the gate against baselines, the effect of each feature family, and the decisions.

Every message is scored by a gate that was not trained on anything like it. Our two sets (pairs, and messages against
one another by words alone) use six folds by topic. A public set is scored after training on all others; its index holds
all its pages, and its unanswered messages are those of the other public sets without scams. Calibration and thresholds
are fitted on the folds that do not contain the message.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifiers.matcher.embeddings import EMBEDDED_PAGES, Whitening, is_encoder_installed
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.candidates import DocumentIndex
from classifiers.matcher.model_file import MatchModel, load_match_model
from classifiers.matcher.pair_features import FEATURE_FAMILIES, PAIR_FEATURES
from classifiers.matcher.reading import Reader
from classifiers.matcher.training.baselines import Baselines
from classifiers.matcher.training.data import (
    FOLDS,
    OWN_SET,
    RETOLD_SET,
    Case,
    MatchSet,
    load_own_pairs,
    load_public_pairs,
    load_retold_pairs,
    read_json_lines,
)
from classifiers.matcher.training.metrics import (
    NOT_FOUND_RANK,
    Answer,
    Figures,
    measure_answers,
    metrics_as_json,
    reliability_table,
)
from classifiers.matcher.training.train import (
    Compared,
    compare_set,
    fit_decision_lines,
    fit_join_line,
    fit_ranking,
    gate_log_odds,
)
from classifiers.shipped import shipped_data_folder

OWN_SETS = (OWN_SET, RETOLD_SET)
FOREIGN_MESSAGES_LIMIT = 500
Progress = Callable[[str], None]
JudgedCases = list[tuple[Compared, Floats]]


@dataclass
class Measured:
    """Results of one set: metrics by method, metrics without each feature family, and decisions."""

    pages: int
    answered: int
    unanswered: int
    methods: dict[str, Figures] = field(default_factory=dict)
    without: dict[str, Figures] = field(default_factory=dict)
    said: dict[str, float] = field(default_factory=dict)
    reliability: list[dict[str, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the results as ``--json`` prints them."""
        counts = {"pages": self.pages, "answered": self.answered, "unanswered": self.unanswered}
        tables = {"methods": metrics_as_json(self.methods), "without_family": metrics_as_json(self.without)}
        return counts | tables | {"decisions": self.said, "reliability": self.reliability}


class Evaluation:
    """The sets to evaluate. Features are computed once with and once without vectors."""

    def __init__(self, pairs: Path, public: Sequence[Path], progress: Progress = lambda _: None) -> None:
        """Load our pairs (a folder) and public sets (files for ``load_public_pairs``)."""
        self._model = load_match_model()
        self._reader = Reader.from_folder(shipped_data_folder())
        self._progress = progress
        chance = random.Random(7)  # nosec B311  # noqa: S311 - a reproducible sample, not a secret
        self._sets = {OWN_SET: load_own_pairs(pairs), RETOLD_SET: load_retold_pairs(pairs)}
        self._training = dict(self._sets)
        for path in public:
            foreign = _foreign_messages([other for other in public if other != path], chance)
            part = load_public_pairs(path, foreign)
            self._training[part.name], self._sets[part.name] = part, with_whole_index(part)
        self._compared: dict[tuple[str, bool, bool], list[Compared]] = {}

    def measure(self, *, families: bool = False) -> dict[str, Measured]:
        """Return the results of every set; ``families`` adds about a minute per family and set."""
        return {name: self._measured(name, families) for name in self._sets}

    def _measured(self, name: str, families: bool) -> Measured:
        part = self._sets[name]
        cases = [case for case in part.cases if case.measured]
        answered = sum(bool(case.answers) for case in cases)
        measured = Measured(len(part.documents), answered, len(cases) - answered)
        measured.methods |= self._baselines(part)
        for vectors in (False, True) if is_encoder_installed() and name != RETOLD_SET else (False,):
            self._progress(f"{name}: gate {'with' if vectors else 'without'} vectors")
            judged = self._judged(name, vectors)
            measured.methods["gate" if vectors else "gate without vectors"] = measure_answers(
                self._answers(part, judged)
            )
        measured.said, measured.reliability = _measure_decisions(judged)
        if name == RETOLD_SET:
            measured.said = _measure_joins(judged)
        for family in FEATURE_FAMILIES if families and name != RETOLD_SET else ():
            if vectors or family != "meaning":
                self._progress(f"{name}: without {family}")
                measured.without[family] = measure_answers(self._answers(part, self._judged(name, vectors, family)))
        return measured

    def _judged(self, name: str, vectors: bool, left_out: str = "") -> JudgedCases:
        training = [
            compared
            for part in self._training
            for compared in self._cases(part, vectors, of_training=True, left_out=left_out)
        ]
        measured = self._cases(name, vectors, of_training=name in OWN_SETS, left_out=left_out)
        if name not in OWN_SETS:
            gate = fit_ranking([compared for compared in training if compared.set != name], vectors=vectors)
            return _judge_cases(gate, measured, vectors)
        judged: JudgedCases = []
        for fold in range(FOLDS):
            gate = fit_ranking(
                [compared for compared in training if compared.set not in OWN_SETS or compared.case.fold != fold],
                vectors=vectors,
            )
            judged += _judge_cases(gate, [compared for compared in measured if compared.case.fold == fold], vectors)
        return judged

    def _cases(self, name: str, vectors: bool, *, of_training: bool, left_out: str) -> list[Compared]:
        key = name, vectors, of_training
        if key not in self._compared:
            self._progress(f"{name}: features")
            part = (self._training if of_training else self._sets)[name]
            self._compared[key] = compare_set(part, _build_set_index(part, self._reader, self._model, vectors))
        return (
            [_blank_feature_family(compared, left_out) for compared in self._compared[key]]
            if left_out
            else self._compared[key]
        )

    def _baselines(self, part: MatchSet) -> dict[str, Figures]:
        self._progress(f"{part.name}: simple methods")
        methods = Baselines(
            part, self._reader, _build_set_index(part, self._reader, self._model, is_encoder_installed())
        )
        answers: dict[str, list[Answer]] = {}
        for case in part.cases:
            if case.measured:
                hard = is_hard_case(case, part, self._reader)
                for name, scores in methods.scores(case.text).items():
                    answers.setdefault(name, []).append(
                        _answer_from_scores(np.where(case.pages, scores, -np.inf), case, hard)
                    )
        return {name: measure_answers(answers) for name, answers in answers.items()}

    def _answers(self, part: MatchSet, judged: JudgedCases) -> list[Answer]:
        return [
            answer_from_gate(compared, scores, is_hard_case(compared.case, part, self._reader))
            for compared, scores in judged
        ]


def _foreign_messages(paths: Sequence[Path], chance: random.Random) -> list[str]:
    """Return up to 500 messages of other sets. Scams are left out, because they circulate unchanged for years."""
    rows = [row for path in paths for row in read_json_lines(path) if row.get("category") != "scam"]
    texts = [row["query"] for row in rows if len(row["query"].split()) > 1]
    return chance.sample(texts, min(FOREIGN_MESSAGES_LIMIT, len(texts)))


def with_whole_index(part: MatchSet) -> MatchSet:
    """Return a public set with all pages in every index and without withdrawn pages."""
    every = np.ones(len(part.documents), dtype=bool)
    kept_cases = [case for case in part.cases if case.kind != "withdrawn"]
    if not any(case.kind == "foreign" for case in kept_cases):
        kept_cases = list(part.cases)  # with a single set, withdrawn pages give the unanswered messages
    return replace(
        part, cases=tuple(replace(case, pages=every) if case.kind != "withdrawn" else case for case in kept_cases)
    )


def _build_set_index(part: MatchSet, reader: Reader, model: MatchModel, vectors: bool) -> DocumentIndex:
    """Return the index of a set; vectors of messages are cached."""
    turn: Whitening | None = model.whitening if vectors else None
    index = DocumentIndex(part.documents, reader, model.background, turn)
    index.embed = lambda text: EMBEDDED_PAGES.vectors([text], is_query=True)
    return index


def is_hard_case(case: Case, part: MatchSet, reader: Reader) -> bool:
    """Tell whether the message has at most half of the words of the answering title."""
    said = set(reader.read(case.text).words)
    titles = [part.documents[place].title or part.documents[place].claim for place in case.answers]
    shares = [np.mean([word in said for word in words]) for title in titles if (words := reader.read(title).words)]
    return bool(shares and max(shares) <= 0.5)


def _answer_from_scores(scores: Floats, case: Case, hard: bool) -> Answer:
    """Return the answer for a case from the (pages,) scores."""
    right = max((scores[place] for place in case.answers), default=None)
    return Answer(float(scores.max()), None if right is None else int((scores > right).sum()), hard)


def _judge_cases(gate: Gate, cases: Sequence[Compared], vectors: bool) -> JudgedCases:
    """Return the measured cases with the log-odds of the pages that a matcher would compare."""
    return [
        (compared.decided, gate_log_odds(gate, compared.decided, vectors=vectors))
        for compared in cases
        if compared.case.measured
    ]


def answer_from_gate(compared: Compared, scores: Floats, hard: bool) -> Answer:
    """Return the answer for a case from a gate's scores. A page that was not compared counts as not found."""
    best = float(scores.max()) if len(scores) else -1e9
    if not compared.case.answers:
        return Answer(best, None, hard)
    right = scores[compared.right].max() if compared.right.any() else None
    return Answer(best, NOT_FOUND_RANK if right is None else int((scores > right).sum()), hard)


def _blank_feature_family(compared: Compared, family: str) -> Compared:
    """Return a case with the features of one family set to zero."""
    blank = np.array([feature.family == family for feature in PAIR_FEATURES])
    return replace(compared, rows=np.where(blank, 0.0, compared.rows))


@dataclass(frozen=True)
class Said:
    """A decision on a message; ``right``: its best page answers it."""

    is_answered: bool
    right: bool
    probability: float
    decision: str


def _measure_decisions(judged: JudgedCases) -> tuple[dict[str, float], list[dict[str, float]]]:
    """Return shares of decisions and a reliability table, with thresholds from the other folds."""
    said = [outcome for fold in range(FOLDS) for outcome in _decide_fold(judged, fold)]
    none, some = (
        [outcome for outcome in said if not outcome.is_answered],
        [outcome for outcome in said if outcome.is_answered],
    )
    shares = {
        "unanswered_said_match": _share_of_true(outcome.decision == "match" for outcome in none),
        "unanswered_said_possible": _share_of_true(outcome.decision == "possible" for outcome in none),
        "answered_right_match": _share_of_true(outcome.right and outcome.decision == "match" for outcome in some),
        "answered_right_possible": _share_of_true(outcome.right and outcome.decision == "possible" for outcome in some),
        "answered_wrong_match": _share_of_true(not outcome.right and outcome.decision == "match" for outcome in some),
    }
    return shares, reliability_table(
        np.array([outcome.probability for outcome in said]), np.array([outcome.right for outcome in said])
    )


def _measure_joins(judged: JudgedCases) -> dict[str, float]:
    """Return shares of joined messages, with the threshold from the other folds."""
    joined = []
    for fold in range(FOLDS):
        line = fit_join_line([(compared, scores) for compared, scores in judged if compared.case.fold != fold])
        ours = [(compared, scores) for compared, scores in judged if compared.case.fold == fold and len(scores)]
        joined += [
            (bool(compared.case.answers), bool(compared.right[s.argmax()]), s.max() > line) for compared, s in ours
        ]
    told, other = [outcome for outcome in joined if outcome[0]], [outcome for outcome in joined if not outcome[0]]
    return {
        "same_joined": _share_of_true(right and sure for _, right, sure in told),
        "same_joined_wrongly": _share_of_true(not right and sure for _, right, sure in told),
        "other_joined": _share_of_true(sure for *_, sure in other),
    }


def _decide_fold(judged: JudgedCases, fold: int) -> list[Said]:
    """Return the decisions on one fold with thresholds from the others."""
    others = [(compared, scores) for compared, scores in judged if compared.case.fold != fold]
    ours = [(compared, scores) for compared, scores in judged if compared.case.fold == fold and len(scores)]
    if not others or not ours:
        return []
    (slope, shift), (possible, match) = fit_decision_lines(others, [others[0][0].set])
    said = []
    for compared, scores in ours:
        best = int(scores.argmax())
        probability = float(1 / (1 + np.exp(-(slope * scores[best] + shift))))
        decision = "match" if probability >= match else "possible" if probability >= possible else "none"
        said.append(Said(bool(compared.case.answers), bool(compared.right[best]), probability, decision))
    return said


def _share_of_true(of: Iterable[bool]) -> float:
    """Return the share of true values; 0 for none."""
    truths = list(of)
    return round(sum(truths) / max(len(truths), 1), 4)
