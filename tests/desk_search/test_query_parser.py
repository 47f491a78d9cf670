"""Any typed text becomes words in all their forms."""

from __future__ import annotations

import pytest

from hoax_tracker.desk_search.query_parser import MOST_WORDS, inflected_forms, read_search_words


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("penutupan", "ditutup menutup tutup tertutup menutupnya"),
        ("ditutup", "penutupan tutup menutupi"),
        ("mengirim", "kiriman dikirim pengirim terkirim"),
        ("pembayaran", "membayar dibayar bayar bayarnya"),
        ("menyapu", "disapu penyapu sapukan"),
        ("vaksin", "divaksin memvaksin vaksinnya"),
        ("mencuri", "dicuri pencurian curi"),
    ],
)
def test_a_word_is_asked_for_in_the_forms_of_its_root(typed: str, written: str) -> None:
    assert set(written.split()) <= inflected_forms(typed)


def test_other_words_are_not_among_the_forms() -> None:
    assert not {"tutur", "airmata", "penuh"} & (inflected_forms("penutupan") | inflected_forms("air"))


@pytest.mark.parametrize("typed", ["RT", "4", "covid-19", "di", "مدرسة", "京都"])
def test_what_is_no_indonesian_word_is_itself(typed: str) -> None:
    asked = read_search_words(typed)
    assert asked
    assert len(asked.places(f"kata {typed} kata")) == len(asked.terms)


def test_phrases_starts_and_words() -> None:
    phrase, start, word = read_search_words('"air mati" vaks* hari').terms
    assert phrase.phrase == ("air", "mati")
    assert start.starts == "vaks"
    assert "harinya" in word.forms


@pytest.mark.parametrize("typed", ["", "  ", "***", '"', '""', "😀 😀", "\x00", "- + ( ) :", "_"])
def test_what_holds_no_word_asks_for_nothing(typed: str) -> None:
    assert not read_search_words(typed)


def test_only_so_many_words_count() -> None:
    assert len(read_search_words(" ".join(f"kata{n}" for n in range(50))).terms) == MOST_WORDS
    assert len(read_search_words('"' + " ".join(f"kata{n}" for n in range(50)) + '"').terms[0].phrase) == MOST_WORDS
    assert read_search_words("a" * 10_000)


def test_accents_are_found_with_and_without() -> None:
    assert [read_search_words("André").places(text) for text in ("ANDRE", "andré", "andri")] == [[(0, 5)], [(0, 5)], []]


def test_where_the_words_stand() -> None:
    text = "Penutupan jalan: warga menutup JALAN"
    assert [text[a:b] for a, b in read_search_words("ditutup jalan").places(text)] == [
        "Penutupan",
        "jalan",
        "menutup",
        "JALAN",
    ]
