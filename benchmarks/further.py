"""What the texts that were added to data/labelled later bring, ``python -m benchmarks.further``; their ids hold "-y".

Of texts that stood there before: scores by models fitted on those alone, and with the later texts beside them in
training (of a topic or a style that is held out no later text is trained on either). Of the later texts: scores by
models that saw none of them, and by models that saw other stories of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.flagger import (
    DATA,
    Scores,
    fit,
    fit_relevance,
    flagger,
    margins,
    out_of_fold,
    print_relevance,
    relevance_margins,
    row,
    splits_of,
)
from classifiers.corpus import Corpus, join, load_labelled

LATER = "-y"
HELD_OUT = {"topics": "topics", "style": "styles"}
"""What is held out, and the column that names it; of whole stories no later text is part."""


def main() -> None:
    """Print both tables for the earlier and for the later texts."""
    corpus = load_labelled(sorted((DATA / "labelled").glob("*.csv")))
    is_later = np.array([LATER in one for one in corpus.ids])
    before, later = corpus.where(~is_later), corpus.where(is_later)
    print(f"{len(before)} earlier texts, {len(later)} later\n")
    print("| texts | held out | fitted on | ROC-AUC within the city | criticism flagged at 80 % recall |")
    print("|---|---|---|---|---|")
    splits = splits_of(before)
    for name, held in splits.items():
        row(f"earlier | {name}", "the earlier", before, out_of_fold(flagger(), before, held))
        scores = np.zeros(len(before))
        for train, test in held:
            part = join([before.subset(train.tolist()), apart(later, before.subset(test.tolist()), name)])
            scores[test] = fit(flagger(), part).decision_function([before.texts[at] for at in test])
        row(f"earlier | {name}", "and the later", before, scores)
    row("later | all of them", "the earlier", later, fit(flagger(), before).decision_function(list(later.texts)))
    both = out_of_fold(flagger(), corpus, splits_of(corpus)["stories"])
    row("later | stories", "and the later", later, both[is_later])
    for title, texts, scores in of_relevance(before, later):
        print(f"\nAbout the city: {title}\n")
        print_relevance(texts, *scores)


def of_relevance(before: Corpus, later: Corpus) -> Iterator[tuple[str, Corpus, tuple[Scores, Scores]]]:
    """Yield what was scored after which fit, the texts, and their margins as from anywhere and a local source."""
    yield "the earlier texts, fitted on the earlier", before, relevance_margins(before)
    yield "the earlier texts, fitted on the later, too", before, relevance_margins(before, later)
    model = fit_relevance(before)
    unseen = tuple(margins(model, later.texts, mark) for mark in (False, True))
    yield "the later texts, fitted on the earlier", later, unseen
    yield "the later texts, fitted on both, stories held out", later, relevance_margins(later, before)


def apart(later: Corpus, held: Corpus, name: str) -> Corpus:
    """Return the later texts that share nothing of what is held out with the texts ``held``."""
    column = HELD_OUT.get(name)
    return later.where(~np.isin(getattr(later, column), getattr(held, column))) if column else later


if __name__ == "__main__":
    main()
