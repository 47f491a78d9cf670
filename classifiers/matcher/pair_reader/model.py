"""The pair reader at run time: three chances for a message and a claim, by onnxruntime on one thread.

The network is the first six layers of multilingual-e5-small in int8, trained further by ``training/train_reader.py``.
It is two files of figures in ``data/models``: ``pair_reader.npz``, its word pieces and how it was trained, and the
network, ``pair_reader.onnx``, which onnxruntime reads itself: it would keep what is handed over as bytes.
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
    """``network``: an ONNX file, or its bytes; ``about``: version, how it was trained, and its figures."""

    pieces: WordPieces
    network: Path | bytes
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

    def read_network(self) -> bytes:
        """Return the bytes of the ONNX file."""
        return self.network if isinstance(self.network, bytes) else self.network.read_bytes()

    def save(self, path: Path) -> None:
        """Write both files, ``path`` and the network beside it, without pickle: loading a foreign file runs no code."""
        about = np.array(json.dumps(dict(self.about), ensure_ascii=False))
        _network_beside(path).write_bytes(self.read_network())
        np.savez_compressed(path, allow_pickle=False, about=about, **self.pieces.arrays())

    @classmethod
    def load(cls, path: Path) -> PairReader:
        """Load a reader that ``save`` wrote to ``path``."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(WordPieces.from_arrays(stored), _network_beside(path), json.loads(str(stored["about"])))


def _network_beside(path: Path) -> Path:
    return path.with_suffix(".onnx")


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


def _open_network(network: Path | bytes) -> Any:
    """Return an onnxruntime session on one thread: several would wait for one another, and hang after a fork."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    options.enable_mem_pattern = False  # a plan of memory for each length of a pair: megabytes, and no faster
    # This joins each sum with its normalisation, which takes a fifth of a pair's time longer than both alone.
    slower = ["SkipLayerNormFusion"]
    source = network if isinstance(network, bytes) else str(network)
    return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"], disabled_optimizers=slower)


def is_pair_reader_installed() -> bool:
    """Tell whether onnxruntime is installed, without loading it."""
    return importlib.util.find_spec("onnxruntime") is not None


@cache
def load_pair_reader() -> PairReader:
    """Return the shipped reader. It is cached; its network is loaded by the first pair."""
    return PairReader.load(shipped_data_folder() / "models" / PAIR_READER_FILE)
