"""Copies and retellings of a claim are the same; denials and claims with another detail are only about the same."""

from __future__ import annotations

import pytest

from classifiers.matcher.document import Document, message_as_document
from classifiers.matcher.same_claim import Same, explain_claim_agreement, find_related_claim, find_same_claim

CLAIM = "Mulai Senin besok air PDAM se-Kota Kupang mati total 7 hari karena pipa induk pecah, isi semua bak memang su"
CLAIMS = [
    message_as_document("1", "Puskesmas Oesapa tidak terima pasien BPJS mulai Desember, semua harus bayar"),
    message_as_document("2", CLAIM),
    message_as_document("3", "Besok sirene tsunami berbunyi, warga Pasir Panjang harus mengungsi ke tempat tinggi"),
]


@pytest.mark.parametrize("copy", [CLAIM, CLAIM.upper(), "Info dari grup sebelah " + CLAIM + " teruskan e"])
def test_the_same_words_are_the_same_claim(copy: str) -> None:
    assert find_same_claim(copy, CLAIMS) == Same("2", 1.0)


@pytest.mark.parametrize(
    "told",
    [
        CLAIM.replace("karena", "karea").replace("total", "totl") + " Sumber: grup RT, tolong bantu sebarkan",
        "Pipa induk pecah, PDAM kas mati air se-Kota Kupang 7 hari mulai Senin besok",
    ],
)
def test_the_same_in_other_words_is_the_same_claim(told: str) -> None:
    found = find_same_claim(told, CLAIMS)
    assert found is not None
    assert found.id == "2"
    assert 0.5 < found.likeness < 1


@pytest.mark.needs("onnxruntime")
def test_a_question_after_a_claim_tells_it_where_the_reader_is_there() -> None:
    found = find_same_claim("Mau tanya, apa benar pipa induk PDAM pecah dan air di Kota Kupang mati 7 hari?", CLAIMS)
    assert found is not None
    assert found.id == "2"


@pytest.mark.parametrize("by_words", [False, True])
def test_how_surely_does_not_depend_on_which_other_claims_are_near(by_words: bool) -> None:
    told = "Pipa induk pecah, PDAM kas mati air se-Kota Kupang 7 hari mulai Senin besok"
    others = [
        message_as_document("4", "Pipa induk PDAM di Oesapa pecah, air mati dua hari"),
        message_as_document("5", "Mulai Senin sekolah di Kota Kupang libur 7 hari"),
    ]
    alone = find_related_claim(told, [CLAIMS[1]], by_words=by_words)
    assert alone is not None
    assert find_related_claim(told, [*others, *CLAIMS], by_words=by_words) == alone


@pytest.mark.parametrize("by_words", [False, True])
@pytest.mark.parametrize(
    "told",
    [
        CLAIM.replace("Senin", "Selasa").replace("7 hari", "10 hari"),
        CLAIM.replace("7 hari", "3 hari"),
        CLAIM.replace("se-Kota Kupang", "di Sikumana"),
        CLAIM.replace("mati total", "tidak akan mati total") + " jangan lupa sebarkan",
    ],
)
def test_one_other_detail_makes_another_claim_about_the_same_matter(told: str, by_words: bool) -> None:
    """What it says is answered otherwise, so an officer decides whether it joins."""
    assert find_same_claim(told, CLAIMS) is None
    related = find_related_claim(told, CLAIMS, by_words=by_words)
    assert related is not None
    assert related.id == "2"


@pytest.mark.parametrize(
    "other",
    [
        "Air PDAM se-Kota Kupang tidak mati total 7 hari karena pipa induk tidak pecah, isi semua bak memang su",
        "Mulai Senin besok air PDAM di Oesapa mati dua jam karena penggantian katup",
        "Air di rumah beta su mati satu minggu, PDAM kermana",
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


LONG = (
    "Air PDAM dari Kali Dendeng tercemar bangkai ternak, tiga anak di Fontein sudah masuk RSUD SK Lerik karena muntah, "
    "jangan diminum dan jangan dipakai masak"
)


@pytest.mark.parametrize(
    "text",
    [
        f"Dapat dari grup sebelah, tolong dibaca: {LONG}",
        f"Dapat dari tetangga saya: {LONG}",
        f"{LONG}. Katong harus hati-hati",
    ],
)
def test_a_forward_with_another_opening_is_the_same_claim(text: str) -> None:
    assert find_same_claim(text, [message_as_document("1", LONG)]) == Same("1", 1.0)
    assert find_same_claim(LONG, [message_as_document("1", text)]) == Same("1", 1.0)


@pytest.mark.parametrize(
    "text",
    [
        f"Tidak betul bahwa {LONG}",
        f"{LONG} di Kabupaten Kupang",
        LONG.replace("masak", "mandi"),
        f"Polisi bilang {LONG}",
    ],
)
def test_what_a_forward_adds_of_substance_is_no_copy(text: str) -> None:
    found = find_same_claim(text, [message_as_document("1", LONG)])
    assert found is None or found.likeness < 1
