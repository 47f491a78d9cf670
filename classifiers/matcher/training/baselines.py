"""Baselines for the gate: BM25, TF-IDF, sentence vectors, and their sums."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from classifiers.matcher.embeddings import EMBEDDED_PAGES
from classifiers.matcher.index.candidates import DocumentIndex
from classifiers.matcher.index.document_vectors import embed_pages
from classifiers.matcher.reading import Reader
from classifiers.matcher.training.data import MatchSet
from classifiers.matcher.training.metrics import Scores


class Baselines:
    """All baselines over the pages of one set."""

    def __init__(self, part: MatchSet, reader: Reader, index: DocumentIndex) -> None:
        """Prepare the matrices; ``index``: of the same pages, with vectors where these are measured."""
        self._reader, self._index = reader, index
        texts = [document.text for document in part.documents]
        self._words = TfidfVectorizer(analyzer=self._stems, sublinear_tf=True)
        self._pages = self._words.fit_transform(texts)
        self._counter = CountVectorizer(analyzer=self._stems)
        counts = self._counter.fit_transform(texts).toarray().astype(np.float32)
        length = counts.sum(axis=1, keepdims=True)
        texts_with = (counts > 0).sum(axis=0)
        rarity = np.log(1 + (len(texts) - texts_with + 0.5) / (texts_with + 0.5))
        self._saturated = rarity * counts * 2.2 / (counts + 1.2 * (0.25 + 0.75 * length / length.mean()))
        pages = [index.page(place) for place in range(len(index))]
        self._raw: npt.NDArray[np.float32] | None = None
        if index.uses_vectors:
            self._raw = embed_pages(pages).astype(np.float32)

    def _stems(self, text: str) -> Sequence[str]:
        return self._reader.read(text).stems

    def scores(self, text: str) -> dict[str, Scores]:
        """Return the (pages,) scores of each method."""
        message = self._index.read(text)
        words = np.asarray((self._pages @ self._words.transform([text]).T).todense()).ravel()
        asked = (self._counter.transform([text]).toarray().ravel() > 0).astype(np.float32)
        weighed = self._index.lexical(message.reading.stems)
        scores = {"BM25": self._saturated @ asked, "TF-IDF": words, "TF-IDF, background frequencies": weighed}
        if self._raw is not None:
            meaning = (self._raw @ EMBEDDED_PAGES.vectors([message.reading.head or "-"], is_query=True)[0]).max(axis=1)
            turned = self._index.meaning(message)
            turned = np.zeros(len(words), dtype=np.float32) if turned is None else turned
            scores |= {
                "e5": meaning,
                "e5, whitened": turned,
                "TF-IDF + 2 x e5": words + 2 * meaning,
                "background TF-IDF + whitened e5": weighed + turned,
            }
        return {name: np.asarray(scores, dtype=np.float64) for name, scores in scores.items()}
