"""The pair reader at run time: three chances for a message and a claim, by onnxruntime on one thread.

The network is the first six layers of multilingual-e5-small in int8, trained further by ``training/train_reader.py``.
It is a file of figures, ``data/models/pair_reader.npz``: word pieces, network, and lines fitted on hands held out.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.pair_reader.encoding import EncodedPair, WordPieces, encode_pair
from classifiers.shipped import shipped_data_folder

PAIR_READER_FILE = "pair_reader.npz"
_LOADING = threading.Lock()

Floats32 = npt.NDArray[np.float32]


class PairChances(NamedTuple):
    """Chances that sum to 1: the message repeats the claim, is a near-miss of it, or is about something else."""

    repeat: float
    near_miss: float
    other: float


class PairBatch(NamedTuple):
    """Padded pairs: ``embedded`` (pairs, pieces, width); ``mask``, ``echoes`` and ``sides`` (pairs, pieces)."""

    embedded: Floats32
    mask: Floats32
    echoes: npt.NDArray[np.int64]
    sides: npt.NDArray[np.int64]


@dataclass(frozen=True)
class PairReader:
    """``network``: an ONNX file; ``about``: version, how it was trained, and its figures."""

    pieces: WordPieces
    network: bytes
    about: Mapping[str, Any] = field(default_factory=dict)

    def chances(self, message: str, claim: str) -> PairChances:
        """Return the chances of a message and a claim in their plain forms. The first call loads the network."""
        batch = pad_pairs([encode_pair(message, claim, self.pieces)], self.pieces)
        (logits,) = self._session.run(None, batch._asdict())
        odds = np.exp(logits[0] - logits[0].max())
        return PairChances(*map(float, odds / odds.sum()))

    def preload(self) -> None:
        """Load the network before the first pair."""
        _ = self._session

    @cached_property
    def _session(self) -> Any:
        # Loaded by the process that answers, never before a fork: its threads would be lost there.
        with _LOADING:
            return _open_network(self.network)

    def save(self, path: Path) -> None:
        """Write the reader without pickle, so that loading a foreign file runs no code."""
        about = np.array(json.dumps(dict(self.about), ensure_ascii=False))
        network = np.frombuffer(self.network, dtype=np.uint8)
        np.savez_compressed(path, allow_pickle=False, about=about, network=network, **self.pieces.arrays())

    @classmethod
    def load(cls, path: Path) -> PairReader:
        """Load a reader."""
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            return cls(WordPieces.from_arrays(stored), stored["network"].tobytes(), about)


def pad_pairs(pairs: Sequence[EncodedPair], pieces: WordPieces) -> PairBatch:
    """Return pairs as one batch."""
    longest = max(len(pair.pieces) for pair in pairs)
    numbers, echoes, sides = (np.zeros((len(pairs), longest), dtype=np.int64) for _ in range(3))
    mask = np.zeros((len(pairs), longest), dtype=np.float32)
    for row, pair in enumerate(pairs):
        count = len(pair.pieces)
        numbers[row, :count], echoes[row, :count], sides[row, :count] = pair
        mask[row, :count] = 1
    embedded = pieces.embeddings(numbers.ravel()).reshape(len(pairs), longest, -1)
    return PairBatch(embedded, mask, echoes, sides)


def _open_network(network: bytes) -> Any:
    """Return an onnxruntime session on one thread: several would wait for one another, and hang after a fork."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    # This joins each sum with its normalisation, which takes a fifth of a pair's time longer than both alone.
    slower = ["SkipLayerNormFusion"]
    return onnxruntime.InferenceSession(
        network, options, providers=["CPUExecutionProvider"], disabled_optimizers=slower
    )


def is_pair_reader_installed() -> bool:
    """Tell whether onnxruntime is installed, without loading it."""
    return importlib.util.find_spec("onnxruntime") is not None


@cache
def load_pair_reader() -> PairReader:
    """Return the shipped reader. It is cached; its network is loaded by the first pair."""
    return PairReader.load(shipped_data_folder() / "models" / PAIR_READER_FILE)
