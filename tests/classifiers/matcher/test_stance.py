"""The stance of a message: asserts, asks, denies, reports, or is a notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.stance import (
    CLAIMING_STANCES,
    STANCES,
    StanceModel,
    Told,
    is_plain_denial,
    likeliest_stance,
    load_stance_model,
)


def stance_of(text: str) -> str:
    reading = load_shipped_reader().read(text)
    return likeliest_stance(load_stance_model().probabilities(reading.words, reading.marks))


@pytest.mark.parametrize(
    ("text", "stance"),
    [
        ("Mulai besok semua pasar tutup satu minggu, sebarkan!", "asserts"),
        ("apakah benar semua pasar tutup satu minggu?", "asks"),
        ("pasar tutup satu minggu, batul ko?", "asks"),
        ("Tidak benar bahwa semua pasar tutup satu minggu. Jangan percaya.", "denies"),
        ("Diskominfo Kota Kupang membantah kabar bahwa semua pasar tutup satu minggu.", "reports"),
        ("Tidak benar SMPN 8 Kupang mewajibkan semua murid kelas 7 membeli tas biru Rp185.000.", "denies"),
        ("Dinas Kesehatan mengimbau warga datang ke puskesmas sesuai jadwal yang tetap berlaku.", "notice"),
    ],
)
def test_plain_examples(text: str, stance: str) -> None:
    assert stance_of(text) == stance


def test_a_message_is_taken_for_a_claim_unless_it_is_clearly_none() -> None:
    even = {"asserts": 0.3, "asks": 0.1, "denies": 0.3, "reports": 0.2, "notice": 0.1}
    assert likeliest_stance(even) == "asserts"  # type: ignore[arg-type]
    clear = {"asserts": 0.2, "asks": 0.0, "denies": 0.5, "reports": 0.2, "notice": 0.1}
    assert likeliest_stance(clear) == "denies"  # type: ignore[arg-type]


def test_chances_add_up_and_an_empty_text_has_some() -> None:
    for text in ("", "?", "air mati"):
        reading = load_shipped_reader().read(text)
        chances = load_stance_model().probabilities(reading.words, reading.marks)
        assert tuple(chances) == STANCES
        assert sum(chances.values()) == pytest.approx(1)
    assert set(STANCES) > CLAIMING_STANCES


def test_a_model_survives_its_file(tmp_path: Path) -> None:
    model = load_stance_model()
    model.save(tmp_path / "stance.npz")
    again = StanceModel.load(tmp_path / "stance.npz")
    words, marks = ["tidak", "benar", "air", "mati"], frozenset("!")
    assert again.probabilities(words, marks) == model.probabilities(words, marks)
    assert again.about == model.about


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Sonde betul itu, SMPN 8 wajibkan murid beli tas biru", True),
        ("Tidak benar kabar bahwa Perkim menyegel 24 rumah", True),
        ("tidak benar ko SMPN 8 wajibkan murid beli tas biru?", False),
        ("benar atau tidak SMPN 8 wajibkan murid beli tas biru", False),
        ("Kabar yang tidak benar orang sebarkan, tetapi ini sungguh", False),
    ],
)
def test_an_opening_that_calls_it_untrue_denies_whatever_the_model_says(text: str, denied: bool) -> None:
    reading = load_shipped_reader().read(text)
    assert is_plain_denial(reading.words, reading.marks) == denied
    assert not denied or Told.of(reading.words, reading.marks).stance == "denies"
