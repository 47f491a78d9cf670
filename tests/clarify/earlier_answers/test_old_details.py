"""Old details of an earlier answer are marked, every one, and nothing else."""

from __future__ import annotations

import pytest

from hoax_tracker.clarify.checklist import PROSE_FIELDS, TEMPLATE_BLANK, TEMPLATE_GAP, find_template_blanks
from hoax_tracker.clarify.earlier_answers.old_details import mark_old_details

OLD = "Gaji honorer Pemkot Kupang dihapus mulai 1 Maret 2026, dipotong Rp500.000 di Kecamatan Oebobo"
NEW = "Gaji honorer Pemkot Kupang dihapus mulai 1 Juli 2026, dipotong Rp750.000 di Kecamatan Alak"


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Tidak ada penghapusan mulai 1 Maret 2026.", "Tidak ada penghapusan mulai «dulu 1 Maret 2026, sekarang …»."),
        ("Dijelaskan 24 Februari 2026", "Dijelaskan «dulu 24 Februari 2026, sekarang …»"),
        ("Rp500.000 atau Rp 500 ribu", "«dulu Rp500.000, sekarang …» atau «dulu Rp 500 ribu, sekarang …»"),
        ("tetap 25% atau 30 persen", "tetap «dulu 25%, sekarang …» atau «dulu 30 persen, sekarang …»"),
        ("di Oebobo dan oebobo.", "di «dulu Oebobo, sekarang …» dan «dulu oebobo, sekarang …»."),
        ("sejak 01/03/2026", "sejak «dulu 01/03/2026, sekarang …»"),
        ("Anggaran 2025 cukup", "Anggaran «dulu 2025, sekarang …» cukup"),
        ("Besok dibayar, tahun ini juga", "«dulu Besok, sekarang …» dibayar, «dulu tahun ini, sekarang …» juga"),
        ("pukul 09.00 hari Senin", "«dulu pukul 09.00, sekarang …» hari «dulu Senin, sekarang …»"),
        ("selama 3 bulan", "selama «dulu 3 bulan, sekarang …»"),
    ],
)
def test_what_the_new_claim_does_not_tell_is_marked(text: str, marked: str) -> None:
    assert mark_old_details(text, NEW, OLD) == marked


@pytest.mark.parametrize(
    "text",
    [
        "Mulai 1 Juli 2026 gaji tetap dibayar.",
        "Tidak ada potongan Rp750.000 di Kecamatan Alak.",
        "Lihat https://x.example/2025/03/01/berita dan www.x.example/1-3-2025 [1].",
        "Kepala BKPPD membantah. Tidak ada surat seperti itu.",
        "Warga di Kelapa Lima tidak perlu cemas.",
        "",
    ],
)
def test_what_still_holds_stays_as_it_is(text: str) -> None:
    assert mark_old_details(text, NEW, OLD) == text


def test_every_occurrence_in_a_long_text_is_marked() -> None:
    """The matcher reads only the head of a text, and each value once."""
    text = "\n\n".join(
        f"Bagian {chr(97 + n % 26)}: kabar 1 Maret 2026 itu tidak benar menurut dinas." for n in range(200)
    )
    marked = mark_old_details(text, NEW, OLD)
    assert marked.count("«dulu 1 Maret 2026, sekarang …»") == text.count("1 Maret 2026") == 200
    assert marked.count("\n\n") == 199


def test_the_checklist_sees_each_gap_in_every_field() -> None:
    marked = mark_old_details("Dibayar 1 Maret 2026. Kutipan «mulai 1 Maret» palsu.", NEW, OLD)
    for pattern in [TEMPLATE_BLANK] * len(PROSE_FIELDS) + [TEMPLATE_GAP]:
        assert len(find_template_blanks(marked, pattern)) == 2
