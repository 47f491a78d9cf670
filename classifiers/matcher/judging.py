"""Judge a message against the nearest pages by two numbers, each for one thing.

``relevance`` (0..1) says how surely message and page are about one matter: it ranks pages, and one half is shown.
``repeat`` is the chance that the message tells the page's very claim: it decides the stamp alone, and a rule can take
the stamp away, never the page. The pair reader tells both where onnxruntime is installed; words alone do otherwise.

A message that may tell several claims is divided: each clause goes to the page that it shares most words with. Judged
whole, two claims in one breath look like one with much added, and neither is found to be repeated.

Gates, curves and lines are fitted on hands held out whole (``training/fit_answers.py``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.matcher.details import compare_details, has_decisive_difference
from classifiers.matcher.document import Page
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import log_odds, repeat_features
from classifiers.matcher.pair_reader.model import PairChances, PairReader, is_pair_reader_installed, load_pair_reader
from classifiers.matcher.reading import Reading
from classifiers.matcher.stance import Told
from classifiers.matcher.wording import drop_small_talk
from classifiers.shipped import shipped_data_folder

ANSWERS_FILE = "answers.npz"
ALIKE_ODDS = 0.5
"""Difference in log-odds within which two pages answer alike, so that the newer one does."""

_MOST_WORDS_VOUCHED = 160
"""Words of a message up to which a passage of it may be stamped."""
_SURE = 0.99
"""Chance that the very words of a claim repeat it, whatever is said before and behind."""


class PairJudgement(NamedTuple):
    """``repeat``: chance that the message tells the claim; ``related``: that both are about one matter at all."""

    repeat: float
    related: float


@dataclass(frozen=True)
class AnswerCurves:
    """The gate of repeats, whose threshold is the chance from which a message counts as one, and two curves.

    ``relevance``: weights of likeness and ``related``, then the intercept; ``answer``: of likeness and ``repeat``, then
    the intercept; all in log-odds.
    """

    repeats: Gate
    relevance: Floats
    answer: Floats

    @property
    def repeated_from(self) -> float:
        """Return the chance from which a message counts as a repeat."""
        return float(self.repeats.thresholds[1])

    def relevance_of(self, likeness: float, judged: PairJudgement | None) -> float:
        """Return the relevance of a page, 0..1; a page that was not read has no ``related`` of its own."""
        related = 0.0 if judged is None else log_odds(judged.related)
        return _probability_of(float(np.array([log_odds(likeness), related, 1.0]) @ self.relevance))

    def answer_of(self, likeness: float, judged: PairJudgement) -> float:
        """Return the probability that a page answers the message."""
        return _probability_of(float(np.array([log_odds(likeness), log_odds(judged.repeat), 1.0]) @ self.answer))

    def arrays(self, prefix: str) -> dict[str, Any]:
        """Return all arrays by name, each with ``prefix``, as ``from_arrays`` reads them."""
        curves = {f"{prefix}.relevance": self.relevance, f"{prefix}.answer": self.answer}
        return curves | self.repeats.arrays(f"{prefix}.repeats")

    @classmethod
    def from_arrays(cls, stored: Mapping[str, Any], prefix: str) -> AnswerCurves:
        """Return the curves whose arrays ``arrays`` returned."""
        gate = Gate.from_arrays(stored, f"{prefix}.repeats")
        return cls(gate, stored[f"{prefix}.relevance"], stored[f"{prefix}.answer"])


@dataclass(frozen=True)
class AnswerModel:
    """The curves with the pair reader and those without; ``about``: what they were fitted on."""

    by_reader: AnswerCurves
    by_words: AnswerCurves
    about: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write the model without pickle, so that loading a foreign file runs no code."""
        about = np.array(json.dumps(dict(self.about), ensure_ascii=False))
        arrays = self.by_reader.arrays("by_reader") | self.by_words.arrays("by_words")
        np.savez_compressed(path, allow_pickle=False, about=about, **arrays)

    @classmethod
    def load(cls, path: Path) -> AnswerModel:
        """Load a model."""
        with np.load(path, allow_pickle=False) as file:
            stored = {name: file[name] for name in file.files}
        by_reader, by_words = (AnswerCurves.from_arrays(stored, name) for name in ("by_reader", "by_words"))
        return cls(by_reader, by_words, json.loads(str(stored["about"])))


@dataclass(frozen=True)
class Judge:
    """Judges a message against one page: with the pair reader about ten milliseconds, without it none."""

    curves: AnswerCurves
    reader: PairReader | None = None

    def preload(self) -> None:
        """Load the pair reader's network, which takes a tenth of a second."""
        if self.reader is not None:
            self.reader.preload()

    def read(self, message: Reading, page: Page) -> PairChances | None:
        """Return what the pair reader says of a message and a page, or None without it."""
        return None if self.reader is None else self.reader.chances(message.plain, page.plain)

    def judge(self, message: Reading, telling: Told, page: Page, likeness: float, weights: Weights) -> PairJudgement:
        """Return whether a message repeats a page's claim, and whether both are about one matter."""
        if _has_same_words(message, page):
            return PairJudgement(_SURE, _SURE)
        chances = self.read(message, page)
        row = repeat_features(message, telling, page, likeness, chances, weights)
        repeat = float(self.curves.repeats.probabilities(row[None])[0])
        return PairJudgement(repeat, 0.5 if chances is None else 1 - chances.other)


def _has_same_words(message: Reading, page: Page) -> bool:
    """Tell whether a message is a page's claim in the same words but for small talk and how numbers are written."""
    words = drop_small_talk(message.plain.split())
    return bool(page.claimed) and bool(words) and words == drop_small_talk(page.plain.split())


def loses_stamp(message: Reading, page: Page) -> bool:
    """Tell whether a rule takes the stamp away: a checkable detail differs, or a page quotes no claim to repeat."""
    # Without a quoted claim only the title remains, which usually states the fact.
    return not page.claimed or has_decisive_difference(compare_details(message.details, page.details))


def is_read_in_part(message: Reading) -> bool:
    """Tell whether the pair reader sees only a small passage of a text, so that nothing vouches for the rest."""
    return len(message.words) > _MOST_WORDS_VOUCHED


def _probability_of(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


@cache
def load_answer_model() -> AnswerModel:
    """Return the shipped gates, curves and lines. They are cached."""
    return AnswerModel.load(shipped_data_folder() / "models" / ANSWERS_FILE)


def shipped_judge(*, uses_reader: bool | None = None) -> Judge:
    """Return the judge of this installation; ``uses_reader``: None uses the pair reader where it is installed."""
    model = load_answer_model()
    if is_pair_reader_installed() if uses_reader is None else uses_reader:
        return Judge(model.by_reader, load_pair_reader())
    return Judge(model.by_words)
