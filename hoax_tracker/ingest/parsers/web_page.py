"""Parse web pages with BeautifulSoup, within limits: a hostile page may fill the memory or stall the parser.

bs4 is imported when the first page is parsed.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import html_to_one_line

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

PAGE_LENGTH_LIMIT = 2_000_000
"""Characters read of a page: YouTube names a channel's feed behind more than half a million characters of scripts."""
PAGE_TAGS_LIMIT = 50_000
"""Tags read of a page: each takes half a kilobyte and some microseconds, and a crowded front page has five thousand."""
NESTING_LIMIT = 200
"""How deep elements may lie: to look for what an element stands in takes a step a level."""
STRINGS_LIMIT = 2_000
"""How many pieces of text are put together for one value."""
PAGE_TITLE_SHOWN = 80

_OPENING = re.compile(r"\s*+(?:<\?xml[^>]*+>)?")


def parse_page(markup: str) -> BeautifulSoup:
    """Return the parsed page, cut where it exceeds the limits on length, number of elements or depth.

    An XML declaration is removed, because BeautifulSoup would warn of it.
    """
    from bs4 import BeautifulSoup

    text = markup[:PAGE_LENGTH_LIMIT].replace("\0", "")
    text = text[_OPENING.match(text).end() :]  # type: ignore[union-attr]  # matches the empty string too
    text = "<".join(text.split("<", PAGE_TAGS_LIMIT)[:PAGE_TAGS_LIMIT])
    page = BeautifulSoup(text.encode("utf-8", "replace"), "lxml", from_encoding="utf-8")
    _remove_deep_elements(page)
    return page


def _remove_deep_elements(page: BeautifulSoup) -> None:
    depths, too_deep = {id(page): 0}, []
    for element in page.find_all(True):
        depths[id(element)] = depth = depths[id(element.parent)] + 1
        if depth == NESTING_LIMIT:
            too_deep.append(element)
    for element in too_deep:
        element.decompose()


def attribute_text(element: Tag | None, name: str) -> str:
    """Return an attribute unchanged, or "" where the attribute or the element is missing."""
    value = element.get(name) if element is not None else None
    return value if isinstance(value, str) else " ".join(value or ())


def element_text(element: Tag | None) -> str:
    """Return the text of an element unchanged, or "" without an element."""
    return "" if element is None else "".join(islice(element.strings, STRINGS_LIMIT))


def describe_page(page: BeautifulSoup) -> str:
    """Describe, for an officer, a page that was found in place of something else."""
    title = html_to_one_line(element_text(page.title), PAGE_TITLE_SHOWN) or _("tanpa judul")
    links = len(page.select("a[href]"))
    return str(_("halaman web «%(title)s» dengan %(links)s tautan", title=title, links=links))
