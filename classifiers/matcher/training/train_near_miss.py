"""Train the near-miss gate and the answer curve.

    python -m classifiers.matcher.training.train_near_miss --retrieval ../shared/data/retrieval/*.jsonl

The gate needs only ``data/``: the messages of ``data/pairs`` and ``data/stance``, the first half of
``data/near_misses``, and edited repeats. Its threshold is fitted on cases of unseen pages. ``benchmarks near``
evaluates it on the other half of ``data/near_misses``, which nothing is fitted on. The public sets fill the indexes in
which the answer curve (``answers``) is fitted, from few pages to thousands.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import GroupKFold

from classifiers.matcher.document import Document
from classifiers.matcher.embeddings import EMBEDDED_PAGES
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.candidates import DocumentIndex
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.near_miss import NEAR_MISS_FEATURES, NEAR_MISS_MODEL_FILE, NearMissModel, Told, near_miss_row
from classifiers.matcher.pair_features import PairFeatures
from classifiers.matcher.reading import Reader
from classifiers.matcher.stance import CLAIMING_STANCES
from classifiers.matcher.training.answers import fit_curve, judged_answers
from classifiers.matcher.training.data import load_public_pairs, read_csv_table, read_json_lines
from classifiers.matcher.training.edits import Editor
from classifiers.matcher.training.gate_fitting import Size, fit_calibration, fit_gate, usable
from classifiers.matcher.training.train_stance import is_held_out, stances_out_of_fold
from classifiers.shipped import shipped_data_folder

FOLDS = 5
FALSE_REPEAT_SHARE = 0.03
"""Share of written near-misses that may pass as repeats, on out-of-fold scores."""
PLAIN_REPEAT_LINE = 0.5
"""A message that only drops or moves words of a claim repeats it where that is likelier than not."""
FIRST_OF_SECOND_HAND = 61
"""First page of ``data/near_misses`` by a second writer."""
ORIGIN_WEIGHTS = {"pairs": 1.0, "near": 1.0, "stance": 0.7, "page": 0.5, "edit": 0.4}
SIZE = Size(trees=300, leaves=8, cases_in_leaf=25, line_strength=0.1)


class Pair(NamedTuple):
    """A message and a page; ``repeats``: it tells the page's claim; ``origin``: a key of ``ORIGIN_WEIGHTS``."""

    text: str
    page: str
    repeats: bool
    origin: str


@dataclass(frozen=True)
class Training:
    """Pages by id, and pairs of a message and a page."""

    pages: dict[str, Document]
    pairs: list[Pair]


def load_training_pairs(data: Path, reader: Reader) -> Training:
    """Return all training pairs."""
    near = [row for row in read_json_lines(data / "near_misses" / "clarifications.jsonl") if not is_held_out(row["id"])]
    pages = [*read_json_lines(data / "pairs" / "clarifications.jsonl"), *near]
    documents = {row["id"]: Document(row["id"], row["title"], row["claim"], row["summary"]) for row in pages}
    for row in read_csv_table(data / "stance" / "matters.csv"):
        documents[row["matter"]] = Document(row["matter"], row["title"], row["claim"], "")
    pairs = [
        Pair(row["text"], row["clarification"], row["answers"] == "1", origin)
        for origin, folder in (("pairs", "pairs"), ("near", "near_misses"))
        for row in read_csv_table(data / folder / "messages.csv")
        if row["clarification"] in documents
    ]
    told = read_csv_table(data / "stance" / "messages.csv")
    pairs += [Pair(row["text"], row["matter"], row["stance"] in CLAIMING_STANCES, "stance") for row in told]
    pairs += [Pair(page.claim, page.id, True, "page") for page in documents.values()]
    pairs += [Pair(page.title, page.id, False, "page") for page in documents.values()]
    return Training(documents, pairs + make_edited_pairs(pairs, documents, reader))


def make_edited_pairs(pairs: Sequence[Pair], pages: dict[str, Document], reader: Reader) -> list[Pair]:
    """Return an edited near-miss for each repeat that allows one."""
    editor = Editor(reader)
    made = [(pair.page, editor.near_miss(pair.text, pages[pair.page].claim)) for pair in pairs if pair.repeats]
    return [Pair(near_miss[1], page, False, "edit") for page, near_miss in made if near_miss is not None]


def build_feature_rows(training: Training, data: Path, reader: Reader) -> Floats:
    """Return (pairs, features). Stances are out-of-fold by matter."""
    model = load_match_model()
    documents = list(training.pages.values())
    index = DocumentIndex(documents, reader, model.background, model.whitening)
    index.embed = lambda text: EMBEDDED_PAGES.vectors([text], is_query=True)
    place_of = {document.id: place for place, document in enumerate(documents)}
    features = PairFeatures(index)
    texts, pages = [pair.text for pair in training.pairs], [pair.page for pair in training.pairs]
    chances = stances_out_of_fold(texts, pages, data, reader)
    rows = []
    for pair, stance in zip(training.pairs, chances, strict=True):
        message, place = index.read(pair.text), place_of[pair.page]
        ranked = features.rows(message, replace(index.candidates(message), places=np.array([place])))[0]
        told = Told("asserts", stance)
        rows.append(near_miss_row(ranked, message.reading, told, index.page(place), index.weights))
    return np.nan_to_num(np.vstack(rows))


@dataclass(frozen=True)
class Fitted:
    """``gate``: fitted on all pairs; ``unseen``: by page, a gate that was fitted without it."""

    gate: Gate
    unseen: Mapping[str, Gate]


def writer_of(page: str) -> str:
    """Return the group of a page in cross-validation: its writer for near-misses, else the page.

    A gate that has seen a writer's near-misses lets fewer of them pass than of another writer's.
    """
    if not page.startswith("n-"):
        return page
    return f"hand {int(page.removeprefix('n-')) >= FIRST_OF_SECOND_HAND}"


def train_near_miss_gate(training: Training, rows: Floats) -> Fitted:
    """Return a gate calibrated on out-of-fold scores, with its fold gates."""
    repeats = np.array([pair.repeats for pair in training.pairs])
    weights = np.array([ORIGIN_WEIGHTS[pair.origin] for pair in training.pairs])
    pages = [pair.page for pair in training.pairs]
    odds, unseen_by = np.zeros(len(rows)), dict[str, Gate]()
    for seen, unseen in GroupKFold(FOLDS).split(rows, repeats, list(map(writer_of, pages))):
        gate = fit_gate(rows[seen], repeats[seen], weights[seen], NEAR_MISS_FEATURES, SIZE)
        odds[unseen] = gate.raw(rows[unseen])
        unseen_by |= dict.fromkeys((pages[row] for row in unseen), gate)
    calibration = fit_calibration(odds, repeats, weights)
    gate = replace(fit_gate(rows, repeats, weights, NEAR_MISS_FEATURES, SIZE), calibration=calibration)
    near = np.array([pair.origin == "near" and not pair.repeats for pair in training.pairs])
    line = float(gate.probability_of(np.quantile(odds[near], 1 - FALSE_REPEAT_SHARE)))
    return Fitted(
        replace(gate, thresholds=np.array([PLAIN_REPEAT_LINE, line])),
        {page: replace(gate, calibration=calibration) for page, gate in unseen_by.items()},
    )


def main() -> None:
    """Train on the data in a folder and write the model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=shipped_data_folder())
    parser.add_argument("--retrieval", type=Path, nargs="+", default=[], help="public sets: pages beside ours")
    parser.add_argument("--vectors", type=Path, help="remember vectors here between runs (.npz)")
    parser.add_argument("--out", type=Path, default=shipped_data_folder() / "models" / NEAR_MISS_MODEL_FILE)
    options = parser.parse_args()
    EMBEDDED_PAGES.limit = 10**6
    if options.vectors and options.vectors.exists():
        EMBEDDED_PAGES.load(options.vectors)
    reader = Reader.from_folder(options.data)
    training = load_training_pairs(options.data, reader)
    rows = build_feature_rows(training, options.data, reader)
    fitted = [train_near_miss_gate(training, usable(rows, NEAR_MISS_FEATURES, vectors=on)) for on in (True, False)]
    others = [document for path in options.retrieval for document in load_public_pairs(path, []).documents]
    curves = [
        fit_curve(judged_answers(options.data, reader, others, near_miss_fit.unseen, vectors=on))
        for near_miss_fit, on in zip(fitted, (True, False), strict=True)
    ]
    about = {"version": "3", "pairs": len(training.pairs), "other_pages": len(others)}
    NearMissModel(fitted[0].gate, fitted[1].gate, curves[0], curves[1], about).save(options.out)
    if options.vectors:
        EMBEDDED_PAGES.save(options.vectors)


if __name__ == "__main__":
    main()
