"""Agreeing words are marked in the original message, and nothing in it becomes markup."""

from __future__ import annotations

from hypothesis import given, strategies as st

from hoax_tracker.check.answers.highlights import SHOWN_CHARACTERS, excerpt, found_words, marked, underlined


def test_runs_that_both_have_are_marked() -> None:
    assert marked("Info: TARIF air naik 40 persen, betul?", "tarif air PDAM naik 40 persen") == (
        "Info: <mark>TARIF air</mark> <mark>naik 40 persen</mark>, betul?"
    )


def test_a_single_word_is_no_run() -> None:
    assert marked("air itu mati", "mati air") == "air itu mati"
    assert marked("air mati", "") == "air mati"


def test_phrases_are_marked_wherever_they_stand_as_words() -> None:
    assert underlined("Tutup 3\nBulan, bukan 13 bulan; 3 bulanan & <b>", ["3 bulan", " "]) == (
        "Tutup <mark>3\nBulan</mark>, bukan 13 bulan; 3 bulanan &amp; &lt;b&gt;"
    )
    assert underlined("selama 3 minggu", ["3", "3 minggu"]) == "selama <mark>3 minggu</mark>"
    assert underlined("<b>", []) == "&lt;b&gt;"


def test_a_message_keeps_its_lines_and_is_cut_at_a_word() -> None:
    assert excerpt(" satu\ndua ") == "satu\ndua"
    long = excerpt("kata " * 1000)
    assert len(long) <= SHOWN_CHARACTERS + 2
    assert long.endswith("kata …")
    assert len(excerpt("a" * 100_000)) <= SHOWN_CHARACTERS + 2


def test_markup_stays_text() -> None:
    shown = marked("<mark>air mati</mark> <b>su", "air mati")
    assert shown == "&lt;mark&gt;<mark>air mati</mark>&lt;/mark&gt; &lt;b&gt;su"


@given(st.text(max_size=120), st.text(max_size=60))
def test_the_text_is_whole_without_its_marks(text: str, other: str) -> None:
    plain = marked(text, other + text).replace("<mark>", "").replace("</mark>", "")
    assert plain == marked(text, "")


def test_searched_words_that_stand_together_are_marked_as_one() -> None:
    assert found_words("Air bersih, air", "air bersih") == "<mark>Air bersih</mark>, <mark>air</mark>"
