"""The stance of a message towards a claim: asserts, asks, denies, reports a clarification, or is a notice.

A logistic regression on words, adjacent words, and cues by position. ``train_stance`` fits it. It is stored as plain
arrays and needs neither pickle nor scikit-learn at run time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args
from zlib import crc32

import numpy as np
import numpy.typing as npt

from classifiers.shipped import shipped_data_folder

Stance = Literal["asserts", "asks", "denies", "reports", "notice"]
STANCES: tuple[Stance, ...] = get_args(Stance)
CLAIMING_STANCES: frozenset[Stance] = frozenset(("asserts", "asks"))
"""Stances that tell the claim. The others comment on it."""
NO_CLAIM_THRESHOLD = 0.75
"""Probability from which a message counts as denial, report or notice."""
STANCE_MODEL_FILE = "stance.npz"
COLUMN_COUNT = 2**13
STANCE_WORD_LIMIT = 60
"""Words that are read from the head of a message."""

_NEGATION_WORDS = ("tidak", "bukan", "belum", "tak", "sonde", "jangan", "tanpa")
_STANCE_CUES: Mapping[str, frozenset[str]] = {
    "negation": frozenset(_NEGATION_WORDS),
    "hoax": frozenset(("hoaks", "hoax", "palsu", "bohong", "keliru", "menyesatkan", "salah")),
    "denial": frozenset(
        ("bantah", "membantah", "dibantah", "tepis", "menepis", "klarifikasi", "luruskan", "meluruskan")
    ),
    "still": frozenset(("tetap", "masih", "seperti", "biasa", "normal", "aman")),
    "advice": frozenset(
        ("imbau", "mengimbau", "diimbau", "imbauan", "pengumuman", "pemberitahuan", "kepada", "silakan")
    ),
    "question": frozenset(("apakah", "benarkah", "apa", "kah", "ko", "kapan", "tanya", "konfirmasi", "mohon")),
    "truth": frozenset(("benar", "betul", "batul", "serius")),
    "hearsay": frozenset(("katanya", "kabarnya", "konon", "dengar", "kabar", "beredar", "isu", "bilang")),
    "spread": frozenset(("sebarkan", "teruskan", "viralkan", "awas", "waspada", "hati", "info", "siap")),
    "check": frozenset(("fakta", "cek", "penelusuran", "hasil", "menyatakan", "menegaskan", "memastikan", "jelaskan")),
    "witness": frozenset(("saya", "lihat", "tadi", "baru", "sendiri", "kami")),
}
_OPENING_WORDS = 4
_DENIED_WITHIN = 3
_DENYING_WORDS = frozenset(("tidak", "tak", "bukan", "sonde"))
_TRUE_WORDS = frozenset(("benar", "betul", "batul"))
_ASKING_WORDS = frozenset(("apakah", "benarkah", "betulkah", "kah", "ko"))
_PLACE_COUNT = 3
"""Cues are counted by position: first words, first half, second half."""


def stance_columns(words: Sequence[str], marks: frozenset[str]) -> npt.NDArray[np.int64]:
    """Return the sorted (k,) distinct columns of a message: words, pairs, cues by position, and marks."""
    head = list(words[:STANCE_WORD_LIMIT])
    return np.array(
        sorted({crc32(gram.encode()) % COLUMN_COUNT for gram in _stance_grams(head, marks)}), dtype=np.int64
    )


def _stance_grams(head: list[str], marks: frozenset[str]) -> Iterator[str]:
    yield from head
    yield from (f"{first} {other}" for first, other in pairwise(["<", *head, ">"]))
    for position, word in enumerate(head):
        part = 0 if position < _OPENING_WORDS else 1 if position < len(head) / 2 else _PLACE_COUNT - 1
        for cue, cue_words in _STANCE_CUES.items():
            if word in cue_words:
                yield from (f"#{cue}", f"#{cue}@{part}")
    for position, (first, other) in enumerate(pairwise(head)):
        if first in _STANCE_CUES["negation"] and (other in _STANCE_CUES["truth"] or other in _STANCE_CUES["hoax"]):
            yield from ("#untrue", f"#untrue@{0 if position < _OPENING_WORDS else 1}")
    yield from (f"#{mark}" for mark in marks)
    yield f"#length{min(len(head) // 8, 6)}"


@dataclass(frozen=True)
class StanceModel:
    """``weights``: (columns, stances) and ``intercept``: (stances,) in log-odds; ``about``: version and figures."""

    weights: npt.NDArray[np.float32]
    intercept: npt.NDArray[np.float32]
    about: Mapping[str, Any] = field(default_factory=dict)

    def probabilities(self, words: Sequence[str], marks: frozenset[str]) -> dict[Stance, float]:
        """Return the probability of each stance; ``words``: clean words; ``marks``: as in ``Reading``."""
        columns = stance_columns(words, marks)
        odds = self.weights[columns].sum(axis=0) / np.sqrt(max(len(columns), 1)) + self.intercept
        odds = np.exp(odds - odds.max())
        return dict(zip(STANCES, map(float, odds / odds.sum()), strict=True))

    def save(self, path: Path) -> None:
        """Write the model without pickle, so that loading a foreign file runs no code."""
        about = np.array(json.dumps(dict(self.about), ensure_ascii=False))
        np.savez_compressed(
            path, allow_pickle=False, about=about, weights=self.weights.astype(np.float16), intercept=self.intercept
        )

    @classmethod
    def load(cls, path: Path) -> StanceModel:
        """Load a model."""
        with np.load(path, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            return cls(stored["weights"].astype(np.float32), stored["intercept"].astype(np.float32), about)


def is_plain_denial(words: Sequence[str], marks: frozenset[str]) -> bool:
    """Tell whether a message begins with "tidak benar" or a variant, and asks nothing."""
    opening = list(words[:_DENIED_WITHIN])
    denies = any(word in _DENYING_WORDS and other in _TRUE_WORDS for word, other in pairwise(opening))
    return denies and "?" not in marks and _ASKING_WORDS.isdisjoint(words)


@dataclass(frozen=True)
class Told:
    """The stance of a message, and the probability of each stance."""

    stance: Stance
    chances: Mapping[Stance, float]

    @classmethod
    def of(cls, words: Sequence[str], marks: frozenset[str]) -> Told:
        """Return the stance of a message by the shipped model; ``words`` and ``marks``: as in ``Reading``."""
        chances = load_stance_model().probabilities(words, marks)
        return cls("denies" if is_plain_denial(words, marks) else likeliest_stance(chances), chances)

    @property
    def is_claiming(self) -> bool:
        """Tell whether the message asserts the claim or asks about it."""
        return self.stance in CLAIMING_STANCES


def likeliest_stance(chances: Mapping[Stance, float]) -> Stance:
    """Return the most probable stance. Asserting and asking win unless ``NO_CLAIM_THRESHOLD`` is reached."""
    aside = _chance_of_no_claim(chances)
    among = [stance for stance in STANCES if (stance in CLAIMING_STANCES) == (aside < NO_CLAIM_THRESHOLD)]
    return max(among, key=chances.__getitem__)


def _chance_of_no_claim(chances: Mapping[Stance, float]) -> float:
    """Return the probability that a message denies, reports or announces."""
    return sum(chance for stance, chance in chances.items() if stance not in CLAIMING_STANCES)


@cache
def load_stance_model() -> StanceModel:
    """Return the shipped model. It is cached."""
    return StanceModel.load(shipped_data_folder() / "models" / STANCE_MODEL_FILE)
