"""Measures flaggers on public sets that they were not trained on, as docs/flagger-trials.md prints it.

python -m benchmarks.across --data FOLDER

Beside our flagger in the same run: the share of the larger class, and TF-IDF with logistic regression; and our
flagger with words, pairs and triples as one block. Held out are whole sets, clusters of topics (pratiwi600), and the
newest fifth (bdc2020). The sets tell many of the same hoaxes: the second table leaves out of the set that is measured
what nearly copies a text of the other sets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import Pipeline

from benchmarks.flagger import DATA_FOLDER, PUBLIC_SETS, build_tfidf_baseline
from classifiers.corpus import Corpus, join_corpora, load_dataset_corpus
from classifiers.flagger import misinformation
from classifiers.flagger.calibrated_linear import SourceAverage
from classifiers.flagger.evaluate import metrics_with_intervals, roc_auc
from classifiers.flagger.features import SPACED_WORD_PATTERN, HeadText, NearWords
from classifiers.text.lexicon import Lexicon

CLUSTER_COUNT = 20
NEAR_COPY_COSINE = 0.6
"""Cosine of stems weighed by rarity. Of such pairs across the sets 97 to 100 % carry the same label."""
Scores = npt.NDArray[np.float64]
Method = Callable[[Corpus, Corpus], Scores]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the public sets")
    args = parser.parse_args()
    sets = {name: load_dataset_corpus([args.data / f"{name}.csv"]) for name in PUBLIC_SETS}
    methods = build_methods()
    splits = {name: split_by_set(sets, name) for name in PUBLIC_SETS}
    print_auc_table("trained on the other three sets", methods, splits)
    fresh = {name: [drop_near_copies(*split) for split in held] for name, held in splits.items()}
    columns = {f"{name}, {len(fresh[name][0][1])} of {len(sets[name])}": fresh[name] for name in PUBLIC_SETS}
    print_auc_table("without near-copies of those", methods, columns)
    within = {
        f"pratiwi600, {CLUSTER_COUNT} clusters of topics": split_by_clusters(sets["pratiwi600"]),
        "bdc2020, its newest fifth": split_by_date(sets["bdc2020"]),
    }
    print_auc_table("trained on the rest of the same set", methods, within)


Split = tuple[Corpus, Corpus]


def split_by_set(sets: Mapping[str, Corpus], held: str) -> list[Split]:
    """Return one split: all other sets, and the one held out."""
    return [(join_corpora([corpus for name, corpus in sets.items() if name != held]), sets[held])]


def drop_near_copies(train: Corpus, test: Corpus) -> Split:
    """Return the split without test texts that share most of their stems with a training text, weighed by rarity."""
    head = HeadText(Lexicon.from_folder(DATA_FOLDER / "language").dumps(), stop=True, roots=True)
    stems = TfidfVectorizer(token_pattern=SPACED_WORD_PATTERN, lowercase=False, binary=True)
    table = stems.fit_transform(head.transform([*train.texts, *test.texts]))
    known, asked = table[: len(train)].T.tocsc(), table[len(train) :]
    parts = [asked[start : start + 500] @ known for start in range(0, len(test), 500)]
    nearest = np.concatenate([part.max(axis=1).toarray().ravel() for part in parts])
    return train, test.where(nearest < NEAR_COPY_COSINE)


def split_by_clusters(corpus: Corpus) -> list[Split]:
    """Return five splits that hold out whole clusters of topics (k-means over TF-IDF)."""
    table = TfidfVectorizer(min_df=2, sublinear_tf=True).fit_transform(corpus.texts)
    found = KMeans(CLUSTER_COUNT, n_init=5, random_state=0).fit_predict(table)
    folds = GroupKFold(5).split(table, groups=found)
    return [(corpus.subset(train.tolist()), corpus.subset(test.tolist())) for train, test in folds]


def split_by_date(corpus: Corpus) -> list[Split]:
    """Return one split by date; a group with an old text stays on the old side whole."""
    dates, groups = np.asarray(corpus.dates), np.asarray(corpus.groups)
    old = dates < np.sort(dates)[int(0.8 * len(dates))]
    old |= np.isin(groups, groups[old])
    return [(corpus.where(old), corpus.where(~old))]


def build_methods() -> dict[str, Method]:
    """Return the methods by name."""
    lexicon = Lexicon.from_folder(DATA_FOLDER / "language").dumps()

    def ours(train: Corpus, test: Corpus) -> Scores:
        return score_across_sources(misinformation.build_across_sources(lexicon), train, test)

    def one_block(train: Corpus, test: Corpus) -> Scores:
        return score_across_sources(build_one_block(lexicon), train, test)

    def tfidf(train: Corpus, test: Corpus) -> Scores:
        model = build_tfidf_baseline().fit(list(train.texts), train.labels)
        return np.asarray(model.decision_function(list(test.texts)))

    return {
        "majority": lambda _, test: np.zeros(len(test)),
        "TF-IDF + logistic regression": tfidf,
        "flagger across sources, one block": one_block,
        "flagger across sources": ours,
    }


def score_across_sources(model: Pipeline, train: Corpus, test: Corpus) -> Scores:
    """Return the scores of ``test`` after fitting on ``train``, whose kinds are its sources."""
    model.fit(list(train.texts), train.labels, judge__sources=train.kinds)
    return np.asarray(model.decision_function(list(test.texts)))


def build_one_block(lexicon: str) -> Pipeline:
    """Return the flagger across sources with words, pairs and triples in one block, each word as often as it occurs."""
    hashed = HashingVectorizer(
        token_pattern=SPACED_WORD_PATTERN,
        lowercase=False,
        alternate_sign=False,
        norm=None,
        n_features=2**22,
        binary=True,
    )
    head = HeadText(lexicon, misinformation.LETTER_WORD_LIMIT, stop=True, roots=True)
    return Pipeline([("head", head), ("near", NearWords()), ("hash", hashed), ("judge", SourceAverage(smoothing=0.5))])


def print_auc_table(title: str, methods: Mapping[str, Method], columns: Mapping[str, Sequence[Split]]) -> None:
    """Print the ROC-AUC of each method in each column, with its interval over groups of near-duplicates."""
    print(f"\n| {title} | " + " | ".join(columns) + " |\n" + "|---" * (len(columns) + 1) + "|")
    for name, method in methods.items():
        print(
            f"| {name} | " + " | ".join(format_auc_cell(method, splits) for splits in columns.values()) + " |",
            flush=True,
        )


def format_auc_cell(method: Method, splits: Sequence[Split]) -> str:
    """Return the ROC-AUC over all held-out texts, each fold's scores brought to one scale by rank."""
    scores, tests = [], []
    for train, test in splits:
        found = method(train, test)
        scores.append(np.argsort(np.argsort(found)) / len(found) if len(splits) > 1 and np.ptp(found) else found)
        tests.append(test)
    labels = np.concatenate([test.labels for test in tests])
    groups = [group for test in tests for group in test.groups]
    found = metrics_with_intervals(labels, np.concatenate(scores), groups, {"roc_auc": roc_auc})
    return f"{found['roc_auc']:.3f} ({found['roc_auc_ci'][0]:.3f}-{found['roc_auc_ci'][1]:.3f})"


if __name__ == "__main__":
    main()
