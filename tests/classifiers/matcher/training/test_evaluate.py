"""Evaluation of matching: what the metrics count, and that no gate is evaluated on its training cases."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers.matcher.match import COMPARED_CANDIDATES
from classifiers.matcher.pair_features import FEATURE_FAMILIES, PAIR_FEATURES
from classifiers.matcher.training import evaluate
from classifiers.matcher.training.data import Case, load_own_pairs, read_csv_table
from classifiers.matcher.training.evaluate import Evaluation, answer_from_gate, is_hard_case, with_whole_index
from classifiers.matcher.training.metrics import (
    METRIC_NAMES,
    NOT_FOUND_RANK,
    Answer,
    measure_answers,
    metrics_as_json,
    reliability_table,
)
from classifiers.matcher.training.train import Compared
from classifiers.shipped import shipped_data_folder

PAIRS = shipped_data_folder() / "pairs"


def test_figures_of_answers_known_by_hand() -> None:
    answers = [Answer(0.9, 0), Answer(0.8, 0, hard=True), Answer(0.3, 0), Answer(0.7, 3), Answer(0.6, NOT_FOUND_RANK)]
    answers += [Answer(score, None) for score in np.linspace(0, 0.5, 100)]
    found = {name: value for name, (value, _, _) in measure_answers(answers).items()}
    assert tuple(found) == METRIC_NAMES
    assert found["recall_at_1"] == pytest.approx(3 / 5)
    assert found["recall_at_5"] == pytest.approx(4 / 5)
    assert found["hard_recall_at_1"] == 1
    # Of the five, one lies below 40 % of the unanswered; the four others above all.
    assert found["roc_auc"] == pytest.approx((4 + 0.6) / 5, abs=0.01)
    assert found["right_at_1%"] == found["right_at_5%"] == pytest.approx(2 / 5)
    for value, low, high in measure_answers(answers).values():
        assert low <= value <= high


def test_figures_need_both_kinds() -> None:
    with pytest.raises(ValueError, match="one kind is missing"):
        measure_answers([Answer(0.5, 0)])


def test_a_figure_that_does_not_exist_is_nothing_in_json() -> None:
    shown = metrics_as_json({"gate": measure_answers([Answer(0.9, 0), Answer(0.1, None)])})["gate"]
    assert shown["hard_recall_at_1"] is None
    assert shown["recall_at_1"] == 1
    assert shown["recall_at_1_ci"] == [1, 1]


def test_reliability_by_tenths() -> None:
    rows = reliability_table(np.array([0.05, 0.91, 0.95, 1.0]), np.array([False, True, False, True]))
    assert [(row["from"], row["count"], row["right"]) for row in rows] == [(0.0, 1, 0.0), (0.9, 3, 0.667)]


def compared(right: list[bool], rank: list[int], answers: frozenset[int]) -> Compared:
    """A case with as many pages as ranks."""
    case = Case("1", "air mati", answers, np.ones(30, dtype=bool), 0, "answered")
    return Compared("pairs", case, np.zeros((len(right), len(PAIR_FEATURES))), np.array(right), np.array(rank))


def test_a_page_that_a_matcher_would_not_compare_was_not_found() -> None:
    ranks = list(range(25))
    one = compared([at == 20 for at in ranks], ranks, frozenset({20}))
    assert one.learned.right.any()
    assert not one.decided.right.any()
    assert answer_from_gate(one.decided, np.zeros(COMPARED_CANDIDATES), hard=False) == Answer(0.0, NOT_FOUND_RANK)
    near = compared([at == 3 for at in ranks], ranks, frozenset({3}))
    scores = np.linspace(1, 0, COMPARED_CANDIDATES)
    assert answer_from_gate(near.decided, scores, hard=True) == Answer(1.0, 3, hard=True)


def test_hard_messages_share_few_words_with_the_title() -> None:
    part = load_own_pairs(PAIRS)
    reader = evaluate.Reader.from_folder(shipped_data_folder())
    title = part.documents[0].title
    case = Case("1", title, frozenset({0}), np.ones(len(part.documents), dtype=bool), 0, "answered")
    assert not is_hard_case(case, part, reader)
    assert is_hard_case(Case("1", "itu benar ko", frozenset({0}), case.pages, 0, "answered"), part, reader)
    assert len(with_whole_index(part).cases) > 0


def some_pairs(folder: Path) -> Path:
    """Every sixth clarification with its messages: as many as a test can wait for."""
    pages = (PAIRS / "clarifications.jsonl").read_text(encoding="utf-8").splitlines()[::6]
    chosen = {json.loads(page)["id"] for page in pages}
    (folder / "clarifications.jsonl").write_text("\n".join(pages) + "\n", encoding="utf-8")
    messages = read_csv_table(PAIRS / "messages.csv")
    with (folder / "messages.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, messages[0])
        out.writeheader()
        out.writerows(row for row in messages if row["clarification"] in chosen)
    shutil.copy(PAIRS / "unrelated.csv", folder)
    return folder


@pytest.mark.training
def test_our_pairs_measured_without_vectors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Wide bounds: what is written in docs/matching.md is measured with vectors and more sets."""
    monkeypatch.setattr(evaluate, "is_encoder_installed", lambda: False)
    seen: list[tuple[set[str], set[str]]] = []
    real = evaluate.fit_ranking

    def noted(cases, *, vectors):  # type: ignore[no-untyped-def]
        seen.append(({one.case.text for one in cases}, {one.case.text for one in cases if one.case.measured}))
        return real(cases, vectors=vectors)

    monkeypatch.setattr(evaluate, "fit_ranking", noted)
    folder = some_pairs(tmp_path)
    measured_sets = Evaluation(folder, []).measure()
    found, joined = measured_sets["pairs"], measured_sets["retold"].said
    gate = found.methods["gate without vectors"]
    assert set(found.methods) == {"BM25", "TF-IDF", "TF-IDF, background frequencies", "gate without vectors"}
    assert gate["recall_at_1"][0] > 0.8
    assert gate["right_at_5%"][0] > found.methods["BM25"]["right_at_5%"][0] + 0.05
    assert found.said["unanswered_said_match"] < 0.03
    assert found.answered > 120
    assert joined["same_joined"] > 10 * joined["other_joined"]
    assert joined["other_joined"] < 0.02
    assert set(FEATURE_FAMILIES) >= {"words", "numbers", "meaning"}
    # For each of the two sets an answered message is left out of exactly one of six gates: the one it is measured by.
    part = load_own_pairs(folder)
    measured = {case.text for case in part.cases if case.measured and case.answers}
    missing = [sum(text not in learned for learned, _ in seen) for text in measured]
    assert set(missing) == {2}
