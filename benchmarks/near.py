"""Near-misses that are stamped, and repeats that are answered, of messages that nothing has learned from.

A near-miss in a page's own words tells another claim by one detail, verb or stance: stamping it puts the city's word on
something nobody checked. Each message of the held-out half of ``data/near_misses`` is asked of the 30 pages of that
half, and of those among the pages of ``data/pairs``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.index import make_messages
from classifiers.flagger.evaluate import expected_calibration_error, share_interval
from classifiers.matcher.document import Document
from classifiers.matcher.embeddings import encode_message, is_encoder_installed
from classifiers.matcher.match import Matcher, MatchResult
from classifiers.matcher.training.data import read_csv_table, read_json_lines
from classifiers.matcher.training.metrics import NOT_FOUND_RANK, Answer, measure_answers, metrics_as_json
from classifiers.matcher.training.train_stance import is_held_out
from classifiers.shipped import shipped_data_folder


def measure_near_misses() -> dict[str, Any]:
    """Return what is stamped and shown among few pages and among more."""
    found = {"alone": measure_among(beside=False), "beside": measure_among(beside=True)}
    return found | ({"embedded": measure_embedded()} if is_encoder_installed() else {})


def measure_embedded() -> dict[str, dict[str, float]]:
    """Return how many messages words leave open, what decisions that changes, and milliseconds of the processor."""
    data = shipped_data_folder()
    pages = load_held_out_pages(data) + build_documents(read_json_lines(data / "pairs" / "clarifications.jsonl"))
    matcher, embedded = Matcher(pages), []
    matcher.index.embed = lambda text: embedded.append(text) or encode_message(text)
    rows = [row for row in read_csv_table(data / "near_misses" / "messages.csv") if is_held_out(row["clarification"])]
    texts = {
        "repeats": [row["text"] for row in rows if row["answers"] == "1"],
        "near_misses": [row["text"] for row in rows if row["answers"] == "0"],
        "unrelated": [row["text"] for row in read_csv_table(data / "near_misses" / "unrelated.csv")],
        "of_60_words": make_messages(),
    }
    for text in make_messages(seed=4)[:20]:  # the pages are embedded, the encoder is warm
        matcher.decide(text, always_embed=True)
    found = {}
    for name, some in texts.items():
        always = [time_decision(partial(matcher.decide, text, always_embed=True)) for text in some]
        embedded.clear()
        told = [time_decision(partial(matcher.decide, text)) for text in some]
        figures = {"messages": len(some), "embedded": len(embedded)}
        figures["decided_otherwise"] = sum(
            one.decision != other.decision for (one, _), (other, _) in zip(told, always, strict=True)
        )
        for what, times in (("ms", told), ("always_ms", always)):
            for at in (50, 95):
                figures[f"{what}_p{at}"] = round(float(np.percentile([ms for _, ms in times], at)), 1)
        found[name] = figures
    return found


def time_decision(decide: Callable[[], MatchResult]) -> tuple[MatchResult, float]:
    """Return a decision and the milliseconds that the processor worked on it."""
    started = time.process_time()
    result = decide()
    return result, (time.process_time() - started) * 1000


def measure_among(*, beside: bool, vectors: bool | None = None) -> dict[str, Any]:
    """Return what is stamped and shown. ``beside``: the pages of ``data/pairs`` stand in the index, too."""
    data = shipped_data_folder()
    pages = load_held_out_pages(data) + (
        build_documents(read_json_lines(data / "pairs" / "clarifications.jsonl")) if beside else []
    )
    matcher = Matcher(pages, use_vectors=vectors)
    rows = [row for row in read_csv_table(data / "near_misses" / "messages.csv") if is_held_out(row["clarification"])]
    told = [(row, matcher.decide(row["text"])) for row in rows]
    repeats = [(row, result) for row, result in told if row["answers"] == "1"]
    near = [(row, result) for row, result in told if row["answers"] == "0"]
    unrelated = [matcher.decide(row["text"]) for row in read_csv_table(data / "near_misses" / "unrelated.csv")]
    return {
        "pages": len(pages),
        "repeats": len(repeats),
        "repeats_answered": count_stamped(repeats),
        "repeats_answered_interval": share_interval(count_stamped(repeats), len(repeats)),
        "repeats_with_their_page_first": sum(is_page_first(row, result) for row, result in repeats),
        "repeats_shown": sum(is_page_first(row, result) and result.decision != "none" for row, result in repeats),
        "near_misses": len(near),
        "near_misses_stamped": count_stamped(near),
        "near_misses_stamped_interval": share_interval(count_stamped(near), len(near)),
        "called_the_same": {"repeats": count_called_the_same(repeats), "near_misses": count_called_the_same(near)},
        "near_misses_shown": sum(result.decision != "none" for _, result in near),
        "stamped_by_kind": dict(sorted(Counter(row["kind"] for row, result in near if is_stamped(result)).items())),
        "answered_by_kind": dict(sorted(Counter(row["kind"] for row, result in repeats if is_stamped(result)).items())),
        "unrelated": len(unrelated),
        "unrelated_shown": sum(result.decision != "none" for result in unrelated),
        "figures": repeat_metrics(repeats, [*(result for _, result in near), *unrelated]),
        "calibration_error": calibration_error(repeats, [*(result for _, result in near), *unrelated]),
    }


DecidedMessages = Sequence[tuple[dict[str, str], MatchResult]]


def repeat_metrics(repeats: DecidedMessages, unanswered: Sequence[MatchResult]) -> dict[str, object]:
    """Return how well the probability tells repeats from everything else, each figure with its interval."""
    answers = [Answer(best_probability(result), rank_of_page(row["clarification"], result)) for row, result in repeats]
    answers += [Answer(best_probability(result), None) for result in unanswered]
    return metrics_as_json({"matching": measure_answers(answers)})["matching"]


def calibration_error(repeats: DecidedMessages, unanswered: Sequence[MatchResult]) -> float:
    """Return how far the probability of the first page lies from the share that is right, over ten bins."""
    results = [*(result for _, result in repeats), *unanswered]
    right = [is_page_first(row, result) for row, result in repeats] + [False] * len(unanswered)
    return round(
        expected_calibration_error(
            np.array(right, dtype=np.int8), np.array([best_probability(result) for result in results])
        ),
        3,
    )


def best_probability(result: MatchResult) -> float:
    """Return the probability of the first page, 0 where there is none."""
    return result.matches[0].probability if result.matches else 0.0


def rank_of_page(page: str, result: MatchResult) -> int:
    """Return at which rank a page stands."""
    return next((rank for rank, match in enumerate(result.matches) if match.id == page), NOT_FOUND_RANK)


def load_held_out_pages(data: Path) -> list[Document]:
    """Return the pages that nothing is fitted on."""
    rows = read_json_lines(data / "near_misses" / "clarifications.jsonl")
    return build_documents(row for row in rows if is_held_out(row["id"]))


def build_documents(rows: Iterable[dict[str, str]]) -> list[Document]:
    """Return pages as the matcher takes them."""
    return [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in rows]


def count_stamped(told: Sequence[tuple[dict[str, str], MatchResult]]) -> int:
    """Return how many messages are answered with a match."""
    return sum(is_stamped(result) for _, result in told)


def count_called_the_same(told: Sequence[tuple[dict[str, str], MatchResult]]) -> int:
    """Return of how many answered messages the page says that they are the same, as nothing in them differs."""
    return sum(is_stamped(result) and not result.matches[0].differed for _, result in told)


def is_stamped(result: MatchResult) -> bool:
    """Tell whether a message is answered."""
    return result.decision == "match"


def is_page_first(row: dict[str, str], result: MatchResult) -> bool:
    """Tell whether the page that a message is about stands first."""
    return bool(result.matches) and result.matches[0].id == row["clarification"]
