"""Measures the flagger as docs/flagger-trials.md prints it.

python -m benchmarks.flagger city         # our corpus: by story, topic, style, files of a kind not seen
python -m benchmarks.flagger families     # what each family of features adds
python -m benchmarks.flagger relevance    # by what a text names, and against each kind that is not about the city
python -m benchmarks.flagger known        # messages about a known claim: flagged by their score, and by joining it
python -m benchmarks.flagger speed        # texts a second
python -m benchmarks.further              # what the texts that were added later bring
python -m benchmarks.across --data FOLDER     # public sets that were not trained on
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import numpy as np
import numpy.typing as npt
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import FeatureUnion, Pipeline

from classifiers.corpus import Corpus, join_corpora, load_labelled_corpus
from classifiers.flagger import misinformation, relevance as relevance_model
from classifiers.flagger.artefact import load_bundle
from classifiers.flagger.assess import HEAD_CHARACTERS, assess_texts
from classifiers.flagger.evaluate import criticism_flagged, metrics_with_intervals, roc_auc, threshold_at_recall
from classifiers.flagger.train import RELEVANT_RECALL, TRAINING_SEED, text_kinds
from classifiers.matcher.document import Document
from classifiers.matcher.match import Matcher
from classifiers.matcher.same_claim import find_same_claim
from classifiers.text.gazetteer import Gazetteer
from classifiers.text.lexicon import Lexicon, read_csv_rows
from hoax_tracker.flag.claim_grouping import COMPARED_CLAIMS, WORTH_COMPARING

DATA_FOLDER = Path(__file__).parent.parent / "data"
PUBLIC_SETS = ("pratiwi600", "bdc2020", "covid_titles", "politik_titles")
Scores = npt.NDArray[np.float64]
Split = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=tuple(TABLES))
    args = parser.parse_args()
    corpus = load_labelled_corpus(sorted((DATA_FOLDER / "labelled").glob("*.csv")))
    TABLES[args.table](corpus)


def build_flagger() -> Pipeline:
    """Return the pipeline that is shipped, unfitted."""
    lexicon = Lexicon.from_folder(DATA_FOLDER / "language")
    model = misinformation.build_misinformation_pipeline(
        lexicon.dumps(), Gazetteer.from_folder(DATA_FOLDER / "kupang", lexicon).dumps(), TRAINING_SEED
    )
    # Only the order of scores is measured here, and the folds of the calibration do not change it.
    return model.set_params(judge__folds=2)


def build_tfidf_baseline() -> Pipeline:
    """Return the simple method to compare with: TF-IDF of words and letters, logistic regression."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True)
    judge = LogisticRegression(class_weight="balanced", max_iter=300)
    return Pipeline([("features", FeatureUnion([("words", words), ("letters", letters)])), ("judge", judge)])


def measure_city(corpus: Corpus) -> None:
    """Print, for the flagger and the plain method, ROC-AUC within texts about the city and the criticism flagged."""
    print("| held out | method | ROC-AUC within the city | criticism flagged at 80 % recall |\n|---|---|---|---|")
    for name, splits in held_out_splits(corpus).items():
        for method, model in (("TF-IDF + logistic regression", build_tfidf_baseline()), ("flagger", build_flagger())):
            print_table_row(name, method, corpus, score_out_of_fold(model, corpus, splits))
    print("\n| unseen: a file of misinformation and | method | calm | loud |\n|---|---|---|---|")
    for kind in sorted(set(corpus.kinds) - {"misinformation_calm", "misinformation_loud", *ELSEWHERE_KINDS}):
        for method, model in (("TF-IDF + logistic regression", build_tfidf_baseline()), ("flagger", build_flagger())):
            found = [auc_on_unseen_files(model, corpus, f"misinformation_{mood}", kind) for mood in ("calm", "loud")]
            print(f"| {kind} | {method} | {found[0]:.3f} | {found[1]:.3f} |")


ELSEWHERE_KINDS = ("confusable", "daily", "elsewhere", "nation")


def measure_families(corpus: Corpus) -> None:
    """Print the same without a family of features, and without the caution towards criticism."""
    print("| features | held out | ROC-AUC within the city | criticism flagged |\n|---|---|---|---|")
    for name, splits in held_out_splits(corpus).items():
        for without in ((), "caution", ("cues",), ("words", "letters"), ("words",), ("letters",)):
            model = build_flagger()
            if without == "caution":
                model.set_params(judge__caution=0.0)
            else:
                model.set_params(**{f"features__{part}": "drop" for part in without})
            label = f"without {without if isinstance(without, str) else ' and '.join(without)}" if without else "all"
            print_table_row(label, name, corpus, score_out_of_fold(model, corpus, splits))


def print_table_row(first: str, second: str, corpus: Corpus, scores: Scores) -> None:
    """Print one line of a table."""
    at = corpus.about_city == 1
    groups = [group for group, use in zip(corpus.groups, at, strict=True) if use]
    found = metrics_with_intervals(corpus.labels[at], scores[at], groups, {"roc_auc": roc_auc})
    low, high = found["roc_auc_ci"]
    flagged = criticism_flagged(corpus, scores)
    print(f"| {first} | {second} | {found['roc_auc']:.3f} ({low:.3f}-{high:.3f}) | {flagged:.3f} |")


def held_out_splits(corpus: Corpus) -> dict[str, list[Split]]:
    """Return the ways to hold texts out: whole stories, whole topics (fifths), one style of writing."""
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=TRAINING_SEED)
    topics, styles = np.asarray(corpus.topics), np.asarray(corpus.styles)
    names = sorted(set(corpus.topics))
    return {
        "stories": list(folds.split(topics, corpus.labels, corpus.groups)),
        "topics": list(splits_by_mask(np.isin(topics, names[k::5]) for k in range(5))),
        "style": list(splits_by_mask(styles == style for style in sorted(set(corpus.styles)))),
    }


def splits_by_mask(masks: Iterator[npt.NDArray[np.bool_]]) -> Iterator[Split]:
    """Yield (train, test) places for each mask of test texts."""
    for mask in masks:
        yield np.flatnonzero(~mask), np.flatnonzero(mask)


def score_out_of_fold(model: Pipeline, corpus: Corpus, splits: Sequence[Split]) -> Scores:
    """Return a score for each text from a model that was not fitted on its fold."""
    scores = np.zeros(len(corpus))
    for train, test in splits:
        scores[test] = fit_fresh_copy(model, corpus.subset(train.tolist())).decision_function(
            [corpus.texts[at] for at in test]
        )
    return scores


def fit_fresh_copy(model: Pipeline, corpus: Corpus) -> Pipeline:
    """Return a fresh copy of the pipeline, fitted."""
    fresh: Pipeline = clone(model)
    kinds = {"judge__kinds": text_kinds(corpus)} if not isinstance(fresh.steps[-1][1], LogisticRegression) else {}
    return fresh.fit(list(corpus.texts), corpus.labels, **kinds)


def auc_on_unseen_files(model: Pipeline, corpus: Corpus, positive: str, negative: str) -> float:
    """Return the ROC-AUC between two files after training on all others: no style of the two was seen."""
    held = np.isin(np.asarray(corpus.kinds), (positive, negative))
    fitted = fit_fresh_copy(model, corpus.where(~held))
    test = corpus.where(held)
    return roc_auc(test.labels, fitted.decision_function(list(test.texts)))


def measure_relevance(corpus: Corpus) -> None:
    """Print ROC-AUC of relevance, whole stories held out: by whether a text names the city, and by what it is not.

    Last, what names nothing of the city is read as from a source that writes about the city only, and compared with
    what is not about it, first read as from anywhere, then as from such a source, too.
    """
    print_relevance(corpus, *relevance_margins(corpus))


def print_relevance(corpus: Corpus, anywhere: Scores, local: Scores) -> None:
    """Print the tables of ``measure_relevance`` from the margins of each text, with and without a local source."""
    kinds, about = np.asarray(corpus.kinds), corpus.about_city == 1
    mentions = list_city_mentions(corpus)
    named, counts = np.array([any(sure for sure, _ in one) for one in mentions]), count_city_names(mentions)
    far, silent = ~about, about & ~named
    placed = np.where(silent, local, anywhere)
    rows = {
        "all": (about, far, anywhere),
        "name something of the city": (about & named, far, anywhere),
        "name nothing": (silent, far, anywhere),
    }
    alone = {kind: far & (kinds == kind) for kind in sorted(set(kinds[far]))}
    rows |= {f"all, against {kind} alone": (about, at, anywhere) for kind, at in alone.items()}
    where = "from a local source"
    rows |= {
        f"name nothing, {where}": (silent, far, placed),
        f"all, those that name nothing {where}": (about, far, placed),
        f"name nothing, {where}, and so is what is not": (silent, far, local),
        f"all {where}, and so is what is not": (about, far, local),
    }
    print("| about the city | texts | not | ROC-AUC | names counted | names counted by the rules |")
    print("|---|---|---|---|---|---|")
    for name, (yes, no, scores) in rows.items():
        at, truth = yes | no, about[yes | no].astype(np.int8)
        simple = [f"{roc_auc(truth, one[at]):.3f}" if scores is anywhere else "" for one in counts]
        print(f"| {name} | {yes.sum()} | {no.sum()} | {roc_auc(truth, scores[at]):.3f} | {' | '.join(simple)} |")
    line = threshold_at_recall(corpus.about_city, anywhere, RELEVANT_RECALL)
    print("\n| over the relevance line | texts | from anywhere | from a local source |\n|---|---|---|---|")
    for name, at in {"about the city, name nothing": silent, **alone}.items():
        print(f"| {name} | {at.sum()} | {(anywhere[at] >= line).mean():.3f} | {(local[at] >= line).mean():.3f} |")


def list_city_mentions(corpus: Corpus) -> list[list[tuple[bool, bool]]]:
    """Return for each name of the city in each text: by the rules the city is meant, it is a place or an office."""
    names = Gazetteer.from_folder(DATA_FOLDER / "kupang", Lexicon.from_folder(DATA_FOLDER / "language"))
    found = [names.find_words(text[:HEAD_CHARACTERS]) for text in corpus.texts]
    return [
        [(one.about_city, one.entry.kind in ("place", "office")) for one in text if one.entry.city] for text in found
    ]


def count_city_names(mentions: list[list[tuple[bool, bool]]]) -> tuple[Scores, Scores]:
    """Return how many places and offices of the city each text names: as spelled, and those that the rules keep."""
    return (
        np.array([float(sum(placed for _, placed in one)) for one in mentions]),
        np.array([float(sum(sure and placed for sure, placed in one)) for one in mentions]),
    )


def relevance_margins(corpus: Corpus, beside: Corpus | None = None) -> tuple[Scores, Scores]:
    """Return the log-odds of being about the city, (n,) as from anywhere and (n,) as from a local source.

    Each text by a model that was not fitted on its story; the curve of each fold is taken off, so that all compare.
    ``beside``: texts that each model is fitted on besides.
    """
    anywhere, local = np.zeros(len(corpus)), np.zeros(len(corpus))
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=TRAINING_SEED)
    for train, test in folds.split(corpus.texts, corpus.about_city, corpus.groups):
        part = corpus.subset(train.tolist())
        model = fit_relevance(join_corpora([part, beside]) if beside else part)
        for scores, mark in ((anywhere, False), (local, True)):
            scores[test] = uncalibrated_margins(model, [corpus.texts[at] for at in test], mark)
    return anywhere, local


def fit_relevance(corpus: Corpus) -> Pipeline:
    """Return the shipped model of relevance, fitted."""
    lexicon = Lexicon.from_folder(DATA_FOLDER / "language")
    names = Gazetteer.from_folder(DATA_FOLDER / "kupang", lexicon)
    model = relevance_model.build_relevance_pipeline(lexicon.dumps(), names.dumps(), TRAINING_SEED).set_params(
        judge__folds=2
    )
    return model.fit(list(corpus.texts), corpus.about_city, judge__kinds=elsewhere_kinds(corpus))


def elsewhere_kinds(corpus: Corpus) -> npt.NDArray[np.str_]:
    """Return "1" for a text about the city, else its kind."""
    return np.where(corpus.about_city == 1, "1", np.asarray(corpus.kinds))


def uncalibrated_margins(model: Pipeline, texts: Sequence[str], local: bool = False) -> Scores:
    """Return the log-odds of being about the city without the model's curve, (n,); ``local``: from a local source."""
    judge = model.named_steps["judge"]
    heads = [text[:HEAD_CHARACTERS] for text in texts]
    found = judge.decision_function(relevance_model.relevance_features(model, heads, [local] * len(heads)))
    return (found - judge.offset_) / judge.slope_


def measure_known_claims(_corpus: Corpus) -> None:
    """Print, for each kind of message in data/pairs, the share that the score flags, and that joins a known claim.

    Those that the score does not flag join where they are about the city, as in hoax_tracker/flag/service.py. The pair
    reader has learned from these messages, so the figures flatter; the flagger never saw them.
    """
    bundle = load_bundle(DATA_FOLDER / "models" / "base.skops")
    rows = read_csv_rows(DATA_FOLDER / "pairs" / "messages.csv")
    pages = [
        json.loads(line) for line in (DATA_FOLDER / "pairs" / "clarifications.jsonl").read_text("utf-8").splitlines()
    ]
    claims = {page["id"]: Document(page["id"], page["title"], page["claim"], "") for page in pages}
    index = Matcher(list(claims.values()))
    found: dict[str, list[tuple[bool, bool, bool]]] = {}
    for row, one in zip(rows, assess_texts(bundle, [row["text"] for row in rows]), strict=True):
        about_city = one.relevance >= bundle.thresholds["relevance"]
        flagged = about_city and one.misinformation >= bundle.thresholds["misinformation"]
        near = [claims[key] for key in index.nearest(row["text"], COMPARED_CLAIMS, WORTH_COMPARING)]
        same = find_same_claim(row["text"], near) if about_city and near else None
        right = same is not None and row["answers"] == "1" and same.id == row["clarification"]
        kind = f"{row['kind']}, {'repeats it' if row['answers'] == '1' else 'something else'}"
        found.setdefault(kind, []).append((flagged, right, same is not None and not right))
    print("| message | flagged by its score | joins the right claim | joins another |\n|---|---|---|---|")
    for kind, judged in sorted(found.items()):
        print(f"| {kind} | " + " | ".join(f"{share:.3f}" for share in np.mean(judged, axis=0)) + " |")


def measure_speed(corpus: Corpus) -> None:
    """Print texts a second of processor time, each text read for the first time by a process that has read others.

    The others are half of the stories: words of the other half that they lack are met for the first time, too.
    """
    started = process_time()
    bundle = load_bundle(DATA_FOLDER / "models" / "base.skops")
    print(f"loading {process_time() - started:.3f} s")
    stories = np.unique(np.asarray(corpus.groups), return_inverse=True)[1] % 2
    assess_texts(bundle, corpus.where(stories == 0).texts)
    words = " ".join(corpus.where(stories == 1).texts).split()
    heads = [" ".join(words[at : at + 15]) for at in range(0, len(words) - 15, 15)]
    started = process_time()
    assess_texts(bundle, heads, skip_below=1.1)
    print(f"relevance, 15 words: {len(heads) / (process_time() - started):.0f} texts a second")
    whole = [" ".join(words[at : at + 200]) for at in range(0, len(words) - 200, 200)]
    started = process_time()
    assess_texts(bundle, whole)
    print(f"assessment with reasons, 200 words: {len(whole) / (process_time() - started):.0f} texts a second")
    started = process_time()
    for text in corpus.texts[:500]:
        assess_texts(bundle, [text])
    print(f"one text of the corpus a call: {(process_time() - started) / 500 * 1000:.2f} ms")


TABLES = {
    "city": measure_city,
    "families": measure_families,
    "relevance": measure_relevance,
    "known": measure_known_claims,
    "speed": measure_speed,
}

if __name__ == "__main__":
    main()
