"""Every feed in XML that the tests have, through this product and through feedparser alone, field by field.

What differs is named by a rule that says why. A difference without a rule fails, and so does a rule that no feed needs.
"""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser
import pytest

import tests.ingest
from hoax_tracker.core.content.html_to_text import html_to_one_line, strip_html
from hoax_tracker.ingest.parsers import Feed, FeedEntry, parse_feed
from hoax_tracker.ingest.parsers.canonical_url import absolute_url

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
URL = "https://kabar.example/umpan/rss.xml"
FIELDS = ("id", "link", "title", "text", "author", "published", "updated", "language")
_FEED = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE[^>]*>\s*)?<(?:rss|feed|rdf:RDF)\b")


@dataclass(frozen=True)
class Pair:
    """An entry as feedparser alone gives it and as this product does, with the feed that feedparser read."""

    theirs: Any
    ours: FeedEntry
    head: Any


def their_value(raw: Any, head: Any, field: str) -> Any:
    """A field of an entry as feedparser gives it, without its own reading of other keys in place of it."""
    if field == "text":
        contents = dict.get(raw, "content") or [{}]
        return contents[0].get("value") or dict.get(raw, "summary") or ""
    if field in ("published", "updated"):
        parts = dict.get(raw, f"{field}_parsed")
        return datetime(*parts[:6], tzinfo=UTC) if parts else None
    if field == "language":
        return dict.get(head, "language")
    return dict.get(raw, field) or ("" if field == "title" else None)


def our_value(entry: FeedEntry, field: str) -> Any:
    """The same field as this product gives it."""
    names = {"id": "feed_id", "link": "url", "published": "published_at", "updated": "updated_at"}
    return getattr(entry, names.get(field, field))


def details(pair: Pair, name: str) -> str:
    return str(dict.get(pair.theirs, name) or "")


RULES: dict[str, tuple[str, Callable[[Pair, Any, Any], bool]]] = {
    "one form of an address: absolute, without tracking, host in lower case": (
        "link",
        lambda _pair, theirs, ours: theirs is not None and ours == absolute_url(URL, theirs),
    ),
    "a feed that passed through FeedBurner names the page itself": (
        "link",
        lambda pair, _theirs, ours: ours is not None and ours == details(pair, "feedburner_origlink"),
    ),
    "an id is no address of a page, though feedparser gives it as the link": (
        "link",
        lambda pair, theirs, ours: ours is None and theirs == details(pair, "id"),
    ),
    "titles are plain text on one line, without markup and doubled space": (
        "title",
        lambda _pair, theirs, ours: ours == html_to_one_line(theirs),
    ),
    "texts are plain text, without markup": (
        "text",
        lambda _pair, theirs, ours: ours == strip_html(theirs),
    ),
    "the longer of content and summary is the text": (
        "text",
        lambda pair, theirs, ours: len(ours) > len(strip_html(theirs)) and ours == strip_html(details(pair, "summary")),
    ),
    "the name of an author without the mail address": (
        "author",
        lambda _pair, theirs, ours: ours is not None and "@" in (theirs or "") and ours in theirs,
    ),
    "the publisher of an aggregated entry, where it names no author": (
        "author",
        lambda pair, theirs, ours: theirs is None and ours == (dict.get(pair.theirs, "source") or {}).get("title"),
    ),
    "the time of the update, or of making, where none of publishing is given": (
        "published",
        lambda pair, theirs, ours: (
            theirs is None
            and ours
            in (their_value(pair.theirs, pair.head, "updated"), to_moment(dict.get(pair.theirs, "created_parsed")))
        ),
    ),
    "dates as Indonesian newspapers write them, which feedparser does not read": (
        "published",
        lambda pair, theirs, ours: theirs is None and ours is not None and bool(details(pair, "published")),
    ),
    "the language of the entry itself goes before that of the feed": (
        "language",
        lambda pair, theirs, ours: (
            ours in {detail.get("language") for detail in (dict.get(pair.theirs, "content") or [{}])} - {theirs}
            or ours == (dict.get(pair.theirs, "summary_detail") or {}).get("language")
        ),
    ),
}


def to_moment(parts: Any) -> datetime | None:
    return datetime(*parts[:6], tzinfo=UTC) if parts else None


def feeds_of_tests() -> dict[str, str]:
    """Every feed that stands in a module of tests of this stage, by its module and name."""
    found: dict[str, str] = {}
    for module in pkgutil.walk_packages(tests.ingest.__path__, "tests.ingest."):
        if module.name == __name__:
            continue
        for name, value in sorted(vars(importlib.import_module(module.name)).items()):
            for number, text in enumerate(texts_in(value)):
                if _FEED.match(text) and text not in found.values():
                    found[f"{module.name.removeprefix('tests.ingest.')}.{name}.{number}"] = text
    return found


def texts_in(value: Any) -> Iterator[str]:
    """The texts in a value: itself, or those of a list or dict."""
    if isinstance(value, str | bytes):
        yield value if isinstance(value, str) else value.decode("utf-8", "replace")
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            if isinstance(part, str | bytes):
                yield from texts_in(part)


def read_both(text: str) -> tuple[Any, Feed]:
    """A feed as feedparser alone reads it, and as this product does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = feedparser.parse(io.BytesIO(text.encode()))
    return theirs, parse_feed(text.encode(), URL, None, now=NOW)


def rule_for(pair: Pair, field: str, theirs: Any, ours: Any) -> str | None:
    """The first rule that says why a field differs."""
    rules = ((name, holds) for name, (about, holds) in RULES.items() if about == field)
    return next((name for name, holds in rules if holds(pair, theirs, ours)), None)


FEEDS = feeds_of_tests()


@pytest.mark.usefixtures("app")
def test_what_differs_from_feedparser_alone_is_meant() -> None:
    used, unexplained = set(), []
    for name, text in FEEDS.items():
        theirs, ours = read_both(text)
        assert len(ours.entries) == len(theirs.entries), name
        assert ours.title == html_to_one_line(dict.get(theirs.feed, "title") or ""), name
        assert ours.link == absolute_url(URL, dict.get(theirs.feed, "link") or "data:"), name
        for raw, entry in zip(theirs.entries, ours.entries, strict=True):
            for field in FIELDS:
                before, after = their_value(raw, theirs.feed, field), our_value(entry, field)
                if before == after:
                    continue
                rule = rule_for(Pair(raw, entry, theirs.feed), field, before, after)
                used.add(rule)
                if rule is None:
                    unexplained.append((name, field, before, after))
    assert unexplained == []
    assert set(RULES) - used == set()


def test_there_are_feeds_to_compare() -> None:
    assert len(FEEDS) > 15
