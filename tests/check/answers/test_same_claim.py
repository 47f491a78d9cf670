"""What may be called the same: a message that names what the claim turns on, and a screenshot of its very words."""

from __future__ import annotations

from datetime import datetime

import pytest

from hoax_tracker.check.answers.highlights import is_near_copy
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.models import CheckDecision, Clarification, db
from tests.check.conftest import Publish

TARIFF = "tarif pdam naik 300 persen bulan depan untuk SEMUA pelanggan, su diteken walikota"
FACT = "Tarif air untuk rumah tangga kecil tidak berubah; yang diusulkan naik adalah golongan niaga dan industri"


@pytest.fixture
def tariff(publish: Publish) -> Clarification:
    """A page about the price of water."""
    return db.session.get_one(Clarification, publish(title=FACT, summary="", claim_quote=TARIFF))


@pytest.mark.parametrize("text", ["Apakah tarif air pdam naik?", "tarif pdam naik ko?", "Benarkah tarif air PDAM naik"])
def test_a_question_that_names_no_detail_is_not_the_same(tariff: Clarification, now: datetime, text: str) -> None:
    assert answer_message(text, now).decision is not CheckDecision.MATCH


@pytest.mark.parametrize(
    "text",
    [
        f"Info Warga Oebobo\n10.32\nDiteruskan berkali-kali\n{TARIFF}\nKetik pesan",
        TARIFF.replace("pelanggan", "pelanqgan").replace("walikota", "waIikota"),
        f"Mama Ina\n{TARIFF.replace('diteken', 'diteksn')}",
    ],
)
def test_a_screenshot_of_the_claim_is_the_same(tariff: Clarification, now: datetime, text: str) -> None:
    assert is_near_copy(text, tariff)
    assert answer_message(text, now).decision is CheckDecision.MATCH


@pytest.mark.parametrize(
    "text",
    [
        TARIFF.replace("300", "30"),
        TARIFF.replace("300 persen", "persen"),
        TARIFF.replace("naik", "tidak naik"),
        TARIFF.replace("pelanggan", "pelanggan hotel"),
        TARIFF.replace("bulan depan", "minggu depan"),
        f"Tidak benar {TARIFF}",
        f"{TARIFF} itu hoaks",
        f"{TARIFF} dan kabarnya kantor lurah Oebobo juga mau tutup dua hari karena pegawai mogok",
        f"{TARIFF} " + "🙏" * 5000 + " itu semua bohong kata PDAM",
        "tarif pdam naik",
        "",
    ],
)
def test_a_changed_word_makes_no_copy(tariff: Clarification, text: str) -> None:
    assert not is_near_copy(text, tariff)
