"""The feeds that a web page names (autodiscovery)."""

from __future__ import annotations

import lxml.html
from lxml.etree import LxmlError

from hoax_tracker.ingest.parsers.canonical_url import absolute_url
from hoax_tracker.ingest.parsers.entry import base_address

_FEED_TYPES = frozenset({"application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json"})
# What feeds are called, too, and other things more often: WordPress names the page itself as JSON.
_AMBIGUOUS_TYPES = frozenset({"application/json", "application/xml", "text/xml"})
_LINKS_KEPT = 10
_READ_CHARACTERS = 2_000_000
"""YouTube names a channel's feed behind more than half a million characters of scripts."""


def discover_feeds(page: str, url: str) -> tuple[str, ...]:
    """Return the absolute addresses of the feeds that ``page`` (HTML) names, the surest first, at most ten."""
    try:
        tree = lxml.html.document_fromstring(
            page[:_READ_CHARACTERS].encode("utf-8", "replace"), parser=_utf8_html_parser()
        )
    except (LxmlError, ValueError, AssertionError):
        return ()
    base = base_address(url, next(iter(tree.xpath("//base/@href")), ""))
    named: dict[bool, list[str | None]] = {False: [], True: []}
    for link in tree.iter("link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        is_other_form = "alternate" in (link.get("rel") or "").lower().split()
        if link.get("href") and is_other_form and kind in _FEED_TYPES | _AMBIGUOUS_TYPES:
            named[kind in _AMBIGUOUS_TYPES].append(absolute_url(base, link.get("href")))
    return tuple(dict.fromkeys(found for found in named[False] + named[True] if found))[:_LINKS_KEPT]


def _utf8_html_parser() -> lxml.html.HTMLParser:
    return lxml.html.HTMLParser(encoding="utf-8")
