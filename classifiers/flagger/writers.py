"""Texts of ``data/hands`` as the flagger learns from them: by sixteen writers of whom the corpus has none.

A claim that a page answers, and each repeat of it, is misinformation (1) unless the page found it true. What answers it
(the page itself, a denial, a report of the clarification, a notice, advice) is none, nor is small talk (0). Messages
that differ from the claim in a detail, or tell another claim, are left out: nothing says whether they are true.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.text.lexicon import read_csv_rows

CLAIM_KIND, PAGE_KIND = "claim", "page"
_TRUE_VERDICT = "benar"
_ANSWERING_KINDS = ("denial", "report", "notice", "advice")


class WriterText(NamedTuple):
    """A text by one writer; ``kind``: as in ``messages.csv``, ``CLAIM_KIND`` or ``PAGE_KIND``."""

    hand: str
    kind: str
    label: int
    text: str


def list_writers(data: Path) -> list[str]:
    """Return the names of the writers in a data folder; none where it has no hands."""
    return sorted(path.parent.name for path in (data / "hands").glob("*/pages.jsonl"))


def load_writer_texts(data: Path, left_out: Collection[str] = ()) -> list[WriterText]:
    """Return the texts of all writers but those left out."""
    return [text for hand in list_writers(data) if hand not in left_out for text in _iterate_texts(data, hand)]


def text_labels(texts: Collection[WriterText]) -> npt.NDArray[np.int_]:
    """Return the (n,) labels."""
    return np.array([text.label for text in texts], dtype=int)


def _iterate_texts(data: Path, hand: str) -> Iterator[WriterText]:
    folder = data / "hands" / hand
    untrue = set()
    for line in (folder / "pages.jsonl").read_text(encoding="utf-8").splitlines():
        page = json.loads(line)
        yield WriterText(hand, PAGE_KIND, 0, f"{page['title']}. {page['summary']}")
        if page["verdict"] != _TRUE_VERDICT:
            untrue.add(page["id"])
            yield WriterText(hand, CLAIM_KIND, 1, page["claim"])
    for row in read_csv_rows(folder / "messages.csv"):
        if row["label"] == "repeat" and row["page"] in untrue:
            yield WriterText(hand, row["kind"], 1, row["text"])
        elif _is_harmless(row["label"], row["kind"]):
            yield WriterText(hand, row["kind"], 0, row["text"])


def _is_harmless(label: str, kind: str) -> bool:
    # A few hands did not sort what is about no page; such a message may be a rumour.
    return (label == "near" and kind in _ANSWERING_KINDS) or (label == "none" and kind != "none")
