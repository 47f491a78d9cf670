"""Bytes to text: declared and actual encodings, in every combination that sites send."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hoax_tracker.ingest.encodings import decode

TEXT = "<rss>Café “Kupang” – déjà vu</rss>"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
@pytest.mark.parametrize("declared", [None, "text/xml", "text/xml; charset=iso-8859-1", "text/xml; charset=utf-8"])
def test_unicode_shows_itself_whatever_is_declared(encoding: str, declared: str | None) -> None:
    assert decode(TEXT.encode(encoding), declared) == (TEXT, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_shows_itself_behind_an_empty_line(encoding: str) -> None:
    assert decode(f"\r\n\t {TEXT}".encode(encoding)) == (f"\r\n\t {TEXT}", None)


@pytest.mark.parametrize("declaration", ["iso-8859-1", "us-ascii", "windows-1252", "UTF-8", "bogus", "hex", "utf-16"])
def test_utf8_under_another_name_is_utf8(declaration: str) -> None:
    text = f"<?xml version='1.0' encoding='{declaration}'?>{TEXT}"
    assert decode(text.encode("utf-8")) == (text, None)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1252", TEXT),
        ("iso-8859-1", "<rss>café</rss>"),
        ("windows-1251", "<rss>Привет мир</rss>"),
        ("koi8-r", "<rss>Привет мир</rss>"),
        ("shift_jis", "<rss>日本語のテキスト</rss>"),
        ("euc-jp", "<rss>日本語のテキスト</rss>"),
        ("iso-2022-jp", "<rss>日本語のテキスト</rss>"),
        ("gb2312", "<rss>中文内容</rss>"),
        ("big5", "<rss>中文內容</rss>"),
        ("euc-kr", "<rss>한국어 내용</rss>"),
        ("utf-7", "<rss>café</rss>"),
    ],
)
def test_a_declared_encoding_is_used(encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), f"text/xml; charset={encoding}") == (text, None)
    declared = f"<?xml version='1.0' encoding='{encoding}'?>{text}"
    assert decode(declared.encode(encoding)) == (declared, None)


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "<rss>“é”</rss>"),
        ("us-ascii", "cp1252", "<rss>é</rss>"),
        ("shift_jis", "cp932", "<rss>①日本</rss>"),
        ("gb2312", "gb18030", "<rss>镕中文</rss>"),
        ("euc-kr", "cp949", "<rss>똠방각하</rss>"),
    ],
)
def test_a_name_stands_for_the_wider_encoding_in_use(label: str, encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), f"text/xml; charset={label}") == (text, None)


def test_the_header_goes_before_the_declaration() -> None:
    text = f"<?xml version='1.0' encoding='koi8-r'?>{TEXT}"
    assert decode(text.encode("windows-1252"), "text/xml; charset=windows-1252") == (text, None)


def test_what_was_not_the_declared_encoding_is_read_and_named() -> None:
    text, misdeclared = decode(TEXT.encode("windows-1252"), "text/xml; charset=utf-8")
    assert (text, misdeclared) == (TEXT, "utf-8")
    text, misdeclared = decode("<rss>日本</rss>".encode("euc-jp") + b"\xff", "text/xml; charset=shift_jis")
    assert misdeclared
    assert text.startswith("<rss>")


def test_one_broken_byte_does_not_garble_the_rest() -> None:
    text, misdeclared = decode((TEXT * 5).encode("utf-8") + b"\xe2\x80", "text/xml; charset=utf-8")
    assert text == TEXT * 5 + "\ufffd"
    assert misdeclared


MARKS = [b"", codecs.BOM_UTF8, b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"<"]
CHARSETS = ["", "utf-8", "bogus", "rot13", "unicode_escape", "idna", "utf-16", "gb2312", "iso-2022-jp", "utf-7", "hz"]


@given(st.binary(max_size=200), st.sampled_from(MARKS), st.sampled_from(CHARSETS))
def test_no_bytes_raise(body: bytes, mark: bytes, charset: str) -> None:
    text, _ = decode(mark + body, f"text/xml; charset={charset}")
    text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("charset", ["unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "hex"])
def test_codecs_for_other_purposes_are_not_used(charset: str) -> None:
    body = rb"<rss>\x41 \u0041 \q</rss>"
    assert decode(body, f"text/xml; charset={charset}") == (body.decode(), None)
