"""Measure a model. Each figure has a 95 % interval from a bootstrap over groups, so near-duplicates count once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import beta, rankdata

from classifiers.corpus import Corpus
from classifiers.flagger.artefact import Bundle
from classifiers.flagger.misinformation import CRITICISM_KINDS
from classifiers.flagger.public_texts import ARTICLE_KIND, HEADLINE_KIND, HOAX_KIND, PUBLIC_KINDS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int8]
Metric = Callable[[Ints, Floats], float]

TARGET_RECALL = 0.8
"""The recall of misinformation at which the share of flagged criticism is measured."""
_BOOTSTRAP_ROUNDS = 500
_CALIBRATION_BINS = 10


def roc_auc(labels: Ints, scores: Floats) -> float:
    """Return the ROC-AUC; nan where one class is missing.

    These metrics equal scikit-learn's. A bootstrap calls them a thousand times, and scikit-learn's checks would
    dominate.
    """
    ones = int(np.count_nonzero(labels))
    zeros = len(labels) - ones
    if not ones or not zeros:
        return float("nan")
    return float((rankdata(scores)[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * zeros))


def pr_auc(labels: Ints, scores: Floats) -> float:
    """Return the average precision; nan where one class is missing."""
    ones = int(np.count_nonzero(labels))
    if not ones or ones == len(labels):
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)  # of each run of equal scores
    positives = np.cumsum(labels[order] == 1)[last]
    return float((np.diff(positives, prepend=0) * positives / (last + 1)).sum() / ones)


def f1_score(labels: Ints, scores: Floats, threshold: float = 0.5) -> float:
    """Return the F1 score of the misinformation class at ``threshold``."""
    flagged, true = scores >= threshold, labels == 1
    either = int(flagged.sum() + true.sum())
    return 2 * int((flagged & true).sum()) / either if either else 0.0


def brier_score(labels: Ints, scores: Floats) -> float:
    """Return the mean squared error of the probabilities; 0 is best."""
    return float(np.mean((np.clip(scores, 0, 1) - (labels == 1)) ** 2))


def expected_calibration_error(labels: Ints, scores: Floats) -> float:
    """Return the expected calibration error over ten bins of equal width; 0 is best."""
    bins = np.minimum((scores * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gaps = [abs(scores[bins == k].sum() - labels[bins == k].sum()) for k in range(_CALIBRATION_BINS)]
    return float(sum(gaps) / max(len(labels), 1))


METRICS: Mapping[str, Metric] = {
    "roc_auc": roc_auc,
    "pr_auc": pr_auc,
    "f1": f1_score,
    "brier": brier_score,
    "ece": expected_calibration_error,
}


def metrics_with_intervals(
    labels: Ints,
    scores: Floats,
    groups: Sequence[str],
    metrics: Mapping[str, Metric] = METRICS,
    rounds: int = _BOOTSTRAP_ROUNDS,
) -> dict[str, Any]:
    """Return each metric under its name and its 95 % interval under ``name_ci``, None where it does not exist."""
    drawn = [sample for sample in _bootstrap_samples(groups, rounds) if len(np.unique(labels[sample])) > 1]
    result: dict[str, Any] = {}
    for name, metric in metrics.items():
        result[name] = _round_or_none(metric(labels, scores))
        values = [metric(labels[sample], scores[sample]) for sample in drawn]
        result[f"{name}_ci"] = (
            [_round_or_none(float(q)) for q in np.quantile(values, [0.025, 0.975])] if values else None
        )
    return result


def _round_or_none(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)


def _bootstrap_samples(groups: Sequence[str], rounds: int) -> list[npt.NDArray[np.int64]]:
    """Return row numbers of whole groups drawn with replacement. The draws are seeded."""
    _, inverse = np.unique(np.asarray(groups, dtype=object).astype(str), return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(inverse))[:-1])
    random = np.random.default_rng(0)
    return [np.concatenate([members[k] for k in random.integers(0, len(members), len(members))]) for _ in range(rounds)]


def threshold_at_recall(labels: Ints, scores: Floats, recall: float = TARGET_RECALL) -> float:
    """Return the highest threshold at which at least ``recall`` of the misinformation is flagged."""
    positive = np.sort(scores[labels == 1])[::-1]
    return float(positive[max(0, int(np.ceil(recall * len(positive))) - 1)])


def criticism_flagged(corpus: Corpus, scores: Floats, recall: float = TARGET_RECALL) -> float:
    """Return the flagged share of criticism, complaint, satire and allegation.

    The threshold is the one that flags ``recall`` of the misinformation about the city. Return nan where the corpus
    lacks either.
    """
    city = corpus.about_city != 0
    voices = np.isin(np.asarray(corpus.kinds), CRITICISM_KINDS)
    false_claims = city & (corpus.labels == 1)
    if not voices.any() or not false_claims.any():
        return float("nan")
    line = threshold_at_recall(corpus.labels[false_claims], scores[false_claims], recall)
    return float((scores[voices] >= line).mean())


def evaluate_bundle(bundle: Bundle, corpus: Corpus) -> dict[str, Any]:
    """Return the metrics of a bundle on a corpus, as ``model evaluate --json`` prints them.

    ``criticism_flagged`` is included where the corpus has criticism, ``relevance_roc_auc`` where it labels
    ``about_city``.
    """
    scores = bundle.hoax.predict_proba(list(corpus.texts))[:, 1].astype(float)
    result: dict[str, Any] = {"rows": len(corpus), "skipped": len(corpus.faults)}
    result |= metrics_with_intervals(corpus.labels, scores, corpus.groups)
    flagged = criticism_flagged(corpus, scores)
    if not np.isnan(flagged):
        result["criticism_flagged"] = round(flagged, 4)
    labelled = corpus.about_city >= 0
    if bundle.relevance is not None and len(np.unique(corpus.about_city[labelled])) > 1:
        texts = [text for text, use in zip(corpus.texts, labelled, strict=True) if use]
        relevance = bundle.relevance.predict_proba(texts)[:, 1].astype(float)
        groups = [group for group, use in zip(corpus.groups, labelled, strict=True) if use]
        metrics = metrics_with_intervals(corpus.about_city[labelled], relevance, groups, {"roc_auc": roc_auc})
        result |= {f"relevance_{name}": value for name, value in metrics.items()}
    return result


def evaluate_public_texts(bundle: Bundle, public: Corpus) -> dict[str, Any]:
    """Return the metrics of a bundle on circulated texts, by kind. They are never averaged with those of the corpus.

    They are the ROC-AUC of hoaxes against articles and against headlines, and the share of each kind above each
    threshold, with intervals.
    """
    kinds = np.asarray(public.kinds)
    texts = list(public.texts)
    hoax = bundle.hoax.predict_proba(texts)[:, 1].astype(float)
    result: dict[str, Any] = {"rows": {kind: int((kinds == kind).sum()) for kind in PUBLIC_KINDS}}
    for kind in (ARTICLE_KIND, HEADLINE_KIND):
        rows = np.flatnonzero(np.isin(kinds, (HOAX_KIND, kind)))
        groups = [public.groups[place] for place in rows]
        metrics = metrics_with_intervals(public.labels[rows], hoax[rows], groups, {f"roc_auc_against_{kind}": roc_auc})
        result |= metrics
    lines = {"flagged": (hoax, bundle.thresholds["misinformation"])}
    if bundle.relevance is not None:
        near = bundle.relevance.predict_proba(texts)[:, 1].astype(float)
        lines["relevant"] = (near, bundle.thresholds["relevance"])
    for name, (scores, line) in lines.items():
        for kind in PUBLIC_KINDS:
            over = scores[kinds == kind] >= line
            result[f"{kind}_{name}"] = _round_or_none(float(over.mean()))
            result[f"{kind}_{name}_ci"] = share_interval(int(over.sum()), len(over))
    return result


def share_interval(count: int, of: int) -> list[float]:
    """Return the exact 95 % interval of a proportion (Clopper and Pearson 1934), rounded to four digits."""
    low = beta.ppf(0.025, count, of - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, of - count) if count < of else 1.0
    return [round(float(low), 4), round(float(high), 4)]


def render_model_card(bundle: Bundle) -> str:
    """Return the model card in Markdown: uses, data, figures and known failures.

    The card of a local model also names the decisions it was adapted to, and the effect on decisions left out.
    """
    meta = bundle.meta
    local = meta.get("local")
    data = "\n".join(f"| {kind} | {count} |" for kind, count in meta["data"].items())
    lines = "\n".join(f"- `{name}`: {value:.3f}" for name, value in bundle.thresholds.items())
    parts = ", ".join(f"{name} ({kind})" for name, kind in meta["models"].items())
    return _MODEL_CARD.format(
        name=meta["name"],
        trained_at=meta["trained_at"],
        rows=meta["rows"],
        data=data,
        figures=_render_metrics_table(meta["metrics"]),
        thresholds=lines,
        parts=parts,
        origin=_DATA_ORIGINS.get(meta["name"], _GIVEN_FILES_ORIGIN),
        public=_render_public_section(meta["public"]) if "public" in meta else "",
        writers=_WRITERS_SECTION.format(**meta["writers"]) if meta.get("writers", {}).get("texts") else "",
        data_hash=meta["data_hash"][:16],
        code_version=meta["code_version"],
        recall=round(TARGET_RECALL * 100),
        adapted=_render_adaptation_section(meta, local) if local else "",
    )


def _render_public_section(public: Mapping[str, Any]) -> str:
    counts = ", ".join(f"{count} {kind}" for kind, count in public["data"].items())
    figures = {name: value for name, value in public["metrics"].items() if name != "rows"}
    rows = ", ".join(f"{count} {kind}" for kind, count in public["metrics"]["rows"].items())
    return _PUBLIC_SECTION.format(counts=counts, rows=rows, figures=_render_metrics_table(figures))


def _render_adaptation_section(meta: Mapping[str, Any], local: Mapping[str, Any]) -> str:
    new, old = local["metrics"], local["base_metrics"]
    rows = [
        f"| {name} | {_format_with_interval(new, name)} | {_format_with_interval(old, name)} |"
        for name in METRICS
        if new.get(name) is not None
    ]
    strength = local["strength"]
    kind = f"slope, offset and weights (strength {strength})" if strength else "slope and offset alone"
    return _ADAPTATION_SECTION.format(
        decisions=local["decisions"], kind=kind, base=str(meta.get("base_digest", ""))[:12], rows="\n".join(rows)
    )


def _format_with_interval(metrics: Mapping[str, Any], name: str) -> str:
    interval = metrics.get(f"{name}_ci")
    return f"{metrics[name]:.3f}" + (f" ({interval[0]:.3f}-{interval[1]:.3f})" if interval else "")


def _render_metrics_table(metrics: Mapping[str, Any]) -> str:
    rows = []
    for name, value in metrics.items():
        if not name.endswith("_ci"):
            interval = metrics.get(f"{name}_ci")
            shown = f"{interval[0]:.3f} - {interval[1]:.3f}" if interval else ""
            rows.append(f"| {name} | {value:.3f} | {shown} |" if value is not None else f"| {name} | | |")
    return "\n".join(rows)


_DATA_ORIGINS = {
    "kota": "`data/labelled`, written for this project; fictional, MIT. Not a sample of what circulates: the shares\n"
    "of the kinds are chosen. The file keeps weights of hashed features: no text can be read back."
}
_GIVEN_FILES_ORIGIN = (
    "The files that were given to `model train`, and nothing else; their licences are those of whoever made them. The\n"
    "file keeps weights of hashed features: no text can be read back."
)

_WRITERS_SECTION = """
Besides, {texts} texts of {hands} other writers (`data/hands`: claims and their repeats, and what answers them) for a
judge of its own, which is added to the others with a small share. None of the figures of the corpus is of these.
"""

_PUBLIC_SECTION = """
## Texts that really went around
None is in the repository (docs/models.md names them). Learned from, as kinds of their own beside the corpus: {counts}.
Measured on stories that were not learned from: {rows}. Never averaged with the figures above.

| | value | interval |
|---|---|---|
{figures}
"""

_ADAPTATION_SECTION = """
## Adapted to officers' decisions
To {decisions} decisions of this instance, by {kind}, on top of the base {base}. What a decision says of a text
stands in docs/learning.md; the texts are not in the file. On decisions left out in turn, near-copies together:

| | this model | base |
|---|---|---|
{rows}

Habits of those who decided are in it. It serves this office alone. What follows is of the base.
"""

_MODEL_CARD = """# Model card: {name}

Trained {trained_at} on {rows} texts. Parts: {parts}. Data {data_hash}, code {code_version}.
{adapted}
## For
Ranking posts, messages and news for officers of the city: which one holds a checkable claim that spreads unconfirmed.
A person decides on each.

## Not for
Deciding what is true. Rating people, opinions or sources. Publishing, blocking or replying without a person. Criticism,
complaint, satire and allegations of wrongdoing are no hoaxes; `criticism_flagged` is the share of them at or above
the line that catches {recall} % of the misinformation.

## Data
{origin}

| file | texts |
|---|---|
{data}
{writers}
## Figures
On texts that the model was not fitted on (cross-validation, groups of one story kept together), with 95 % intervals
from a bootstrap over groups.

| | value | interval |
|---|---|---|
{figures}

Lines on probabilities:
{thresholds}
{public}
## Known failures
- It knows no facts. A false claim in the calm words of a notice, without money, threat or hearsay, passes; an unusual
  but true warning passed on loudly may be flagged.
- Short headlines and questions that repeat a rumour score too low.
- New styles of writing cost: see "by style" in docs/models.md.
- A probability holds for texts mixed as in the corpus; elsewhere only the order is meant.
"""
