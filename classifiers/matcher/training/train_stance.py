"""Train the stance model: ``python -m classifiers.matcher.training.train_stance``. It needs only ``data/``.

It is evaluated on ``data/stance`` in five folds by matter, so every matter is unseen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from classifiers.matcher.reading import Reader
from classifiers.matcher.stance import COLUMN_COUNT, STANCE_MODEL_FILE, STANCES, Stance, StanceModel, stance_columns
from classifiers.matcher.training.data import read_csv_table
from classifiers.shipped import shipped_data_folder

FOLDS = 5
REGULARISATION_C = 12.0
"""C of the logistic regression, chosen in five folds by matter."""
OWN_WEIGHT = 0.3
"""Weight of messages from ``data/pairs``, which are many but have only two stances."""
_NEAR_STANCES: dict[str, Stance] = {"denial": "denies", "report": "reports", "notice": "notice", "fact": "notice"}


_STANCE_OF: dict[str, Stance] = {stance: stance for stance in STANCES}


class Labelled(NamedTuple):
    """A message with its stance; ``matter``: shared by messages about one matter; ``weight``: in training."""

    text: str
    stance: Stance
    matter: str
    weight: float = 1.0


def load_stance_messages(data: Path) -> list[Labelled]:
    """Return the messages of ``data/stance``, and those of ``data/pairs`` that a page answers."""
    messages = [
        Labelled(row["text"], _STANCE_OF[row["stance"]], row["matter"])
        for row in read_csv_table(data / "stance" / "messages.csv")
    ]
    messages += [
        Labelled(row["text"], _claiming_stance(row["text"]), row["clarification"], OWN_WEIGHT)
        for row in read_csv_table(data / "pairs" / "messages.csv")
        if row["answers"] == "1"
    ]
    return messages


def load_near_misses(data: Path, *, held_out: bool) -> list[Labelled]:
    """Return the half of ``data/near_misses`` for training, or the held-out half."""
    messages = []
    for row in read_csv_table(data / "near_misses" / "messages.csv"):
        if is_held_out(row["clarification"]) == held_out:
            stance = _NEAR_STANCES.get(row["kind"]) or _claiming_stance(row["text"])
            messages.append(Labelled(row["text"], stance, row["clarification"]))
    return messages


def is_held_out(clarification: str) -> bool:
    """Tell whether a page of ``data/near_misses`` belongs to the half that nothing is fitted on."""
    return 30 < int(clarification.removeprefix("n-")) <= 60


def _claiming_stance(text: str) -> Stance:
    """Return the stance of a message that is known to tell a claim."""
    return "asks" if "?" in text else "asserts"


def _vectorise_messages(texts: Sequence[str], reader: Reader) -> csr_array:
    """Return (texts, columns) with rows of length 1."""
    readings = map(reader.read, texts)
    rows = [stance_columns(reading.words, reading.marks) for reading in readings]
    starts = np.cumsum([0, *map(len, rows)])
    values = np.concatenate([np.full(len(row), 1 / np.sqrt(max(len(row), 1))) for row in rows])
    return csr_array((values, np.concatenate(rows), starts), shape=(len(rows), COLUMN_COUNT))


def _fit_stance_regression(
    table: csr_array, labels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> LogisticRegression:
    """Return the fitted logistic regression."""
    return LogisticRegression(C=REGULARISATION_C, max_iter=2000).fit(table, labels, sample_weight=weights)


def main() -> None:
    """Train on the data in a folder, print the out-of-fold evaluation, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=shipped_data_folder())
    parser.add_argument("--out", type=Path, default=shipped_data_folder() / "models" / STANCE_MODEL_FILE)
    options = parser.parse_args()
    reader = Reader.from_folder(options.data)
    labelled = load_stance_messages(options.data) + load_near_misses(options.data, held_out=False)
    table = _vectorise_messages([message.text for message in labelled], reader)
    labels = np.array([STANCES.index(message.stance) for message in labelled])
    weights = np.array([message.weight for message in labelled])
    chances = np.zeros((len(labelled), len(STANCES)))
    for train, test in GroupKFold(FOLDS).split(table, labels, [message.matter for message in labelled]):
        chances[test] = _fit_stance_regression(table[train], labels[train], weights[train]).predict_proba(table[test])
    _print_stance_report(labelled, labels, chances)
    model = _fit_stance_regression(table, labels, weights)
    about = {"version": "1", "messages": len(labelled)}
    StanceModel(model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32), about).save(options.out)


def _print_stance_report(
    labelled: Sequence[Labelled], labels: npt.NDArray[np.int64], chances: npt.NDArray[np.float64]
) -> None:
    """Print accuracy, confusion matrix, and the ROC-AUC of claiming against other stances."""
    from sklearn.metrics import confusion_matrix, roc_auc_score

    own = np.array([message.weight == 1.0 for message in labelled])
    print(f"right {np.mean(chances[own].argmax(axis=1) == labels[own]):.3f}")
    print(confusion_matrix(labels[own], chances[own].argmax(axis=1)))
    print(f"claiming against the rest, ROC-AUC {roc_auc_score(labels[own] > 1, chances[own][:, 2:].sum(axis=1)):.3f}")


if __name__ == "__main__":
    main()
