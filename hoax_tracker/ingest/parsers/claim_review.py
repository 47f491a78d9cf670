"""Reviews by other fact-checkers: ClaimReview (schema.org), and claims of Google's Fact Check Tools API.

The reviewed claims are kept to be shown beside ours. They are never flagged themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import LINE_LIMIT, on_one_line, strip_markup_in_plain_text
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.dates import parse_unambiguous_date
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.web_page import element_text, microdata_reviews
from hoax_tracker.models import SourceKind

if TYPE_CHECKING:
    from bs4 import BeautifulSoup

MAX_REVIEW_DEPTH = 8
_LINKED_DATA = re.compile(r"^\s*+application/ld\+json\b", re.IGNORECASE)
# What pages put before the data for old browsers: "<!--", "//<![CDATA[", "/*<![CDATA[*/".
_SCRIPT_PREFIX = re.compile(r"(?:\s++|//|/\*.{0,200}?\*/|<!--|<!\[CDATA\[)*+", re.DOTALL)
_DECODER = json.JSONDecoder(strict=False)


def parse_reviews(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the reviews in ``data``, or None where there are none."""
    reviews = [*_iterate_reviews(data), *_fact_check_api_reviews(data)]
    if not (reviews or _is_empty_review_feed(data, url)):
        return None
    entries: list[FeedEntry] = []
    for number, raw in enumerate(reviews, start=1):
        try:
            entries.append(_review_entry(raw, url, now, number, problems))
        except Exception as error:  # noqa: BLE001 - whatever one review holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
    author = next((entry.author for entry in entries if entry.author), "")
    return Feed(author or "", None, None, tuple(entries), problems.as_tuple(), SourceKind.CLAIM_REVIEW)


def _is_empty_review_feed(data: Any, url: str) -> bool:
    """Tell whether ``data`` is a feed or Fact Check Tools API answer that holds no review at the moment."""
    if not isinstance(data, dict):
        return False
    is_feed = _schema_type(data) == "DataFeed" and data.get("dataFeedElement") == []
    return is_feed or (data in ({}, {"claims": []}) and urlsplit(url).path.endswith("/claims:search"))


def reviews_on_page(page: BeautifulSoup) -> list[dict[str, Any]]:
    """Return the reviews in a web page: those in its linked data (JSON-LD), else those in its microdata."""
    reviews: list[dict[str, Any]] = []
    for script in page.find_all("script", type=_LINKED_DATA):
        content = element_text(script)
        before = _SCRIPT_PREFIX.match(content)
        try:
            data, _end = _DECODER.raw_decode(content, before.end() if before else 0)  # whatever closes it is left
        except (ValueError, RecursionError):
            continue
        reviews += _iterate_reviews(data)
    return reviews or microdata_reviews(page)


def _iterate_reviews(data: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Yield every ClaimReview in ``data``, however deeply it is nested in a feed, a graph or a list."""
    if depth > MAX_REVIEW_DEPTH:
        return
    if isinstance(data, list):
        for element in data:
            yield from _iterate_reviews(element, depth + 1)
    elif isinstance(data, dict):
        if _schema_type(data) == "ClaimReview":
            yield data
            return
        for name in ("dataFeedElement", "item", "@graph", "itemListElement", "mainEntity", "review", "hasPart"):
            yield from _iterate_reviews(data.get(name), depth + 1)


def _schema_type(data: dict[str, Any]) -> str:
    """Return "ClaimReview" or "DataFeed" for an object of that type, in any spelling, else ""."""
    types = data.get("@type")
    names = {
        text_or_empty(type_name).rpartition("/")[2].rpartition(":")[2]
        for type_name in (types if isinstance(types, list) else [types])
    }
    return next((name for name in ("ClaimReview", "DataFeed") if name in names), "")


def _fact_check_api_reviews(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the claims of the Fact Check Tools API in schema.org's vocabulary, one review each."""
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


def _review_entry(raw: dict[str, Any], url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return a review as an entry: the claim as its title, the rating and the finding as its text."""
    rating = _first_object(raw.get("reviewRating"))
    word = _one_line(
        text_or_empty(rating.get("alternateName")) or text_or_empty(rating.get("name")) or _numeric_rating(rating)
    )
    page = _first_value(raw.get("url"))
    finding = strip_markup_in_plain_text(text_or_empty(_first_value(raw.get("reviewBody"))))
    parts = (word, _one_line(text_or_empty(raw.get("name"))), finding)
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(raw.get("@id") or _review_id(page, raw.get("claimReviewed"))),
        url=feed_entry.read_link(url, page),
        title=_one_line(claim_text(raw.get("claimReviewed"))),
        text="\n".join(part for part in parts if part),
        author=_one_line(_reviewing_office(raw), feed_entry.AUTHOR_LIMIT) or None,
        published_at=_read_review_date(raw.get("datePublished"), now, number, problems),
        updated_at=_read_review_date(raw.get("dateModified"), now, number, problems),
        language=feed_entry.read_language(raw.get("inLanguage")),
        images=(),
    )


def _one_line(text: str, limit: int = LINE_LIMIT) -> str:
    """Return a value of JSON on one line. Sites put markup into it, though it is plain text."""
    return on_one_line(strip_markup_in_plain_text(text, limit))


def claim_text(value: Any) -> str:
    """Return the reviewed claim; several of one review are one text."""
    values = value if isinstance(value, list) else [value]
    return "; ".join(text for one in values if (text := text_or_empty(one).strip()))


def _reviewing_office(raw: dict[str, Any]) -> str:
    """Return the name of who stands behind a review: the office that publishes it before the reporter who wrote it."""
    names = (_first_object(raw.get(role)) for role in ("publisher", "author"))
    candidates = (text_or_empty(one.get(key)) for one in names for key in ("name", "site"))
    return next((name for name in candidates if name.strip()), "")


def _review_id(page: Any, claim: Any) -> str:
    """Return an id that tells reviews apart.

    One page may review many claims, and lists give now one of them, now another.
    """
    return f"{text_or_empty(page)} {_one_line(claim_text(claim))}".strip()


def _read_review_date(value: Any, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return the date of a review as aware UTC. Sites also write it as it stands in the article."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return feed_entry.read_iso_datetime(text, now, number, problems, parse_unambiguous_date)


def _numeric_rating(rating: dict[str, Any]) -> str:
    """Return a numeric rating such as "1/5", or "" where there is none."""
    values = (rating.get(name) for name in ("ratingValue", "bestRating"))
    score, best = (str(value) if value or (value == 0 and value is not False) else "" for value in values)
    return f"{score}/{best}" if score and best else score


def _first_value(value: Any) -> Any:
    """Return a value, or the first element where it is a list."""
    return next(iter(value), None) if isinstance(value, list) else value


def _first_object(value: Any) -> dict[str, Any]:
    """Return an object, or the first of a list. A bare name becomes an object with that name."""
    first = _first_value(value)
    return {"name": first} if isinstance(first, str) else first if isinstance(first, dict) else {}
