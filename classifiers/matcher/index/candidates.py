"""The index of clarifications, and the candidates for a message: the pages nearest in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import Document, Page
from classifiers.matcher.index.document_frequency import Background, Weights
from classifiers.matcher.index.index_segment import Segment
from classifiers.matcher.index.postings import Gathering, Scores, top_k_places
from classifiers.matcher.reading import Reader

Places = npt.NDArray[np.int64]

CANDIDATE_LIMIT = 20
"""Maximum candidates of a message."""
ABSENT_SCORE = -1.0
"""Score of a page that does not count; below every real score."""
_STEM_CACHE_SIZE = 50_000


@dataclass(frozen=True)
class Candidates:
    """Candidate pages as ordered ``places`` in the index, with the scores of *all* pages."""

    places: Places
    lexical: Scores

    def closest(self, count: int) -> Candidates:
        """Return the ``count`` nearest candidates, in the order of the index."""
        order = np.argsort(-self.lexical[self.places], kind="stable")
        return replace(self, places=np.sort(self.places[order[:count]]))


class DocumentIndex:
    """Pages in up to two segments: ``base``, stored on disk, and the documents read now."""

    def __init__(
        self,
        documents: Sequence[Document | Page],
        reader: Reader,
        background: Background,
        base: Segment | None = None,
        gone: Collection[str] = (),
        earlier: DocumentIndex | None = None,
    ) -> None:
        """Read the documents, each once per wording; pages are already read.

        ``gone``: ids of pages of ``base`` that are excluded; ``earlier``: an index that probably begins with the same
        documents, so that only the others are counted.
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
            self.segments = [*before, Segment.of(pages, postings)]
        self._starts = np.cumsum([0, *map(len, self.segments)])
        self._gone = np.flatnonzero(np.isin(base.ids, list(gone))) if base is not None and gone else _NO_PLACES
        self._opens = np.concatenate([segment.opens for segment in self.segments])
        self._reworded = _Reworded.of(self._opens)

    def __len__(self) -> int:
        """Return the number of pages, including excluded ones."""
        return int(self._starts[-1])

    @property
    def available(self) -> int:
        """Return the number of clarifications that are not excluded, each counted once."""
        return int(self._opens.sum() - self._opens[self._gone].sum())

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

    def candidates(
        self, stems: Iterable[str], limit: int = CANDIDATE_LIMIT, *, among: Collection[int] | None = None
    ) -> Candidates:
        """Return the at most ``limit`` pages nearest to a message, each clarification with its nearest wording.

        Its other wordings score ``ABSENT_SCORE``, so that a page is no rival of itself, and so do pages that are not at
        the places ``among``.
        """
        lexical = self.lexical(stems)
        lexical[self._reworded.farther(lexical)] = ABSENT_SCORE
        if among is not None:
            asked = np.fromiter(among, dtype=np.int64)
            scores, lexical = lexical[asked], np.full_like(lexical, ABSENT_SCORE)
            lexical[asked] = scores
        return self.nearest(lexical, self.available if among is None else len(among), limit)

    @staticmethod
    def nearest(lexical: Scores, available: int, limit: int = CANDIDATE_LIMIT) -> Candidates:
        """Return the nearest of the ``available`` pages by (n,) scores; excluded pages score ``ABSENT_SCORE``."""
        if available <= limit:
            return Candidates(np.flatnonzero(lexical > ABSENT_SCORE), lexical)
        return Candidates(np.sort(top_k_places(lexical, limit)), lexical)

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
