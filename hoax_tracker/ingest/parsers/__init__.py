"""Turn the bytes of a feed into entries: decode them, detect the format, and call its reader.

1. Check the size and emptiness.
2. Decode the bytes (encodings.py).
3. Tell JSON, a web page and XML apart by the first characters.
4. Call the reader: json_feed.py or xml_feed.py. A broken entry is skipped and named in ``problems``; the others stay.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.ingest.parsers.claim_review import parse_reviews, reviews_on_page
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedError, FeedProblems
from hoax_tracker.ingest.parsers.json_feed import parse_json
from hoax_tracker.ingest.parsers.telegram import is_channel_preview, is_closed_channel, parse_channel
from hoax_tracker.ingest.parsers.web_page import describe_page, discover_feeds, parse_page
from hoax_tracker.ingest.parsers.xml_feed import parse_xml

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

__all__ = ["FEED_SIZE_LIMIT_BYTES", "Feed", "FeedEntry", "FeedError", "feed_too_large_error", "parse_feed"]

FEED_SIZE_LIMIT_BYTES = 10 * 2**20

_PROLOG = r"(?>\s+|<\?[^>]*+>|<!--.{0,5000}?-->)*+"
_HTML = re.compile(
    rf"{_PROLOG}(?:<!doctype\s+html\b[^>]*+>(?!{_PROLOG}<(?:rss|feed|rdf:))|<(?:html|head|body)\b)",
    re.IGNORECASE | re.DOTALL,
)
# Some programs put a feed into a page as if it were a text on it.
_FEED_IN_PAGE = re.compile(
    rf"{_PROLOG}(?:<!doctype\s+html\b[^>]*+>{_PROLOG})?+(?:</?(?:html|head|body)\b[^>]*+>{_PROLOG})++(?=<(?:rss|feed)\b)",
    re.IGNORECASE | re.DOTALL,
)
_PAGE_END = re.compile(r"(?:</(?:body|html)\s*+>\s*+)++\Z", re.IGNORECASE)
_PAGE_END_LENGTH = 100


def parse_feed(body: bytes, url: str, content_type: str | None = None, *, now: datetime) -> Feed:
    """Return the feed in ``body``, fetched from ``url``. Raises FeedError with the reason otherwise."""
    if len(body) > FEED_SIZE_LIMIT_BYTES:
        raise feed_too_large_error(url)
    text, misdeclared = decode_bytes(body, content_type)
    opening = text[:5000].lstrip("\ufeff\x00 \t\r\n")
    if not opening:
        raise FeedError(url, "empty", user_message=_l("Feed itu kosong. Coba lagi nanti."))
    problems = FeedProblems()
    if misdeclared:
        problems.add(_("Penyandian aksara bukan %(name)s seperti yang dinyatakan", name=misdeclared))
    if opening[0] in "{[":
        return parse_json(text.lstrip("\ufeff\x00 \t\r\n"), url, now, problems)
    if wrapped := _FEED_IN_PAGE.match(opening):
        text = text.lstrip("\ufeff\x00 \t\r\n")[wrapped.end() :]
        text = text[:-_PAGE_END_LENGTH] + _PAGE_END.sub("", text[-_PAGE_END_LENGTH:])
    elif _HTML.match(opening):
        return _parse_web_page(text, url, now, problems)
    return parse_xml(text, url, now, problems)


def feed_too_large_error(url: str) -> FeedError:
    """Return the error for a feed or file beyond the size limit."""
    message = _l(
        "Itu terlalu besar, paling besar %(size)s MB. Dari ekspor, ambil jangka waktu yang lebih pendek.",
        size=FEED_SIZE_LIMIT_BYTES // 2**20,
    )
    return FeedError(url, f"larger than {FEED_SIZE_LIMIT_BYTES} bytes", user_message=message)


def _parse_web_page(text: str, url: str, now: datetime, problems: FeedProblems) -> Feed:
    """Return the entries that a web page itself holds: posts of a Telegram channel, or reviews.

    They take precedence over a feed that the page names.
    """
    if is_channel_preview(text):
        return parse_channel(text, url, now, problems)
    if is_closed_channel(text, url):
        message = _l("Telegram tidak menampilkan unggahannya kepada umum: itu grup, akun, atau kanal tanpa pratinjau.")
        raise FeedError(url, "no public preview", user_message=message)
    page = parse_page(text)
    reviews, links = reviews_on_page(page), discover_feeds(page, url)
    if reviews and links:
        words = _("Yang dibaca ialah cek fakta (ClaimReview) di halaman ini. Feed yang juga disebutnya: %(link)s")
        problems.add(words % {"link": links[0]})
    feed = parse_reviews(reviews, url, now, problems)
    if feed is None:
        raise _web_page_error(page, url, links)
    return feed


def _web_page_error(page: BeautifulSoup, url: str, links: tuple[str, ...]) -> FeedError:
    """Return the error for a page found in place of a feed, with the feeds that the page names."""
    message = _l(
        "Alamat itu halaman web, bukan feed. Halaman itu tidak menyebut feed-nya: cari tautan RSS di situs itu."
    )
    if links:
        message = _l("Alamat itu halaman web, bukan feed. Feed-nya: %(links)s", links=", ".join(links))
    description = describe_page(page)
    return FeedError(url, "an HTML page, not a feed", links=links, user_message=message, found=description)
