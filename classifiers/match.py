"""Which clarification answers a message: words alone, weighted by how rare they are, and no answer in doubt.

A message is compared with the claim as it circulated and with the page that answers it. Two numbers decide: how much
of the claim's weight the message repeats, and the cosine of the two (term frequency and inverse document frequency).
A message whose figures or denials differ from the claim's is at most "possible".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from classifiers.text import URL, tokens

Decision = Literal["match", "possible", "none"]

TOP = 5
HEAD_WORDS = 200
# Chosen by hand on data/pairs so that a near topic is seldom answered; nothing here is calibrated.
MATCH_AT, POSSIBLE_AT = 0.80, 0.45
SLOPE, OFFSET = 9.0, 4.2

_DENYING = "tidak bukan tak tdk bkn sonde son belum blm batal hoaks hoax bohong palsu bantah membantah"
DENIALS = frozenset(_DENYING.split())
_FIGURE = re.compile(r"\d")


@dataclass(frozen=True)
class Document:
    """A clarification: ``title`` states the fact, ``claim`` is the message as it circulated."""

    id: str
    title: str
    claim: str
    summary: str = ""


@dataclass(frozen=True)
class Match:
    """A candidate: ``probability`` in 0..1 that it is about the same claim, and what agreed and differed, in words."""

    id: str
    probability: float
    agreed: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()


@dataclass(frozen=True)
class MatchResult:
    """``matches`` are best first, up to five whatever the decision."""

    decision: Decision
    matches: tuple[Match, ...] = ()


class Matcher:
    """Decides for a message which of the documents it was built from answers it, if any."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.documents = list(documents)
        claims = [words_of(f"{one.claim}") for one in self.documents]
        pages = [words_of(f"{one.title} {one.summary}") for one in self.documents]
        self.claim_words = [frozenset(words) for words in claims]
        self.vectors = TfidfVectorizer(analyzer=words_of, sublinear_tf=True)
        self.is_empty = not any(claims)
        if not self.is_empty:
            self.vectors.fit([" ".join(words) for words in claims + pages])
            self.claims = self.vectors.transform([" ".join(words) for words in claims])
            self.pages = self.vectors.transform([" ".join(words) for words in pages])

    def decide(self, text: str) -> MatchResult:
        """Return the decision for a message, with its candidates. A text of no known word matches nothing."""
        words = words_of(text)[:HEAD_WORDS]
        if self.is_empty or not words:
            return MatchResult("none")
        scores = self.scores(words)
        best = np.argsort(-scores, kind="stable")[:TOP]
        matches = tuple(self.candidate(int(at), words, float(scores[at])) for at in best if scores[at] > 0)
        if not matches or matches[0].probability < POSSIBLE_AT:
            return MatchResult("none", matches)
        certain = matches[0].probability >= MATCH_AT and not matches[0].differed
        return MatchResult("match" if certain else "possible", matches)

    def scores(self, words: list[str]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return a score in 0..1 per document: cosine with the claim, its weight repeated, cosine with the page."""
        asked = self.vectors.transform([" ".join(words)])
        present = (asked > 0).astype(float)
        squares = self.claims.multiply(self.claims)
        repeated = np.sqrt(np.asarray((squares @ present.T).todense()).ravel())
        cosine = np.asarray((self.claims @ asked.T).todense()).ravel()
        page = np.asarray((self.pages @ asked.T).todense()).ravel()
        score: np.ndarray[tuple[int], np.dtype[np.float64]] = 0.5 * cosine + 0.4 * repeated + 0.1 * page
        return score

    def candidate(self, at: int, words: list[str], score: float) -> Match:
        """Return the candidate with its probability and the words that speak for and against it."""
        probability = 1 / (1 + math.exp(OFFSET - SLOPE * score))
        known = self.claim_words[at]
        figures = sorted({word for word in words if _FIGURE.search(word)} - known)
        claimed = {word for word in known if _FIGURE.search(word)}
        differed = figures if claimed else []
        if bool(DENIALS & set(words)) != bool(DENIALS & known):
            differed = [*differed, *sorted((DENIALS & set(words)) ^ (DENIALS & known))]
        return Match(self.documents[at].id, probability, runs(words, known), tuple(differed))


def words_of(text: str) -> list[str]:
    """Return the words of a text that can tell one claim from another."""
    return [word for word in tokens(text) if word != URL]


def runs(words: list[str], known: frozenset[str]) -> tuple[str, ...]:
    """Return the longest runs of words (two or more) that the message shares with the claim, as they follow."""
    found: list[list[str]] = [[]]
    for word in words:
        if word in known:
            found[-1].append(word)
        elif found[-1]:
            found.append([])
    long = sorted((run for run in found if len(run) > 1), key=len, reverse=True)[:4]
    return tuple(dict.fromkeys(" ".join(run) for run in long))
