"""Measures what decisions teach, as docs/learning.md prints it: ``python -m benchmarks.learning once``.

splits: as adapt, over three ways to make the thirds, with the spread over the eighteen orders.

adapt: the base is fitted on one third of our corpus (whole stories), a local model on decisions about another third,
and both are measured on the last. "Flagged only": only what the base flags is ever decided, as at a desk.
once: the same on one of the six orders of the thirds.
allegation: how many texts of each kind are taken for allegations, by a model that did not see their stories.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.model_selection import StratifiedGroupKFold

from benchmarks.flagger import flagger
from classifiers import allegation
from classifiers.artefact import Bundle
from classifiers.corpus import Corpus, load_labelled
from classifiers.evaluate import criticism_flagged, ece, roc_auc, threshold_at_recall
from classifiers.local import Decided, adapt
from classifiers.train import SEED, kinds_of

DATA = Path(__file__).parent.parent / "data"
SIZES = (36, 72, 144, 0)
SPLITS = 3
Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print the tables asked for, or two of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"any of {', '.join(MEASURES)}")
    wanted = parser.parse_args().tables or ["adapt", "allegation"]
    if unknown := set(wanted) - set(MEASURES):
        parser.error(f"no such table: {', '.join(sorted(unknown))}")
    corpus = load_labelled(sorted((DATA / "labelled").glob("*.csv")))
    for name in wanted:
        MEASURES[name](corpus)


def thirds(corpus: Corpus, seed: int = SEED) -> list[Corpus]:
    """Return three parts of the texts about the city, no story in two of them; another seed parts them otherwise."""
    city = corpus.where(corpus.about_city == 1)
    splitter = StratifiedGroupKFold(3, shuffle=True, random_state=seed)
    return [city.subset(at.tolist()) for _, at in splitter.split(city.texts, np.asarray(city.kinds), city.groups)]


def base_of(corpus: Corpus) -> Bundle:
    """Return a base fitted on these texts."""
    model = clone(flagger()).set_params(judge__folds=5)
    model.fit(list(corpus.texts), corpus.labels, judge__kinds=kinds_of(corpus), judge__groups=np.asarray(corpus.groups))
    line = threshold_at_recall(corpus.labels, model.named_steps["judge"].take_out_of_fold())
    return Bundle(None, model, None, {"relevance": 0.0, "misinformation": line}, {})


def decisions(corpus: Corpus, at: npt.NDArray[np.int64]) -> Decided:
    """Return what officers would have decided about these texts."""
    chosen = corpus.subset(at.tolist())
    return Decided(chosen.texts, chosen.labels, np.ones(len(chosen)), chosen.groups, chosen.ids)


def measure_adapting(corpus: Corpus) -> None:
    """Print calibration error, ROC-AUC and flagged criticism before and after, mean over the six orders of thirds."""
    rows: dict[str, list[list[float]]] = {}
    six_orders(thirds(corpus), rows)
    print_rows(rows)


def measure_splits(corpus: Corpus) -> None:
    """Print the same over several ways to make the thirds, each mean with the standard deviation over all orders."""
    rows: dict[str, list[list[float]]] = {}
    for seed in range(SEED, SEED + SPLITS):
        six_orders(thirds(corpus, seed), rows)
    print_rows(rows, spread=True)


def six_orders(parts: Sequence[Corpus], rows: dict[str, list[list[float]]]) -> None:
    """Add the figures of all orders of three parts."""
    for first in range(3):
        base = base_of(parts[first])
        for second in range(3):
            if second != first:
                one_order(base, parts[second], parts[3 - first - second], rows)


def measure_once(corpus: Corpus) -> None:
    """Print the same for the first order alone."""
    parts = thirds(corpus)
    rows: dict[str, list[list[float]]] = {}
    one_order(base_of(parts[0]), parts[1], parts[2], rows)
    print_rows(rows)


def print_rows(rows: dict[str, list[list[float]]], *, spread: bool = False) -> None:
    """Print the mean of each row, and with ``spread`` the standard deviation behind it."""
    print("| decisions | ECE | ROC-AUC | criticism flagged at 80 % recall |\n|---|---|---|---|")
    for name, found in rows.items():
        pairs = zip(np.mean(found, axis=0), np.std(found, axis=0), strict=True)
        print(f"| {name} | " + " | ".join(f"{mean:.3f}" + f" ± {by:.3f}" * spread for mean, by in pairs) + " |")


def one_order(base: Bundle, teach: Corpus, test: Corpus, rows: dict[str, list[list[float]]]) -> None:
    """Add the figures of one order of the thirds."""
    rows.setdefault("none (base)", []).append(figures(base, test))
    flagged = np.flatnonzero(chances(base, teach) >= base.thresholds["misinformation"])
    for pool, at in (("", np.arange(len(teach))), (", flagged only", flagged)):
        drawn = np.random.default_rng(SEED).permutation(at)
        for size in SIZES:
            if size > len(drawn):
                continue
            chosen = drawn[:size] if size else drawn
            name = (str(size) if size else "all of the third") + pool
            rows.setdefault(name, []).append(figures(adapt(base, decisions(teach, chosen), {}), test))


def chances(bundle: Bundle, corpus: Corpus) -> Floats:
    """Return the chance of each text."""
    return np.asarray(bundle.hoax.predict_proba(list(corpus.texts))[:, 1], dtype=float)


def figures(bundle: Bundle, test: Corpus) -> list[float]:
    """Return calibration error, ROC-AUC and the share of criticism flagged."""
    found = chances(bundle, test)
    return [ece(test.labels, found), roc_auc(test.labels, found), criticism_flagged(test, found)]


def measure_allegations(corpus: Corpus) -> None:
    """Print the share of each kind that is taken for an allegation."""
    found = np.zeros(len(corpus), dtype=bool)
    splitter = StratifiedGroupKFold(5, shuffle=True, random_state=SEED)
    for train, test in splitter.split(corpus.texts, corpus.labels, corpus.groups):
        part = corpus.subset(train.tolist())
        model = clone(flagger()).fit(list(part.texts), part.labels, judge__kinds=kinds_of(part))
        found[test] = allegation.accuses(model, [corpus.texts[at] for at in test])
    print("| kind | taken for an allegation |\n|---|---|")
    for kind in sorted(set(corpus.kinds)):
        print(f"| {kind} | {found[np.asarray(corpus.kinds) == kind].mean():.2f} |")


MEASURES = {
    "adapt": measure_adapting,
    "splits": measure_splits,
    "once": measure_once,
    "allegation": measure_allegations,
}

if __name__ == "__main__":
    main()
