"""Old details of an earlier answer are marked, every one, however they are spelled."""

from __future__ import annotations

import re

import pytest

from hoax_tracker.clarify.checklist import PROSE_FIELDS, TEMPLATE_BLANK, TEMPLATE_GAP, find_template_blanks
from hoax_tracker.clarify.prefill import list_unchanged_details, mark_old_details

NEW = "Gaji honorer Pemkot Kupang dihapus mulai 1 Juli 2026, dipotong Rp750.000 di Kecamatan Alak oleh Dinas Sosial"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Tidak ada penghapusan mulai 1 Maret 2026.", "Tidak ada penghapusan mulai «dulu 1 Maret 2026, sekarang …»."),
        ("Dijelaskan 24 Februari 2026", "Dijelaskan «dulu 24 Februari 2026, sekarang …»"),
        ("Rp500.000 atau Rp 500 ribu", "«dulu Rp500.000, sekarang …» atau «dulu Rp 500 ribu, sekarang …»"),
        ("tetap 25% atau 30 persen", "tetap «dulu 25%, sekarang …» atau «dulu 30 persen, sekarang …»"),
        ("di Oebobo dan oebobo.", "di «dulu Oebobo, sekarang …» dan «dulu oebobo, sekarang …»."),
        ("Warga Kelapa Lima", "Warga «dulu Kelapa Lima, sekarang …»"),
        ("polisi dan BKPPD", "«dulu polisi, sekarang …» dan «dulu BKPPD, sekarang …»"),
        ("siswa SMP di sana", "siswa «dulu SMP, sekarang …» di sana"),
        ("Rp. 600.000", "«dulu Rp. 600.000, sekarang …»"),
        ("Rp. 500.000,- per orang", "«dulu Rp. 500.000,-, sekarang …» per orang"),
        ("Rp 500.000 – Rp 700.000", "«dulu Rp 500.000 – Rp 700.000, sekarang …»"),
        ("Rp 300.000, Rp 450.000, lalu", "«dulu Rp 300.000, sekarang …», «dulu Rp 450.000, sekarang …», lalu"),
        ("pada 3-5 Maret 2025", "pada «dulu 3-5 Maret 2025, sekarang …»"),
        ("3 s.d. 7 Maret", "«dulu 3 s.d. 7 Maret, sekarang …»"),
        ("pukul 08.00 sampai 12.00", "«dulu pukul 08.00 sampai 12.00, sekarang …»"),
        ("08.00-14.00", "«dulu 08.00-14.00, sekarang …»"),
        ("pkl. 14:00, 14.00 WITA", "«dulu pkl. 14:00, sekarang …», «dulu 14.00 WITA, sekarang …»"),
        ("Selasa (3/3)", "«dulu Selasa, sekarang …» («dulu 3/3, sekarang …»)"),
        ("sejak 2025-03-03", "sejak «dulu 2025-03-03, sekarang …»"),
        ("12 orang di RT 05", "«dulu 12, sekarang …» orang di RT «dulu 05, sekarang …»"),
        ("setengah juta selama Maret", "«dulu setengah juta, sekarang …» selama «dulu Maret, sekarang …»"),
        ("lima belas orang, salah satu", "«dulu lima belas, sekarang …» orang, salah satu"),
        ("sejak 01/03/2026", "sejak «dulu 01/03/2026, sekarang …»"),
        ("Anggaran 2025 cukup", "Anggaran «dulu 2025, sekarang …» cukup"),
        ("Besok dibayar, tahun ini juga", "«dulu Besok, sekarang …» dibayar, «dulu tahun ini, sekarang …» juga"),
        ("pukul 09.00 hari Senin", "«dulu pukul 09.00, sekarang …» hari «dulu Senin, sekarang …»"),
        ("selama 3 bulan", "selama «dulu 3 bulan, sekarang …»"),
    ],
)
def test_what_changes_from_edition_to_edition_is_marked(text: str, marked: str) -> None:
    assert mark_old_details(text, NEW) == marked


@pytest.mark.parametrize(
    "text",
    [
        "Tidak ada potongan di Kecamatan Alak menurut dinas sosial.",
        "Pemerintah Kota Kupang membantah.",
        "1. Surat\n2) Tautan",
        "Dibayar «dulu 1 Maret, sekarang …» [12].",
        "Lihat https://x.example/2025/03/01/berita dan www.x.example/1-3-2025 [1].",
        "Kepala dinas membantah. Tidak ada surat seperti itu.",
        "",
    ],
)
def test_what_still_holds_stays_as_it_is(text: str) -> None:
    assert mark_old_details(text, NEW) == text


def test_every_occurrence_in_a_long_text_is_marked() -> None:
    text = "\n\n".join(
        f"Bagian {chr(97 + n % 26)}: kabar 1 Maret 2026 itu tidak benar menurut dinas." for n in range(200)
    )
    marked = mark_old_details(text, NEW)
    assert marked.count("«dulu 1 Maret 2026, sekarang …»") == text.count("1 Maret 2026") == 200
    assert marked.count("\n\n") == 199


def test_the_checklist_sees_each_gap_in_every_field() -> None:
    marked = mark_old_details("Dibayar 1 Maret 2026. Kutipan «mulai 1 Maret» palsu.", NEW)
    for pattern in [TEMPLATE_BLANK] * len(PROSE_FIELDS) + [TEMPLATE_GAP]:
        assert len(find_template_blanks(marked, pattern)) == 2


def test_no_digit_of_an_earlier_text_stays_outside_a_gap_even_where_the_claim_tells_it() -> None:
    text = "Mulai 1 Juli 2026: Rp750.000, No. 7/SE/2025, COVID-19, RT05 a1b2 1.000.000,50 5–7 5 — 7 ½5 ３ Maret ke-2"
    left = re.sub(r"«dulu [^»]*, sekarang …»", "", mark_old_details(text, NEW))
    assert re.findall(r"\d", left) == []


def test_a_place_behind_the_first_words_of_a_long_line_is_marked() -> None:
    """The gazetteer reads the first words of a text only."""
    assert mark_old_details("kata " * 300 + "di Oebobo", NEW).endswith("di «dulu Oebobo, sekarang …»")


@pytest.mark.parametrize(
    ("draft", "unchanged"),
    [
        ("Dibayar Rp. 500.000,- kemudian", ["Rp. 500.000,-"]),
        ("Dibayar 500 ribu pada 3/3", ["500 ribu", "3/3"]),
        ("Sejak 2025-03-03 dan 3 Mar 2025", ["2025-03-03", "3 Mar 2025"]),
        ("di oebobo, Alak, dan «dulu Oebobo, sekarang …»", ["oebobo"]),
        ("Dibayar Rp750.000 pada 4 Juli 2026 [5], https://x.example/500", []),
        ("selama Tiga bulan", ["Tiga bulan"]),
    ],
)
def test_what_stands_in_the_draft_as_before_is_found_however_it_is_spelled(draft: str, unchanged: list[str]) -> None:
    earlier = "Rp500.000 dibayar 3 Maret 2025 di Oebobo, Alak, selama tiga bulan."
    assert list_unchanged_details(draft, [earlier], NEW) == unchanged
