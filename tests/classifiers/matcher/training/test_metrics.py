"""What the figures of matching count."""

from __future__ import annotations

import numpy as np
import pytest

from classifiers.matcher.training.metrics import METRIC_NAMES, NOT_FOUND_RANK, Answer, measure_answers, metrics_as_json


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
