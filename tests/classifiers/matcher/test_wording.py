"""A stamp stands on the very words that were judged, and on nothing that is only like them."""

from __future__ import annotations

import pytest

from classifiers.matcher.match import shipped_reader
from classifiers.matcher.wording import is_wording

CLAIM = "Wali kota menutup Pasar Oeba sebelum Lebaran, 3 orang pedagang dapat ganti rugi Rp500.000"


@pytest.mark.parametrize(
    "text",
    [
        CLAIM,
        CLAIM.upper(),
        f"*Diteruskan* Selamat pagi bapak ibu 🙏 {CLAIM}!!! Mohon info, batul ko?",
        f"Apakah benar {CLAIM}?",
        CLAIM.replace("Wali kota", "*Wali kota*").replace(",", " —"),
    ],
)
def test_small_talk_changes_nothing(text: str) -> None:
    assert is_wording(text, CLAIM, shipped_reader())


@pytest.mark.parametrize(
    "text",
    [
        CLAIM.replace("sebelum", "setelah"),
        CLAIM.replace("dapat", "kembalikan"),
        CLAIM.replace("menutup", "dilarang menutup"),
        CLAIM.replace("menutup", "batalkan rencana menutup"),
        CLAIM.replace("menutup", "gak mungkin menutup"),
        CLAIM.replace("3 orang", "30 orang"),
        CLAIM.replace("Rp500.000", "Rp50.000"),
        CLAIM.replace("Lebaran", "Natal"),
        f"{CLAIM} kecuali hari Minggu",
        f"tidak {CLAIM}",
        f"{CLAIM}. Kabar di atas tidak benar, itu hoaks.",
        f"{CLAIM} {'dan vaksin berisi cip ' * 400}",
        "3 orang pedagang menutup wali kota sebelum Pasar Oeba dapat ganti rugi Rp500.000 Lebaran",
        "",
        "selamat pagi bapak ibu",
    ],
)
def test_anything_else_is_another_wording(text: str) -> None:
    assert not is_wording(text, CLAIM, shipped_reader())


def test_who_changes_places_is_another_claim() -> None:
    reader = shipped_reader()
    assert not is_wording("Polisi menangkap Satpol PP", "Satpol PP menangkap polisi", reader)
    assert not is_wording("naik dari Rp2.000 menjadi Rp5.000", "naik dari Rp5.000 menjadi Rp2.000", reader)


def test_an_empty_wording_is_nobodys() -> None:
    assert not is_wording("", "", shipped_reader())
    assert not is_wording("pagi", "", shipped_reader())
