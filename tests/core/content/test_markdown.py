"""Officers' Markdown: what it allows, and that nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from lxml import html

from hoax_tracker.core.content.html_to_text import _TAGS, plain_prose, prose


def test_plain_markdown_reads_well() -> None:
    shown = prose("Satu *dua* **tiga**.\n\n- a\n- b\n\n1. c\n\n> d")
    for part in ("<p>Satu <em>dua</em> <strong>tiga</strong>.</p>", "<li>a</li>", "<ol>", "<blockquote>"):
        assert part in shown


def test_headings_stay_below_the_pages_own() -> None:
    assert prose("# a\n\n## b\n\n### c") == "<h3>a</h3>\n<h3>b</h3>\n<h4>c</h4>\n"


def test_a_number_in_brackets_leads_to_its_source() -> None:
    link = '<sup><a href="#r2" rel="noopener noreferrer">2</a></sup>'
    assert prose("Normal [2].", 2) == f"<p>Normal{link}.</p>\n"
    assert prose("Normal [3] [0].", 2) == "<p>Normal [3] [0].</p>\n"
    assert "#r1" not in prose("`[1]` [a [1]](https://x.example)", 0)


def test_tags_are_shown_as_they_were_typed() -> None:
    assert prose("a <em>b</em>\n\n<p>c</p>") == "<p>a &lt;em&gt;b&lt;/em&gt;</p>\n<p>&lt;p&gt;c&lt;/p&gt;</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "[klik](javascript:alert(1))",
        "[klik](data:text/html;base64,x)",
        "![x](https://x.example/y.png)",
        '<a href="javascript:alert(1)">x</a>',
        "<javascript:alert(1)>",
        '[x](https://x.example "onmouseover=alert(1)")',
        "[1]<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "[a]: javascript:alert(1)\n\n[a]",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_that_acts_comes_through(text: str) -> None:
    elements = list(html.fragment_fromstring(f"<div>{prose(text, 3)}</div>").iter())
    assert {one.tag for one in elements} <= _TAGS | {"div"}
    for one in elements:
        assert set(one.attrib) <= {"href", "rel", "start"}
        assert one.get("href", "#").startswith(("#", "http", "mailto:", "tel:"))


@pytest.mark.parametrize(
    ("written", "leads_to"),
    [
        ("//situs.example/a", "https://situs.example/a"),
        ("///situs.example", "https://situs.example"),
        ("&#47;/situs.example", "https://situs.example"),
        ("&Tab;//situs.example", "https://situs.example"),
        ("HTTP:situs.example", "http://situs.example"),
        ("https:/situs.example", "https://situs.example"),
        ("https://situs.example//a", "https://situs.example//a"),
        ("/klarifikasi/air", "/klarifikasi/air"),
        ("mailto:a@situs.example", "mailto:a@situs.example"),
    ],
)
def test_a_link_to_another_site_says_so(written: str, leads_to: str) -> None:
    for text in (f"[x]({written})", f"[x]: {written}\n\n[x]"):
        assert html.fromstring(prose(text)).find(".//a").get("href") == leads_to


@given(st.text(alphabet="ab <>&\"'[]()1*_`#!/\\\n-:", max_size=80), st.integers(0, 3))
def test_any_text_stays_harmless(text: str, sources: int) -> None:
    root = html.fragment_fromstring(f"<div>{prose(text, sources)}</div>")
    assert {one.tag for one in root.iter() if isinstance(one.tag, str)} <= _TAGS | {"div"}
    assert not any(one.get("href", "").startswith("//") for one in root.iter("a"))


def test_excerpts_show_the_words_of_markdown_without_its_signs() -> None:
    text = "Naik **12 persen** [1], lihat [laman](https://x.example).\n\n- satu\n- *dua*\n\n# Judul\nbaris\nlagi `kode`"
    assert plain_prose(text) == "Naik 12 persen [1], lihat laman.\nsatu\ndua\nJudul\nbaris lagi kode"
    assert plain_prose("tarif 5*6 dan <b>tanda</b>") == "tarif 5*6 dan <b>tanda</b>"
