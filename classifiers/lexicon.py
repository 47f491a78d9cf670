"""Spellings to understand: chat Indonesian and Kupang Malay, each with the contexts in which it is something else.

The lists are data (``data/language/``), because a city edits them. A row of ``kupang_malay.csv`` says in ``not_when``
where the word stays as written: ``alone`` (no other Kupang Malay word in the text), ``start``, ``end``,
``before:a,b``, ``after:a,b``, or a phrase that it belongs to; several stand apart by ``|``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple


class Meaning(NamedTuple):
    """What ``words[start:stop]`` of a text stand for."""

    words: list[str]
    start: int
    stop: int


# Made in C: one for each word of each text.
_meaning: Callable[[tuple[list[str], int, int]], Meaning] = partial(tuple.__new__, Meaning)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Spellings and what they mean. Compared by identity, so that it can be a key of caches.

    ``words``: a spelling to one word or a few; ``not_when``: the rules above, by spelling; ``local``: the spellings
    that by themselves show Kupang Malay.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    not_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    stop_words: frozenset[str] = frozenset()
    question_words: frozenset[str] = frozenset()
    watched: frozenset[str] = field(init=False, repr=False)
    _phrases: Mapping[str, list[list[str]]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Work out which words need their neighbours to be understood."""
        phrases: dict[str, list[list[str]]] = {}
        for spelling in self.words:
            first, *rest = spelling.split()
            if rest:
                phrases.setdefault(first, []).append([first, *rest])
        for options in phrases.values():
            options.sort(key=len, reverse=True)
        object.__setattr__(self, "_phrases", phrases)
        object.__setattr__(self, "watched", frozenset(phrases) | frozenset(self.not_when))

    @classmethod
    def from_folder(cls, folder: Path) -> Lexicon:
        """Return the lexicon in ``folder``; a list that is not there counts as empty."""
        local = read_rows(folder / "kupang_malay.csv")
        chat = read_rows(folder / "slang.csv")
        words = {_key(row): row["indonesian"].lower().replace("-", " ") for row in (*chat, *local)}
        return cls(
            words={spelling: meaning for spelling, meaning in words.items() if spelling and meaning},
            not_when={_key(row): tuple(row["not_when"].lower().split("|")) for row in local if row["not_when"]},
            local=frozenset(_key(row) for row in local if _marks_kupang_malay(row)),
            stop_words=frozenset(read_lines(folder / "stopwords.txt")),
            question_words=frozenset(row["word"].lower() for row in read_rows(folder / "question_words.csv")),
        )

    def dumps(self) -> str:
        """Return the spellings and rules as one string, as a model file keeps them."""
        rules = {spelling: list(parts) for spelling, parts in self.not_when.items()}
        content = {"words": dict(self.words), "not_when": rules, "local": sorted(self.local)}
        return json.dumps(content | {"stop_words": sorted(self.stop_words)}, ensure_ascii=False, sort_keys=True)

    @staticmethod
    @lru_cache(maxsize=16)
    def loads(content: str) -> Lexicon:
        """Return the lexicon that ``dumps`` wrote; one and the same object for one string."""
        data = json.loads(content)
        return Lexicon(
            words=data["words"],
            not_when={spelling: tuple(parts) for spelling, parts in data["not_when"].items()},
            local=frozenset(data["local"]),
            stop_words=frozenset(data["stop_words"]),
        )

    def meaning(self, word: str) -> list[str]:
        """Return what a word means whatever stands beside it; "hati2" is "hati hati"."""
        known = self.words.get(word)
        if known is not None:
            return known.split()
        if len(word) > 3 and word[-1] == "2" and word[0].isalpha():
            return self.words.get(word[:-1], word[:-1]).split() * 2
        return [word]

    def in_context(self, words: Sequence[str], opens_sentence: Sequence[bool]) -> list[Meaning]:
        """Return the meanings of a text's plain words, each word or phrase read with its neighbours.

        ``opens_sentence`` has one more entry than ``words``, the last one true.
        """
        context = _Context(words, opens_sentence, f" {' '.join(words)} ", not self.local.isdisjoint(words))
        meanings: list[Meaning] = []
        at = 0
        known, phrases, rules = self.words, self._phrases, self.not_when
        while at < len(words):
            word = words[at]
            if word not in known and word not in phrases and word not in rules and word[-1] != "2":
                meanings.append(_meaning(([word], at, at + 1)))  # most words: nothing to look up
                at += 1
                continue
            spelling, stop = self._spelling_at(words, at)
            stays = any(context.holds(rule, at, stop) for rule in self.not_when.get(spelling, ()))
            meanings.append(Meaning(spelling.split() if stays else self.meaning(spelling), at, stop))
            at = stop
        return meanings

    def _spelling_at(self, words: Sequence[str], at: int) -> tuple[str, int]:
        for phrase in self._phrases.get(words[at], ()):
            stop = at + len(phrase)
            if list(words[at:stop]) == phrase:
                return " ".join(phrase), stop
        return words[at], at + 1


class _Context(NamedTuple):
    words: Sequence[str]
    opens_sentence: Sequence[bool]
    padded: str
    is_local: bool

    def holds(self, rule: str, start: int, stop: int) -> bool:
        kind, _, listed = rule.partition(":")
        if listed:
            at = stop if kind == "before" else start - 1
            return 0 <= at < len(self.words) and self.words[at] in listed.split(",")
        if rule == "alone":
            return not self.is_local
        if rule in ("start", "end"):
            return self.opens_sentence[start if rule == "start" else stop]
        return f" {rule.replace('-', ' ')} " in self.padded


def _key(row: Mapping[str, str]) -> str:
    return row["word"].lower().replace("'", "").replace("-", " ")


def _marks_kupang_malay(row: Mapping[str, str]) -> bool:
    marker = row.get("marker")
    return marker == "1" if marker else "alone" not in row["not_when"].split("|")


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file, trimmed; none where there is no file."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(file)]


def read_lines(path: Path) -> list[str]:
    """Return the lines of a list in lower case, without comments and empty ones; none where there is no file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip().lower() for line in lines if line.strip() and not line.startswith("#")]
