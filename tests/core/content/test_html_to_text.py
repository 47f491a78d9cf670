"""Markup to plain text: visible text is kept, nothing else, in linear time."""

from __future__ import annotations

import html
import time
import unicodedata

import lxml.html
import pytest
from hypothesis import given, strategies as st

from hoax_tracker.core.content.html_to_text import (
    LINE_LIMIT,
    TEXT_LIMIT,
    clean_plain_text,
    compatibility_form,
    html_to_one_line,
    strip_html,
    strip_html_of_feed,
)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("", ""),
        ("Air mati di Oesapa", "Air mati di Oesapa"),
        ("<script>alert('x')</script>Bansos cair", "Bansos cair"),
        ("Bansos <script src=//x.example>jahat()</script >cair", "Bansos cair"),
        ("<SCRIPT>a</SCRIPT\n>b", "b"),
        ("<style>p {color: red}</style>b<iframe src=x>kosong</iframe>", "b"),
        ("<svg><title>ikon</title><path d='M0'/></svg>a<svg/>b", "ab"),
        ("<script>tidak pernah ditutup", ""),
        ("a</script>b", "ab"),
        ('<img src=x onerror="alert(1)">Judul', "Judul"),
        ("<b>tebal</b>an <i>miring</i>", "tebalan miring"),
        ("<p>satu<p>dua<br/>tiga<div>empat</div>lima", "satu\ndua\ntiga\nempat\nlima"),
        ("<P>satu<BR>dua", "satu\ndua"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<p>baris\nyang   dipotong\n  di sumber</p>", "baris yang dipotong di sumber"),
        ("baris satu\n\n\n  baris dua  \r\nbaris tiga", "baris satu\nbaris dua\nbaris tiga"),
        ("5 < 6 dan 7 > 3, <3, </3, a<5", "5 < 6 dan 7 > 3, <3, </3, a<5"),
        ("Rp5.000 &amp; Rp6.000 &lt;b&gt; &eacute;&#233;&#xe9; &copy", "Rp5.000 & Rp6.000 <b> ééé ©"),
        ("AT&T, a&b=1&amp;c", "AT&T, a&b=1&c"),
        ("a&nbsp;&nbsp;b\u00a0c\u3000d", "a b c d"),
        ("<a title='x > y' href=\"z>\">tautan</a>", "tautan"),
        ('<p title=it\'s>satu</p><a href="x"">dua</a>', "satu\ndua"),
        ("a<!-- komentar <b> -->b<!-->c<!--->d<!-- tidak ditutup", "abcd"),
        ("<?xml version='1.0'?><!DOCTYPE html>a<![CDATA[b]]>c", "abc"),
        ('terpotong <a href="http://x.example/panj', "terpotong"),
        ("a\u200bb\u200dc\ufeffd\u00ade\u202ef\u2066g\x00h\x07i\U000e0041j\ud800k\u2060", "abcdefghijk"),
        ("x&#8203;y&#0;&#x202e;z&#xd800;", "xyz"),
        ("<\u200bscript>x</\u200bscript>y", "y"),
        ("&#" + "9" * 5000 + ";a&#x" + "f" * 5000 + ";b", "ab"),
        ("Kabar 🙂👍🏽 é ü 日本", "Kabar 🙂👍🏽 é ü 日本"),
        ("<o:p>Word</o:p><amp-img src=x></amp-img><x-a>y</x-a>", "Wordy"),
    ],
)
def test_what_a_reader_sees_is_what_stays(markup: str, text: str) -> None:
    assert strip_html(markup) == text


def test_text_is_cut_at_the_limit() -> None:
    assert len(strip_html("a" * 50_000)) == TEXT_LIMIT
    assert strip_html("ab cd", 3) == "ab"
    assert len(html_to_one_line("kata " * 1000)) <= LINE_LIMIT


def test_a_title_is_one_line() -> None:
    assert html_to_one_line("<h1>Air</h1>\n<p>mati</p>") == "Air mati"


def test_plain_text_keeps_what_only_looks_like_markup() -> None:
    assert clean_plain_text("kirim ke <nama> &amp; <b>\u200b\n\n  a  b") == "kirim ke <nama> &amp; <b>\na b"


@given(st.text())
def test_nothing_invisible_comes_out(markup: str) -> None:
    for text in (strip_html(markup), clean_plain_text(markup)):
        assert text == text.strip()
        assert "  " not in text
        assert "\n\n" not in text
        assert not [c for c in text.replace("\n", "") if unicodedata.category(c) in ("Cc", "Cs")]
        assert not set(text) & set("\u200b\u200c\u200d\u200e\u200f\u202a\u202e\u2060\u2066\ufeff\u00ad")
        text.encode("utf-8")


@given(st.text(alphabet="<>/!-?[]&;#=\"' \nabpscritylexi0😀\u200b\x00", max_size=60))
def test_markup_soup_never_raises_and_cleaning_text_again_changes_nothing(soup: str) -> None:
    text = strip_html(soup)
    assert clean_plain_text(text) == text


@given(st.text())
def test_escaping_then_stripping_gives_the_text_back(text: str) -> None:
    assert strip_html(html.escape(text)) == clean_plain_text(text)


WORDS = st.text(alphabet="abcdefghij", min_size=1, max_size=6)
TREES = st.recursive(
    WORDS,
    lambda inner: st.tuples(
        st.sampled_from(["p", "div", "b", "em", "a", "li", "span", "h2", "blockquote", "x-y"]),
        st.sampled_from(["", ' class="a > b"', " data-x='<'", " hidden", ' title="it&apos;s"']),
        st.lists(inner, max_size=4),
    ).map(lambda part: f"<{part[0]}{part[1]}> {' '.join(part[2])} </{part[0]}>"),
    max_leaves=20,
)


@given(TREES)
def test_the_words_are_those_that_an_html_parser_finds(markup: str) -> None:
    expected = lxml.html.fragment_fromstring(markup, create_parent="div").text_content().split()
    assert strip_html(markup).split() == expected


@pytest.mark.parametrize(
    "piece",
    ["<a ", "<", "<!--", "<script>", "<svg/><", '<a ="', "<a ='x", "&#", "<!", "</script ", "&lt;", "<![CDATA["],
)
def test_hostile_repetition_takes_linear_time(piece: str) -> None:
    soup = piece * (1_000_000 // len(piece))
    started = time.process_time()
    strip_html(soup)
    assert time.process_time() - started < 3


def test_marks_beyond_what_any_language_has_on_a_letter_are_left_out() -> None:
    marks = "\u0300\u0315"
    assert compatibility_form("a" + marks * 50_000 + "b") == compatibility_form("a" + marks * 15 + "b")
    assert compatibility_form("a" + marks * 15) != compatibility_form("a" + marks * 14)
    for signs in ("😀‼…" * 100, "ﬃ é " * 100, "\u0301" + "«»" * 40):
        assert compatibility_form(signs) == unicodedata.normalize("NFKC", signs)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>6</sup> orang", "10^6 orang"),
        ("10<sup>-3</sup>", "10^-3"),
        ("kata<sup>1</sup>", "kata1"),
        ("ke-5<sup>th</sup>", "ke-5th"),
        ("H<sub>2</sub>O", "H2O"),
    ],
)
def test_a_power_keeps_its_sign(markup: str, text: str) -> None:
    assert strip_html(markup) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("&lt;p&gt;Air mati&lt;/p&gt;&lt;p&gt;Listrik&lt;/p&gt;", "Air mati\nListrik"),
        ("Air &amp;amp; listrik &amp;#8217;mati&amp;#8217;", "Air & listrik \u2019mati\u2019"),
        ("<p>Tulis &lt;b&gt; di sini</p>", "Tulis <b> di sini"),
        ("Harga &amp;lt;Rp5.000", "Harga &lt;Rp5.000"),
    ],
)
def test_what_a_feed_escaped_twice_is_read(markup: str, text: str) -> None:
    assert strip_html_of_feed(markup) == text
