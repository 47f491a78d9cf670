"""The main text of a web page, without menus, advertisements and comments, by trafilatura."""

from __future__ import annotations

from urllib.parse import urlsplit

from rapidfuzz import fuzz

from hoax_tracker.core.content.encodings import decode_bytes
from hoax_tracker.core.content.html_to_text import CUT_MARK, TEXT_LIMIT, clean_plain_text, strip_html
from hoax_tracker.core.fetch import FetchResponse
from hoax_tracker.core.fetch.page_visits import PageGoneError

MARKUP_LIMIT = 2 * 2**20
COMPARED_LENGTH = 10_000
SAME_TEXT_LIKENESS = 95.0
"""Likeness (0 to 100) from which on a page says what it said: a date or a count may differ."""


def main_text(body: bytes, content_type: str | None, limit: int = TEXT_LIMIT) -> str:
    """Return the main text of a page, at most ``limit`` characters; "" without one. Never raises."""
    kind = (content_type or "text/html").partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind.endswith(("html", "xml"))):
        return ""
    markup = decode_bytes(body, content_type)[0]
    cut, markup = len(markup) > MARKUP_LIMIT, markup[:MARKUP_LIMIT]
    text = markup if kind == "text/plain" else _extract_with_trafilatura(markup) or strip_html(markup, MARKUP_LIMIT)
    return clean_plain_text(f"{text}{CUT_MARK}" if cut and text else text, limit)


def _extract_with_trafilatura(markup: str) -> str:
    """Return the story that trafilatura finds, or ""."""
    from trafilatura import extract

    try:
        return extract(markup, include_comments=False, include_tables=True, deduplicate=False) or ""
    except Exception:  # noqa: BLE001 - a parser of hostile pages: whatever it raises, the plain words stand in
        return ""


def is_same_text(before: str, now: str) -> bool:
    """Tell whether two main texts are equal except for details."""
    return (
        fuzz.ratio(before[:COMPARED_LENGTH], now[:COMPARED_LENGTH], score_cutoff=SAME_TEXT_LIKENESS) > 0
        or before == now
    )


def extract_story(url: str, fetched: FetchResponse) -> str:
    """Return the main text of a page, or "". Raises PageGoneError."""
    if _is_front_page(fetched.url) and not _is_front_page(url):
        raise PageGoneError(url, "the site leads to its front page instead")
    return main_text(fetched.body, fetched.content_type)


def _is_front_page(url: str) -> bool:
    """Tell whether an address is a site's front page, where many sites redirect readers of deleted pages."""
    parts = urlsplit(url)
    return not parts.path.strip("/") and not parts.query
