"""Hands: messages about pages, each hand by one writer who saw neither the code nor another hand.

``data/hands/<hand>/pages.jsonl`` and ``messages.csv`` (page, kind, label, text). Labels: ``repeat``, ``near`` (one
matter of substance changed, or no claim), ``other`` (another claim on the page's topic) and ``none``. Whoever fits
anything holds whole hands out: a model knows a writer's manner after a few pages.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from classifiers.matcher.document import Document
from classifiers.matcher.training.data import read_csv_table, read_json_lines


class HandMessage(NamedTuple):
    """``page``: the id of the page that a message is about, "" for ``label`` none."""

    page: str
    kind: str
    label: str
    text: str


def list_hands(data: Path) -> list[str]:
    """Return the names of the hands in a data folder."""
    return sorted(path.parent.name for path in (data / "hands").glob("*/pages.jsonl"))


def load_hand_pages(data: Path, hand: str) -> list[Document]:
    """Return the pages of a hand."""
    rows = read_json_lines(data / "hands" / hand / "pages.jsonl")
    return [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in rows]


def load_hand_messages(data: Path, hand: str) -> list[HandMessage]:
    """Return the messages of a hand."""
    rows = read_csv_table(data / "hands" / hand / "messages.csv")
    return [HandMessage(row["page"], row["kind"], row["label"], row["text"]) for row in rows]
