"""Normalisation of typed text, with spans in the original."""

import re
import time

import pytest
from hypothesis import example, given, strategies as st

from classifiers.text.lexicon import Lexicon
from classifiers.text.normalise import (
    LINK_WORD,
    WORD_LENGTH_LIMIT,
    normalise_text,
    sentence_bounds,
    sentence_spans,
    stem_word,
    token_spans,
    tokenise_text,
    word_tokens,
)
from hoax_tracker.core.paths import data_file_path


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.from_folder(data_file_path("language"))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("*AWAAASSS!!!* 🚨 V4KS1N b4h4y4", "awas! vaksin bahaya"),
        ("v\u200baksin 𝗚𝗥𝗔𝗧𝗜𝗦 ｋｕｐａｎｇ", "vaksin gratis kupang"),
        ("hati2 di jalan, warga2 Oesapa", "hati hati di jalan warga warga oesapa"),
        ("cek https://x.example/a?b=1 atau bansos-kota.example/isi", f"cek {LINK_WORD} atau {LINK_WORD}"),
        ("[12/03/25, 10.15] Mama Yuli: Diteruskan berkali-kali\nair mati", "air mati"),
        ("12/3/25, 10.15 - Om Nus: halo", "halo"),
        ("Diteruskan\nJum'at libur", "jumat libur"),
        ("tolong diteruskan ke warga", "tolong diteruskan ke warga"),
        ("bayar Rp5.000.000, jam 07.30", "bayar rp 5.000.000 jam 07.30"),
        ("Air mati. Siapkan ember? ", "air mati. siapkan ember?"),
        ("😭😭 ...", ""),
        ("", ""),
    ],
)
def test_noise_goes_and_words_stay(written: str, read: str) -> None:
    assert normalise_text(written) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Beta sonde tau, dong bilang air mati", "saya tidak tahu mereka berkata air mati"),
        ("yg blm bayar tdk dpt", "yang belum bayar tidak dapat"),
        ("air mati di Lai Lai Bisi Kopan, beta su lapor", "air mati di lai lai bisi kopan saya sudah lapor"),
        ("tolong dong admin", "tolong dong admin"),
        ("Aung San Su Kyi", "aung san su kyi"),
        ("beta kas tau dolo", "saya memberi tahu dulu"),
    ],
)
def test_kupang_malay_and_chat_spelling_in_context(written: str, read: str, lexicon: Lexicon) -> None:
    assert normalise_text(written, lexicon) == read


def test_places_point_into_the_text_as_written(lexicon: Lexicon) -> None:
    text = "🚨 *Katong* v4ks1n di NAIKOTEN 1, yg su dapat?"
    assert [(s.word, text[s.start : s.end]) for s in token_spans(text, lexicon)][:6] == [
        ("kita", "Katong"),
        ("vaksin", "v4ks1n"),
        ("di", "di"),
        ("naikoten", "NAIKOTEN"),
        ("1", "1"),
        ("yang", "yg"),
    ]


@given(st.text(max_size=300))
def test_any_text_has_places_in_order_and_inside(text: str) -> None:
    ends = 0
    for word, start, end in token_spans(text):
        assert word
        assert ends <= start < end <= len(text)
        ends = start
    assert normalise_text(text) == normalise_text(text)


def test_no_letter_or_sign_alone_makes_an_empty_word(lexicon: Lexicon) -> None:
    signs = " ".join(f"{sign} 2024{sign} {sign}{sign}" for sign in map(chr, range(0x20, 0xD800)))
    assert all(word_tokens(signs, lexicon))
    assert word_tokens("Kata lurah: ʼAir mati.ʼ", lexicon)[-2:] == ["mati", "ʼ"]


@pytest.mark.parametrize("piece", ["a", "\n", "a.b", "-a", "@1", "1/1/11, 10.10 ", "😭", "diteruskan "])
def test_no_long_text_is_slow(piece: str) -> None:
    text = piece * (200_000 // len(piece)) + " diteruskan://"
    started = time.process_time()
    token_spans(text)
    assert time.process_time() - started < 10


@pytest.mark.parametrize("letters", ["\ufdfa", "ab", "1", "a\u0301b", "\u4e00\u4e8c"])
def test_a_word_has_a_longest_length_in_whatever_letters(letters: str) -> None:
    words, _, starts, ends = tokenise_text(letters * 1_000)
    assert max(map(len, words)) <= WORD_LENGTH_LIMIT
    assert (starts[0], ends[-1]) == (0, len(letters) * 1_000)
    assert word_tokens("mempertanggungjawabkannya " + "a" * 200 + "ir") == ["mempertanggungjawabkannya", "air"]


def test_a_model_file_keeps_the_lexicon(lexicon: Lexicon) -> None:
    kept = Lexicon.loads(lexicon.dumps())
    assert (kept.words, kept.not_when, kept.local) == (lexicon.words, lexicon.not_when, lexicon.local)
    assert Lexicon.loads(lexicon.dumps()) is kept


def test_sentences_and_stems() -> None:
    text = "Air mati. Siapkan ember!\nTerima kasih"
    assert [text[s.start : s.end] for s in sentence_spans(text)] == ["Air mati.", "Siapkan ember!", "Terima kasih"]


@given(st.text(alphabet=".!?…\n \t\"')*_ab", max_size=30))
@example('Air mati.\n\n!? "Siap"')
def test_a_sentence_ends_behind_its_marks_and_quotes_or_at_line_breaks(text: str) -> None:
    ends = [match.end() for match in re.finditer(r"[.!?…]+[\s\"'”’)*_]*|\n+", text)]
    assert sentence_bounds(text) == [0, *ends, len(text)]
    assert stem_word("pembangunan") == "bangun"
    assert word_tokens("a-b") == ["a", "b"]
