"""Which messages are said to tell a page's claim: repeats and near-misses, by hand and by kind.

    python -m benchmarks same_claim                                           # all hands, both judges, as JSON
    python -m benchmarks.same_claim --hands e k --judge reader --table        # two hands in half a minute, as Markdown
    python -m benchmarks.same_claim --hands e k --joins                       # what grouping joins to a claim
    python -m benchmarks.same_claim --retrieval ../shared/data/retrieval      # real texts, too

A near-miss in a page's own words tells another claim by one detail, verb or stance: stamping it puts the city's word on
something nobody checked. Every hand of ``data/hands`` is asked among its own pages, and so is the half of
``data/near_misses`` that nothing is fitted on. ``fits`` says what was fitted how often, and on which hands: figures
about these flatter, and ``held_out`` repeats what was measured of them before, by a reader and gates that had not seen
the hand. Of the public set that half of the stories is asked on which nothing was fitted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.flagger.evaluate import expected_calibration_error, share_interval
from classifiers.matcher.document import Document, message_as_document
from classifiers.matcher.judging import Judge, load_answer_model, shipped_judge
from classifiers.matcher.match import Matcher, MatchResult
from classifiers.matcher.pair_reader.model import is_pair_reader_installed, load_pair_reader
from classifiers.matcher.same_claim import find_related_claim, find_same_claim
from classifiers.matcher.training.data import HandMessage, read_csv_table, read_json_lines
from classifiers.matcher.training.fit_answers import AskedSet, hand_set, public_set
from classifiers.matcher.training.metrics import NOT_FOUND_RANK, RESAMPLES, Answer, measure_answers, metrics_as_json
from classifiers.matcher.training.train_stance import is_held_out
from classifiers.shipped import list_hands, shipped_data_folder

SHOWN_METRICS = ("recall_at_1", "roc_auc", "right_at_1%", "right_at_5%")
JUDGES = ("reader", "words")
UNRELATED = ("other", "none")
JOIN_CANDIDATES, JOIN_COSINE = 3, 0.2
"""Claims that a text is compared with, and how near in words they are at least."""
Figures = dict[str, Any]


class Decided(NamedTuple):
    """A message, what was decided, and the milliseconds of the processor that it took."""

    message: HandMessage
    result: MatchResult
    is_right: bool
    ms: float


def measure(
    hands: Sequence[str] = (), judges: Sequence[str] = JUDGES, retrieval: Path | None = None
) -> dict[str, Figures]:
    """Return the figures by judge; ``hands``: those to ask, none means all."""
    kinds = [name for name in judges if name != "reader" or is_pair_reader_installed()]
    asked = list(hands) or list_hands(shipped_data_folder())
    return {name: measure_judge(name, asked, retrieval) for name in kinds}


def measure_joins(hands: Sequence[str]) -> dict[str, Figures]:
    """Return by set how many repeats and near-misses join the claim, and how many are offered."""
    data = shipped_data_folder()
    return {asked.name: count_joins(asked) for asked in (near_miss_set(data), *(hand_set(data, one) for one in hands))}


def count_joins(asked: AskedSet) -> Figures:
    """Return the same of one set: each message is compared with the nearest claims of the set's pages."""
    claims = {page.id: message_as_document(page.id, page.claim) for page in asked.documents}
    matcher = Matcher(list(claims.values()))
    found: Figures = {}
    for label in ("repeat", "near"):
        texts = [message.text for message in asked.messages if message.label == label]
        near = [[claims[key] for key in matcher.nearest(text, JOIN_CANDIDATES, JOIN_COSINE)] for text in texts]
        joined = [find_same_claim(text, some) for text, some in zip(texts, near, strict=True)]
        left = [pair for pair, same in zip(zip(texts, near, strict=True), joined, strict=True) if same is None]
        offered = sum(find_related_claim(*pair) is not None for pair in left)
        found |= {label: len(texts), **with_interval(f"{label}_joined", sum(map(bool, joined)), len(texts))}
        found |= {f"{label}_offered": offered}
    return found


def measure_judge(name: str, hands: Sequence[str], retrieval: Path | None = None) -> Figures:
    """Return the figures of a judge by set, and those of all asked hands together."""
    data, judge = shipped_data_folder(), shipped_judge(uses_reader=name == "reader")
    asked = {hand: hand_set(data, hand) for hand in hands}
    decided = {hand: decide_set(one, judge) for hand, one in asked.items()}
    figures = {hand: {"pages": len(asked[hand].documents), **describe(decided[hand])} for hand in hands}
    found: Figures = {
        "fits": count_fits(name),
        "hands": figures,
        "mean_and_worst": summarise(list(figures.values())),
        "all_hands": describe([one for hand in hands for one in decided[hand]]),
        "near_misses": measure_set(near_miss_set(data), judge),
    }
    if retrieval is not None:
        foreign = [retrieval / f"{name}.jsonl" for name in ("tbh2024", "cekfakta1k")]
        found["public"] = measure_set(public_set(retrieval / "tbh2026.jsonl", foreign, half=1), judge)
    return found


def count_fits(name: str) -> Figures:
    """Return how often the reader was fitted and on which hands, and those of gates, curves and lines with figures.

    The gates are fitted once on all hands of ``held_out``; its figures are by gates fitted on the other hands.
    """
    held_out = load_answer_model().about["held_out"][f"by_{name}"]
    gates = {"gates_fitted": 1 + len(held_out), "gates_learned": list(held_out), "held_out": held_out}
    if name != "reader":
        return gates
    about = load_pair_reader().about
    return {"readers_averaged": about["averaged"], "reader_learned": about["hands"]} | gates


def measure_set(asked: AskedSet, judge: Judge) -> Figures:
    """Return the figures of a set."""
    return {"pages": len(asked.documents), **describe(decide_set(asked, judge))}


def describe(decided: Sequence[Decided]) -> Figures:
    """Return what is stamped and shown, by kind too, and how well the probability tells repeats from all else."""
    repeats, near, unrelated = (pick(decided, *labels) for labels in (("repeat",), ("near",), UNRELATED))
    times = [one.ms for one in decided]
    found: Figures = {
        "repeats": len(repeats),
        **with_interval("repeats_stamped", count_stamped(repeats), len(repeats)),
        "repeats_stamped_wrongly": count_stamped([one for one in repeats if not one.is_right]),
        "repeats_called_the_same": sum(map(is_called_the_same, repeats)),
        **with_interval("repeats_shown_first", sum(map(is_shown_first, repeats)), len(repeats)),
        "unrelated": len(unrelated),
        **with_interval("unrelated_shown", sum(one.result.decision != "none" for one in unrelated), len(unrelated)),
        "unrelated_stamped": count_stamped(unrelated),
        **tell_apart(repeats, [*near, *unrelated]),
        **calibration(decided),
        "by_kind": {kind: describe_kind(part, [*near, *unrelated]) for kind, part in by_kind(repeats)},
    }
    if near:
        against = tell_apart(repeats, near)
        found |= {
            "near_misses": len(near),
            **with_interval("near_misses_stamped", count_stamped(near), len(near)),
            "near_misses_called_the_same": sum(map(is_called_the_same, near)),
            "against_near_misses": against["roc_auc"],
            "against_near_misses_ci": against["roc_auc_ci"],
            "near_by_kind": {kind: describe_near_kind(part, repeats) for kind, part in by_kind(near)},
        }
    return found | {f"ms_p{at}": round(float(np.percentile(times, at)), 1) for at in (50, 95)}


def describe_kind(repeats: Sequence[Decided], others: Sequence[Decided]) -> Figures:
    """Return what is stamped and shown of one kind of repeats, and how well they are told from all other messages."""
    return {
        "asked": len(repeats),
        **with_interval("stamped", count_stamped(repeats), len(repeats)),
        **with_interval("shown_first", sum(map(is_shown_first, repeats)), len(repeats)),
        **tell_apart(repeats, others),
    }


def describe_near_kind(near: Sequence[Decided], repeats: Sequence[Decided]) -> Figures:
    """Return what is stamped of one kind of near-misses, and how well all repeats are told from them."""
    apart = tell_apart(repeats, near)
    return {
        "asked": len(near),
        **with_interval("stamped", count_stamped(near), len(near)),
        "roc_auc": apart["roc_auc"],
        "roc_auc_ci": apart["roc_auc_ci"],
    }


def pick(decided: Iterable[Decided], *labels: str) -> list[Decided]:
    """Return the messages with one of these labels."""
    return [one for one in decided if one.message.label in labels]


def by_kind(part: Sequence[Decided]) -> list[tuple[str, list[Decided]]]:
    """Return the messages of each kind."""
    kinds = sorted({one.message.kind for one in part})
    return [(kind, [one for one in part if one.message.kind == kind]) for kind in kinds]


def with_interval(name: str, count: int, of: int) -> Figures:
    """Return a count and the 95 % interval of its share."""
    return {name: count, f"{name}_interval": share_interval(count, of) if of else None}


def decide_set(asked: AskedSet, judge: Judge) -> list[Decided]:
    """Return the decision on each message of a set."""
    matcher = Matcher(asked.documents, judge=judge)
    matcher.decide(asked.messages[0].text)  # models are loaded
    decided = []
    for message in asked.messages:
        started = time.process_time()
        result = matcher.decide(message.text)
        took = (time.process_time() - started) * 1000
        pages = {message.page, *asked.same.get(message.page, ())}
        is_right = bool(message.page and result.matches) and result.matches[0].id in pages
        decided.append(Decided(message, result, is_right, took))
    return decided


def near_miss_set(data: Path) -> AskedSet:
    """Return the half of ``data/near_misses`` that nothing is fitted on."""
    pages = [row for row in read_json_lines(data / "near_misses" / "clarifications.jsonl") if is_held_out(row["id"])]
    messages = [
        HandMessage(row["clarification"], row["kind"], "repeat" if row["answers"] == "1" else "near", row["text"])
        for row in read_csv_table(data / "near_misses" / "messages.csv")
        if is_held_out(row["clarification"])
    ]
    messages += [
        HandMessage("", "unrelated", "none", row["text"])
        for row in read_csv_table(data / "near_misses" / "unrelated.csv")
    ]
    documents = [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in pages]
    return AskedSet("near_misses", documents, messages, {})


def tell_apart(repeats: Sequence[Decided], others: Sequence[Decided]) -> dict[str, Any]:
    """Return how well the probability tells repeats from other messages, each figure with its interval."""
    answers = [Answer(best_probability(one.result), 0 if one.is_right else NOT_FOUND_RANK) for one in repeats]
    answers += [Answer(best_probability(one.result), None) for one in others]
    figures = metrics_as_json({"matching": measure_answers(answers)})["matching"]
    return {name: figures[name] for metric in SHOWN_METRICS for name in (metric, f"{metric}_ci")}


def calibration(decided: Sequence[Decided]) -> Figures:
    """Return how far the first page's probability lies from the share that is right, with its 95 % interval."""
    right = np.array([one.message.label == "repeat" and one.is_right for one in decided], dtype=np.int8)
    error, *interval = calibration_interval(right, np.array([best_probability(one.result) for one in decided]))
    return {"calibration_error": error, "calibration_error_ci": interval}


def calibration_interval(right: np.ndarray[Any, Any], probabilities: np.ndarray[Any, Any]) -> list[float]:
    """Return the calibration error over ten bins, and what 95 % of resampled messages have."""
    dice, count = np.random.default_rng(0), len(right)
    drawn = [
        expected_calibration_error(right[some], probabilities[some])
        for some in dice.integers(0, count, (RESAMPLES, count))
    ]
    error = expected_calibration_error(right, probabilities)
    return [round(float(value), 3) for value in (error, *np.percentile(drawn, [2.5, 97.5]))]


def summarise(parts: Sequence[Figures]) -> Figures:
    """Return mean and worst hand of what counts."""
    best = ("roc_auc", "against_near_misses", "right_at_1%", "right_at_5%")
    figures = {name: _mean_and_worst([part[name] for part in parts], min) for name in best}
    return figures | {"calibration_error": _mean_and_worst([part["calibration_error"] for part in parts], max)}


def _mean_and_worst(values: Sequence[float], worst: Callable[[Iterable[float]], float]) -> dict[str, float]:
    return {"mean": round(float(np.mean(values)), 3), "worst": round(worst(values), 3)}


def count_stamped(part: Sequence[Decided]) -> int:
    """Return how many messages are answered with a match."""
    return sum(one.result.decision == "match" for one in part)


def is_called_the_same(one: Decided) -> bool:
    """Tell whether a message is answered as the same: a match in which nothing differs that both tell."""
    return one.result.decision == "match" and not one.result.matches[0].differs


def is_shown_first(one: Decided) -> bool:
    """Tell whether a page is shown that the message is about."""
    return one.is_right and one.result.decision != "none"


def best_probability(result: MatchResult) -> float:
    """Return the probability of the first page, 0 where there is none."""
    return result.matches[0].probability if result.matches else 0.0


def render_tables(found: Figures) -> str:
    """Return a judge's figures as two Markdown tables: by hand, and all hands together by kind."""
    sets = {**found["hands"], "all": found["all_hands"], "near_misses": found["near_misses"]}
    by_hand = [[name, *_set_cells(figures)] for name, figures in sets.items()]
    every = found["all_hands"]
    kinds = [[kind, *_kind_cells(figures)] for kind, figures in every["by_kind"].items()]
    near = [[f"near-miss: {kind}", *_kind_cells(figures)] for kind, figures in every["near_by_kind"].items()]
    return "\n\n".join((_table(SET_COLUMNS, by_hand), _table(KIND_COLUMNS, [*kinds, *near])))


SET_COLUMNS = ("set", "repeats said match", "shown first", "near-misses said match", "others shown")
SET_COLUMNS += ("AUC", "against near-misses", "right at 1 %", "right at 5 %", "ECE")
KIND_COLUMNS = ("kind", "asked", "said match", "shown first", "AUC", "right at 1 %", "right at 5 %")


def _set_cells(figures: Figures) -> list[str]:
    counts = (("repeats_stamped", "repeats"), ("repeats_shown_first", "repeats"))
    counts += (("near_misses_stamped", "near_misses"), ("unrelated_shown", "unrelated"))
    shares = [f"{figures[name]} of {figures[of]} {_span(figures[f'{name}_interval'])}" for name, of in counts]
    return (
        shares
        + [_measure(figures, name) for name in (*SHOWN_METRICS[1:2], "against_near_misses", *SHOWN_METRICS[2:])]
        + [_measure(figures, "calibration_error")]
    )


def _kind_cells(figures: Figures) -> list[str]:
    shares = [
        f"{figures[name]} {_span(figures[f'{name}_interval'])}" if name in figures else ""
        for name in ("stamped", "shown_first")
    ]
    return [str(figures["asked"]), *shares, *(_measure(figures, name) for name in SHOWN_METRICS[1:])]


def _measure(figures: Figures, name: str) -> str:
    return f"{figures[name]:.3f} {_span(figures[f'{name}_ci'])}" if name in figures else ""


def _span(interval: Sequence[float] | None) -> str:
    return "({:.2f}–{:.2f})".format(*interval) if interval else ""


def _table(columns: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    cells = [columns, ["---"] * len(columns), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def main() -> None:
    """Print the figures as JSON or as tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hands", nargs="+", default=(), choices=list_hands(shipped_data_folder()), metavar="HAND")
    parser.add_argument("--judge", choices=JUDGES, action="append", help="once or twice; both without it")
    parser.add_argument("--retrieval", type=Path, help="folder of the public sets")
    parser.add_argument("--joins", action="store_true", help="what feeds and reports would join to a claim, alone")
    parser.add_argument("--table", action="store_true", help="print Markdown instead of JSON")
    given = parser.parse_args()
    if given.joins:
        print(json.dumps(measure_joins(given.hands), indent=1))
        return
    found = measure(given.hands, given.judge or JUDGES, given.retrieval)
    if not given.table:
        print(json.dumps(found, indent=1))
    for name, figures in found.items() if given.table else ():
        fits = {key: value for key, value in figures["fits"].items() if key != "held_out"}
        print(f"{name}: {json.dumps(fits)}\n\n{render_tables(figures)}\n")


if __name__ == "__main__":
    main()
