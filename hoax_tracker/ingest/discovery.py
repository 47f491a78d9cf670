"""The feeds that a web page names (autodiscovery)."""

from __future__ import annotations

from urllib.parse import urljoin

import lxml.html
from lxml.etree import LxmlError

from hoax_tracker.ingest.links import absolute_url

_FEED_TYPES = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json", "application/json"}
)
_LINKS_KEPT = 10
_READ_CHARACTERS = 500_000


def discover_feeds(page: str, url: str) -> tuple[str, ...]:
    """Return the absolute addresses of the feeds that ``page`` (HTML) names, in its order, at most ten."""
    try:
        tree = lxml.html.document_fromstring(page[:_READ_CHARACTERS].encode("utf-8", "replace"), parser=_parser())
    except (LxmlError, ValueError, AssertionError):
        return ()
    base = urljoin(url, next(iter(tree.xpath("//base/@href")), ""))
    named = (
        absolute_url(base, link.get("href"))
        for link in tree.iter("link")
        if link.get("href")
        and "alternate" in (link.get("rel") or "").lower().split()
        and (link.get("type") or "").split(";")[0].strip().lower() in _FEED_TYPES
    )
    return tuple(dict.fromkeys(found for found in named if found))[:_LINKS_KEPT]


def _parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(encoding="utf-8")
