"""Other fact-checkers' reviews: ClaimReview (schema.org), and the claims of Google's Fact Check Tools API.

What they checked is kept to be shown beside our claims, and is never flagged itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import one_line, strip_html
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import Entry, Feed, Problems, string
from hoax_tracker.ingest.parsers.export_dates import parse_single
from hoax_tracker.models import SourceKind

DEEPEST = 8
# No pattern takes a place twice: a page of ten megabytes may hold anything.
_SCRIPT = re.compile(r"<script\b([^<>]*+)>", re.IGNORECASE)
_SCRIPT_END = re.compile("</script", re.IGNORECASE)
_IS_LINKED_DATA = re.compile(r"""\btype\s*+=\s*+["']?application/ld\+json""", re.IGNORECASE)
# What pages put before the data for old browsers: "<!--", "//<![CDATA[", "/*<![CDATA[*/".
_BEFORE = re.compile(r"(?:\s++|//|/\*.{0,200}?\*/|<!--|<!\[CDATA\[)*+", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)


def parse_reviews(data: Any, url: str, now: datetime, problems: Problems) -> Feed | None:
    """Return the reviews in ``data``, or None where it holds none."""
    reviews = [*reviews_in(data), *from_tools(data)]
    if not (reviews or is_empty(data, url)):
        return None
    found: list[Entry] = []
    for number, raw in enumerate(reviews, start=1):
        try:
            found.append(review_entry(raw, url, now, number, problems))
        except Exception as error:  # noqa: BLE001 - whatever one review holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
    author = next((entry.author for entry in found if entry.author), "")
    return Feed(author or "", None, None, tuple(found), problems.as_tuple(), SourceKind.CLAIM_REVIEW)


def is_empty(data: Any, url: str) -> bool:
    """Tell whether it is a feed, or an answer of the Fact Check Tools API, without any review at the moment."""
    if not isinstance(data, dict):
        return False
    is_feed = kind_of(data) == "DataFeed" and data.get("dataFeedElement") == []
    return is_feed or (data in ({}, {"claims": []}) and urlsplit(url).path.endswith("/claims:search"))


def reviews_on_page(page: str) -> list[Any]:
    """Return the linked data in a web page that holds reviews."""
    found: list[Any] = []
    for script in linked_data(page):
        before = _BEFORE.match(script)
        try:
            data, _end = _DECODER.raw_decode(script, before.end() if before else 0)  # whatever closes it is left
        except (ValueError, RecursionError):
            continue
        found += reviews_in(data)
    return found


def linked_data(page: str) -> Iterator[str]:
    """Yield what stands in the page's scripts of linked data."""
    place = 0
    while script := _SCRIPT.search(page, place):
        place = script.end()
        if not _IS_LINKED_DATA.search(script[1]):
            continue
        end = _SCRIPT_END.search(page, place)
        if end is None:
            return
        yield page[place : end.start()]
        place = end.end()


def reviews_in(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every ClaimReview in ``data``, however deep a feed, a graph or a list holds it."""
    if depth > DEEPEST:
        return
    if isinstance(data, list):
        for one in data:
            yield from reviews_in(one, depth + 1)
    elif isinstance(data, dict):
        if kind_of(data) == "ClaimReview":
            yield data
            return
        for name in ("dataFeedElement", "item", "@graph", "itemListElement", "mainEntity", "review", "hasPart"):
            yield from reviews_in(data.get(name), depth + 1)


def kind_of(data: dict[str, Any]) -> str:
    """Return "ClaimReview" or "DataFeed" where it is one, however its type is written; else ""."""
    given = data.get("@type")
    names = {
        string(one).rpartition("/")[2].rpartition(":")[2] for one in (given if isinstance(given, list) else [given])
    }
    return next((name for name in ("ClaimReview", "DataFeed") if name in names), "")


def from_tools(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the claims of the Fact Check Tools API in schema.org's words, a review each."""
    claims = data.get("claims") if isinstance(data, dict) else None
    for claim in claims if isinstance(claims, list) else ():
        reviews = claim.get("claimReview") if isinstance(claim, dict) else None
        for review in reviews if isinstance(reviews, list) else ():
            if isinstance(review, dict):
                yield {
                    "claimReviewed": claim.get("text"),
                    "url": review.get("url"),
                    "author": review.get("publisher"),
                    "datePublished": review.get("reviewDate"),
                    "reviewRating": {"alternateName": review.get("textualRating")},
                    "name": review.get("title"),
                    "inLanguage": review.get("languageCode"),
                }


def review_entry(raw: dict[str, Any], url: str, now: datetime, number: int, problems: Problems) -> Entry:
    """Return a review: the claim as its title, the rating and the finding as its text."""
    rating, author = one_of(raw.get("reviewRating")), one_of(raw.get("author"))
    word = one_line(string(rating.get("alternateName")) or string(rating.get("name")) or out_of(rating))
    page = first_of(raw.get("url"))
    parts = (word, one_line(string(raw.get("name"))), strip_html(string(raw.get("reviewBody"))))
    return Entry(
        feed_id=shape.feed_id(raw.get("@id") or own_id(page, raw.get("claimReviewed"))),
        url=shape.link(url, page),
        title=one_line(string(raw.get("claimReviewed"))),
        text="\n".join(part for part in parts if part),
        author=one_line(string(author.get("name")) or string(author.get("site")), shape.AUTHOR_LIMIT) or None,
        published_at=moment(raw.get("datePublished"), now, number, problems),
        updated_at=moment(raw.get("dateModified"), now, number, problems),
        language=shape.language(raw.get("inLanguage")),
        images=(),
    )


def own_id(page: Any, claim: Any) -> str:
    """Return what tells a review apart: one page may review many claims, of which lists give now one, now another."""
    return f"{string(page)} {one_line(string(claim))}".strip()


def moment(value: Any, now: datetime, number: int, problems: Problems) -> datetime | None:
    """Return a review's moment, aware UTC; sites write it as it stands in the article, too."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return shape.iso_moment(text, now, number, problems, parse_single)


def out_of(rating: dict[str, Any]) -> str:
    """Return a rating by number, "1/5"; "" where it has none."""
    values = (rating.get(name) for name in ("ratingValue", "bestRating"))
    given, best = (str(value) if value or (value == 0 and value is not False) else "" for value in values)
    return f"{given}/{best}" if given and best else given


def first_of(value: Any) -> Any:
    """Return a value, or the first of a list of them."""
    return next(iter(value), None) if isinstance(value, list) else value


def one_of(value: Any) -> dict[str, Any]:
    """Return an object, or the first of a list of them; one that is a name only is an object of that name."""
    first = first_of(value)
    return {"name": first} if isinstance(first, str) else first if isinstance(first, dict) else {}
