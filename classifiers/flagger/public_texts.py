"""Texts that the flagger learns from beside the corpus: ``data/hands``, collected hoaxes, and national news.

They are not in the repository. A folder of them may be passed to training and evaluation: half of the stories are
trained on, the other half is only evaluated on.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.corpus import Corpus, CorpusError
from classifiers.shipped import list_hands
from classifiers.text.lexicon import read_csv_rows

HOAX_KIND, HEADLINE_KIND, ARTICLE_KIND = "public_hoax", "public_headline", "public_article"
PUBLIC_KINDS = (HOAX_KIND, HEADLINE_KIND, ARTICLE_KIND)
HOAX_FILES = ("tbh2026", "tbh2024", "bdc2020", "cekfakta1k")
"""Files ``retrieval/NAME.jsonl`` with "query" (the circulated text), "group" and, where not all are hoaxes, "label"."""
HEADLINE_FILE = "clickid_headlines"
ARTICLE_FILE = "sindonews_2019"
"""``HEADLINE_FILE`` and this are ``news/NAME.csv`` with the columns title and, for articles, content."""
LEARNED_PER_FILE = {HOAX_KIND: 150, HEADLINE_KIND: 300, ARTICLE_KIND: 300}
"""Maximum number of training texts per file. More texts improve these figures and worsen those of the city's corpus."""
_FACT_CHECKER_WORDS = re.compile(
    r"\s*(?:= ?= ?=|\bPenjelasan ?:|Tim Pemeriksa Fakta|Mafindo|TurnBackHoax)", re.IGNORECASE
)
"""Where the fact-checker's own words begin. No circulated hoax contains them."""
_NARRATED_BEGINNING = re.compile(r"(?:Beredar|Sebuah (?:akun|video|foto|unggahan))\b")
_LOCAL_NAMES = re.compile(r"\bkupang\b|\bNTT\b|nusa tenggara timur", re.IGNORECASE)
_MIN_WORDS = 4


def load_public_texts(folder: Path) -> tuple[Corpus, Corpus]:
    """Return the training texts and the evaluation texts.

    Texts that name Kupang or its province are dropped, because they carry no ``about_city`` label. Raises
    ``CorpusError`` where a file has another format or a kind has no texts.
    """
    texts = [*_iterate_hoaxes(folder), *_iterate_news(folder)]
    missing = sorted(set(PUBLIC_KINDS) - {kind for _, kind, _ in texts})
    if missing:
        raise CorpusError(f"{folder}: tidak ada teks untuk {', '.join(missing)}; lihat docs/models.md, «Real texts»")
    learned: list[tuple[str, str, str]] = []
    counts: dict[str, int] = {}
    for name, kind, text in sorted(texts, key=lambda row: _text_digest(row[2])):
        if _story_half(text) == 0 and counts.get(name, 0) < LEARNED_PER_FILE[kind]:
            counts[name] = counts.get(name, 0) + 1
            learned.append((name, kind, text))
    return _build_corpus(learned), _build_corpus(row for row in texts if _story_half(row[2]) == 1)


def _iterate_hoaxes(folder: Path) -> Iterator[tuple[str, str, str]]:
    for name in HOAX_FILES:
        path = folder / "retrieval" / f"{name}.jsonl"
        if path.is_file():
            for line in path.read_text(encoding="utf-8").split("\n"):
                if line:
                    text = _circulated_text(line, path)
                    if not _NARRATED_BEGINNING.match(text) and _is_usable(text):
                        yield name, HOAX_KIND, text


def _circulated_text(line: str, path: Path) -> str:
    try:
        row = json.loads(line)
        return _FACT_CHECKER_WORDS.split(row["query"])[0].strip(" \"'“”") if row.get("label", 1) == 1 else ""
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path.name}: bukan JSON Lines dengan «query» ({type(error).__name__})") from error


def _iterate_news(folder: Path) -> Iterator[tuple[str, str, str]]:
    for name, column, kind in ((HEADLINE_FILE, "title", HEADLINE_KIND), (ARTICLE_FILE, "content", ARTICLE_KIND)):
        path = folder / "news" / f"{name}.csv"
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file)
                if column not in (rows.fieldnames or ()):
                    raise CorpusError(f"{path.name}: tidak ada kolom {column}")
                for row in rows:
                    text = (row[column] or "").strip(" ,-–\n")
                    if _is_usable(text):
                        yield name, kind, text


def _is_usable(text: str) -> bool:
    return len(text.split()) >= _MIN_WORDS and not _LOCAL_NAMES.search(text)


def _text_digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _story_half(text: str) -> int:
    """Return 0 or 1 from the first five words, so that one story stays in one half."""
    return _text_digest(" ".join(re.findall(r"\w+", text.casefold())[:5]))[0] % 2


def _build_corpus(texts: Iterable[tuple[str, str, str]]) -> Corpus:
    unique = list({text: (name, kind, text) for name, kind, text in texts}.values())
    names, kinds, bodies = zip(*unique, strict=True) if unique else ((), (), ())
    empty = ("",) * len(bodies)
    return Corpus(
        ids=tuple(f"{name}-{number}" for number, name in enumerate(names)),
        texts=bodies,
        labels=np.array([kind == HOAX_KIND for kind in kinds], dtype=np.int8),
        about_city=np.zeros(len(bodies), dtype=np.int8),
        topics=empty,
        styles=empty,
        groups=tuple(_text_digest(text).hex()[:16] for text in bodies),
        kinds=kinds,
        dates=empty,
        sources=names,
    )


CLAIM_KIND, PAGE_KIND = "claim", "page"
_TRUE_VERDICT = "benar"
_ANSWERING_KINDS = ("denial", "report", "notice", "advice")


class WriterText(NamedTuple):
    """A text by one writer; ``kind``: as in ``messages.csv``, ``CLAIM_KIND`` or ``PAGE_KIND``."""

    hand: str
    kind: str
    label: int
    text: str


def load_writer_texts(data: Path, left_out: Collection[str] = ()) -> list[WriterText]:
    """Return the texts of all writers but those left out."""
    return [text for hand in list_hands(data) if hand not in left_out for text in _iterate_texts(data, hand)]


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
