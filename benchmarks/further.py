"""What the texts that were added to data/labelled later bring, ``python -m benchmarks.further``; their ids hold "-y".

Of texts that stood there before: scores by models fitted on those alone, and with the later texts beside them in
training (of a topic or a style that is held out no later text is trained on either). Of the later texts: scores by
models that saw none of them, and by models that saw other stories of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.flagger import (
    DATA_FOLDER,
    Scores,
    build_flagger,
    fit_fresh_copy,
    fit_relevance,
    held_out_splits,
    print_relevance,
    print_table_row,
    relevance_margins,
    score_out_of_fold,
    uncalibrated_margins,
)
from classifiers.corpus import Corpus, join_corpora, load_labelled_corpus

LATER_ID_MARK = "-y"
HELD_OUT_COLUMNS = {"topics": "topics", "style": "styles"}
"""What is held out, and the column that names it; of whole stories no later text is part."""


def main() -> None:
    """Print both tables for the earlier and for the later texts."""
    corpus = load_labelled_corpus(sorted((DATA_FOLDER / "labelled").glob("*.csv")))
    is_later = np.array([LATER_ID_MARK in one for one in corpus.ids])
    before, later = corpus.where(~is_later), corpus.where(is_later)
    print(f"{len(before)} earlier texts, {len(later)} later\n")
    print("| texts | held out | fitted on | ROC-AUC within the city | criticism flagged at 80 % recall |")
    print("|---|---|---|---|---|")
    splits = held_out_splits(before)
    for name, held in splits.items():
        print_table_row(f"earlier | {name}", "the earlier", before, score_out_of_fold(build_flagger(), before, held))
        scores = np.zeros(len(before))
        for train, test in held:
            part = join_corpora(
                [before.subset(train.tolist()), later_without_held_out(later, before.subset(test.tolist()), name)]
            )
            scores[test] = fit_fresh_copy(build_flagger(), part).decision_function([before.texts[at] for at in test])
        print_table_row(f"earlier | {name}", "and the later", before, scores)
    print_table_row(
        "later | all of them",
        "the earlier",
        later,
        fit_fresh_copy(build_flagger(), before).decision_function(list(later.texts)),
    )
    both = score_out_of_fold(build_flagger(), corpus, held_out_splits(corpus)["stories"])
    print_table_row("later | stories", "and the later", later, both[is_later])
    for title, texts, scores in relevance_comparisons(before, later):
        print(f"\nAbout the city: {title}\n")
        print_relevance(texts, *scores)


def relevance_comparisons(before: Corpus, later: Corpus) -> Iterator[tuple[str, Corpus, tuple[Scores, Scores]]]:
    """Yield what was scored after which fit, the texts, and their margins as from anywhere and a local source."""
    yield "the earlier texts, fitted on the earlier", before, relevance_margins(before)
    yield "the earlier texts, fitted on the later, too", before, relevance_margins(before, later)
    model = fit_relevance(before)
    unseen = tuple(uncalibrated_margins(model, later.texts, mark) for mark in (False, True))
    yield "the later texts, fitted on the earlier", later, unseen
    yield "the later texts, fitted on both, stories held out", later, relevance_margins(later, before)


def later_without_held_out(later: Corpus, held: Corpus, name: str) -> Corpus:
    """Return the later texts that share nothing of what is held out with the texts ``held``."""
    column = HELD_OUT_COLUMNS.get(name)
    return later.where(~np.isin(getattr(later, column), getattr(held, column))) if column else later


if __name__ == "__main__":
    main()
