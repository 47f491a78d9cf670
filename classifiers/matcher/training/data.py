"""Load messages with the clarification that answers them, or none, for training and evaluation of the matcher.

``data/pairs`` is ours. Public sets are passed as paths and not shipped; only figures fitted on them are. Each answered
message is used again with its page withdrawn, so that none answers.
"""

from __future__ import annotations

import csv
import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Document, message_as_document

FOLDS = 6
OWN_SET, RETOLD_SET, OFFICERS_SET = "pairs", "retold", "officers"
"""Names of our own sets."""
CLAIM_OPENING_KINDS = ("forward", "paraphrase", "voice")
"""Kinds of messages from which claims are opened; short questions rarely are."""
_INDEX_SIZES = (30, 120, 340)
"""Index sizes drawn from public sets besides the whole, because a city begins with few pages."""


@dataclass(frozen=True)
class Case:
    """A message against some pages of a set.

    ``answers``: places of the answering pages; ``pages``: (n,) mask of the pages in the index; ``fold``: shared by
    cases about one story; ``kind``: how the message was made; ``measured``: it counts in the figures.
    """

    id: str
    text: str
    answers: frozenset[int]
    pages: npt.NDArray[np.bool_]
    fold: int
    kind: str
    measured: bool = True


@dataclass(frozen=True)
class MatchSet:
    """Pages, and cases about them."""

    name: str
    documents: tuple[Document, ...]
    cases: tuple[Case, ...]


def read_json_lines(path: Path) -> list[dict[str, Any]]:
    """Return the objects of a JSON Lines file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def read_csv_table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    csv.field_size_limit(10_000_000)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return list(csv.DictReader(file))


def load_own_pairs(folder: Path, others: Sequence[str] = ()) -> MatchSet:
    """Return ``data/pairs`` in folds by topic. Each fold is an index of its own, as in a small city office.

    ``others``: further unanswered texts, for training only.
    """
    rows = read_json_lines(folder / "clarifications.jsonl")
    documents = tuple(Document(row["id"], row["title"], row["claim"], row["summary"]) for row in rows)
    folds = np.array(_folds_by_topic([row["topic"] for row in rows]))
    places = {row["id"]: place for place, row in enumerate(rows)}
    everything = np.ones(len(rows), dtype=bool)
    cases: list[Case] = []
    for row in read_csv_table(folder / "messages.csv"):
        place = places[row["clarification"]]
        answers, fold = frozenset([place] if row["answers"] == "1" else []), int(folds[place])
        near = folds == fold
        cases.append(Case(row["id"], row["text"], answers, near, fold, row["kind"]))
        cases.append(Case(row["id"], row["text"], answers, everything, fold, row["kind"], measured=False))
        if answers:
            other_near = near & (np.arange(len(rows)) != place)
            cases.append(Case(row["id"], row["text"], frozenset(), other_near, fold, "withdrawn", measured=False))
    for number, row in enumerate(read_csv_table(folder / "unrelated.csv")):
        fold = number % FOLDS
        cases.append(Case(row["id"], row["text"], frozenset(), folds == fold, fold, f"unrelated {row['kind']}"))
        cases.append(Case(row["id"], row["text"], frozenset(), everything, fold, "unrelated", measured=False))
    cases += [
        Case(f"other-{number}", text, frozenset(), folds == number % FOLDS, number % FOLDS, "other", measured=False)
        for number, text in enumerate(others)
    ]
    return MatchSet(OWN_SET, documents, tuple(cases))


def _folds_by_topic(topics: Sequence[str]) -> list[int]:
    """Return a fold for each page: one topic lies in one fold, and the folds are of similar size."""
    filled = [0] * FOLDS
    fold_of: dict[str, int] = {}
    for topic, count in sorted(Counter(topics).items(), key=lambda item: (-item[1], item[0])):
        fold_of[topic] = filled.index(min(filled))
        filled[fold_of[topic]] += count
    return [fold_of[topic] for topic in topics]


def load_public_pairs(path: Path, foreign: Sequence[str], seed: int = 7) -> MatchSet:
    """Return a public set in JSON Lines; ``foreign``: texts that none of its pages answers."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible sample, not a secret
    rows = [row for row in read_json_lines(path) if not row["verbatim"] and len(row["query"].split()) > 1]
    documents = tuple(_build_document(row, chance) for row in rows)
    alike = _group_alike_pages(rows)
    whole = len(rows)
    cases: list[Case] = []
    for row in rows:
        same = frozenset(alike[f"title {row['doc_title'].lower()}"])
        related = list(same | alike[f"group {row['group']}"])
        # Groups are not always numbers.
        fold = sum(map(ord, str(row["group"]))) % FOLDS
        present, absent = (_draw_page_mask(whole, chance) for _ in range(2))
        present[list(same)], absent[related] = True, False
        cases.append(Case(row["id"], row["query"], same, present, fold, "answered"))
        cases.append(Case(row["id"], row["query"], frozenset(), absent, fold, "withdrawn"))
    for number, text in enumerate(foreign):
        cases.append(
            Case(f"foreign-{number}", text, frozenset(), _draw_page_mask(whole, chance), number % FOLDS, "foreign")
        )
    return MatchSet(path.stem, documents, tuple(cases))


def _group_alike_pages(rows: Iterable[Mapping[str, Any]]) -> dict[str, set[int]]:
    places: dict[str, set[int]] = defaultdict(set)
    for place, row in enumerate(rows):
        places[f"title {row['doc_title'].lower()}"].add(place)
        places[f"group {row['group']}"].add(place)
    return places


def _build_document(row: Mapping[str, Any], chance: random.Random) -> Document:
    """Return a page with a random choice of fields, as authors fill fields differently."""
    title, finding = row["doc_title"], row.get("doc_kesimpulan") or row["doc_body"][:1200]
    shapes = [(title, "", finding), (title, title, finding), (title, finding, ""), ("", title, finding)]
    return Document(row["id"], *chance.choices(shapes, weights=(4, 3, 1, 2))[0])


def _draw_page_mask(whole: int, chance: random.Random) -> npt.NDArray[np.bool_]:
    mask = np.zeros(whole, dtype=bool)
    mask[chance.sample(range(whole), min(whole, chance.choice((*_INDEX_SIZES, whole, whole))))] = True
    return mask


def load_officers_pairs(path: Path) -> MatchSet:
    """Return officers' joins and splits from ``hoax-tracker export pairs``, each against all its claims."""
    rows = read_json_lines(path)
    claims = list(dict.fromkeys((row["title"], row["claim"]) for row in rows))
    documents = tuple(Document(str(place), title, claim, "") for place, (title, claim) in enumerate(claims))
    places = {claim: place for place, claim in enumerate(claims)}
    cases = []
    for row in rows:
        place = places[row["title"], row["claim"]]
        answers, every = frozenset([place] if row["same"] else []), np.ones(len(claims), dtype=bool)
        cases.append(Case(row["id"], row["text"], answers, every, place % FOLDS, OFFICERS_SET, measured=False))
    return MatchSet(OFFICERS_SET, documents, tuple(cases))


def load_retold_pairs(folder: Path) -> MatchSet:
    """Return our messages against one another: does one tell the claim of another?

    A message becomes a page as when a claim is opened from it: its first line is the title. Per clarification one
    message is the page, of another kind in each round; the others ask.
    """
    rows = read_csv_table(folder / "messages.csv")
    topics = {row["id"]: row["topic"] for row in read_json_lines(folder / "clarifications.jsonl")}
    fold_of = dict(zip(topics, _folds_by_topic(list(topics.values())), strict=True))
    repeats = [row for row in rows if row["answers"] == "1"]
    first = {(row["clarification"], row["kind"]): row for row in reversed(repeats)}
    pages = [first[clarification, kind] for kind in CLAIM_OPENING_KINDS for clarification in topics]
    folds, rounds = (
        np.array([fold_of[row["clarification"]] for row in pages]),
        np.repeat(CLAIM_OPENING_KINDS, len(topics)),
    )
    place_of = {(row["clarification"], row["kind"]): place for place, row in enumerate(pages)}
    documents = tuple(message_as_document(row["id"], row["text"]) for row in pages)
    asked = [
        (row, kind) for kind in CLAIM_OPENING_KINDS for row in rows if (row["answers"], row["kind"]) != ("1", kind)
    ]
    cases = []
    for row, kind in asked:
        fold = fold_of[row["clarification"]]
        right = frozenset([place_of[row["clarification"], kind]] if row["answers"] == "1" else [])
        near = (folds == fold) & (rounds == kind)
        cases.append(Case(f"{row['id']}-{kind}", row["text"], right, near, fold, row["kind"]))
    return MatchSet(RETOLD_SET, documents, tuple(cases))


class HandMessage(NamedTuple):
    """``page``: the id of the page that a message is about, "" for ``label`` none."""

    page: str
    kind: str
    label: str
    text: str


def load_hand_pages(data: Path, hand: str) -> list[Document]:
    """Return the pages of a hand."""
    rows = read_json_lines(data / "hands" / hand / "pages.jsonl")
    return [Document(row["id"], row["title"], row["claim"], row["summary"]) for row in rows]


def load_hand_messages(data: Path, hand: str) -> list[HandMessage]:
    """Return the messages of a hand."""
    rows = read_csv_table(data / "hands" / hand / "messages.csv")
    return [HandMessage(row["page"], row["kind"], row["label"], row["text"]) for row in rows]
