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
from typing import Any, cast

import numpy as np

import classifiers
from classifiers.matcher.agreement import explain
from classifiers.matcher.details import Difference, compare_details
from classifiers.matcher.document import Document, Page
from classifiers.matcher.doubts import contradicts, names_another
from classifiers.matcher.embeddings import PAGES, available
from classifiers.matcher.gate import Decision, Floats, Gate
from classifiers.matcher.index.candidates import Candidates, DocumentIndex, Message
from classifiers.matcher.index.document_vectors import Halves
from classifiers.matcher.index.index_segment import EMPTY, Arrays, Segment, open_segment, write_segment
from classifiers.matcher.model_file import FILE, MatchModel, shipped_model
from classifiers.matcher.near_miss import FILE as NEAR_MISS_FILE
from classifiers.matcher.near_miss import Told, decisive, near_miss_row, shipped_near_miss
from classifiers.matcher.pair_features import NAMES, PairFeatures
from classifiers.matcher.reading import Reader, Reading
from classifiers.matcher.stance import FILE as STANCE_FILE
from classifiers.matcher.stance import Stance
from classifiers.shipped import shipped_data

__all__ = ["Document", "Match", "MatchResult", "Matcher"]

LIMIT = 5
COMPARED = 16
"""Candidates that are compared; the gate was trained on the 12 nearest, and those beyond are never right."""


SURELY_NONE, SURELY_FOUND, SURELY_ALONE = 0.08, 0.98, 0.5
"""Probabilities by words alone: of the best page below which, and from which on, vectors change nothing; and of the
second page, up to which the first is the only one. docs/matching.md says how they were chosen."""
SURELY_OTHER, SURELY_REPEATS = 0.3, 0.9
"""The same of that page's claim: below it is not repeated, from there on it is."""
SURELY_TOLD = 0.6
"""Of a message that repeats a claim surely this share, by weight, stands on the page: it tells nothing else."""


@dataclass(frozen=True)
class Match:
    """A clarification that could answer; ``agreed`` and ``differed``: short Indonesian phrases, weightiest first.

    ``likeness`` (0..1): how surely it is about the same matter; ``probability``: how surely it answers the message,
    which a near-miss of its claim lowers.
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

    decision: Decision
    matches: tuple[Match, ...] = ()
    stance: Stance | None = None


@dataclass(frozen=True)
class Gates:
    """What decides: which page a message is about, and whether it repeats that page's claim."""

    ranking: Gate
    near_miss: Gate


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
        pages of ``open_base`` that count too, less those whose ids are ``gone``.
        """
        model = shipped_model(models)
        self.uses_vectors = available() if use_vectors is None else use_vectors
        turn = model.whitening if self.uses_vectors else None
        self._by_words = Gates(model.words_only, shipped_near_miss().words_only)
        by_meaning = Gates(model.with_vectors, shipped_near_miss().with_vectors)
        self._gates = by_meaning if self.uses_vectors else self._by_words
        self.index = DocumentIndex(documents, shipped_reader(), model.background, turn, base, gone)
        self._features = PairFeatures(self.index)

    def nearest(self, text: str, limit: int, at_least: float) -> list[str]:
        """Return the ids of the pages nearest to a text by words alone (cosine ``at_least``), nearest first."""
        return [self.index.id_at(place) for place in self.nearest_places(text, limit, at_least)]

    def nearest_places(self, text: str, limit: int, at_least: float) -> list[int]:
        """Return the same as places in ``index``, which has the pages."""
        lexical = self.index.lexical(shipped_reader().read(text).stems)
        near = np.flatnonzero(lexical >= at_least)
        best: list[int] = near[np.argsort(-lexical[near], kind="stable")][:limit].tolist()
        return best

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return the probabilities from which on a message is "possible" and "match"."""
        possible, match = map(float, self._gates.ranking.thresholds)
        return possible, match

    def read(self, text: str) -> Message:
        """Return a text as read, to be asked about more than once: it is embedded once at most, and only if need be."""
        return self.index.read(text)

    def decide(self, text: str | Message, *, always_embed: bool = False) -> MatchResult:
        """Return whether a text repeats a claim that one of the documents clarifies; never raises on any text.

        A text that another matcher has read needs not be read again. Where vectors are used they are asked only if
        words leave it open, or for ``always_embed``, which measures the difference.
        """
        message = self.index.known(text) if isinstance(text, Message) else self.read(text)
        if not self._can_answer(message):
            return MatchResult("none", (), Told.of(message.reading).stance if message.reading.stems else None)
        if self.uses_vectors and not always_embed:
            sure = self._decided(message.by_words, self._by_words, only_surely=True)
            if sure is not None:
                return sure
        return cast(MatchResult, self._decided(message, self._gates))  # open is only what must be sure

    def _decided(self, message: Message, gates: Gates, *, only_surely: bool = False) -> MatchResult | None:
        """Return the decision of some gates; ``only_surely``: None where vectors could make it another one."""
        candidates, rows, likenesses = self._compare(message, gates)
        best = (-likenesses).argsort(kind="stable")[:LIMIT]
        if only_surely and not _is_sure(likenesses[best]):
            return None
        told = Told.of(message.reading)
        nearest, ranked = self.index.page(int(candidates.places[best[0]])), rows[best[0]]
        repeated = self._chance_of_repeat(message.reading, told, nearest, ranked, gates.near_miss)
        decision = gates.ranking.decide(float(likenesses[best[0]]))
        if decision == "match":
            other = _tells_other(message.reading, told, nearest)
            repeats_surely = repeated >= SURELY_REPEATS and ranked[_TOLD] >= SURELY_TOLD
            if only_surely and not (other or repeated < SURELY_OTHER or repeats_surely):
                return None
            decision = "possible" if other or repeated < gates.near_miss.thresholds[1] else "match"
        found = [(int(candidates.places[at]), float(likenesses[at])) for at in best]
        matches = self._explained(message.reading, found, repeated)
        if decision == "match":  # a cause or a scope told in other words
            matches[0] = replace(matches[0], differs=())
        return MatchResult(decision, tuple(matches), told.stance)

    def _explained(self, message: Reading, found: Sequence[tuple[int, float]], repeated: float) -> list[Match]:
        matches: list[Match] = []
        for place, chance in found:
            page = self.index.page(place)
            # Two pages that say the same: the first published stands first, and the ranking stays strict.
            likeness = min(chance, matches[-1].likeness * (1 - 1e-9)) if matches else chance
            agreement = explain(message, page, self.index.weights)
            differs = tuple(compare_details(message.details, page.details))
            matches.append(Match(page.id, likeness * repeated, likeness, *agreement, differs=differs))
        return matches

    def best(self, text: str) -> tuple[str, float] | None:
        """Return the page that a text is most surely about, and the likeness: ``decide`` without a reason."""
        message = self.read(text)
        if not self._can_answer(message):
            return None
        candidates, _, likenesses = self._compare(message, self._gates)
        first = int(likenesses.argmax())
        return self.index.id_at(int(candidates.places[first])), float(likenesses[first])

    def _can_answer(self, message: Message) -> bool:
        return bool(message.reading.stems) and self.index.available > 0

    def _compare(self, message: Message, gates: Gates) -> tuple[Candidates, Floats, Floats]:
        """Return the pages that are compared, the features of each pair, and the likeness of each."""
        candidates = self.index.candidates(message).closest(COMPARED)
        rows = self._features.rows(message, candidates)
        return candidates, rows, gates.ranking.probabilities(rows)

    def _chance_of_repeat(self, message: Reading, told: Told, page: Page, ranked: Floats, near_miss: Gate) -> float:
        """Return how surely a message repeats the claim of a page about the same matter; 1 where no claim is known."""
        if not page.claimed:
            return 1.0
        row = near_miss_row(ranked, message, told, page, self.index.weights)
        return float(near_miss.probabilities(np.nan_to_num(row)[None])[0])


def _tells_other(message: Reading, told: Told, page: Page) -> bool:
    """Tell whether a message does not claim what a page is about, or claims it with another detail that decides."""
    if not told.is_claiming or decisive(compare_details(message.details, page.details)):
        return True
    # What was claimed is not known: the title has to do, which is the fact as a rule.
    return not page.claimed and (names_another(message, page) or contradicts(message, page))


def _is_sure(best: Floats) -> bool:
    """Tell whether the likenesses of the best pages by words, highest first, name one page or none."""
    if best[0] < SURELY_NONE:
        return True
    return bool(best[0] >= SURELY_FOUND and (len(best) < 2 or best[1] < SURELY_ALONE))


_TOLD = NAMES.index("message_covered")


_READERS: dict[Path, Reader] = {}


def shipped_reader() -> Reader:
    """Return the reader with the shipped word lists; made once."""
    data = shipped_data()
    if data not in _READERS:
        _READERS[data] = Reader.from_folder(data)
    return _READERS[data]


def read_page(document: Document) -> Page:
    """Return a document as matching sees it."""
    return Page.read(document, shipped_reader())


def left_to_embed(documents: Iterable[Document]) -> int:
    """Return how many of the documents this process has not embedded yet; 0 where vectors are not installed."""
    if not available():
        return 0
    return sum(not PAGES.knows(filter(None, read_page(document).heads)) for document in documents)


def write_base(
    folder: Path,
    pages: Iterable[tuple[Page, Halves | None]],
    about: Mapping[str, Any],
    arrays: Arrays = EMPTY,
    *,
    vectors: bool = True,
) -> None:
    """Write pages as a folder for ``open_base``; with ``vectors`` and where they are installed with those."""
    model = shipped_model()
    write_segment(folder, pages, model.background, model.whitening if vectors and available() else None, about, arrays)


def open_base(folder: Path, *, vectors: bool = True) -> tuple[Segment, dict[str, Any], Arrays]:
    """Return the pages in a folder and what ``write_base`` was told about them. Raises ``SegmentError``."""
    return open_segment(folder, shipped_model().whitening if vectors and available() else None)


@cache
def matching_version() -> str:
    """Return what changes with anything that decides how a page is read: code, word lists, model."""
    digest = hashlib.sha256()
    data = shipped_data()
    sources = Path(classifiers.__file__).parent.rglob("*.py")
    models = [data / "models" / name for name in (FILE, NEAR_MISS_FILE, STANCE_FILE)]
    for path in sorted((*sources, *data.glob("language/*"), *data.glob("kupang/*"), *models)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def trained_model(models: Path | None = None) -> MatchModel:
    """Return the model that a ``Matcher`` without settings uses, e.g. to show its version and figures."""
    return shipped_model(models)
