"""Markup of others as plain text, fast; and officers' Markdown as safe HTML.

Every entry of every feed passes through the first. Its result is text, not safe HTML: it is escaped where it is shown.
Markup is recognised as a browser's tokeniser does (WHATWG HTML 13.2.5), by one pattern that cannot fail inside a tag,
so hostile input costs linear time. Of Markdown there is no raw HTML, no image and no script, and its headings stand
below the page's own.
"""

from __future__ import annotations

import html
import re
import unicodedata

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TEXT_LIMIT = 20_000
"""The longest text kept of one entry, in characters."""

LINE_LIMIT = 500
"""The longest title or name kept, in characters."""

CUT_MARK = " … [dipotong]"
"""The end of a text of which only the beginning is kept. Sites end their own excerpts with "[…]"."""

# Elements whose content a browser does not show as text.
_RAW = "(?i:script|style|iframe|noembed|noframes|template|svg)"

# Quotes count only after "=": in <p title=it's> or <a href="x""> a stray quote does not hide the rest of the page.
_ATTRIBUTES = r"""(?>[^>=]++|=\s*+(?>"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))?+)*+(?:>|\Z)"""

_MARKUP = re.compile(
    rf"""<(?:
        (?!{_RAW}[\s/>]) /? ([a-zA-Z][^\s/>]*+) {_ATTRIBUTES}   # 1: the name of the tag
      | (?P<raw>{_RAW}) {_ATTRIBUTES} (?:(?<=/>) | .*? (?:</(?i:(?P=raw))(?=[\s/>]|\Z) [^>]*+ (?:>|\Z) | \Z))
      | !-- (?:-?> | .*? (?:--!?>|\Z))                          # a comment, or one that never ends
      | !\[CDATA\[
      | [!?][a-zA-Z][^>]*+ (?:>|\Z)                             # doctype, processing instruction
    )""",
    re.DOTALL | re.VERBOSE,
)

_BREAKS = """address article aside blockquote body br caption center dd details dialog div dl dt fieldset figcaption
    figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol option p pre section select summary
    table tbody tfoot thead title tr ul"""
_GAPS = dict.fromkeys(_BREAKS.split(), "\n") | dict.fromkeys(("td", "th", "img", "button", "textarea"), " ")

_ELEMENTS = f"""a abbr acronym b bdi bdo big cite code data del dfn em embed font i iframe ins kbd label link mark meta
    nobr noscript object picture q rp rt ruby s samp script small source span strike strong style sub sup svg template
    time tt u var video audio wbr {_BREAKS} td th img button textarea head"""
_ELEMENT_NAMES = "|".join(sorted(set(_ELEMENTS.split())))
_TAG = re.compile(rf"</?(?:{_ELEMENT_NAMES})(?=[\s/>])", re.IGNORECASE)
_NO_TAG = re.compile(rf"<(?!/?(?:{_ELEMENT_NAMES})(?=[\s/>])|!--|!\[CDATA\[)", re.IGNORECASE)
# What is left of letters that were escaped twice. "&lt;" is not among them: it may be meant.
_ESCAPED_LETTER = re.compile(
    r"&(?:amp|quot|apos|nbsp|hellip|[mn]dash|[lr][sd]quo|#(?:3[489]|160|8[0-9]{3})|#x(?:2[2-7]|a0|20[0-9a-f]{2}));",
    re.IGNORECASE,
)

# Controls (but not white space), soft hyphen, zero width, direction overrides, fillers, tags, lone surrogates and
# non-characters: invisible, and so a way to hide words from a reader or from the model.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)

_MOST_MARKS = 30
_MANY_SIGNS = re.compile(rf"[^\w\s\x00-\x7f]{{{_MOST_MARKS + 1},}}")

# html.unescape turns the number into an int first, and Python refuses ints of more than 4,300 digits.
_OVERLONG_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{8,});?")


def strip_html(markup: str, limit: int = TEXT_LIMIT) -> str:
    """Return the readable text of ``markup``, at most ``limit`` characters, one line for each block.

    Tags, comments and scripts are removed, entities decoded once, invisible characters dropped and white space
    collapsed. Text without markup keeps its lines.
    """
    text = strip_invisible(markup)
    if "<" in text:
        text = _remove_tags(text)
    if "&" in text:
        text = strip_invisible(html.unescape(_OVERLONG_REFERENCE.sub("", text)))
    return _collapse_whitespace(text, limit)


def strip_markup_in_plain_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return the readable text of a value that is plain text by its format, and may hold markup all the same.

    Only names of elements make a tag: "harga <Rp5.000 dan suhu >40" stays whole.
    """
    return strip_html(_NO_TAG.sub("&lt;", text) if "<" in text else text, limit)


def strip_html_of_feed(markup: str, limit: int = TEXT_LIMIT) -> str:
    """Return the readable text of an element of a feed. Programs that write feeds often escape their markup twice.

    So markup that shows only when the first is removed is removed, too, where the first was nothing but escapes.
    """
    text = strip_html(markup, limit)
    if "&" in text and _ESCAPED_LETTER.search(text):
        text = _ESCAPED_LETTER.sub(lambda match: html.unescape(match[0]), text)
    if "<" in text and _TAG.search(text) and not _TAG.search(markup):
        text = strip_html(text, limit)
    return text


def clean_plain_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return ``text`` without markup semantics cleaned the same way: what looks like a tag stays."""
    return _collapse_whitespace(strip_invisible(text), limit)


def cut_text(text: str, limit: int) -> str:
    """Return ``text``, or its beginning with CUT_MARK where it is longer than ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - len(CUT_MARK)].rstrip() + CUT_MARK


def is_cut_text(text: str) -> bool:
    """Tell whether only the beginning of a text was kept."""
    return text.endswith(CUT_MARK)


def strip_invisible(text: str) -> str:
    """Return ``text`` without invisible characters; white space stays."""
    return text if text.isprintable() else _INVISIBLE.sub("", text)


def compatibility_form(text: str) -> str:
    """Return ``text`` in Unicode's compatibility form (NFKC), with at most 30 marks on a letter.

    Python sorts the marks of a letter in quadratic time: 100,000 accents take ten seconds. No language needs more than
    30: https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
    """
    return unicodedata.normalize("NFKC", _MANY_SIGNS.sub(_limit_marks, text))


def _limit_marks(signs: re.Match[str]) -> str:
    limited, marks = [], 0
    for sign in signs[0]:
        marks = marks + 1 if unicodedata.combining(sign) else 0
        if marks <= _MOST_MARKS:
            limited.append(sign)
    return "".join(limited)


def on_one_line(text: str) -> str:
    """Return a text without line breaks."""
    return text.replace("\n", " ")


def html_to_one_line(markup: str, limit: int = LINE_LIMIT) -> str:
    """Return the readable text of ``markup`` on one line, for titles and names."""
    return on_one_line(strip_html(markup, limit))


def _collapse_whitespace(text: str, limit: int) -> str:
    """Return ``text`` with single spaces and line breaks, and no empty line. Only a line is cut without a mark."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    text = "\n".join(line for line in lines if line)
    return text[:limit].rstrip() if limit <= LINE_LIMIT else cut_text(text, limit)


def _remove_tags(text: str) -> str:
    """Return ``text`` with a gap for each tag; within markup a line break is only a space."""
    if not _MARKUP.search(text):
        return text
    if "<![CDATA[" in text:
        text = text.replace("]]>", "")
    return _MARKUP.sub(_gap_for_tag, " ".join(text.split()))


def _gap_for_tag(match: re.Match[str]) -> str:
    """Return the replacement of a tag: a line break for a block, a space for a cell, nothing for others.

    Of a power the sign stays: 10<sup>6</sup> is not 106. A note behind a word is none.
    """
    name = match[1]
    if name in ("sup", "SUP") and not match[0].startswith("</"):
        before, behind = match.string[match.start() - 1 : match.start()], match.string[match.end() : match.end() + 2]
        return "^" if before.isdigit() and behind.lstrip("-\u2212+")[:1].isdigit() else ""
    return _GAPS.get(name.lower(), "") if name else ""


_READER = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr", "code", "pre", "sup"}
_MD_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_PAGE_HEADINGS = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h4", "h5": "h4", "h6": "h4"}
_OTHER_SITE = re.compile(r"\A(?:(https?):/*|/{2,})", re.IGNORECASE)
_SOURCE = re.compile(r" ?\[(\d{1,2})\]")


def prose(text: str, sources: int = 0) -> Markup:
    """Return the Markdown as safe HTML; "[2]" links to source 2 where it exists."""
    tokens = _READER.parse(text)
    for token in tokens:
        token.tag = _PAGE_HEADINGS.get(token.tag, token.tag)
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("href", _absolute_link(str(child.attrGet("href"))))
            if child.type == "text":
                child.type, child.content = "html_inline", _link_source_numbers(child.content, sources)
    html = _READER.renderer.render(tokens, _READER.options, {})
    clean = nh3.clean(html, tags=_TAGS, attributes=_MD_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
    return Markup(clean)  # noqa: S704 - nh3 let nothing else through


def plain_prose(text: str) -> str:
    """Return the words of Markdown without its signs, for excerpts: "**12 persen**" becomes "12 persen"."""
    blocks = (token.children or (token,) for token in _READER.parse(text) if token.type in ("inline", "fence"))
    return "\n".join("".join(part.content or " " * part.type.endswith("break") for part in block) for block in blocks)


def _absolute_link(href: str) -> str:
    """Return a link to another site with scheme and host; "//situs.example" becomes https."""
    return _OTHER_SITE.sub(lambda match: f"{(match[1] or 'https').lower()}://", href)


def _link_source_numbers(text: str, sources: int) -> str:
    """Return plain text, escaped, with "[n]" linked to source n."""

    def link(match: re.Match[str]) -> str:
        number = int(match[1])
        return f'<sup><a href="#r{number}">{number}</a></sup>' if 0 < number <= sources else match[0]

    return _SOURCE.sub(link, str(Markup.escape(text)))
