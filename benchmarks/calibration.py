"""How far the probability of the first page may be believed among 50, 250 and 10,000 pages.

    python -m benchmarks calibration

The messages are repeats and near-misses of the held-out half of ``data/near_misses``, and unrelated ones. Beside the 30
pages of that half stand those of ``data/pairs``, then texts of ``data/labelled`` as pages, then the same with other
numbers and places.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count, islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import plausible
from benchmarks.same_claim import best_probability, calibration_interval, near_miss_set
from classifiers.matcher.document import Document, Page
from classifiers.matcher.index.index_segment import open_segment
from classifiers.matcher.match import Matcher, MatchResult, read_page, write_base_segment
from classifiers.matcher.training.data import read_json_lines
from classifiers.shipped import shipped_data_folder

SIZES = (50, 250, 10_000)
VARIED = 600
"""Texts of ``data/labelled`` that become pages, and are varied for more."""


def measure(sizes: Sequence[int] = SIZES) -> dict[str, dict[str, Any]]:
    """Return the calibration error among so many pages, with its 95 % interval over resampled messages."""
    return {str(size): measure_among(size) for size in sizes}


def measure_among(size: int) -> dict[str, Any]:
    """Return the calibration error, and how often a probability of at least .9 was right."""
    messages = near_miss_set(shipped_data_folder()).messages
    with tempfile.TemporaryDirectory() as folder:
        matcher = matcher_among(size, Path(folder))
        results = [matcher.decide(message.text) for message in messages]
    right = [
        message.label == "repeat" and bool(result.matches) and result.matches[0].id == message.page
        for message, result in zip(messages, results, strict=True)
    ]
    probabilities = np.array([best_probability(result) for result in results])
    error, low, high = calibration_interval(np.array(right, dtype=np.int8), probabilities)
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


def count_decided(results: Sequence[MatchResult], decision: str) -> int:
    """Return how many messages are decided so."""
    return sum(result.decision == decision for result in results)


def matcher_among(size: int, folder: Path) -> Matcher:
    """Return a matcher of so many pages, read from files as an instance reads them."""
    write_base_segment(folder / "pages", islice(make_pages(), size), {})
    base, _, _ = open_segment(folder / "pages")
    return Matcher([], base=base)


def make_pages() -> Iterator[Page]:
    """Yield pages without end: those that are asked for, of other claims, and variants of these."""
    data, chance = shipped_data_folder(), random.Random(5)
    rows = read_json_lines(data / "pairs" / "clarifications.jsonl")
    others = [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in rows]
    chance.shuffle(others)
    texts = [one for told in (True, False) for one in plausible.load_labelled_texts(told)]
    others += [Document(f"text-{at}", one.title, one.text, "") for at, one in enumerate(chance.sample(texts, VARIED))]
    yield from map(read_page, near_miss_set(data).documents)
    yield from map(read_page, others)
    for number in count():
        document = others[number % len(others)]
        told = plausible.vary_text(plausible.Text(document.title, document.claim, ""), chance)
        yield read_page(Document(f"variant-{number}", told.title, told.text, document.summary))
