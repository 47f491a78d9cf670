"""Decide whether a message has been clarified: match, possible or none, with reasons.

    matcher = Matcher(documents)
    matcher.decide("air leding naik 40% bulan Agustus, batul ko?").decision

``reading`` reads the message, ``candidates`` retrieves pages, ``pair_features`` compares each with the message,
``gate`` turns the comparison into a likeness, and ``judging`` reads the likeliest pages: which are about the message,
and whose claim it tells. A message that may tell several claims is divided, and each part is judged alone. A
wrong match would misinform a resident in the government's name, so every doubt leads to "possible" or "none".
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
from classifiers.matcher.details import Difference, compare_details
from classifiers.matcher.document import Document, Page
from classifiers.matcher.gate import Floats, MatchDecision
from classifiers.matcher.index.candidates import DocumentIndex, Places
from classifiers.matcher.index.index_segment import NO_ARRAYS, Arrays, Segment, write_segment
from classifiers.matcher.judging import ALIKE_ODDS, Judge, PairJudgement, is_read_in_part, loses_stamp, shipped_judge
from classifiers.matcher.message_parts import divide_message
from classifiers.matcher.model_file import load_match_model
from classifiers.matcher.pair_features import PairFeatures, log_odds
from classifiers.matcher.reading import Reader, Reading
from classifiers.matcher.shown_pages import SHOWN_FROM, find_named, shown_from
from classifiers.matcher.stance import Stance, Told
from classifiers.shipped import shipped_data_folder

__all__ = ["Document", "Match", "MatchResult", "Matcher"]

MATCH_LIMIT = 5
COMPARED_CANDIDATES = 8
"""Candidates that are compared. Sixteen find the right page first no more often and take twice as long."""

READ_FROM, READ_PAGES = 0.02, 3
"""Likeness from which a page is read together with the message, and how many pages are at most. Of a part of a message
that tells several claims the likeliest alone is read: of 468 joined messages that changed no answer."""
READ_SHARE = 0.3
"""Likeness, as a share of the best page's, from which further pages are read."""
SURELY_RELATED = 0.8
"""Relevance from which a part of a message is surely about a page: small talk beside a claim has reached .53."""
FOUND_SHARE = 0.25
"""Likeness in words to a search, as a share of the best page's, from which a page is found."""


@dataclass(frozen=True)
class Match:
    """A clarification that may answer.

    ``likeness`` (0..1): probability that it is about the same matter; ``probability`` (0..1): that it answers the
    message; ``agreed``, ``words``, ``differed``, ``differs`` and ``denied``: as in ``Agreement``; ``repeated``: the
    message tells the page's claim; ``tells_otherwise``: a detail differs, whether or not people can be told which.
    """

    id: str
    probability: float
    likeness: float
    agreed: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    differed: tuple[str, ...] = ()
    differs: tuple[Difference, ...] = ()
    denied: tuple[str, ...] = ()
    repeated: bool = False
    tells_otherwise: bool = False


@dataclass(frozen=True)
class MatchResult:
    """``matches``: up to 5, best first, whatever the decision; none for a message without content.

    ``stance``: the message's stance; None without content. ``is_divided``: its parts are about several pages.
    """

    decision: MatchDecision
    matches: tuple[Match, ...] = ()
    stance: Stance | None = None
    is_divided: bool = False


class Ranked(NamedTuple):
    """The k compared pages as places in the index, and their (k,) likenesses by the gate."""

    places: Places
    likenesses: Floats


class JudgedPage(NamedTuple):
    """A page with its likeness, what the judge said of it (None: it was not read), and its relevance."""

    place: int
    page: Page
    likeness: float
    judged: PairJudgement | None
    relevance: float


class Matcher:
    """Matches messages against clarifications. Safe for use from several threads."""

    def __init__(
        self,
        documents: Sequence[Document | Page],
        models: Path | None = None,
        *,
        judge: Judge | None = None,
        base: Segment | None = None,
        gone: Collection[str] = (),
        earlier: Matcher | None = None,
    ) -> None:
        """Read the documents, except pages, which are read already.

        ``models``: a folder with another model; ``judge``: None takes that of this installation; ``base``: a stored
        segment; ``gone``: ids of its pages that are excluded; ``earlier``: a matcher that probably begins with the same
        documents, so that only the others are counted.
        """
        model = load_match_model(models)
        self._gate = model.ranking
        self.judge = judge or shipped_judge()
        before = earlier.index if earlier else None
        self.index: DocumentIndex = DocumentIndex(
            documents, load_shipped_reader(), model.background, base, gone, before
        )
        self._features = PairFeatures(self.index)

    def nearest(self, text: str | Reading, limit: int, at_least: float) -> list[str]:
        """Return the ids of the nearest pages by words alone, nearest first; ``at_least``: the minimum cosine."""
        return [self.index.id_at(place) for place in self.nearest_places(text, limit, at_least)]

    def nearest_places(self, text: str | Reading, limit: int, at_least: float) -> list[int]:
        """Return the same pages as places in ``index``."""
        lexical = self.index.lexical(_read_message(text).stems)
        near = np.flatnonzero(lexical >= at_least)
        best: list[int] = near[np.argsort(-lexical[near], kind="stable")][:limit].tolist()
        return best

    @property
    def thresholds(self) -> tuple[float, float]:
        """Return the relevance from which a page is shown, and the chance from which a message repeats its claim."""
        return SHOWN_FROM, self.judge.curves.repeated_from

    def decide(self, text: str | Reading) -> MatchResult:
        """Decide whether a text, read or not, repeats the claim of a document; never raises, whatever the text."""
        message = _read_message(text)
        return self._decided(message, self._rank(message) if self._can_answer(message) else None)

    def find_repeated(self, text: str | Reading, among: Collection[int]) -> str | None:
        """Return the id of the page whose claim a text tells, of those at the places ``among``, or None.

        It is the first page of ``decide`` where that says "match", for less: no page is read together with the message
        where each would lose the stamp anyway.
        """
        message = _read_message(text)
        if not message.stems or not among:
            return None
        ranked = self._rank(message, among)
        to_read = [self.index.page(place) for place, _likeness, is_read in _best_pages(ranked) if is_read]
        if all(loses_stamp(message, page) for page in to_read):
            return None
        result = self._decided(message, ranked)
        return result.matches[0].id if result.decision == "match" else None

    def find_related(self, text: str | Reading) -> str | None:
        """Return the id of the page that a text is about, whatever it tells of it, or None.

        It is the first page that ``decide`` would show, for less: only the likeliest is read, and the text as a whole.
        """
        message = _read_message(text)
        if not self._can_answer(message):
            return None
        best = self._judged(message, Told.of(message.words, message.marks), self._rank(message), read_pages=1)[0]
        return best.page.id if best.relevance >= shown_from(message, best.page, self.index.weights) else None

    def judged(self, text: str) -> list[JudgedPage]:
        """Return the best pages of a text with what the judge says of each, as ``decide`` orders them."""
        message = _read_message(text)
        if not self._can_answer(message):
            return []
        return self._judged(message, Told.of(message.words, message.marks), self._rank(message))

    def _decided(self, reading: Reading, ranked: Ranked | None) -> MatchResult:
        telling = Told.of(reading.words, reading.marks) if reading.stems else None
        if ranked is None or telling is None:
            return MatchResult("none", (), telling.stance if telling else None)
        judged = self._judged(reading, telling, ranked)
        parts, is_repeated = self._judge_parts(reading, judged)
        whole = self._decide_whole(reading, judged, telling)
        if len(parts) < 2 or (whole.decision == "match" and not is_repeated and not any(map(_is_surely_other, parts))):
            return whole
        return MatchResult("match" if is_repeated else "possible", parts, telling.stance, is_divided=True)

    def _decide_whole(self, reading: Reading, judged: Sequence[JudgedPage], telling: Told) -> MatchResult:
        """Return the decision on a message as one text."""
        matches = self._explained(reading, judged)
        if judged[0].relevance < shown_from(reading, judged[0].page, self.index.weights):
            return MatchResult("none", matches, telling.stance)
        return MatchResult("match" if matches[0].repeated else "possible", matches, telling.stance)

    def _judge_parts(self, message: Reading, judged: Sequence[JudgedPage]) -> tuple[tuple[Match, ...], bool]:
        """Return the pages that the parts of a message are about, each judged alone, and whether all repeat a claim.

        Pages whose claim a part repeats stand first.
        """
        pages = [one.page for one in judged]
        texts = divide_message(message, pages, self.index.weights, load_shipped_reader())
        found: dict[str, Match] = {}
        is_repeated = True
        for number, text in enumerate(texts):
            if len(found) + len(texts) - number < 2:
                break  # one page alone is what the whole is about
            part = _read_message(text)
            telling = Told.of(part.words, part.marks)
            judged_alone = self._judged(part, telling, self._rank(part), read_pages=1)
            best = self._explained(part, judged_alone[:1])[0]
            is_repeated = is_repeated and best.repeated
            if best.likeness >= SHOWN_FROM and (best.id not in found or not best.repeated):
                found[best.id] = best
        surest = sorted(found.values(), key=lambda match: (not match.repeated, -match.probability))
        strictly = (replace(one, probability=one.probability * (1 - 1e-9) ** rank) for rank, one in enumerate(surest))
        return tuple(strictly), is_repeated

    def _judged(
        self, message: Reading, telling: Told, ranked: Ranked, read_pages: int = READ_PAGES
    ) -> list[JudgedPage]:
        """Return the best pages, most relevant first; of pages that answer alike the newest stands first."""
        judged: list[JudgedPage] = []
        for place, likeness, is_read in _best_pages(ranked, read_pages):
            page, judgement = self.index.page(place), None
            if is_read:
                judgement = self.judge.judge(message, telling, page, likeness, self.index.weights)
            judged.append(
                JudgedPage(place, page, likeness, judgement, self.judge.curves.relevance_of(likeness, judgement))
            )
        judged.sort(key=lambda one: -one.relevance)
        best = judged[0]
        # Nothing takes the place of a page that is not shown.
        if best.relevance >= shown_from(message, best.page, self.index.weights):
            best = judged[find_named(message, [one.page for one in judged], self.index.weights)]
        newest = max((one for one in judged if _answers_alike(one, best)), key=lambda one: one.place)
        first = newest._replace(relevance=judged[0].relevance)
        return [first, *(one for one in judged if one is not newest)]

    def _explained(self, message: Reading, judged: Sequence[JudgedPage]) -> tuple[Match, ...]:
        matches: list[Match] = []
        for one in judged:
            # Of two equal pages the first stays first, with a strict order.
            relevance = min(one.relevance, matches[-1].likeness * (1 - 1e-9)) if matches else one.relevance
            share = relevance / (matches[0].likeness if matches else relevance)
            probability = matches[0].probability * share if matches else self._answer_probability(one)
            repeated = self._is_repeated(message, one)
            # Of a repeat only causes and scopes are left, which people tell in other words.
            agreement = explain_agreement(message, one.page, self.index.weights)
            agreement = agreement._replace(differs=()) if repeated else agreement
            differs = not repeated and bool(compare_details(message.details, one.page.details))
            matches.append(Match(one.page.id, probability, relevance, *agreement, repeated, differs))
        return tuple(matches)

    def _answer_probability(self, best: JudgedPage) -> float:
        """Return the probability that a page answers. Without a quoted claim there is none to repeat."""
        if best.judged is None or not best.page.claimed:
            return best.relevance
        return self.judge.curves.answer_of(best.likeness, best.judged)

    def _is_repeated(self, message: Reading, one: JudgedPage) -> bool:
        if one.judged is None or one.relevance < SHOWN_FROM or is_read_in_part(message):
            return False
        if loses_stamp(message, one.page):
            return False
        return one.judged.repeat >= self.judge.curves.repeated_from

    def find_pages(self, text: str, limit: int) -> list[str]:
        """Return the ids of the pages that a text may be about, at most ``limit``, each once.

        Those that ``decide`` compares stand first, in its order; the others follow by their likeness in words alone.
        """
        message = _read_message(text)
        if not self._can_answer(message):
            return []
        lexical = self.index.lexical(message.stems)
        ranked = self._rank(message)
        likely = ranked.likenesses >= self._gate.thresholds[0]
        compared = (-ranked.likenesses).argsort(kind="stable")
        first = [ranked.places[row] for row in compared if likely[row] or lexical[ranked.places[row]] > 0]
        others = (-lexical).argsort(kind="stable")
        enough = np.flatnonzero(lexical[others] >= max(lexical.max() * FOUND_SHARE, np.finfo(np.float32).tiny))
        ids = dict.fromkeys(self.index.id_at(int(place)) for place in [*first, *others[enough][: 2 * limit]])
        return list(ids)[:limit]

    def best(self, text: str) -> tuple[str, float] | None:
        """Return the id and likeness of the most likely page, or None for a text without content."""
        message = _read_message(text)
        if not self._can_answer(message):
            return None
        ranked = self._rank(message)
        first = int(ranked.likenesses.argmax())
        return self.index.id_at(int(ranked.places[first])), float(ranked.likenesses[first])

    def _can_answer(self, message: Reading) -> bool:
        return bool(message.stems) and self.index.available > 0

    def _rank(self, message: Reading, among: Collection[int] | None = None) -> Ranked:
        candidates = self.index.candidates(message.stems, among=among).closest(COMPARED_CANDIDATES)
        return Ranked(candidates.places, self._gate.probabilities(self._features.rows(message, candidates)))


def _read_message(text: str | Reading) -> Reading:
    return load_shipped_reader().read(text) if isinstance(text, str) else text


def _is_surely_other(part: Match) -> bool:
    """Tell whether a part surely is about a page whose claim it does not repeat, so that no stamp fits the whole."""
    return not part.repeated and (part.tells_otherwise or part.likeness >= SURELY_RELATED)


def _best_pages(ranked: Ranked, read_pages: int = READ_PAGES) -> list[tuple[int, float, bool]]:
    """Return the likeliest pages, best first: place, likeness, and whether it is read together with the message."""
    best = (-ranked.likenesses).argsort(kind="stable")[:MATCH_LIMIT]
    likeliest = [(int(ranked.places[row]), float(ranked.likenesses[row])) for row in best]
    read_from = max(READ_FROM, READ_SHARE * likeliest[0][1])
    return [
        (place, likeness, number < read_pages and likeness >= read_from)
        for number, (place, likeness) in enumerate(likeliest)
    ]


def _answers_alike(one: JudgedPage, best: JudgedPage) -> bool:
    """Tell whether two pages answer a message alike: both quote a claim that it repeats about as surely."""
    if one is best or one.judged is None or best.judged is None:
        return one is best
    apart = abs(log_odds(one.judged.repeat) - log_odds(best.judged.repeat))
    return (
        min(one.judged.repeat, best.judged.repeat) > 0.5 and apart <= ALIKE_ODDS and _is_one_claim(one.page, best.page)
    )


def _is_one_claim(page: Page, other: Page) -> bool:
    return not compare_details(page.details, other.details)


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


def write_base_segment(
    folder: Path, pages: Iterable[Page], about: Mapping[str, Any], arrays: Arrays = NO_ARRAYS
) -> None:
    """Write pages as a folder for ``open_segment``."""
    write_segment(folder, pages, load_match_model().background, about, arrays)


@cache
def matching_version() -> str:
    """Return a SHA-256 over all that decides how a page is read: code, word lists and models."""
    digest = hashlib.sha256()
    data = shipped_data_folder()
    sources = Path(classifiers.__file__).parent.rglob("*.py")
    models = (path for name in ("*.npz", "*.onnx") for path in data.glob(f"models/{name}"))  # none of the flagger's
    for path in sorted((*sources, *data.glob("language/*"), *data.glob("kupang/*"), *models)):
        digest.update(path.read_bytes())
    return digest.hexdigest()
