"""Copies and rewordings of a claim are found; denials and other claims are not."""

from __future__ import annotations

import pytest

from classifiers.matcher.document import Document, message_as_document
from classifiers.matcher.same_claim import explain_claim_agreement, find_same_claim
from classifiers.text.near_duplicate import COPY_LIKENESS, build_sketch, sketch_likeness

CLAIM = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, isi semua bak memang su"
CLAIMS = [
    message_as_document("1", "Puskesmas Oesapa tidak terima pasien BPJS mulai Desember, semua harus bayar"),
    message_as_document("2", CLAIM),
    message_as_document("3", "Besok sirene tsunami berbunyi, warga Pasir Panjang harus mengungsi ke tempat tinggi"),
]


@pytest.mark.parametrize(
    "copy",
    [
        CLAIM,
        CLAIM.upper(),
        "Info dari grup sebelah " + CLAIM + " teruskan e",
        CLAIM.replace("Senin", "Selasa").replace("7 hari", "10 hari"),
        CLAIM.replace("karena pipa induk pecah", "tagal pipa besar su pecah"),
    ],
)
def test_a_copy_is_the_same_claim(copy: str) -> None:
    found = find_same_claim(copy, CLAIMS)
    assert found is not None
    assert (found.id, found.is_copy) == ("2", True)
    assert COPY_LIKENESS <= found.likeness <= 1


@pytest.mark.parametrize(
    "told",
    [
        "Katanya pipa induk PDAM pecah, jadi satu Kota Kupang kehabisan air tujuh hari mulai Senin. Tampung air.",
        "Betul ko, pipa induk pecah jadi PDAM kas mati air 7 hari di Kota Kupang? Mulai Senin, tagal pipa rusak.",
    ],
)
def test_the_same_in_other_words_is_the_same_claim(told: str) -> None:
    assert sketch_likeness(build_sketch(told), build_sketch(CLAIM)) < COPY_LIKENESS
    found = find_same_claim(told, CLAIMS)
    assert found is not None
    assert (found.id, found.is_copy) == ("2", False)
    assert found.likeness >= found.line


@pytest.mark.parametrize(
    "other",
    [
        "Air PDAM se-Kota Kupang tidak mati total 7 hari karena pipa induk tidak pecah, isi semua bak memang su",
        "Mulai Senin besok air PDAM di Oesapa mati dua jam karena penggantian katup",
        "Air di rumah beta su mati satu minggu, PDAM kermana",
        CLAIM.replace("se-Kota Kupang", "di Sikumana"),
        CLAIM.replace("mati total", "tidak akan mati total") + " jangan lupa sebarkan",
        "",
        "😀",
        "7 hari",
    ],
)
def test_another_claim_is_not(other: str) -> None:
    assert find_same_claim(other, CLAIMS) is None


def test_among_no_claims_none_is_the_same() -> None:
    assert find_same_claim(CLAIM, []) is None
    assert find_same_claim(CLAIM, [Document("1", "", "", "")]) is None


def test_what_differs_is_said() -> None:
    told = explain_claim_agreement("Air PDAM mati total 10 hari di Sikumana karena pipa induk pecah", CLAIMS[1])
    assert any("Sikumana" in one for one in told.differed)
    assert explain_claim_agreement(CLAIM, CLAIMS[1]).differed == ()
