"""Which messages are said to tell a page's claim: repeats and near-misses, by hand and by kind.

    python -m benchmarks same_claim
    python -m benchmarks.same_claim --retrieval ../shared/data/retrieval      # real texts, too

A near-miss in a page's own words tells another claim by one detail, verb or stance: stamping it puts the city's word on
something nobody checked. Every hand of ``data/hands`` is asked among its own pages, and so is the half of
``data/near_misses`` that nothing is fitted on. ``learned`` says of which hands the shipped reader knows the writer:
figures about these flatter it. Of the public set that half of the stories is asked on which nothing was fitted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.flagger.evaluate import expected_calibration_error, share_interval
from classifiers.matcher.document import Document
from classifiers.matcher.judging import Judge, shipped_judge
from classifiers.matcher.match import Matcher, MatchResult
from classifiers.matcher.pair_reader.model import is_pair_reader_installed, load_pair_reader
from classifiers.matcher.training.data import read_csv_table, read_json_lines
from classifiers.matcher.training.fit_answers import AskedSet, hand_set, public_set
from classifiers.matcher.training.hands import HandMessage, list_hands
from classifiers.matcher.training.metrics import NOT_FOUND_RANK, RESAMPLES, Answer, measure_answers, metrics_as_json
from classifiers.matcher.training.train_stance import is_held_out
from classifiers.shipped import shipped_data_folder

SHOWN_METRICS = ("recall_at_1", "roc_auc", "right_at_1%", "right_at_5%")


class Decided(NamedTuple):
    """A message, what was decided, and the milliseconds of the processor that it took."""

    message: HandMessage
    result: MatchResult
    is_right: bool
    ms: float


def measure(*, retrieval: Path | None = None) -> dict[str, Any]:
    """Return the figures by judge and set, and for the hands that no judge has learned from mean and worst."""
    judges = {"reader": shipped_judge(uses_reader=True)} if is_pair_reader_installed() else {}
    judges["words"] = shipped_judge(uses_reader=False)
    return {name: measure_judge(judge, retrieval) for name, judge in judges.items()}


def measure_judge(judge: Judge, retrieval: Path | None = None) -> dict[str, Any]:
    """Return the figures of a judge by set."""
    data = shipped_data_folder()
    learned = set(load_pair_reader().about["hands"])
    hands = {hand: measure_set(hand_set(data, hand), judge) | {"learned": hand in learned} for hand in list_hands(data)}
    found: dict[str, Any] = {
        "hands": hands,
        "unseen": summarise([hands[hand] for hand in hands if hand not in learned]),
    }
    found["near_misses"] = measure_set(near_miss_set(data), judge)
    if retrieval is not None:
        foreign = [retrieval / f"{name}.jsonl" for name in ("tbh2024", "cekfakta1k")]
        found["public"] = measure_set(public_set(retrieval / "tbh2026.jsonl", foreign, half=1), judge)
    return found


def measure_set(asked: AskedSet, judge: Judge, *, vectors: bool | None = None) -> dict[str, Any]:
    """Return what is stamped and shown of a set, and how well the probability tells repeats from everything else."""
    decided = decide_set(asked, judge, vectors=vectors)
    by_label = {label: [one for one in decided if one.message.label == label] for label in ("repeat", "near")}
    repeats, near = by_label["repeat"], by_label["near"]
    unrelated = [one for one in decided if one.message.label in ("other", "none")]
    stamped, passed = (count_stamped(part) for part in (repeats, near))
    found: dict[str, Any] = {
        "pages": len(asked.documents),
        "repeats": len(repeats),
        "repeats_stamped": stamped,
        "repeats_stamped_interval": share_interval(stamped, len(repeats)),
        "repeats_stamped_wrongly": sum(one.result.decision == "match" and not one.is_right for one in repeats),
        "repeats_called_the_same": sum(is_called_the_same(one) for one in repeats),
        "repeats_shown_first": sum(one.is_right and one.result.decision != "none" for one in repeats),
        "by_kind": stamped_by_kind(repeats),
        "unrelated": len(unrelated),
        "unrelated_shown": sum(one.result.decision != "none" for one in unrelated),
        "unrelated_stamped": sum(one.result.decision == "match" for one in unrelated),
    }
    if near:
        found |= {
            "near_misses": len(near),
            "near_misses_stamped": passed,
            "near_misses_stamped_interval": share_interval(passed, len(near)),
            "near_misses_called_the_same": sum(is_called_the_same(one) for one in near),
            "near_by_kind": stamped_by_kind(near),
        }
        found["against_near_misses"] = tell_apart(repeats, near)["roc_auc"]
    times = [one.ms for one in decided]
    found |= tell_apart(repeats, [*near, *unrelated]) | {"calibration_error": calibration_error(decided)}
    return found | {f"ms_p{at}": round(float(np.percentile(times, at)), 1) for at in (50, 95)}


def decide_set(asked: AskedSet, judge: Judge, *, vectors: bool | None = None) -> list[Decided]:
    """Return the decision on each message of a set."""
    matcher = Matcher(asked.documents, use_vectors=vectors, judge=judge)
    matcher.decide(asked.messages[0].text)  # pages are embedded, models are loaded
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


def calibration_error(decided: Sequence[Decided]) -> list[float]:
    """Return how far the first page's probability lies from the share that is right, with its 95 % interval."""
    right = np.array([one.message.label == "repeat" and one.is_right for one in decided], dtype=np.int8)
    return calibration_interval(right, np.array([best_probability(one.result) for one in decided]))


def calibration_interval(right: np.ndarray[Any, Any], probabilities: np.ndarray[Any, Any]) -> list[float]:
    """Return the calibration error over ten bins, and what 95 % of resampled messages have."""
    dice, count = np.random.default_rng(0), len(right)
    drawn = [
        expected_calibration_error(right[some], probabilities[some])
        for some in dice.integers(0, count, (RESAMPLES, count))
    ]
    error = expected_calibration_error(right, probabilities)
    return [round(float(value), 3) for value in (error, *np.percentile(drawn, [2.5, 97.5]))]


def summarise(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return mean and worst hand of what counts, and the sums of what was stamped."""
    if not parts:
        return {}
    figures: dict[str, Any] = {"hands": len(parts)}
    for name in ("roc_auc", "against_near_misses", "right_at_1%", "right_at_5%"):
        values = [part[name] for part in parts]
        figures[name] = {"mean": round(float(np.mean(values)), 3), "worst": min(values)}
    errors = [part["calibration_error"][0] for part in parts]
    figures["calibration_error"] = {"mean": round(float(np.mean(errors)), 3), "worst": max(errors)}
    counted = ("repeats", "repeats_stamped", "repeats_called_the_same", "repeats_shown_first", "near_misses")
    counted += ("near_misses_stamped", "near_misses_called_the_same", "unrelated", "unrelated_shown")
    return figures | {name: sum(part[name] for part in parts) for name in counted}


def stamped_by_kind(part: Sequence[Decided]) -> dict[str, str]:
    """Return how many of each kind are stamped, shown with their page first, and asked."""
    kinds = Counter(one.message.kind for one in part)
    stamped = Counter(one.message.kind for one in part if one.result.decision == "match")
    shown = Counter(one.message.kind for one in part if one.is_right and one.result.decision != "none")
    return {kind: f"{stamped[kind]}, {shown[kind]} of {count}" for kind, count in sorted(kinds.items())}


def count_stamped(part: Sequence[Decided]) -> int:
    """Return how many messages are answered with a match."""
    return sum(one.result.decision == "match" for one in part)


def is_called_the_same(one: Decided) -> bool:
    """Tell whether a message is answered as the same: a match in which nothing differs that both tell."""
    return one.result.decision == "match" and not one.result.matches[0].differs


def best_probability(result: MatchResult) -> float:
    """Return the probability of the first page, 0 where there is none."""
    return result.matches[0].probability if result.matches else 0.0


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retrieval", type=Path, help="folder of the public sets")
    print(json.dumps(measure(retrieval=parser.parse_args().retrieval), indent=1))


if __name__ == "__main__":
    main()
