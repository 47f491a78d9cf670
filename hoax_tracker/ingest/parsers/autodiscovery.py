"""Feed autodiscovery: find the feeds that a web page names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hoax_tracker.ingest.parsers.canonical_url import absolute_url
from hoax_tracker.ingest.parsers.entry import base_address
from hoax_tracker.ingest.parsers.web_page import attribute_text

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
