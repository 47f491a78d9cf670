"""How far the probability of the first page may be believed among 50, 250 and 10,000 pages.

    python -m benchmarks calibration

The messages are those of ``benchmarks near``: repeats and near-misses of the held-out half of ``data/near_misses``, and
unrelated ones. Beside the 30 pages of that half stand those of ``data/pairs``, then texts of ``data/labelled`` as
pages, then the same with other numbers and places, whose vectors are those of the text that they vary.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import plausible
from benchmarks.near import DecidedMessages, best_probability, build_documents, is_page_first, load_held_out_pages
from classifiers.flagger.evaluate import expected_calibration_error
from classifiers.matcher.document import Document
from classifiers.matcher.index.document_vectors import Halves, embed_pages
from classifiers.matcher.match import Matcher, MatchResult, open_base_segment, read_page, write_base_segment
from classifiers.matcher.training.data import read_csv_table, read_json_lines
from classifiers.matcher.training.metrics import RESAMPLES
from classifiers.matcher.training.train_stance import is_held_out
from classifiers.shipped import shipped_data_folder

SIZES = (50, 250, 10_000)
EMBEDDED = 600
"""Texts of ``data/labelled`` whose vectors are made, which takes a minute."""


def measure(sizes: Sequence[int] = SIZES) -> dict[str, dict[str, Any]]:
    """Return the calibration error among so many pages, with its 95 % interval over resampled messages."""
    return {str(size): measure_among(size) for size in sizes}


def measure_among(size: int, *, vectors: bool | None = None) -> dict[str, Any]:
    """Return the calibration error, and how often a probability of at least .9 was right."""
    data = shipped_data_folder()
    with tempfile.TemporaryDirectory() as folder:
        matcher = matcher_among(size, Path(folder), vectors)
        rows = [
            row for row in read_csv_table(data / "near_misses" / "messages.csv") if is_held_out(row["clarification"])
        ]
        told: DecidedMessages = [(row, matcher.decide(row["text"])) for row in rows]
        unrelated = [matcher.decide(row["text"]) for row in read_csv_table(data / "near_misses" / "unrelated.csv")]
    right = [row["answers"] == "1" and is_page_first(row, result) for row, result in told] + [False] * len(unrelated)
    results = [*(result for _, result in told), *unrelated]
    probabilities = np.array([best_probability(result) for result in results])
    error, low, high = with_interval(np.array(right, dtype=np.int8), probabilities)
    sure = probabilities >= 0.9
    return {
        "pages": size,
        "messages": len(results),
        "calibration_error": error,
        "calibration_error_ci": [low, high],
        "mean_probability": round(float(probabilities.mean()), 3),
        "right": round(float(np.mean(right)), 3),
        "at_least_.9": int(sure.sum()),
        "of_these_right": int(np.array(right)[sure].sum()),
        "said_match": count_decided(results, "match"),
        "shown": len(results) - count_decided(results, "none"),
    }


def with_interval(right: np.ndarray[Any, Any], probabilities: np.ndarray[Any, Any]) -> tuple[float, float, float]:
    """Return the calibration error, and what 95 % of resampled messages have."""
    dice, count = np.random.default_rng(0), len(right)
    drawn = [
        expected_calibration_error(right[some], probabilities[some])
        for some in dice.integers(0, count, (RESAMPLES, count))
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return round(expected_calibration_error(right, probabilities), 3), round(float(low), 3), round(float(high), 3)


def count_decided(results: Sequence[MatchResult], decision: str) -> int:
    """Return how many messages are decided so."""
    return sum(result.decision == decision for result in results)


def matcher_among(size: int, folder: Path, vectors: bool | None = None) -> Matcher:
    """Return a matcher of so many pages, read from files as an instance reads them."""
    write_base_segment(folder / "pages", islice(pages_with_vectors(), size), {})
    base, _, _ = open_base_segment(folder / "pages")
    return Matcher([], base=base, use_vectors=vectors)


def pages_with_vectors() -> Iterator[tuple[Any, Halves]]:
    """Yield pages and their vectors without end: those that are asked for, of other claims, and variants of these."""
    data, chance = shipped_data_folder(), random.Random(5)
    others = build_documents(read_json_lines(data / "pairs" / "clarifications.jsonl"))
    chance.shuffle(others)
    texts = [one for told in (True, False) for one in plausible.load_labelled_texts(told)]
    others += [Document(f"text-{at}", one.title, one.text, "") for at, one in enumerate(chance.sample(texts, EMBEDDED))]
    for page in map(read_page, load_held_out_pages(data)):
        yield page, embed_pages([page])[0]
    known = []
    for document in others:
        page = read_page(document)
        known.append((document, embed_pages([page])[0]))
        yield page, known[-1][1]
    number = 0
    while True:
        document, halves = known[number % len(known)]
        base = plausible.Text(document.title, document.claim, "")
        told = plausible.vary_text(base, chance)
        yield read_page(Document(f"variant-{number}", told.title, told.text, document.summary)), halves
        number += 1
