"""Turn a message and a claim into what the pair reader reads: word pieces, and for each its side and its echo.

The vocabulary is the part of multilingual-e5-small's that Indonesian news, posts and our own texts use. A word is cut
into the pieces of highest total score (Kudo 2018, unigram language model), as that model cuts it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.text.memo import memoise_per_word
from classifiers.text.quantities import Quantity

Integers = npt.NDArray[np.int64]

MESSAGE_WORDS, CLAIM_WORDS = 44, 48
MESSAGE_PIECES, CLAIM_PIECES = 64, 60
OPENING_WORDS = 6
"""Words of a long message that are read besides the passage about the claim: they often say who speaks."""
WORD_BEGINS = "▁"
_LONGEST_PIECE = 16
_UNKNOWN_PENALTY = 10.0
_BLOCK, _BLOCK_BYTES = 32, 18
"""Values of a quantisation block, and its bytes: a scale of half precision, then 32 values of four bits."""
_ALIKE_LETTERS = 5
"""Letters that two words begin with in common where they are alike: "ditutup" and "ditutupnya"."""
_LONG_WORD = 5
_TOLD_OTHERWISE, _TOLD_ALIKE, _TOLD_THE_SAME, _NO_WORD = range(4)


class EncodedPair(NamedTuple):
    """The (n,) pieces of message and claim; ``echoes``: is the word on the other side, too; ``sides``: 0 or 1."""

    pieces: tuple[int, ...]
    echoes: tuple[int, ...]
    sides: tuple[int, ...]


@dataclass(frozen=True)
class WordPieces:
    """``pieces``: the vocabulary, first the marks of beginning, end and unknown; ``scores``: (n,) log-probabilities.

    ``blocks``: (n, width / 32, 18) embeddings of four bits.
    """

    pieces: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    blocks: npt.NDArray[np.uint8]

    BEGIN, END, UNKNOWN = 0, 1, 2

    @classmethod
    def from_arrays(cls, stored: Mapping[str, npt.NDArray[Any]]) -> WordPieces:
        """Return the vocabulary whose arrays ``arrays`` returned."""
        return cls(tuple(bytes(stored["pieces"]).decode().split("\n")), stored["piece_scores"], stored["piece_blocks"])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to store."""
        names = np.frombuffer("\n".join(self.pieces).encode(), dtype=np.uint8)
        return {"pieces": names, "piece_scores": self.scores, "piece_blocks": self.blocks}

    def embeddings(self, pieces: Sequence[int] | Integers) -> npt.NDArray[np.float32]:
        """Return (n, width) embeddings of n pieces."""
        blocks = self.blocks[np.asarray(pieces, dtype=np.int64)]
        scales = blocks[..., :2].copy().view(np.float16).astype(np.float32)
        halves = blocks[..., 2:]
        values = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
        return np.asarray((values * scales).reshape(len(blocks), -1), dtype=np.float32)

    def cut(self, words: Sequence[str]) -> list[tuple[int, ...]]:
        """Return the pieces of each word."""
        return [self._cut(word) for word in words]

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {piece: number for number, piece in enumerate(self.pieces) if number > self.UNKNOWN}

    @cached_property
    def _cut(self) -> Any:
        return memoise_per_word(self._cut_word)

    def _cut_word(self, word: str) -> tuple[int, ...]:
        """Return the pieces of highest total score (Viterbi); a letter without a piece is unknown."""
        text, numbers, scores = f"{WORD_BEGINS}{word}", self._numbers, self.scores
        unknown = float(scores.min()) - _UNKNOWN_PENALTY
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        for stop in range(1, len(text) + 1):
            ways = [(best[stop - 1][0] + unknown, stop - 1, self.UNKNOWN)]
            for start in range(max(stop - _LONGEST_PIECE, 0), stop):
                number = numbers.get(text[start:stop])
                if number is not None:
                    ways.append((best[start][0] + float(scores[number]), start, number))
            best.append(max(ways))
        found: list[int] = []
        stop = len(text)
        while stop:
            _, stop, number = best[stop]
            found.append(number)
        return tuple(reversed(found))


def encode_pair(message: str, claim: str, pieces: WordPieces) -> EncodedPair:
    """Return the pieces of a message and a claim in their plain forms."""
    theirs = claim.split()[:CLAIM_WORDS]
    ours = passage_about(message.split(), theirs)
    ours_cut = _cut_side(ours, _echoes(ours, theirs), MESSAGE_PIECES, pieces)
    theirs_cut = _cut_side(theirs, _echoes(theirs, ours), CLAIM_PIECES, pieces)
    begin, end = WordPieces.BEGIN, WordPieces.END
    return EncodedPair(
        (begin, *ours_cut[0], end, end, *theirs_cut[0], end),
        (_NO_WORD, *ours_cut[1], _NO_WORD, _NO_WORD, *theirs_cut[1], _NO_WORD),
        (*[0] * (len(ours_cut[0]) + 2), *[1] * (len(theirs_cut[0]) + 2)),
    )


def passage_about(message: Sequence[str], claim: Sequence[str]) -> Sequence[str]:
    """Return the opening of a long message and the passage that has most words of a claim."""
    if len(message) <= MESSAGE_WORDS:
        return message
    claim_words = set(claim)
    weights = [1.0 + 0.5 * (len(word) > _LONG_WORD) if word in claim_words else 0.0 for word in message]
    sums, size = [0.0, *accumulate(weights)], MESSAGE_WORDS - OPENING_WORDS
    start = max(range(len(message) - size + 1), key=lambda first: (sums[first + size] - sums[first], -first))
    if start < OPENING_WORDS:
        return message[:MESSAGE_WORDS]
    return [*message[:OPENING_WORDS], *message[start : start + size]]


def _echoes(words: Sequence[str], others: Sequence[str]) -> list[int]:
    same = set(others)
    alike = {word[:_ALIKE_LETTERS] for word in others if len(word) >= _ALIKE_LETTERS}
    return [
        _TOLD_THE_SAME
        if word in same
        else _TOLD_ALIKE
        if len(word) >= _ALIKE_LETTERS and word[:_ALIKE_LETTERS] in alike
        else _TOLD_OTHERWISE
        for word in words
    ]


def _cut_side(
    words: Sequence[str], echoes: Sequence[int], limit: int, pieces: WordPieces
) -> tuple[list[int], list[int]]:
    """Return the pieces of whole words, at most ``limit``, and the echo of each."""
    numbers: list[int] = []
    marks: list[int] = []
    for cut, echo in zip(pieces.cut(words), echoes, strict=True):
        if len(numbers) + len(cut) > limit:
            break
        numbers += cut
        marks += [echo] * len(cut)
    return numbers, marks


WORD_LIMIT = 160
"""Words of a plain form. A message is cut to the window around its claim afterwards (``encoding``)."""
_MONTH_NAMES = "januari februari maret april mei juni juli agustus september oktober november desember"
_MONTHS = _MONTH_NAMES.split()
_SCALES = ((1e12, "triliun"), (1e9, "miliar"), (1e6, "juta"), (1e3, "ribu"))
_LARGEST_IN_DIGITS = 1e5
"""Counts from which a scale word is written: telephone numbers aside, such counts are amounts."""
_DOUBLED_UNIT = re.compile(r"\b(rp|persen|jam)( \1)+\b")


def plain_form(words: Sequence[str], numbers: Sequence[Quantity]) -> str:
    """Return the plain form of the clean words of a text; ``numbers``: its quantities."""
    quantities = {number.start: number for number in numbers if number.stop > number.start}
    parts: list[str] = []
    position = 0
    while position < len(words) and len(parts) < WORD_LIMIT:
        number = quantities.get(position)
        parts.append(_written(number) if number else words[position])
        position = number.stop if number else position + 1
    return _DOUBLED_UNIT.sub(r"\1", " ".join(parts))


def _written(number: Quantity) -> str:
    value = number.value
    if number.kind == "date":
        month, day = divmod(int(value), 100)
        named = [_MONTHS[month - 1]] if 1 <= month <= len(_MONTHS) else []
        return " ".join([*([str(day)] if day or not named else []), *named])
    if number.kind == "time":
        return f"jam {value:.2f}".replace(".00", "")
    if number.kind == "money":
        return f"rp {_scaled(value)}"
    if number.kind == "share":
        return f"{value:g} persen"
    return f"{value:g}" if value < _LARGEST_IN_DIGITS else _scaled(value)


def _scaled(value: float) -> str:
    return next((f"{value / scale:g} {name}" for scale, name in _SCALES if value >= scale), f"{value:g}")
