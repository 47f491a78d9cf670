"""The index of clarifications, and the candidates for a message: pages near in words or near in meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Document, Page
from classifiers.matcher.embeddings import Vectors, Whitening, encode_all, encode_message
from classifiers.matcher.index.document_frequency import Background, Weights
from classifiers.matcher.index.index_segment import Segment
from classifiers.matcher.index.postings import Gathering, Scores, top_k_places
from classifiers.matcher.reading import Reader, Reading

Places = npt.NDArray[np.int64]

CANDIDATE_LIMIT = 40
"""Maximum candidates of a message, half by words and half by meaning."""
ABSENT_SCORE = -1.0
"""Score of a page that does not count; below every real score."""
_STEM_CACHE_SIZE = 50_000


@dataclass(frozen=True)
class Message:
    """A message as read; ``embed``: computes its vector, None where vectors are not used."""

    reading: Reading
    embed: Callable[[], Vectors] | None = None

    @cached_property
    def vector(self) -> Vectors | None:
        """Return the (1, width) vector of its head, computed on first use because it takes most of the time."""
        return None if self.embed is None else self.embed()

    @property
    def by_words(self) -> Message:
        """Return the message without a vector."""
        return Message(self.reading)


@dataclass(frozen=True)
class Candidates:
    """Candidate pages as ordered ``places`` in the index, with the scores of *all* pages."""

    places: Places
    lexical: Scores
    meaning: Scores | None

    def by_nearness(self) -> Places:
        """Return the places by the sum of both scores, highest first."""
        near = self.lexical[self.places]
        if self.meaning is not None:
            near = near + self.meaning[self.places]
        return self.places[np.argsort(-near, kind="stable")]

    def closest(self, count: int) -> Candidates:
        """Return the ``count`` nearest candidates, in the order of the index."""
        return replace(self, places=np.sort(self.by_nearness()[:count]))


class DocumentIndex:
    """Pages in up to two segments: ``base``, stored on disk, and the documents read now.

    Vectors of the latter are computed on first use, never before a fork.
    """

    def __init__(
        self,
        documents: Sequence[Document | Page],
        reader: Reader,
        background: Background,
        turn: Whitening | None = None,
        base: Segment | None = None,
        gone: Collection[str] = (),
        earlier: DocumentIndex | None = None,
    ) -> None:
        """Read the documents, each once per wording; pages are already read.

        ``turn``: None uses no vectors; ``gone``: ids of pages of ``base`` that are excluded; ``earlier``: an index that
        probably begins with the same documents, so that only the others are counted.
        """
        read = [
            [document] if isinstance(document, Page) else Page.read_wordings(document, reader) for document in documents
        ]
        pages = [page for wordings in read for page in wordings]
        gathering = _gather_pages(pages, earlier)
        before = [] if base is None else [base]

        @lru_cache(maxsize=_STEM_CACHE_SIZE)
        def holders(stem: str) -> int:
            return gathering.held[stem] + sum(segment.postings.holders(stem) for segment in before)

        self.weights = Weights(background, holders, len(read) + sum(int(segment.opens.sum()) for segment in before))
        self.gathered = pages, gathering
        self.segments = before
        if pages or not before:
            stems = gathering.numbers
            in_all = gathering.holders + sum(segment.postings.ranges(stems).holders for segment in before)
            postings = gathering.postings(self.weights.of(stems, in_all))
            self.segments = [*before, Segment.of(pages, postings, turn)]
        self._starts = np.cumsum([0, *map(len, self.segments)])
        self._gone = np.flatnonzero(np.isin(base.ids, list(gone))) if base is not None and gone else _NO_PLACES
        self._opens = np.concatenate([segment.opens for segment in self.segments])
        self._reworded = _Reworded.of(self._opens)
        self._reader = reader
        self._turn = turn
        self.embed = encode_message

    def __len__(self) -> int:
        """Return the number of pages, including excluded ones."""
        return int(self._starts[-1])

    @property
    def available(self) -> int:
        """Return the number of clarifications that are not excluded, each counted once."""
        return int(self._opens.sum() - self._opens[self._gone].sum())

    @property
    def uses_vectors(self) -> bool:
        """Tell whether pages are also compared by meaning."""
        return self._turn is not None

    def page(self, place: int) -> Page:
        """Return the page at a place. Stored pages are unpacked."""
        segment, offset = self._at(place)
        return segment.pages[offset]

    def id_at(self, place: int) -> str:
        """Return the id of the page at a place without unpacking the page."""
        segment, offset = self._at(place)
        return str(segment.ids[offset])

    def _at(self, place: int) -> tuple[Segment, int]:
        part = int(np.searchsorted(self._starts, place, side="right")) - 1
        return self.segments[part], place - int(self._starts[part])

    def read(self, text: str) -> Message:
        """Return a message as read. Its vector is computed later, where vectors are used."""
        return self._to_embed(self._reader.read(text))

    def _to_embed(self, reading: Reading) -> Message:
        turn = self._turn
        if turn is None or not reading.words:
            return Message(reading)
        return Message(reading, lambda: turn.messages(self.embed(reading.head)))

    def with_vectors(self, messages: Sequence[Message]) -> list[Message]:
        """Return the messages with their vectors, computed in one call."""
        if self._turn is None:
            return list(messages)
        vectors = self._turn.messages(encode_all([message.reading.head for message in messages]))
        rows = (vectors[row : row + 1] for row in range(len(messages)))
        return [
            Message(message.reading, partial(_constant_vector, row))
            for message, row in zip(messages, rows, strict=True)
        ]

    def known(self, message: Message) -> Message:
        """Return a message that another index read, as this index would have read it."""
        if self._turn is None:
            return message.by_words
        return message if message.embed is not None else self._to_embed(message.reading)

    def fields(self, places: Places, message: Message) -> tuple[Scores, npt.NDArray[np.bool_]] | None:
        """Return (k, 3) similarities of title, claim and summary of k pages, and which of them are filled.

        None without vectors.
        """
        if message.vector is None:
            return None
        likeness, filled = np.zeros((len(places), 3), dtype=np.float32), np.zeros((len(places), 3), dtype=bool)
        for segment, start in zip(self.segments, self._starts, strict=False):
            ours = (places >= start) & (places < start + len(segment))
            if ours.any() and (seen := segment.fields(places[ours] - start, message.vector[0])):
                likeness[ours], filled[ours] = seen
        return likeness, filled

    def candidates(self, message: Message, limit: int = CANDIDATE_LIMIT) -> Candidates:
        """Return at most ``limit`` pages near in words or meaning, each clarification with its nearest wording.

        Its other wordings score ``ABSENT_SCORE``, so that a page is no rival of itself.
        """
        lexical, meaning = self.lexical(message.reading.stems), self.meaning(message)
        farther = self._reworded.farther(lexical if meaning is None else lexical + meaning)
        for scores in (lexical, meaning):
            if scores is not None:
                scores[farther] = ABSENT_SCORE
        return self.nearest(lexical, meaning, self.available, limit)

    @staticmethod
    def nearest(lexical: Scores, meaning: Scores | None, available: int, limit: int = CANDIDATE_LIMIT) -> Candidates:
        """Return the nearest of the ``available`` pages by (n,) scores; excluded pages score ``ABSENT_SCORE``."""
        if available <= limit:
            return Candidates(np.flatnonzero(lexical > ABSENT_SCORE), lexical, meaning)
        half = limit // 2
        near = np.sort(top_k_places(lexical, half))
        if meaning is not None:
            near = np.union1d(near, top_k_places(meaning, half))
        return Candidates(near, lexical, meaning)

    def meaning(self, message: Message) -> Scores | None:
        """Return the (n,) similarity of each page's nearest field to a message, or None without vectors."""
        if message.vector is None or not len(self):
            return None
        parts = [segment.meaning(message.vector[0]) for segment in self.segments]
        return self._joined([part for part in parts if part is not None])

    def lexical(self, stems: Iterable[str]) -> Scores:
        """Return the (n,) TF-IDF cosine of each page to the stems of a message."""
        counts = Counter(stems)
        asked = [part.postings.ranges(counts) for part in self.segments]
        holders = np.sum([ranges.holders for ranges in asked], axis=0)
        each = self.weights.of(counts, holders)
        term_weights = (1 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))) * each
        # Unknown words count in the length, so a message with few known words scores low.
        length = max(float(np.linalg.norm(np.where(holders > 0, term_weights, each))), 1e-9)
        parts = zip(self.segments, asked, strict=True)
        return self._joined(
            [part.postings.scores(ranges, term_weights * each) / np.float32(length) for part, ranges in parts]
        )

    def _joined(self, parts: Sequence[Scores]) -> Scores:
        scores = parts[0] if len(parts) == 1 else np.concatenate(parts)
        scores[self._gone] = ABSENT_SCORE
        return scores


def _gather_pages(pages: Sequence[Page], earlier: DocumentIndex | None) -> Gathering:
    """Return the counted stems of the pages, continuing those of an index whose pages come first."""
    gathering = Gathering()
    if earlier is not None:
        first, counted = earlier.gathered
        if pages[: len(first)] == first:
            gathering = counted.copy()
    for position in range(len(gathering.parts), len(pages)):
        again = position > 0 and pages[position].id == pages[position - 1].id
        gathering.add(pages[position].stem_counts, again=again)
    return gathering


def _constant_vector(vector: Vectors) -> Vectors:
    return vector


_NO_PLACES: Places = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class _Reworded:
    """The pages of clarifications with several wordings: their ``places``, and where in them each begins."""

    places: Places
    starts: Places

    @classmethod
    def of(cls, opens: npt.NDArray[np.bool_]) -> _Reworded:
        """Return them for an index; ``opens``: (n,) which pages begin another clarification."""
        again = np.flatnonzero(~opens)
        places = np.union1d(again, again - 1)
        return cls(places, np.flatnonzero(opens[places]))

    def farther(self, scores: Scores) -> Places:
        """Return the places of all wordings except the highest-scoring one of each clarification."""
        if not len(self.places):
            return self.places
        near = scores[self.places]
        sizes = np.diff(self.starts, append=len(near))
        best = np.flatnonzero(near == np.repeat(np.maximum.reduceat(near, self.starts), sizes))
        _, first = np.unique(np.searchsorted(self.starts, best, side="right"), return_index=True)
        return np.delete(self.places, best[first])
