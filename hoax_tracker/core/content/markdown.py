"""Officers' Markdown as safe HTML: no raw HTML, images or scripts, and headings below the page's own."""

from __future__ import annotations

import re

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_READER = MarkdownIt("commonmark", {"html": False}).disable(["image", "html_block", "html_inline"])
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr", "code", "pre", "sup"}
_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "ol": {"start"}}
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
    clean = nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel="noopener noreferrer")
    return Markup(clean)  # nosec B704  # noqa: S704 - nh3 let nothing else through


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
