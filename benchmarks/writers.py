"""What the flagger makes of writers whom it never read, and what its further judges bring (docs/flagger-trials.md).

python -m benchmarks.writers [--public FOLDER]     # FOLDER as for `hoax-tracker model train --public`

Held out are whole stories of the corpus, and whole writers of data/hands, four at a time: their claims and repeats
against what answers those and against small talk. Beside each figure of the corpus stands the gain over the softmax
alone, by a bootstrap over stories that draws the same stories for both.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline

from benchmarks.flagger import DATA_FOLDER, Scores
from classifiers.corpus import Corpus, load_labelled_corpus
from classifiers.flagger import misinformation
from classifiers.flagger.evaluate import criticism_flagged, metrics_with_intervals, roc_auc, threshold_at_recall
from classifiers.flagger.public_texts import PAGE_KIND, WriterText, load_public_texts, load_writer_texts, text_labels
from classifiers.flagger.train import TRAINING_SEED, text_kinds
from classifiers.shipped import list_hands
from classifiers.text.gazetteer import Gazetteer
from classifiers.text.lexicon import Lexicon

QUARTERS = 4
JUDGES: Mapping[str, Mapping[str, float]] = {
    "softmax alone": {"judge__bayes_share": 0.0, "judge__writers_share": 0.0},
    "and naive Bayes": {"judge__writers_share": 0.0},
    "and other writers": {"judge__bayes_share": 0.0},
    "both, as shipped": {},
}
SHOWN_KINDS = (PAGE_KIND, "denial", "notice", "report", "complaint")
RECALLS = np.arange(0.72, 0.89, 0.02)


class Measured(NamedTuple):
    """Scores of the corpus by story, of the writers by writer, and the line of the corpus for 80 % recall."""

    corpus: Scores
    writers: Scores
    line: float


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--public", type=Path, help="folder of texts that really went around, to learn from as well")
    args = parser.parse_args()
    corpus = load_labelled_corpus(sorted((DATA_FOLDER / "labelled").glob("*.csv")))
    public = load_public_texts(args.public)[0] if args.public else corpus.subset([])
    writers = load_writer_texts(DATA_FOLDER)
    found = {name: measure_judges(corpus, public, writers, settings) for name, settings in JUDGES.items()}
    print_corpus_table(corpus, found)
    print_writers_table(writers, found)


def measure_judges(
    corpus: Corpus, public: Corpus, writers: Sequence[WriterText], settings: Mapping[str, float]
) -> Measured:
    """Return the scores by a flagger with these settings; each writer's by one that learned from the others."""
    hands = np.array([text.hand for text in writers])
    scores, names = np.zeros(len(writers)), list_hands(DATA_FOLDER)
    whole = fit_flagger(corpus, public, writers, settings)
    judged = whole.named_steps["judge"].take_out_of_fold()[: len(corpus)]
    learns = settings.get("judge__writers_share", 1.0) > 0
    for quarter in range(QUARTERS):
        held = np.isin(hands, names[quarter::QUARTERS])
        kept = [text for text, out in zip(writers, held, strict=True) if not out]
        # The order of a writer's texts is measured, which the folds of the calibration barely change.
        model = fit_flagger(corpus, public, kept, {**settings, "judge__folds": 2}) if learns else whole
        scores[held] = model.predict_proba([writers[at].text for at in np.flatnonzero(held)])[:, 1]
    city = corpus.about_city == 1
    return Measured(judged, scores, threshold_at_recall(corpus.labels[city], judged[city]))


def fit_flagger(
    corpus: Corpus, public: Corpus, writers: Sequence[WriterText], settings: Mapping[str, float]
) -> Pipeline:
    """Return the shipped pipeline with other settings, fitted as ``hoax-tracker model train`` fits it."""
    lexicon = Lexicon.from_folder(DATA_FOLDER / "language")
    names = Gazetteer.from_folder(DATA_FOLDER / "kupang", lexicon)
    model = misinformation.build_misinformation_pipeline(lexicon.dumps(), names.dumps(), TRAINING_SEED)
    return misinformation.fit_with_writers(
        model.set_params(**settings),
        [*corpus.texts, *public.texts],
        np.concatenate([corpus.labels, public.labels]),
        writers,
        kinds=np.concatenate([text_kinds(corpus), np.asarray(public.kinds, dtype=str)]),
        groups=[*corpus.groups, *public.groups],
        borrowed=np.arange(len(corpus) + len(public)) >= len(corpus),
    )


def print_corpus_table(corpus: Corpus, found: Mapping[str, Measured]) -> None:
    """Print ROC-AUC within the city with its gain, and the criticism flagged at one line and over many."""
    city = corpus.about_city == 1
    groups = [group for group, use in zip(corpus.groups, city, strict=True) if use]
    first = next(iter(found.values())).corpus[city]
    print("| judges | ROC-AUC within the city | gain | criticism flagged at 80 % recall | mean from 72 to 88 % |")
    print("|---|---|---|---|---|")
    for name, measured in found.items():
        scores = measured.corpus[city]
        both = np.column_stack([scores, first])
        gain = {"auc": lambda truth, pair: roc_auc(truth, pair[:, 0]), "gain": auc_gain}
        figures = metrics_with_intervals(corpus.labels[city], both, groups, gain)
        flagged = [criticism_flagged(corpus, measured.corpus, recall) for recall in (0.8, *RECALLS)]
        cells = [format_interval(figures, "auc"), format_interval(figures, "gain")]
        print(f"| {name} | {' | '.join(cells)} | {flagged[0]:.3f} | {np.mean(flagged[1:]):.3f} |")


def auc_gain(labels: Scores, pair: Scores) -> float:
    """Return how much better the first column ranks than the second."""
    return roc_auc(labels, pair[:, 0]) - roc_auc(labels, pair[:, 1])


def format_interval(figures: Mapping[str, object], name: str) -> str:
    """Return a figure with its interval."""
    low, high = figures[f"{name}_ci"]
    return f"{figures[name]:.3f} ({low:.3f} to {high:.3f})"


def print_writers_table(writers: Sequence[WriterText], found: Mapping[str, Measured]) -> None:
    """Print for writers held out the ROC-AUC, and the shares over the corpus's line by kind of text."""
    labels, hands = text_labels(writers), np.array([text.hand for text in writers])
    kinds = np.array([text.kind for text in writers])
    names = sorted(set(hands))
    print(f"\n| judges | {len(names)} writers, ROC-AUC: mean | worst | claims flagged | {' | '.join(SHOWN_KINDS)} |")
    print("|---" * (len(SHOWN_KINDS) + 4) + "|")
    for name, measured in found.items():
        each = [roc_auc(labels[hands == one], measured.writers[hands == one]) for one in names]
        flagged = measured.writers >= measured.line
        shares = [flagged[labels == 1].mean(), *(flagged[(kinds == one) & (labels == 0)].mean() for one in SHOWN_KINDS)]
        print(f"| {name} | {np.mean(each):.3f} | {min(each):.3f} | {' | '.join(f'{share:.3f}' for share in shares)} |")


if __name__ == "__main__":
    main()
