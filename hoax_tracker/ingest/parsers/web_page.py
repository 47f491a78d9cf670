"""Parse web pages with BeautifulSoup, within limits: a hostile page may fill the memory or stall the parser.

Found are the feeds that a page names, and ClaimReview written as microdata (itemscope, itemprop), read into the
structure of JSON-LD: https://html.spec.whatwg.org/multipage/microdata.html. bs4 is imported when the first page is
parsed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import html_to_one_line
from hoax_tracker.ingest.parsers.canonical_url import absolute_url
from hoax_tracker.ingest.parsers.entry import base_address

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


if TYPE_CHECKING:
    from bs4 import BeautifulSoup

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
# What feeds are called, too, and other things more often: WordPress names the page itself as JSON.
_AMBIGUOUS_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_REVIEWS_TYPE, _REVIEWS_NAME = "application/ld+json", re.compile(r"claim-?review", re.IGNORECASE)
"""A fact-checker's front page names its reviews so beside its feed of news; they are what is meant."""
_LINKS_KEPT = 10


def discover_feeds(page: BeautifulSoup, url: str) -> tuple[str, ...]:
    """Return the absolute addresses of the feeds that a page names, most certain first, at most ten."""
    base = base_address(url, attribute_text(page.select_one("base[href]"), "href"))
    reviews: list[str | None] = []
    named: dict[bool, list[str | None]] = {False: [], True: []}
    for link in page.select("link[rel][type][href], a[rel][type][href]"):
        kind = attribute_text(link, "type").split(";")[0].strip().lower()
        is_other_form = "alternate" in attribute_text(link, "rel").lower().split()
        if is_other_form and kind == _REVIEWS_TYPE and _REVIEWS_NAME.search(attribute_text(link, "href")):
            reviews.append(absolute_url(base, attribute_text(link, "href")))
        elif is_other_form and kind in _FEED_TYPES | _AMBIGUOUS_TYPES:
            named[kind in _AMBIGUOUS_TYPES].append(absolute_url(base, attribute_text(link, "href")))
    return tuple(dict.fromkeys(address for address in reviews + named[False] + named[True] if address))[:_LINKS_KEPT]


if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

REVIEWS_LIMIT = 100
"""Reviews read of one page."""
_PROPERTY_NAMES = """alternateName author bestRating claimReviewed dateModified datePublished inLanguage name
    publisher ratingValue reviewBody reviewRating url"""
PROPERTIES_READ = frozenset(_PROPERTY_NAMES.split())
_NESTING_READ = 2  # a review, its author or rating
_CLAIM_REVIEW = re.compile(r"\bschema\.org/ClaimReview\b", re.IGNORECASE)


def microdata_reviews(page: BeautifulSoup) -> list[dict[str, Any]]:
    """Return the ClaimReview items that a page holds as microdata."""
    reviews = page.find_all(itemscope=True, itemtype=_CLAIM_REVIEW, limit=REVIEWS_LIMIT)
    properties = _properties_by_item(page) if reviews else {}
    items = ({"@type": "ClaimReview", **_read_item(review, properties)} for review in reviews)
    return [review for review in items if "claimReviewed" in review]


def _properties_by_item(page: BeautifulSoup) -> dict[int, list[Tag]]:
    """Return the properties of each item of a page by the id of its element.

    One pass is enough, however deeply items are nested.
    """
    innermost: dict[int, Tag | None] = {id(page): None}
    properties_by_id: dict[int, list[Tag]] = defaultdict(list)
    for element in page.find_all(True):
        item = innermost[id(element.parent)]
        if item is not None and element.has_attr("itemprop"):
            properties_by_id[id(item)].append(element)
        innermost[id(element)] = element if element.has_attr("itemscope") else item
    return properties_by_id


def _read_item(item: Tag, properties: dict[int, list[Tag]], depth: int = 1) -> dict[str, Any]:
    """Return an item's properties, with the first value of each."""
    values: dict[str, Any] = {"@id": attribute_text(item, "itemid")}
    for element in properties.get(id(item), ()):
        for name in PROPERTIES_READ.intersection(attribute_text(element, "itemprop").split()) - values.keys():
            if not element.has_attr("itemscope"):
                values[name] = _property_value(element, name)
            elif depth < _NESTING_READ:
                values[name] = _read_item(element, properties, depth + 1)
    return values


def _property_value(element: Tag, name: str) -> str:
    """Return the value of a property.

    A link gives its address only where an address is wanted, else its text.
    """
    attributes = ("content", "datetime", *(("href", "src") if name == "url" else ()))
    return next((value for key in attributes if (value := attribute_text(element, key))), "") or element_text(element)
