"""Vectors of pages. A coarse pass ranks all pages in few dimensions; the nearest are compared in all dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from classifiers.matcher.document import DOCUMENT_FIELDS, Page
from classifiers.matcher.embeddings import EMBEDDED_PAGES, VECTOR_WIDTH, Vectors, Whitening
from classifiers.matcher.index.byte_file import ByteFile
from classifiers.matcher.index.postings import Scores, top_k_places

COARSE_DIMENSIONS = 192
"""Dimensions of the coarse pass; whitening puts the most informative first."""
NEAR_PAGES = 200
"""Pages that the coarse pass selects."""
FEW_PAGES = 2_000
"""Up to this many pages all dimensions stay in memory and no coarse pass is needed."""

Halves = npt.NDArray[np.float16]


class RawFile:
    """Raw vectors in a file."""

    def __init__(self, path: Path, count: int) -> None:
        """Open a file of ``count`` rows of (3, 384) half-precision floats."""
        self._file = ByteFile(path)
        self._count = count

    def __len__(self) -> int:
        """Return the number of rows."""
        return self._count

    def __getitem__(self, places: npt.NDArray[np.int64]) -> Halves:
        """Return the (k, 3, 384) rows at k places."""
        size = len(DOCUMENT_FIELDS) * VECTOR_WIDTH * 2
        rows = b"".join(self._file.read(int(place) * size, size) for place in places)
        return np.frombuffer(rows, dtype=np.float16).reshape(len(places), len(DOCUMENT_FIELDS), VECTOR_WIDTH)


@dataclass(frozen=True)
class PageVectors:
    """Vectors of title, claim and summary of n pages; zero where a field is empty.

    ``raw``: (n, 3, 384) as encoded. ``seen``: for few pages (n, 3, width) whitened unit vectors; for many pages (n,
    ``COARSE_DIMENSIONS``) the mean of a page's fields for the coarse pass. ``lengths``: (n, 3) lengths of the whitened
    vectors. Of 5,621 pages the coarse pass selects .96 of the sixteen nearest and .999 of the nearest. Three fields in
    128 dimensions are half as large again and reach .94 and .99.
    """

    raw: Halves | RawFile
    seen: Vectors
    lengths: Vectors

    @classmethod
    def of(cls, raw: Halves, turn: Whitening) -> PageVectors:
        """Return the vectors of pages from (n, 3, 384) raw ones, computed in batches of a thousand."""
        few = len(raw) <= FEW_PAGES
        seen = np.zeros(
            (len(raw), *((len(DOCUMENT_FIELDS), turn.turn.shape[1]) if few else (COARSE_DIMENSIONS,))), dtype=np.float32
        )
        lengths = np.zeros((len(raw), len(DOCUMENT_FIELDS)), dtype=np.float32)
        for start in range(0, len(raw), 1000):
            part = slice(start, start + 1000)
            vectors, lengths[part] = whiten_vectors(raw[part], turn)
            seen[part] = vectors if few else _coarse_page_vectors(vectors)
        return cls(raw, seen, lengths)

    def meaning(self, message: Vectors, turn: Whitening) -> Scores:
        """Return the (n,) similarity of each page's nearest field to a message; exact for the nearest pages."""
        if self.seen.ndim == 3:
            flat = self.seen.reshape(-1, self.seen.shape[2])
            return np.asarray((flat @ message).reshape(-1, len(DOCUMENT_FIELDS)).max(axis=1), dtype=np.float32)
        likeness = np.asarray(self.seen @ message[:COARSE_DIMENSIONS], dtype=np.float32)
        near = top_k_places(likeness, NEAR_PAGES)
        exact = self.fields(near, message, turn).max(axis=1)
        # Pages outside the selection rank below it.
        np.minimum(likeness, exact.min(), out=likeness)
        likeness[near] = exact
        return likeness

    def fields(self, places: npt.NDArray[np.int64], message: Vectors, turn: Whitening) -> Scores:
        """Return (k, 3) cosines of the fields of k pages with a message; 0 where a field is empty.

        The message is projected back onto raw vectors, which saves whitening the pages.
        """
        back = turn.turn @ message
        inner = self.raw[places].astype(np.float32) @ back - np.float32(turn.page_mean @ back)
        lengths = self.lengths[places]
        return np.asarray(np.where(lengths > 0, inner / np.maximum(lengths, 1e-9), 0), dtype=np.float32)

    def filled(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Return (k, 3) booleans: which fields of k pages are not empty."""
        return np.asarray(self.lengths[places] > 0)


def _coarse_page_vectors(vectors: Vectors) -> Vectors:
    """Return (k, ``COARSE_DIMENSIONS``): the first dimensions of the normalised mean of each page's fields."""
    summed = vectors.sum(axis=1)
    return np.asarray(summed[:, :COARSE_DIMENSIONS] / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-9))


def whiten_vectors(raw: Halves, turn: Whitening) -> tuple[Vectors, Vectors]:
    """Return (k, 3, width) whitened unit vectors, zero where a field is empty, and their (k, 3) former lengths."""
    flat = raw.astype(np.float32)
    vectors = (flat - turn.page_mean) @ turn.turn
    lengths = np.linalg.norm(vectors, axis=2)
    lengths[~flat.any(axis=2)] = 0
    return np.where(lengths[:, :, None] > 0, vectors / np.maximum(lengths, 1e-9)[:, :, None], 0), lengths


def embed_pages(pages: Sequence[Page]) -> Halves:
    """Return (n, 3, 384) raw vectors of the pages' fields; takes 25 to 70 ms per field that is not cached."""
    texts = dict.fromkeys(text for page in pages for text in page.heads if text)
    vectors = dict(zip(texts, EMBEDDED_PAGES.vectors(list(texts), is_query=False), strict=True))
    empty = np.zeros(VECTOR_WIDTH, dtype=np.float32)
    rows = [vectors.get(text, empty) for page in pages for text in page.heads]
    return np.array(rows, dtype=np.float16).reshape(len(pages), len(DOCUMENT_FIELDS), VECTOR_WIDTH)
