"""Measures what public sets of hoaxes and news bring as further texts to fit on, as docs/flagger-trials.md prints it.

python -m benchmarks.public --data FOLDER [--most 1000]     # texts of each set, drawn by a seed

The city's corpus is held out by whole stories; what is fitted on is the rest of it, alone and with public texts. Their
hoaxes count as misinformation, their other texts as a kind of their own for each set.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.base import clone

from benchmarks.flagger import DATA_FOLDER, PUBLIC_SETS, Scores, build_flagger, held_out_splits, print_table_row
from classifiers.corpus import Corpus, load_dataset_corpus, load_labelled_corpus
from classifiers.flagger.train import TRAINING_SEED, text_kinds


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    parser.add_argument("--most", type=int, default=1000, help="texts of each set that are fitted on")
    args = parser.parse_args()
    corpus = load_labelled_corpus(sorted((DATA_FOLDER / "labelled").glob("*.csv")))
    sets = {name: draw_texts(load_dataset_corpus([args.data / f"{name}.csv"]), args.most) for name in PUBLIC_SETS}
    print("| fitted on | held out | ROC-AUC within the city | criticism flagged at 80 % recall |\n|---|---|---|---|")
    for label, names in (
        ("the corpus", ()),
        *((f"and {name}", (name,)) for name in PUBLIC_SETS),
        ("and all four", PUBLIC_SETS),
    ):
        print_table_row(
            label, "stories", corpus, score_with_public_texts(corpus, [(name, sets[name]) for name in names])
        )


def draw_texts(corpus: Corpus, most: int) -> Corpus:
    """Return at most so many of the texts."""
    return corpus.subset(np.random.default_rng(TRAINING_SEED).permutation(len(corpus))[:most].tolist())


def score_with_public_texts(corpus: Corpus, more: Sequence[tuple[str, Corpus]]) -> Scores:
    """Return a score for each text of the corpus from a model fitted on other stories and on further texts."""
    scores = np.zeros(len(corpus))
    extra = [text for _, public in more for text in public.texts]
    labels = [public.labels for _, public in more]
    kinds = [np.full(len(public), f"public {name}") for name, public in more]
    for train, test in held_out_splits(corpus)["stories"]:
        part = corpus.subset(train.tolist())
        model = clone(build_flagger()).fit(
            [*part.texts, *extra],
            np.concatenate([part.labels, *labels]),
            judge__kinds=np.concatenate([text_kinds(part), *kinds]),
        )
        scores[test] = model.decision_function([corpus.texts[at] for at in test])
    return scores


if __name__ == "__main__":
    main()
