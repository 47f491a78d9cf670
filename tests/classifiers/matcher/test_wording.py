"""A stamp requires the judged words, not similar ones."""

from __future__ import annotations

import pytest

from classifiers.matcher.match import load_shipped_reader
from classifiers.matcher.wording import is_same_wording, other_claim

CLAIM = "Wali kota menutup Pasar Oeba sebelum Lebaran, 3 orang pedagang dapat ganti rugi Rp500.000"


@pytest.mark.parametrize(
    "text",
    [
        CLAIM,
        CLAIM.upper(),
        f"*Diteruskan* Selamat pagi bapak ibu 🙏 {CLAIM}!!! Mohon info, batul ko?",
        f"Apakah benar {CLAIM}?",
        f"{CLAIM}. Teruskan ke semua keluarga",
        f"{CLAIM}. Dari grup RT",
        CLAIM.replace("Wali kota", "*Wali kota*").replace(",", " —"),
    ],
)
def test_small_talk_changes_nothing(text: str) -> None:
    assert is_same_wording(text, CLAIM, load_shipped_reader())


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
        f"{CLAIM}. Ketua RT yang teruskan",
        f"{CLAIM}, ke keluarga masing-masing",
        f"tidak {CLAIM}",
        f"{CLAIM}. Kabar di atas tidak benar, itu hoaks.",
        f"{CLAIM} {'dan vaksin berisi cip ' * 400}",
        "3 orang pedagang menutup wali kota sebelum Pasar Oeba dapat ganti rugi Rp500.000 Lebaran",
        "",
        "selamat pagi bapak ibu",
    ],
)
def test_anything_else_is_another_wording(text: str) -> None:
    assert not is_same_wording(text, CLAIM, load_shipped_reader())


def test_who_changes_places_is_another_claim() -> None:
    reader = load_shipped_reader()
    assert not is_same_wording("Polisi menangkap Satpol PP", "Satpol PP menangkap polisi", reader)
    assert not is_same_wording("naik dari Rp2.000 menjadi Rp5.000", "naik dari Rp5.000 menjadi Rp2.000", reader)


def test_an_empty_wording_is_nobodys() -> None:
    assert not is_same_wording("", "", load_shipped_reader())
    assert not is_same_wording("pagi", "", load_shipped_reader())


TARIFF = "Mulai 1 Agustus tarif air PDAM naik 40 persen untuk semua pelanggan rumah tangga, sudah diteken wali kota."
FACT = "Perumda Air Minum tidak menaikkan tarif air pada bulan Agustus. Tidak ada pelanggan yang kena 40 persen."


@pytest.mark.parametrize(
    "text",
    [
        "aer ledeng mau nae 40% bulan Agustus, samua pelanggan",
        "Katanya aer PDAM mau naik empat puluh persen Agustus ini ko?",
        "Tarif air satu kota naik 40 persen mulai bulan Agustus, wali kota su tanda tangan",
        TARIFF,
    ],
)
def test_the_same_details_in_other_words_are_a_wording(text: str) -> None:
    assert other_claim(text, TARIFF, FACT, load_shipped_reader()) is None


@pytest.mark.parametrize(
    ("text", "fault", "yours", "theirs"),
    [
        ("air PDAM naik 50 persen mulai Agustus", "differs", "50 persen", "40 persen"),
        ("air PDAM naik 40 persen mulai September", "differs", "September", "1 Agustus"),
        ("PLN naikkan tarif 40 persen mulai Agustus", "differs", "PLN", "PDAM"),
        ("air PDAM di Oesapa naik 40 persen mulai Agustus", "added", "Oesapa", ""),
        ("air PDAM naik 40 persen mulai Agustus, selama 3 bulan", "added", "3 bulan", ""),
        ("air PDAM naik 40 persen mulai Agustus, lihat pasal 12", "added", "12", ""),
        ("air PDAM naik mulai Agustus", "left_out", "", "40 persen"),
        ("air PDAM naik 40 persen", "left_out", "", "1 Agustus"),
        ("PDAM tidak naikkan tarif 40 persen bulan Agustus", "denies", "", ""),
        ("Hoaks, kabar PDAM naikkan tarif 40 persen bulan Agustus itu tidak benar", "aside", "", ""),
        ("selamat pagi bapak ibu", "empty", "", ""),
    ],
)
def test_another_detail_or_stance_is_another_claim(text: str, fault: str, yours: str, theirs: str) -> None:
    found = other_claim(text, TARIFF, FACT, load_shipped_reader())
    assert found is not None
    assert (found.fault, found.yours, found.theirs) == (fault, yours, theirs)


def test_a_detail_on_which_no_fact_turns_may_be_left_out() -> None:
    fact = "Tarif air tidak berubah. Direksi tidak menetapkan kenaikan."
    assert other_claim("tarif air PDAM naik", TARIFF, fact, load_shipped_reader()) is None


def test_one_duration_in_other_units_is_the_same() -> None:
    claim, reader = "Air PDAM mati total selama dua minggu di Oesapa", load_shipped_reader()
    assert other_claim("aer mati empat belas hari di Oesapa", claim, "Air mengalir.", reader) is None
    found = other_claim("aer mati lima belas jam di Oesapa", claim, "Air mengalir.", reader)
    assert found is not None
    assert found.fault == "differs"
