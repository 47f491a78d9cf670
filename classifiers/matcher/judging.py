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
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from classifiers.matcher.details import compare_details, has_decisive_difference
from classifiers.matcher.document import Page
from classifiers.matcher.gate import Floats, Gate
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.pair_features import log_odds, repeat_features
from classifiers.matcher.pair_reader.model import PairChances, PairReader, is_pair_reader_installed, load_pair_reader
from classifiers.matcher.reading import Reader, Reading
from classifiers.matcher.stance import Told
from classifiers.matcher.wording import drop_small_talk
from classifiers.shipped import shipped_data_folder

ANSWERS_FILE = "answers.npz"
SHOWN_FROM = 0.5
"""Relevance from which a page is shown: the intercept of the curve is set so that few messages about something else
reach it."""
ALIKE_ODDS = 0.5
"""Difference in log-odds within which two pages answer alike, so that the newer one does."""

NAMED_LINES = ((0.75, 0.0), (0.6, 0.4))
"""Share of the weight of a message's words that a page has, and the relevance from which it is shown then. Of 508
messages about something else of four hands and ``data/near_misses``, which no page was shown for, these show 1."""
LEAST_NAMED = 2
_MOST_WORDS_VOUCHED = 160
"""Words of a message up to which a passage of it may be stamped."""
_SURE = 0.99
"""Chance that the very words of a claim repeat it, whatever is said before and behind."""
TELLING = 4.5
"""Weight in nats of a word that names another matter where the page lacks it: "tarif bemo naik?" """
_ASIDE_WORDS = "kah kata kali lipat persen ribu juta rupiah"
_ASIDE = frozenset(_ASIDE_WORDS.split())
"""Stems that ask, tell or measure, and name no matter."""
LEAST_TOLD = 0.2
"""Share of the weight of a claim's words that a message must tell for a clause to be about it."""
PART_LIMIT = 3
_CLAUSE_LIMIT = 24
_JOINTS = re.compile(
    r"[.!?…;,]+(?=\s)|\n+|\b(?:dan|deng|trus|terus|tarus|lalu|juga|sedangkan|sementara|sama|plus)\b", re.IGNORECASE
)
"""Where one claim may end and another begin; what joins them goes with the second."""


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


def shown_from(message: Reading, page: Page, weights: Weights) -> float:
    """Return the relevance from which a page is shown: less where it has most words of the message, amounts aside.

    "Does the water tariff rise?" tells so little that no model calls it a claim; a page with all of its words is what
    was meant. One word tells no claim, and no page is shown for it.
    """
    if len(message.known) < LEAST_NAMED:
        return 1.0
    share, is_of_other = _named_share(message, page, weights)
    return next((line for least, line in NAMED_LINES[is_of_other:] if share >= least), SHOWN_FROM)


def find_named(message: Reading, pages: Sequence[Page], weights: Weights) -> int:
    """Return the place of the page that stands first: 0, unless that one lacks what the message is about.

    "Does the property tax rise by 300 percent?" is like a page about water that rises by 300 percent, whatever a page
    says that has the tax and another number.
    """
    if not _named_share(message, pages[0], weights)[1]:
        return 0
    all_named = (place for place, page in enumerate(pages) if shown_from(message, page, weights) == NAMED_LINES[0][1])
    return next(all_named, 0)


def _named_share(message: Reading, page: Page, weights: Weights) -> tuple[float, bool]:
    """Return what share of the weight of a message's words a page has, and whether it lacks one that names a matter."""
    matter = frozenset(stem for stem in message.known - _ASIDE if not stem[0].isdigit())
    halves = frozenset().union(*(stems for stems in message.compounds if not stems <= page.known))
    common = (matter & page.known) - halves
    share = weights.sum(common) / max(weights.sum(matter), 1.0) if len(common) >= LEAST_NAMED else 0.0
    return share, any(weights[stem] >= TELLING for stem in matter - common)


def divide_message(message: Reading, pages: Sequence[Page], weights: Weights, reader: Reader) -> list[str]:
    """Return the parts of a message about different pages, at most ``PART_LIMIT``; none where it is about one."""
    retold = [page for page in pages if page.claimed and _told_share(message, page, weights) >= LEAST_TOLD]
    retold = retold[:PART_LIMIT]
    if len(retold) < 2:
        return []
    parts: dict[str, list[str]] = {}
    current = ""
    for clause in _split_clauses(message.text):
        stems = frozenset(reader.stems(clause))
        shared = {page.id: weights.sum(stems & page.known) for page in retold}
        nearest = max(shared, key=shared.__getitem__)
        current = nearest if shared[nearest] > shared.get(current, 0.0) else current or nearest
        parts.setdefault(current, []).append(clause)
    return [" ".join(clauses) for clauses in parts.values()] if len(parts) > 1 else []


def _told_share(message: Reading, page: Page, weights: Weights) -> float:
    return weights.sum(message.known & page.claimed) / max(weights.sum(page.claimed), 1.0)


def _split_clauses(text: str) -> list[str]:
    cuts = [0, *(match.start() for match in _JOINTS.finditer(text)), len(text)]
    cuts = [*cuts[:_CLAUSE_LIMIT], len(text)]
    clauses = (text[start:stop].strip() for start, stop in pairwise(cuts))
    return [clause for clause in clauses if any(map(str.isalpha, clause))]  # no bare number of a list


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
