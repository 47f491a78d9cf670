"""Translate chat Indonesian and Kupang Malay spellings, except in contexts where they mean something else.

The lists are data (``data/language/``), so that a city can edit them. The column ``not_when`` of ``kupang_malay.csv``
lists contexts in which a word stays as written: ``alone`` (no other Kupang Malay word in the text), ``start``, ``end``,
``before:a,b``, ``after:a,b``, or a phrase that contains it; ``|`` separates them.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress, count
from pathlib import Path
from typing import NamedTuple

from classifiers.text.memo import memoise_per_word


class Meaning(NamedTuple):
    """The words that ``words[start:stop]`` of a text mean."""

    words: list[str]
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Spellings and their meanings. Compared by identity, so that it can be a cache key.

    ``words``: spelling to one or more words; ``not_when``: the contexts above by spelling; ``local``: spellings that
    mark a text as Kupang Malay.
    """

    words: Mapping[str, str] = field(default_factory=dict)
    not_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    local: frozenset[str] = frozenset()
    stop_words: frozenset[str] = frozenset()
    question_words: frozenset[str] = frozenset()
    _phrases: Mapping[tuple[str, str], list[list[str]]] = field(init=False, repr=False)
    _may_change: Callable[[str], bool] = field(init=False, repr=False)
    _rules: Mapping[str, tuple[_Rule, ...]] = field(init=False, repr=False)
    _always: Mapping[str, list[str]] = field(init=False, repr=False)
    _meanings: Mapping[str, list[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Precompute the lookup tables: phrases by their first two words, rules, and meanings."""
        phrases: dict[tuple[str, str], list[list[str]]] = {}
        for spelling in self.words:
            words = spelling.split()
            if len(words) > 1:
                phrases.setdefault((words[0], words[1]), []).append(words)
        for options in phrases.values():
            options.sort(key=len, reverse=True)
        firsts = {first for first, _ in phrases}
        object.__setattr__(self, "_phrases", phrases)
        looked_up = frozenset(firsts | self.words.keys() | self.not_when.keys())
        object.__setattr__(self, "_may_change", memoise_per_word(lambda word: word in looked_up or word[-1] == "2"))
        rules = {spelling: tuple(map(_parse_rule, listed)) for spelling, listed in self.not_when.items()}
        object.__setattr__(self, "_rules", rules)
        meanings = {written: meant for written in self.words if (meant := self.meaning(written)) != written.split()}
        object.__setattr__(self, "_meanings", meanings)
        always = {word: meant for word, meant in meanings.items() if word not in firsts and word not in rules}
        object.__setattr__(self, "_always", {word: meant for word, meant in always.items() if " " not in word})

    @classmethod
    def from_folder(cls, folder: Path) -> Lexicon:
        """Return the lexicon in ``folder``. A missing list counts as empty."""
        local = read_csv_rows(folder / "kupang_malay.csv")
        chat = read_csv_rows(folder / "slang.csv")
        words = {_normalise_spelling(row): row["indonesian"].lower().replace("-", " ") for row in (*chat, *local)}
        return cls(
            words={spelling: meaning for spelling, meaning in words.items() if spelling and meaning},
            not_when={
                _normalise_spelling(row): tuple(row["not_when"].lower().split("|")) for row in local if row["not_when"]
            },
            local=frozenset(_normalise_spelling(row) for row in local if _is_kupang_malay_marker(row)),
            stop_words=frozenset(read_word_list(folder / "stopwords.txt")),
            question_words=frozenset(row["word"].lower() for row in read_csv_rows(folder / "question_words.csv")),
        )

    def dumps(self) -> str:
        """Return spellings and rules as a string for model files."""
        rules = {spelling: list(parts) for spelling, parts in self.not_when.items()}
        content = {"words": dict(self.words), "not_when": rules, "local": sorted(self.local)}
        return json.dumps(content | {"stop_words": sorted(self.stop_words)}, ensure_ascii=False, sort_keys=True)

    @staticmethod
    @lru_cache(maxsize=16)
    def loads(content: str) -> Lexicon:
        """Return the lexicon from a string of ``dumps``; equal strings give the same object."""
        data = json.loads(content)
        return Lexicon(
            words=data["words"],
            not_when={spelling: tuple(parts) for spelling, parts in data["not_when"].items()},
            local=frozenset(data["local"]),
            stop_words=frozenset(data["stop_words"]),
        )

    def meaning(self, word: str) -> list[str]:
        """Return the meaning of a word without context; "hati2" becomes "hati hati"."""
        meaning = self.words.get(word)
        if meaning is not None:
            return meaning.split()
        return self._doubled(word) or [word]

    def _doubled(self, word: str) -> list[str]:
        """Return the meaning of an unlisted word with a trailing 2 for reduplication, else []."""
        if word[-1] != "2" or len(word) < 4 or not word[0].isalpha() or word in self.words:
            return []
        return self.words.get(word[:-1], word[:-1]).split() * 2

    def in_context(self, words: list[str], opens_sentence: Callable[[], Sequence[bool]]) -> list[Meaning]:
        """Return the meanings that replace words of a text, decided by their neighbours.

        ``opens_sentence``: called only where needed; returns len(words) + 1 booleans, the last of them True.
        """
        always = self._always
        changes: list[Meaning] = []
        done = 0
        context = None
        for position in compress(count(), map(self._may_change, words)):
            if position < done:
                continue
            meant = always.get(words[position])
            if meant is not None:  # regardless of context
                done = position + 1
                changes.append(Meaning(meant, position, done))
                continue
            spelling, done = self._spelling_at(words, position)
            meant = self._meanings.get(spelling) or self._doubled(spelling)
            if not meant:  # the word only begins a phrase
                continue
            rules = self._rules.get(spelling)
            if rules is not None:
                context = context or _Context(self, words, opens_sentence)
                if context.stays(rules, position, done):
                    continue
            changes.append(Meaning(meant, position, done))
        return changes

    def _spelling_at(self, words: list[str], position: int) -> tuple[str, int]:
        if position + 1 < len(words):
            for phrase in self._phrases.get((words[position], words[position + 1]), ()):
                stop = position + len(phrase)
                if words[position:stop] == phrase:
                    return " ".join(phrase), stop
        return words[position], position + 1


class _Rule(NamedTuple):
    """A context from ``not_when``: its kind, its listed words, and its phrase with a space on both sides."""

    kind: str
    listed: frozenset[str]
    phrase: str


def _parse_rule(written: str) -> _Rule:
    kind, _, listed = written.partition(":")
    return _Rule(kind if listed else written, frozenset(listed.split(",")), f" {written.replace('-', ' ')} ")


class _Context:
    """A text while its words are translated. Expensive properties are computed when a rule first needs them."""

    def __init__(self, lexicon: Lexicon, words: list[str], opens: Callable[[], Sequence[bool]]) -> None:
        self._words = words
        self._is_local = not lexicon.local.isdisjoint(words)
        self._padded = ""
        self._opens: Sequence[bool] = ()
        self._ask_opens = opens

    def stays(self, rules: Sequence[_Rule], start: int, stop: int) -> bool:
        for rule in rules:  # noqa: SIM110 - asked for many words of every text, and faster than ``any``
            if self._holds(rule, start, stop):
                return True
        return False

    def _holds(self, rule: _Rule, start: int, stop: int) -> bool:
        kind = rule.kind
        if kind == "before":
            return stop < len(self._words) and self._words[stop] in rule.listed
        if kind == "after":
            return start > 0 and self._words[start - 1] in rule.listed
        if kind == "alone":
            return not self._is_local
        if kind in ("start", "end"):
            opens = self._opens = self._opens or self._ask_opens()
            return opens[start if kind == "start" else stop]
        padded = self._padded = self._padded or f" {' '.join(self._words)} "
        return rule.phrase in padded


def _normalise_spelling(row: Mapping[str, str]) -> str:
    return row["word"].lower().replace("'", "").replace("-", " ")


def _is_kupang_malay_marker(row: Mapping[str, str]) -> bool:
    marker = row.get("marker")
    return marker == "1" if marker else "alone" not in row["not_when"].split("|")


def read_csv_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with trimmed cells; [] where the file is missing."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{key: (value or "").strip() for key, value in row.items() if key} for row in csv.DictReader(file)]


def read_word_list(path: Path) -> list[str]:
    """Return the lines of a word list in lower case, without comments and empty lines; [] where the file is missing."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.strip().lower() for line in lines if line.strip() and not line.startswith("#")]
