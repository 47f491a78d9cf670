"""What is called the same stands in the claim, and what is called different stands in both texts."""

from __future__ import annotations

import pytest

from classifiers.matcher.document import Document
from classifiers.matcher.match import Matcher
from classifiers.matcher.same_claim import differing_details, explain_claim_agreement

JOBS = "LOKER 200 orang petugas kebersihan DLHK, langsung PPPK tanpa tes. Bayar administrasi 350 ribu"
CLINIC = "puskesmas oepoi pindah dolo ke gedung serbaguna kelurahan, 3 minggu, atap mau ganti"
TAX = "PBB Kota Kupang naik lima kali lipat, harus lunas akhir minggu ini"
MOVED = Document("1", "Puskesmas Oepoi pindah sementara", CLINIC, "Jam buka, dokter, dan jenis pelayanan tetap sama.")


def told_differences(text: str, claim: str) -> list[tuple[str, str, str]]:
    """Return the differences that people are told."""
    return [tuple(one) for one in differing_details(text, Document("1", "", claim, ""))]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "claim", "differs"),
    [
        ("loker PPPK tanpa tes, bayar 350 ribu", JOBS, []),
        ("loker Dishub tanpa tes, bayar 350 ribu", JOBS, [("agency", "Dishub", "DLHK")]),
        ("puskesmas oepoi tutup selamanya", CLINIC, []),
        ("puskesmas oepoi buka 24 jam", CLINIC, []),
        ("puskesmas oepoi pindah 3 bulan", CLINIC, [("duration", "3 bulan", "3 minggu")]),
    ],
)
def test_a_difference_is_named_where_both_tell_it_of_one_act(
    text: str, claim: str, differs: list[tuple[str, str, str]]
) -> None:
    assert told_differences(text, claim) == differs


def test_only_what_stands_in_the_claim_is_the_same() -> None:
    told = explain_claim_agreement("Puskesmas Oepoi jam buka berubah, gedung serbaguna", MOVED)
    assert told.agreed == ("Puskesmas Oepoi",)
    assert not {"jam", "buka"} & set(told.words)
    assert {"gedung", "serbaguna"} <= set(told.words)


def test_a_programme_in_other_words_of_the_claim_is_not_only_the_messages() -> None:
    claim = Document("1", "", "BANTUAN TUNAI WALI KOTA Rp600.000 sudah dibuka, daftar lewat tautan ini", "")
    told = explain_claim_agreement("BLT wali kota Rp600.000, daftar lewat tautan", claim)
    assert told.differed == ()
    assert told.agreed == ("Rp600.000", "wali kota")
    assert explain_claim_agreement("bantuan tunai di Puskesmas Sikumana", claim).differed == ("Puskesmas Sikumana",)


def test_the_united_nations_are_no_tax() -> None:
    matcher = Matcher([Document("1", "Pajak tidak naik", TAX, "")])
    text = "PBB Kota Kupang naik lima kali lipat, harus lunas akhir minggu ini, kata sekjen PBB"
    assert matcher.decide(text).decision != "match"
    told = explain_claim_agreement(text, Document("1", "", TAX, ""))
    assert "PBB" not in told.agreed
    assert matcher.decide(TAX).decision == "match"
