"""Turn a message and a claim into what the pair reader reads: word pieces, and for each its side and its echo.

The vocabulary is the part of multilingual-e5-small's that Indonesian news, posts and our own texts use. A word is cut
into the pieces of highest total score (Kudo 2018, unigram language model), as that model cuts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from classifiers.text.memo import memoise_per_word
from classifiers.text.normalise import stem_word
from classifiers.text.quantities import NUMBERING_WORDS, RANGE_WORDS, WEEKDAYS, Quantity

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
_ALIKE_LETTERS, _ALIKE_CONSONANTS, _LONGEST_WORD = 5, 3, 24
"""Letters that two words begin with in common where they are alike; or consonants: "wrga" is "warga"."""
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
    alike = frozenset().union(*(_forms_of(word).offered for word in others))
    return [
        _TOLD_THE_SAME if word in same else _TOLD_OTHERWISE if alike.isdisjoint(_forms_of(word).sought) else _TOLD_ALIKE
        for word in words
    ]


class _Forms(NamedTuple):
    """By what a word is alike to others: it is to those that offer what it seeks."""

    offered: frozenset[str]
    sought: frozenset[str]


@memoise_per_word
def _forms_of(word: str) -> _Forms:
    """Return stem and first letters of a word; and its consonants, if it or the other is written without vowels.

    Two words in full with the same consonants are others: "batal" and "betul".
    """
    if word[:1].isdigit() or len(word) > _LONGEST_WORD:
        return _Forms(frozenset(), frozenset())
    found = {f"stem {stem_word(word)}"}
    if len(word) >= _ALIKE_LETTERS:
        found.add(f"first {word[:_ALIKE_LETTERS]}")
    consonants = word.translate(_NO_VOWELS)
    if len(consonants) < _ALIKE_CONSONANTS:
        return _Forms(frozenset(found), frozenset(found))
    is_short = len(word) - len(consonants) < 2
    short, full = f"short {consonants}", f"full {consonants}"
    return _Forms(frozenset({*found, short if is_short else full}), frozenset({*found, full if is_short else short}))


_NO_VOWELS = str.maketrans("", "", "aeiou")


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


WORD_LIMIT = 1000
"""Words of a plain form: all that is read of a text. A message is cut to the window around its claim afterwards."""
_MONTH_NAMES = "januari februari maret april mei juni juli agustus september oktober november desember"
_MONTHS = _MONTH_NAMES.split()
_SCALES = ((1e12, "triliun"), (1e9, "miliar"), (1e6, "juta"), (1e3, "ribu"))
_YEARS = range(1900, 2101)
_ONE_FORM = {
    "sehari": "1 hari", "seharian": "1 hari", "seminggu": "7 hari", "sepekan": "7 hari", "sebulan": "1 bulan",
    "setahun": "1 tahun", "setaon": "1 tahun", "taon": "tahun", "lebaran": "idul fitri",
    "sdn": "sd", "smpn": "smp", "sman": "sma", "smkn": "smk",
}  # fmt: skip
_HALF_UNITS = {"tahun": "6 bulan", "jam": "30 menit"}
_WEEKS = frozenset(("minggu", "pekan"))
_MOST_WEEKS = 100
_MONTH_DAYS, _YEAR_MONTHS = 30, 12
_POINTING_WORDS = frozenset(("depan", "ini", "itu", "lalu", "kemarin", "besok", "pagi", "siang", "sore", "malam"))
"""Words behind "minggu" that make it a Sunday, or one week: "RT 5 minggu depan"."""
_UNITS_BEFORE = {"money": ("rp", "rupiah"), "time": ("jam", "pukul"), "date": ("tanggal",)}
_UNITS_BEHIND = {"money": ("rupiah",), "share": ("persen", "prosen")}
"""Words beside a quantity of a kind that its written form has already, or needs not."""
_AFTERNOONS = {"siang": (1, 5), "sore": (1, 8), "malam": (6, 12)}
"""Hours, up to the second, that each part of the day makes twelve later: "jam 9 malam" is 21."""
_MIDNIGHT = 24


def plain_form(words: Sequence[str], numbers: Sequence[Quantity]) -> str:
    """Return the plain form of the clean words of a text; ``numbers``: its quantities.

    What can be written in several ways has one: "pukul 21.00" and "jam 9 malam", "sepekan" and "7 hari".
    """
    quantities = {number.start: number for number in numbers if number.stop > number.start}
    parts: list[str] = []
    position = number_end = 0
    while position < len(words) and len(parts) < WORD_LIMIT:
        number = quantities.get(position)
        if number is None:
            written, position = _written_word(words, position, follows_number=0 < number_end == position)
        else:
            if parts and parts[-1] in _UNITS_BEFORE.get(number.kind, ()):
                parts.pop()
            ends_range = number_end > 0 and position - number_end < 2
            written, position = _written(number, words, quantities, ends_range=ends_range)
            number_end = number.stop
            position += position < len(words) and words[position] in _UNITS_BEHIND.get(number.kind, ())
        parts.append(written)
    return " ".join(parts)


def _written_word(words: Sequence[str], position: int, *, follows_number: bool) -> tuple[str, int]:
    """Return a word that is no number in its one form, and the position behind it."""
    word, behind = words[position], _word_at(words, position + 1)
    if word == "lebaran" and behind in ("haji", "kurban"):
        return word, position + 1
    if word == "setengah" and behind in _HALF_UNITS and not follows_number:
        return _HALF_UNITS[behind], position + 2
    return _ONE_FORM.get(word, word), position + 1


def _written(
    number: Quantity, words: Sequence[str], quantities: Mapping[int, Quantity], *, ends_range: bool
) -> tuple[str, int]:
    """Return a quantity in its one form, and the position behind what that form tells.

    The end of a range ("2-3 minggu") keeps its unit, which is also that of the number before.
    """
    value, stop = number.value, number.stop
    behind = _word_at(words, stop)
    if number.kind == "date":
        month, day = divmod(int(value), 100)
        named = [_MONTHS[month - 1]] if 1 <= month <= len(_MONTHS) else []
        return " ".join([*([str(day)] if day or not named else []), *named]), stop
    if number.kind == "time":
        part_of_day = _part_of_day_of_range(number, words, quantities) or behind
        return f"jam {_hour_of_day(value, part_of_day):.2f}".replace(".00", ""), stop
    if number.kind == "money":
        return f"rp {_scaled(value)}", stop
    if number.kind == "share":
        return f"{value:g} persen", stop
    if not ends_range and (length := _one_length(value, behind)) and _counts_time(number, words):
        return length, stop + 1
    return (_scaled(value) if _is_amount(value) else f"{value:.15g}"), stop


def _one_length(value: float, unit: str) -> str:
    """Return a length of time in its one form, "" where the unit has no other: weeks in days, thirty days a month."""
    if unit in _WEEKS and 0 < value < _MOST_WEEKS:
        return f"{value * 7:g} hari"
    if unit == "hari" and value in range(_MONTH_DAYS, _YEAR_MONTHS * _MONTH_DAYS, _MONTH_DAYS):
        return f"{value / _MONTH_DAYS:g} bulan"
    return "1 tahun" if unit == "bulan" and value == _YEAR_MONTHS else ""


def _counts_time(number: Quantity, words: Sequence[str]) -> bool:
    """Tell whether a number before a unit of time counts it, and neither numbers something nor stands before a day."""
    behind = _word_at(words, number.stop + 1)
    points = behind in _POINTING_WORDS or behind in WEEKDAYS or behind in _MONTHS or behind[:1].isdigit()
    return not points and not (number.start > 0 and words[number.start - 1] in NUMBERING_WORDS)


def _part_of_day_of_range(hour: Quantity, words: Sequence[str], quantities: Mapping[int, Quantity]) -> str:
    """Return what the later hour of a range says of the earlier one, too: "jam 6 sampai 9 malam" begins at 18."""
    start = hour.stop + (_word_at(words, hour.stop) in RANGE_WORDS)
    until = quantities.get(start + (_word_at(words, start) in ("jam", "pukul")))
    if until is None or until.kind != "time":
        return ""
    return _word_at(words, until.stop) if hour.value < until.value else ""


def _word_at(words: Sequence[str], position: int) -> str:
    return words[position] if position < len(words) else ""


def _is_amount(count: float) -> bool:
    """Tell whether a count is told in thousands or more: a round one that is no year and no telephone number."""
    return count >= 1000 and count == float(f"{count:.2g}") and count not in _YEARS


def _hour_of_day(hour: float, part_of_day: str) -> float:
    """Return an hour (and minutes / 100) of 24 for one of twelve with its part of the day; midnight is 24."""
    first, last = _AFTERNOONS.get(part_of_day, (0, 0))
    if first <= hour < last:
        return hour + _MIDNIGHT / 2
    at_midnight = hour < 1 or (part_of_day == "malam" and 12 <= hour < 13)
    return hour % (_MIDNIGHT / 2) + _MIDNIGHT if at_midnight else hour


def _scaled(value: float) -> str:
    return next((f"{value / scale:.12g} {name}" for scale, name in _SCALES if value >= scale), f"{value:.12g}")
