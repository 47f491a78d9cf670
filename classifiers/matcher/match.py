"""Has this message been clarified? Ranks the clarifications, decides match, possible or none, and says why.

    matcher = Matcher(documents)
    matcher.decide("air leding naik 40% bulan Agustus, batul ko?").decision

A message is read (``reading``), its candidates found (``candidates``), each compared with it (``pairs``), and the gate
(``gate``) turns the comparison into a calibrated probability. A wrong match would tell a resident something false in
the government's name, so everything doubtful is "possible" or "none".
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
"""Candidates that are compared: sixteen find the right page first no more often, and take twice as long."""

SURELY_NONE, LONG_SURELY_NONE = 0.02, 0.2
"""Probabilities by words alone of the best page, below which vectors are not asked: of a message, and of a long one."""
REPEATED_FROM = 0.65
"""Likeness from which on a page answers a message that repeats its claim. Near-misses are not nearer above it."""
CLOSELY_FOLLOWED = 0.75
"""Share of a claim that a message tells in order, from which on a word that only one of the two denies decides."""
VERBATIM = 0.99
"""The chance that a message repeats a claim whose very words it has."""
LONG = 32
"""Stems of a long message, of which the sixteen words that are embedded tell little."""


@dataclass(frozen=True)
class Match:
    """A clarification that could answer; ``agreed`` and ``differed``: short Indonesian phrases, weightiest first.

    ``likeness`` (0..1): how surely it is about the same matter; ``probability``: how surely it answers the message,
    which a near-miss of its claim, a runner-up as near, and a large index lower.
    """

    id: str
    probability: float
    likeness: float
    agreed: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()


@dataclass(frozen=True)
class MatchResult:
    """``matches``: best first, up to 5 whatever the decision, none where the message says nothing.

    ``stance``: how the message stands; None where it says nothing.
    """

    decision: MatchDecision
    matches: tuple[Match, ...] = ()
    stance: Stance | None = None


@dataclass(frozen=True)
class Gates:
    """What decides: which page a message is about, whether it repeats that page's claim, and how sure that is."""

    ranking: Gate
    near_miss: Gate
    answers: AnswerCurve


class Ranked(NamedTuple):
    """The pages that are compared, as places in the index, the features of each pair, and what the gates say."""

    places: Places
    rows: Floats
    likenesses: Floats
    gates: Gates


class Repeat(NamedTuple):
    """How surely a message repeats a page's claim; ``is_plain``: it only drops or moves words of it."""

    chance: float
    is_plain: bool = True


class Matcher:
    """Matches messages against some clarifications; safe to use from many threads."""

    def __init__(
        self,
        documents: Sequence[Document | Page],
        models: Path | None = None,
        *,
        use_vectors: bool | None = None,
        base: Segment | None = None,
        gone: Collection[str] = (),
    ) -> None:
        """Read the documents that are not read yet; their vectors are made when the first message comes.

        ``models``: a folder with a model of one's own; ``use_vectors`` None: where the package is installed. ``base``:
        pages of ``open_base_segment`` that count too, less those whose ids are ``gone``.
        """
        model = load_match_model(models)
        self.uses_vectors = is_encoder_installed() if use_vectors is None else use_vectors
        turn = model.whitening if self.uses_vectors else None
        near = load_near_miss_model()
        self._by_words = Gates(model.words_only, near.words_only, near.answers_words_only)
        by_meaning = Gates(model.with_vectors, near.with_vectors, near.answers_with_vectors)
        self._gates = by_meaning if self.uses_vectors else self._by_words
        self.index = DocumentIndex(documents, load_shipped_reader(), model.background, turn, base, gone)
        self._features = PairFeatures(self.index)

    def nearest(self, text: str, limit: int, at_least: float) -> list[str]:
        """Return the ids of the pages nearest to a text by words alone (cosine ``at_least``), nearest first."""
        return [self.index.id_at(place) for place in self.nearest_places(text, limit, at_least)]

    def nearest_places(self, text: str, limit: int, at_least: float) -> list[int]:
        """Return the same as places in ``index``, which has the pages."""
        lexical = self.index.lexical(load_shipped_reader().read(text).stems)
        near = np.flatnonzero(lexical >= at_least)
        best: list[int] = near[np.argsort(-lexical[near], kind="stable")][:limit].tolist()
        return best

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return the likenesses from which on a page is shown, and answers a message that repeats its claim."""
        return float(self._gates.ranking.thresholds[0]), REPEATED_FROM

    def read(self, text: str) -> Message:
        """Return a text as read, to be asked about more than once: it is embedded once at most, and only if need be."""
        return self.index.read(text)

    def decide(self, text: str | Message, *, always_embed: bool = False) -> MatchResult:
        """Return whether a text repeats a claim that one of the documents clarifies; never raises on any text.

        A text that another matcher has read needs not be read again. Where vectors are used they are asked only if
        words leave it open, or for ``always_embed``, which measures the difference.
        """
        message = self.index.known(text) if isinstance(text, Message) else self.read(text)
        ranked = self._rank(message, always_embed=always_embed) if self._can_answer(message) else None
        return self._decided(message, ranked)

    def decide_all(self, texts: Iterable[str]) -> list[MatchResult]:
        """Return what ``decide`` does of each text; equal ones are decided once, and vectors are made in one call."""
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
        found = [(int(ranked.places[at]), float(likenesses[at])) for at in best]
        told, nearest = Told.of(message.reading), self.index.page(found[0][0])
        repeated = self._judge_repeat(message.reading, told, nearest, ranked.rows[best[0]], gates.near_miss)
        decision = _decide(found[0][1], repeated, gates)
        if decision == "match" and _is_other_claim(message.reading, told, nearest, self.index.weights):
            decision = "possible"
        chance = repeated.chance if repeated else None
        probability = gates.answers.probability(likenesses[best], chance, self.index.available)
        matches = self._explained(message.reading, found, probability)
        if decision == "match":  # a cause or a scope told in other words
            matches[0] = replace(matches[0], differs=())
        return MatchResult(decision, tuple(matches), told.stance)

    def _explained(self, message: Reading, found: Sequence[tuple[int, float]], probability: float) -> list[Match]:
        matches: list[Match] = []
        for place, chance in found:
            page = self.index.page(place)
            # Two pages that say the same: the first published stands first, and the ranking stays strict.
            likeness = min(chance, matches[-1].likeness * (1 - 1e-9)) if matches else chance
            agreement = explain_agreement(message, page, self.index.weights)
            differs = tuple(compare_details(message.details, page.details))
            share = likeness / (matches[0].likeness if matches else likeness)
            matches.append(Match(page.id, probability * share, likeness, *agreement, differs=differs))
        return matches

    def best(self, text: str) -> tuple[str, float] | None:
        """Return the page that a text is most surely about, and the likeness: ``decide`` without a reason."""
        message = self.read(text)
        if not self._can_answer(message):
            return None
        ranked = self._rank(message)
        first = int(ranked.likenesses.argmax())
        return self.index.id_at(int(ranked.places[first])), float(ranked.likenesses[first])

    def _rank(self, message: Message, *, always_embed: bool = False) -> Ranked:
        """Return the pages that are compared: by words where those decide or vectors are not used, else by both."""
        by_words = None if always_embed else self._rank_by_words(message)
        return by_words or self._compare(message, self._gates)

    def _rank_by_words(self, message: Message) -> Ranked | None:
        """Return the pages as words compare them, or None where vectors are used and words do not decide."""
        if not self.uses_vectors:
            return self._compare(message, self._gates)
        by_words = self._compare(message.by_words, self._by_words)
        return by_words if self._is_sure(message.reading, float(by_words.likenesses.max())) else None

    def _is_sure(self, message: Reading, best: float) -> bool:
        """Tell whether words decide, by the likeness of the best page: they show one, or nothing comes near."""
        nothing = LONG_SURELY_NONE if len(message.stems) >= LONG else SURELY_NONE
        return best < nothing or best >= self._by_words.ranking.thresholds[0]

    def _can_answer(self, message: Message) -> bool:
        return bool(message.reading.stems) and self.index.available > 0

    def _compare(self, message: Message, gates: Gates) -> Ranked:
        candidates = self.index.candidates(message).closest(COMPARED_CANDIDATES)
        rows = self._features.rows(message, candidates)
        return Ranked(candidates.places, rows, gates.ranking.probabilities(rows), gates)

    def _judge_repeat(self, message: Reading, told: Told, page: Page, ranked: Floats, near_miss: Gate) -> Repeat | None:
        """Return how surely a message repeats the claim of a page about the same matter; None: no claim is known."""
        if not page.claimed:
            return None
        if message.stems == page.fields[1] and message.clean.startswith(page.heads[1]):
            return Repeat(VERBATIM)  # the gate has learned from near-misses that copy all but a word
        row = np.nan_to_num(near_miss_row(ranked, message, told, page, self.index.weights))
        return Repeat(float(near_miss.probabilities(row[None])[0]), is_plain_retelling(row))


def _decide(likeness: float, repeated: Repeat | None, gates: Gates) -> MatchDecision:
    """Return the decision for the likeness of the best page and the chance that its claim is repeated."""
    possible, match = gates.ranking.thresholds
    if likeness < possible:
        return "none"
    if repeated is None:  # what was claimed is not known: the likeness has to be all but sure
        return "match" if likeness >= match else "possible"
    plain, other = gates.near_miss.thresholds
    line = plain if repeated.is_plain else other
    return "match" if likeness >= REPEATED_FROM and repeated.chance >= line else "possible"


def _is_other_claim(message: Reading, told: Told, page: Page, weights: Weights) -> bool:
    """Tell whether a message does not claim what a page is about, or claims it with another detail that decides."""
    if not told.is_claiming or has_decisive_difference(compare_details(message.details, page.details)):
        return True
    if page.claimed and is_contradiction(message, page):  # "tidak" put into the claim's own words
        return align_message(message.stems, page.fields[1], weights).told >= CLOSELY_FOLLOWED
    # What was claimed is not known: the title has to do, which is the fact as a rule.
    return not page.claimed and (has_conflicting_facts(message, page) or is_contradiction(message, page))


_READERS: dict[Path, Reader] = {}


def load_shipped_reader() -> Reader:
    """Return the reader with the shipped word lists; made once."""
    data = shipped_data_folder()
    if data not in _READERS:
        _READERS[data] = Reader.from_folder(data)
    return _READERS[data]


def read_page(document: Document) -> Page:
    """Return a document as matching sees it."""
    return Page.read(document, load_shipped_reader())


def read_wordings(document: Document) -> list[Page]:
    """Return a document as an index holds it: a page for its claim, and one for each other wording."""
    return Page.read_wordings(document, load_shipped_reader())


def count_unembedded(documents: Iterable[Document]) -> int:
    """Return how many of the pages that documents make are not embedded yet; 0 where vectors are not installed."""
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
    """Write pages as a folder for ``open_base_segment``; with ``vectors`` and where they are installed with those."""
    model = load_match_model()
    write_segment(
        folder, pages, model.background, model.whitening if vectors and is_encoder_installed() else None, about, arrays
    )


def open_base_segment(folder: Path, *, vectors: bool = True) -> tuple[Segment, dict[str, Any], Arrays]:
    """Return the pages in a folder and what ``write_base_segment`` was told about them. Raises ``SegmentError``."""
    return open_segment(folder, load_match_model().whitening if vectors and is_encoder_installed() else None)


@cache
def matching_version() -> str:
    """Return what changes with anything that decides how a page is read: code, word lists, model."""
    digest = hashlib.sha256()
    data = shipped_data_folder()
    sources = Path(classifiers.__file__).parent.rglob("*.py")
    models = [data / "models" / name for name in (MATCH_MODEL_FILE, NEAR_MISS_FILE, STANCE_FILE)]
    for path in sorted((*sources, *data.glob("language/*"), *data.glob("kupang/*"), *models)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def trained_match_model(models: Path | None = None) -> MatchModel:
    """Return the model that a ``Matcher`` without settings uses, e.g. to show its version and figures."""
    return load_match_model(models)
