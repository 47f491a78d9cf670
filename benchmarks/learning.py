"""Measures what decisions teach, as docs/learning.md prints it: ``python -m benchmarks.learning once``.

splits: as adapt, over three ways to make the thirds, with the spread over the eighteen orders.
priors: on each half of the stories alone, how hard slope, offset and weights are best drawn to the base. Of quarters of
the half two fit a base, 36 or 72 decisions (from anywhere, flagged only) are about the third, the last is measured.

adapt: the base is fitted on one third of our corpus (whole stories), a local model on decisions about another third,
and both are measured on the last. "Flagged only": only what the base flags is ever decided, as at a desk.
once: the same on one of the six orders of the thirds.
allegation: how many texts of each kind are taken for allegations, by a model that did not see their stories.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import permutations, product
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.flagger import build_flagger
from classifiers.corpus import Corpus, join_corpora, load_labelled_corpus
from classifiers.flagger import allegation
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.assess import CHARACTERS_READ
from classifiers.flagger.evaluate import criticism_flagged, expected_calibration_error, roc_auc, threshold_at_recall
from classifiers.flagger.features import vectorise_texts
from classifiers.flagger.local_adaptation import MIN_DECISIONS_PER_SIDE, AdaptedJudge, Decided, adapt_bundle, log_loss
from classifiers.flagger.train import TRAINING_SEED, text_kinds

DATA_FOLDER = Path(__file__).parent.parent / "data"
DECISION_COUNTS = (36, 72, 144, 0)
SPLIT_COUNT = 3
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print the tables asked for, or two of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"any of {', '.join(MEASURES)}")
    wanted = parser.parse_args().tables or ["adapt", "allegation"]
    if unknown := set(wanted) - set(MEASURES):
        parser.error(f"no such table: {', '.join(sorted(unknown))}")
    corpus = load_labelled_corpus(sorted((DATA_FOLDER / "labelled").glob("*.csv")))
    for name in wanted:
        MEASURES[name](corpus)


def split_in_thirds(corpus: Corpus, seed: int = TRAINING_SEED) -> list[Corpus]:
    """Return three parts of the texts about the city, no story in two of them; another seed parts them otherwise."""
    return split_in_parts(corpus.where(corpus.about_city == 1), 3, seed)


def split_in_parts(corpus: Corpus, count: int, seed: int = TRAINING_SEED) -> list[Corpus]:
    """Return parts with the same share of each kind, no story in two of them."""
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    found = splitter.split(corpus.texts, np.asarray(corpus.kinds), corpus.groups)
    return [corpus.subset(at.tolist()) for _, at in found]


def fit_base_bundle(corpus: Corpus) -> Bundle:
    """Return a base fitted on these texts."""
    model = clone(build_flagger()).set_params(judge__folds=5)
    model.fit(
        list(corpus.texts), corpus.labels, judge__kinds=text_kinds(corpus), judge__groups=np.asarray(corpus.groups)
    )
    line = threshold_at_recall(corpus.labels, model.named_steps["judge"].take_out_of_fold())
    return Bundle(None, model, None, {"relevance": 0.0, "misinformation": line}, {})


def simulate_decisions(corpus: Corpus, at: npt.NDArray[np.int64]) -> Decided:
    """Return what officers would have decided about these texts."""
    chosen = corpus.subset(at.tolist())
    return Decided(chosen.texts, chosen.labels, np.ones(len(chosen)), chosen.groups, chosen.ids)


def measure_adapting(corpus: Corpus) -> None:
    """Print log loss, calibration error, ROC-AUC and flagged criticism, mean over the six orders of thirds."""
    rows: dict[str, list[list[float]]] = {}
    add_six_orders(split_in_thirds(corpus), rows)
    print_rows(rows)


def measure_splits(corpus: Corpus) -> None:
    """Print the same over several ways to make the thirds, each mean with the standard deviation over all orders."""
    rows: dict[str, list[list[float]]] = {}
    for seed in range(TRAINING_SEED, TRAINING_SEED + SPLIT_COUNT):
        add_six_orders(split_in_thirds(corpus, seed), rows)
    print_rows(rows, spread=True)


def add_six_orders(parts: Sequence[Corpus], rows: dict[str, list[list[float]]]) -> None:
    """Add the figures of all orders of three parts."""
    for first in range(3):
        base = fit_base_bundle(parts[first])
        for second in range(3):
            if second != first:
                add_one_order(base, parts[second], parts[3 - first - second], rows)


def measure_once(corpus: Corpus) -> None:
    """Print the same for the first order alone."""
    parts = split_in_thirds(corpus)
    rows: dict[str, list[list[float]]] = {}
    add_one_order(fit_base_bundle(parts[0]), parts[1], parts[2], rows)
    print_rows(rows)


def print_rows(rows: dict[str, list[list[float]]], *, spread: bool = False) -> None:
    """Print the mean of each row, and with ``spread`` the standard deviation behind it."""
    print("| decisions | log loss | ECE | ROC-AUC | criticism flagged at 80 % recall |\n|---|---|---|---|---|")
    for name, found in rows.items():
        pairs = zip(np.mean(found, axis=0), np.std(found, axis=0), strict=True)
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" + f" ± {by:.3f}" * spread for mean, by in pairs) + " |")


def add_one_order(base: Bundle, teach: Corpus, test: Corpus, rows: dict[str, list[list[float]]]) -> None:
    """Add the figures of one order of the thirds."""
    rows.setdefault("none (base)", []).append(bundle_metrics(base, test))
    flagged = np.flatnonzero(misinformation_chances(base, teach) >= base.thresholds["misinformation"])
    for pool, at in (("", np.arange(len(teach))), (", flagged only", flagged)):
        drawn = np.random.default_rng(TRAINING_SEED).permutation(at)
        for size in DECISION_COUNTS:
            if size > len(drawn):
                continue
            chosen = drawn[:size] if size else drawn
            name = (str(size) if size else "all of the third") + pool
            rows.setdefault(name, []).append(
                bundle_metrics(adapt_bundle(base, simulate_decisions(teach, chosen), {}), test)
            )


def misinformation_chances(bundle: Bundle, corpus: Corpus) -> Floats:
    """Return the chance of each text."""
    return np.asarray(bundle.hoax.predict_proba(list(corpus.texts))[:, 1], dtype=float)


def bundle_metrics(bundle: Bundle, test: Corpus) -> list[float]:
    """Return the log loss, calibration error, ROC-AUC and the share of criticism flagged."""
    return chance_metrics(test, misinformation_chances(bundle, test))


def measure_priors(corpus: Corpus) -> None:
    """Print, for each half of the stories, the priors with the least loss; a constant is chosen on one of the two."""
    city = corpus.where(corpus.about_city == 1)
    side = np.array([crc32(group.encode()) % 2 for group in city.groups])
    for half in (0, 1):
        rows: dict[str, list[list[float]]] = {}
        quarters = split_in_parts(city.where(side == half), 4)
        for teach, test in permutations(range(4), 2):
            rest = [quarters[at] for at in range(4) if at not in (teach, test)]
            add_prior_choices(fit_base_bundle(join_corpora(rest)), quarters[teach], quarters[test], rows)
        found = {name: np.mean(row, axis=0) for name, row in rows.items()}
        print(f"\n| half {half + 1}: slope, offset, weights | log loss | ECE | ROC-AUC | criticism flagged |")
        print("|---|---|---|---|---|")
        for name in sorted(found, key=lambda name: found[name][0]):
            print(f"| {name} | " + " | ".join(f"{value:.4f}" for value in found[name]) + " |")


def add_prior_choices(base: Bundle, teach: Corpus, test: Corpus, rows: dict[str, list[list[float]]]) -> None:
    """Add the log loss and the figures of each choice of priors, for one base, decided texts and measured texts."""
    features, judge = base.hoax.named_steps["features"], base.hoax.named_steps["judge"]
    X, Z = (
        csr_array(vectorise_texts(features, [text[:CHARACTERS_READ] for text in part.texts])) for part in (teach, test)
    )
    before = judge.predict_proba(X)[:, 1]
    flagged = np.flatnonzero(before >= base.thresholds["misinformation"])
    for pool in (np.arange(len(teach)), flagged):
        drawn = np.random.default_rng(TRAINING_SEED).permutation(pool)
        for size in (36, 72):
            at = drawn[:size]
            if len(at) < size or np.bincount(teach.labels[at], minlength=2).min() < MIN_DECISIONS_PER_SIDE:
                continue
            rows.setdefault("base", []).append(chance_metrics(test, judge.predict_proba(Z)[:, 1]))
            for slope, offset, strength in product((4.0, 20.0, 100.0), (0.25, 4.0, 20.0), (1.0, 0.3, 0.1)):
                fitted = AdaptedJudge(judge, strength, slope, offset).fit(X[at], teach.labels[at])
                row = rows.setdefault(f"{slope:g}, {offset:g}, {strength:g}", [])
                row.append(chance_metrics(test, fitted.predict_proba(Z)[:, 1]))


def chance_metrics(test: Corpus, found: Floats) -> list[float]:
    """Return the log loss, calibration error, ROC-AUC and the share of criticism flagged."""
    loss = float(log_loss(test.labels, found).mean())
    return [
        loss,
        expected_calibration_error(test.labels, found),
        roc_auc(test.labels, found),
        criticism_flagged(test, found),
    ]


def measure_allegations(corpus: Corpus) -> None:
    """Print the share of each kind that is taken for an allegation."""
    found = np.zeros(len(corpus), dtype=bool)
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=TRAINING_SEED)
    for train, test in splitter.split(corpus.texts, corpus.labels, corpus.groups):
        part = corpus.subset(train.tolist())
        model = clone(build_flagger()).fit(list(part.texts), part.labels, judge__kinds=text_kinds(part))
        found[test] = allegation.predict_accusations(model, [corpus.texts[at] for at in test])
    print("| kind | taken for an allegation |\n|---|---|")
    for kind in sorted(set(corpus.kinds)):
        print(f"| {kind} | {found[np.asarray(corpus.kinds) == kind].mean():.2f} |")


MEASURES = {
    "adapt": measure_adapting,
    "splits": measure_splits,
    "priors": measure_priors,
    "once": measure_once,
    "allegation": measure_allegations,
}

if __name__ == "__main__":
    main()
