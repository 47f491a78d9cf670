"""The near-miss gate is trained from ``data/`` alone and reproducibly."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.near_miss import NEAR_MISS_FEATURES
from classifiers.matcher.training.train_near_miss import (
    build_feature_rows,
    load_training_pairs,
    train_near_miss_gate,
    writer_of,
)
from classifiers.matcher.training.train_stance import (
    is_held_out,
    load_near_misses,
    load_stance_messages,
    stances_out_of_fold,
)
from classifiers.shipped import shipped_data_folder

PAGES = 8


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few pages of each set and all messages about them."""
    folder, data = tmp_path_factory.mktemp("data"), shipped_data_folder()
    for name in ("pairs", "near_misses"):
        (folder / name).mkdir()
        lines = (data / name / "clarifications.jsonl").read_text(encoding="utf-8").splitlines()[:PAGES]
        (folder / name / "clarifications.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        copy_rows(data / name / "messages.csv", folder / name, {json.loads(line)["id"] for line in lines})
    shutil.copytree(data / "stance", folder / "stance")
    return folder


def copy_rows(source: Path, folder: Path, pages: set[str]) -> None:
    with source.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["clarification"] in pages]
    with (folder / source.name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.training
def test_it_learns_from_the_folder_and_learns_the_same_again(small: Path) -> None:
    reader = load_shipped_reader()
    training = load_training_pairs(small, reader)
    training = type(training)(training.pages, [pair for pair in training.pairs if not pair.page.startswith("m-")])
    rows = build_feature_rows(training, small, reader)
    assert rows.shape == (len(training.pairs), len(NEAR_MISS_FEATURES))
    gate = train_near_miss_gate(training, rows).gate
    repeats = np.array([pair.repeats for pair in training.pairs])
    chances = gate.probabilities(rows)
    assert chances[repeats].mean() > chances[~repeats].mean() + 0.2
    again = train_near_miss_gate(load_pairs_again(training.pairs, small), rows).gate
    assert np.array_equal(again.probabilities(rows), chances)


def load_pairs_again(pairs: object, small: Path) -> object:
    training = load_training_pairs(small, load_shipped_reader())
    again = [pair for pair in training.pairs if not pair.page.startswith("m-")]
    assert again == pairs
    return type(training)(training.pages, again)


def test_pages_by_one_hand_are_held_out_together() -> None:
    hands = {writer_of(f"n-{number:03d}") for number in (*range(1, 31), *range(61, 91))}
    assert hands == {writer_of("n-001"), writer_of("n-061")}
    assert len(hands) == 2
    assert writer_of("c-001") == "c-001"


def test_nothing_of_the_held_out_half_is_learned_from() -> None:
    data, reader = shipped_data_folder(), load_shipped_reader()
    learned = {pair.page for pair in load_training_pairs(data, reader).pairs}
    assert learned
    assert not [page for page in learned if page.startswith("n-") and is_held_out(page)]
    halves = [{one.matter for one in load_near_misses(data, held_out=side)} for side in (True, False)]
    assert not halves[0] & halves[1]
    assert not [one for one in load_stance_messages(data) if one.matter in halves[0]]


@pytest.mark.training
def test_a_stance_is_judged_by_a_model_that_has_not_seen_the_matter() -> None:
    told = load_stance_messages(shipped_data_folder())[:40]
    chances = stances_out_of_fold(
        [one.text for one in told], [one.matter for one in told], shipped_data_folder(), load_shipped_reader()
    )
    assert all(sum(one.values()) == pytest.approx(1) for one in chances)
    right = [max(one, key=one.__getitem__) == given.stance for one, given in zip(chances, told, strict=True)]
    assert 0.4 < np.mean(right) < 1.0, "better than chance, and not by heart"
