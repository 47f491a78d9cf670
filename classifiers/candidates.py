"""The clarifications to match against, and the few that could answer a message: near in words or near in meaning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix

from classifiers.background import Background, Weights
from classifiers.encode import FIELD_WORDS, PAGES, WIDTH, Vectors, Whitening, encode, head
from classifiers.reading import Reader, Reading

FIELDS = ("title", "claim", "summary")
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Document:
    """A clarification: ``claim`` as it circulated, ``summary`` the finding. Either may be empty."""

    id: str
    title: str
    claim: str
    summary: str

    @property
    def text(self) -> str:
        """Return all that the page says, in one piece."""
        return ". ".join(dict.fromkeys(part.strip() for part in (self.title, self.claim, self.summary) if part.strip()))


@dataclass(frozen=True)
class Page:
    """A clarification as read: the whole, and each of its fields (an empty one is None)."""

    document: Document
    whole: Reading
    fields: tuple[Reading | None, ...]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Return the stems of the whole page."""
        return frozenset(self.whole.stems)


@dataclass(frozen=True)
class Message:
    """A message as read; ``vector``: (1, width) of its head, None where vectors are not used."""

    reading: Reading
    vector: Vectors | None


@dataclass(frozen=True)
class Candidates:
    """The pages that could answer, as places in the index; ``lexical`` and ``meaning``: the scores of *all* pages."""

    places: npt.NDArray[np.int64]
    lexical: Scores
    meaning: Scores | None


class DocumentIndex:
    """All pages with their term matrix and vectors; vectors are made on first use, never before a fork."""

    def __init__(
        self,
        documents: Sequence[Document],
        reader: Reader,
        background: Background,
        whitening: Whitening | None = None,
        raw_vectors: Vectors | None = None,
    ) -> None:
        """Read the documents. ``whitening`` None: no vectors. ``raw_vectors``: (3 n, 384), from ``embed_pages``."""
        self.pages = [_page(document, reader) for document in documents]
        counts = Counter(stem for page in self.pages for stem in page.stems)
        self.weights = Weights(background, counts, len(self.pages))
        self._columns = {stem: column for column, stem in enumerate(counts)}
        self._matrix = self._term_matrix()
        self._reader = reader
        self._whitening = whitening
        self._embedding = Lock()
        self.embed = encode
        self._raw = raw_vectors

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self.pages)

    def read(self, text: str) -> Message:
        """Return a message as read, with its vector where vectors are used."""
        reading = self._reader.read(text)
        if self._whitening is None or not reading.words:
            return Message(reading, None)
        return Message(reading, self._whitening.messages(self.embed(reading.head)))

    @cached_property
    def vectors(self) -> Vectors | None:
        """Return (n, 3, width) unit vectors of title, claim and summary, zero where empty; None where not used."""
        if self._whitening is None:
            return None
        with self._embedding:
            raw = embed_pages(self.pages) if self._raw is None else self._raw
        turned = self._whitening.pages(raw)
        turned[~raw.any(axis=1)] = 0
        return turned.reshape(len(self.pages), len(FIELDS), -1)

    def candidates(self, message: Message, limit: int = 40) -> Candidates:
        """Return the pages that are nearest in words or in meaning, at most ``limit``."""
        lexical = self._lexical(message.reading.stems)
        meaning = self._meaning(message)
        return self.nearest(lexical, meaning, len(self), limit)

    @staticmethod
    def nearest(lexical: Scores, meaning: Scores | None, available: int, limit: int = 40) -> Candidates:
        """Return the nearest of the ``available`` pages by their scores; pages that are not available score -1."""
        if available <= limit:
            return Candidates(np.flatnonzero(lexical > -1), lexical, meaning)
        half = limit // 2
        near = _top(lexical, half) if meaning is None else np.union1d(_top(lexical, half), _top(meaning, half))
        return Candidates(near, lexical, meaning)

    def _meaning(self, message: Message) -> Scores | None:
        if message.vector is None or self.vectors is None or not len(self):
            return None
        return np.asarray((self.vectors @ message.vector[0]).max(axis=1), dtype=np.float32)

    def _lexical(self, stems: Iterable[str]) -> Scores:
        counts = Counter(stem for stem in stems if stem in self._columns)
        if not counts:
            return np.zeros(len(self), dtype=np.float32)
        weighted = {stem: (1 + np.log(count)) * self.weights[stem] for stem, count in counts.items()}
        # Words that no page holds count too: a message of which one word in ten is known is no match.
        length = np.sqrt(
            sum(w * w for w in weighted.values()) + sum(self.weights[s] ** 2 for s in set(stems) - set(counts))
        )
        found = self._matrix[:, [self._columns[stem] for stem in weighted]]
        return np.asarray(found @ np.array(list(weighted.values()), dtype=np.float32) / length, dtype=np.float32)

    def _term_matrix(self) -> csc_matrix:
        rows, columns, values = [], [], []
        for row, page in enumerate(self.pages):
            weighted = {s: (1 + np.log(count)) * self.weights[s] for s, count in Counter(page.whole.stems).items()}
            length = np.sqrt(sum(w * w for w in weighted.values()))
            for stem, weight in weighted.items():
                rows.append(row)
                columns.append(self._columns[stem])
                values.append(weight / length)
        shape = len(self.pages), max(len(self._columns), 1)
        return csc_matrix((np.array(values, dtype=np.float32), (rows, columns)), shape=shape)


def embed_pages(pages: Sequence[Page]) -> Vectors:
    """Return (3 n, 384) raw vectors: title, claim and summary of each page, zero where empty. Slow: 70 ms a page."""
    texts = [head(field.clean, FIELD_WORDS) if field is not None else "" for page in pages for field in page.fields]
    known = dict.fromkeys(text for text in texts if text)
    vectors = dict(zip(known, PAGES.vectors(list(known), is_query=False), strict=True))
    empty = np.zeros(WIDTH, dtype=np.float32)
    return np.array([vectors.get(text, empty) for text in texts], dtype=np.float32).reshape(len(texts), WIDTH)


def _page(document: Document, reader: Reader) -> Page:
    texts = (document.title, document.claim, document.summary)
    read = tuple(reader.read(text) if text.strip() else None for text in texts)
    return Page(document, reader.read(document.text), tuple(field if field and field.words else None for field in read))


def _top(scores: Scores, count: int) -> npt.NDArray[np.int64]:
    return np.argpartition(-scores, count - 1)[:count].astype(np.int64)
