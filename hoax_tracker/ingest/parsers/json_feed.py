"""JSON: JSON Feed 1.0 and 1.1 (jsonfeed.org), with the same result as the XML formats; posts; reviews."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.core.content.html_to_text import clean_plain_text, html_to_one_line, strip_html
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.claim_review import parse_reviews
from hoax_tracker.ingest.parsers.dates import parse_local_date
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedError, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.posts import parse_posts

_FEED_VERSION = "jsonfeed.org/version/"
_FEED_ITEMS = re.compile(r'"(items)"\s*:\s*\[')
_ITEMS = re.compile(
    r"\A\s*\[(?=\s*\{)"
    r'|"(items|messages|statuses|posts|feed|data|children|claims|dataFeedElement)"\s*:\s*\['
)
"""The list of entries in a feed, or in an answer or export of posts; it may also stand alone."""
_VERSION_ADDRESSES = ("https://jsonfeed.org/version/", "http://jsonfeed.org/version/")
_JSON_LINES = re.compile(r"\{[^\n]*+\n\s*+\{")
_GAP = re.compile(r"[\s,]*")
_OBJECT_OR_LIST = re.compile(r'(?<!:)(?<!:\s)\{(?=\s*")|:\s*+\[')
"""An object that may be an item, or a list within one: what stands behind a name lies within an item."""
_MEMBER = re.compile(r'"(version|title|home_page_url|feed_url|language|hubs|kind|name|type|id|@type)"\s*:\s*')
_CONTENT_MEMBERS = frozenset({"title", "content_html", "content_text", "summary"})
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]++|\\.)*+"?|,(?=\s*+[}\]])', re.DOTALL)
_ESCAPE = re.compile(r'(\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))|\\')
_HEAD_LIMIT = 20_000
_READ_AT_MOST = 100_000_000
"""How much of a broken feed is read to find its whole items, in characters."""
_NESTING_COST = 10_000
"""What it costs to read something nested too deeply, in characters."""
_LINES_COUNTED = 30
"""How many characters before an error cost as much as one that is read: Python counts their lines."""


def parse_json(text: str, url: str, now: datetime, problems: FeedProblems) -> Feed:
    """Return the feed, the posts or the reviews in ``text``. Raises FeedError for anything else."""
    head = _read_json(text, url, problems)
    other = parse_posts(head, url, now, problems) or parse_reviews(head, url, now, problems)
    if other is not None:
        return other
    raws = head.get("items") if isinstance(head, dict) else None
    if not isinstance(head, dict) or not isinstance(raws, list) or not _is_json_feed_version(head.get("version")):
        raise FeedError(url, "JSON, but not a JSON Feed")
    feed_language = feed_entry.read_language(head.get("language"))
    entries = []
    for number, raw in enumerate(raws, start=1):
        if isinstance(raw, dict):
            entries.append(_read_json_entry(raw, url, feed_language, now, number, problems))
        else:
            problems.add(_l("dilewati, karena bukan objek: %(detail)s", detail=repr(raw)[:60]), number)
    feed_entry.note_repeated_ids(entries, problems)
    return Feed(
        title=html_to_one_line(text_or_empty(head.get("title"))),
        link=feed_entry.read_link(url, head.get("home_page_url")),
        language=feed_language,
        entries=tuple(entries),
        problems=problems.as_tuple(),
        hub=_find_websub_hub(head.get("hubs")),
        topic=text_or_empty(head.get("feed_url")) or None,
    )


def _is_json_feed_version(version: object) -> bool:
    """Tell whether the value names a JSON Feed version. Some programs give the number without the address."""
    text = str(version) if isinstance(version, str | float | int) else ""
    return text in ("1", "1.0", "1.1") or text.startswith(_VERSION_ADDRESSES)


def _find_websub_hub(hubs: object) -> str | None:
    """Return the address of the first WebSub hub."""
    hub_objects = [hub for hub in hubs if isinstance(hub, dict)] if isinstance(hubs, list) else []
    return (
        next(
            (
                text_or_empty(hub.get("url"))
                for hub in hub_objects
                if text_or_empty(hub.get("type")).lower() == "websub"
            ),
            "",
        )
        or None
    )


def _read_json(text: str, url: str, problems: FeedProblems) -> Any:
    """Return the value in ``text``. Of a truncated or damaged feed, return its whole parts."""
    decoder = json.JSONDecoder(parse_int=_read_integer, strict=False)  # a raw control character breaks no feed
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError) as error:
        fault = error
    if _JSON_LINES.match(text) and (lines := _read_json_lines(text, decoder, problems)):
        return lines
    problems.add(_("JSON rusak, dibaca yang masih utuh: %(detail)s", detail=fault))
    text = _STRING_OR_COMMA.sub(_repair_token, text)
    with suppress(ValueError, RecursionError):
        return decoder.decode(text)
    items = (_FEED_ITEMS if _FEED_VERSION in text else _ITEMS).search(text)
    if items is None:
        raise FeedError(url, f"broken JSON: {fault}"[:500]) from fault
    whole, end = _read_whole_items(text, items.end(), decoder)
    if items[1] is None:
        return whole
    before, behind = text[: items.start()][:_HEAD_LIMIT], text[end : end + _HEAD_LIMIT]
    return _read_feed_members(behind, decoder) | _read_feed_members(before, decoder) | {items[1]: whole}


def _read_json_lines(text: str, decoder: json.JSONDecoder, problems: FeedProblems) -> list[Any]:
    """Return the values of JSON Lines, or an empty list where the first line is not whole JSON.

    ``hoax-tracker export claimreview`` writes each page of the reviews' feed as one line.
    """
    values: list[Any] = []
    for number, line in enumerate(filter(str.strip, text.split("\n")), start=1):
        try:
            values.append(decoder.decode(line))
        except (ValueError, RecursionError) as error:
            if not values:
                return []
            problems.add(_l("dilewati, karena bukan JSON yang utuh: %(detail)s", detail=error), number)
    return values


def _repair_token(match: re.Match[str]) -> str:
    """Return a string without escapes that JSON does not know, as JavaScript reads it.

    For a trailing comma return "".
    """
    return _ESCAPE.sub(r"\1", match[0]) if match[0].startswith('"') else ""


def _read_feed_members(text: str, decoder: json.JSONDecoder) -> dict[str, Any]:
    """Return the readable members of a broken feed itself."""
    members: dict[str, Any] = {}
    for match in _MEMBER.finditer(text):
        with suppress(ValueError, RecursionError):
            members.setdefault(match[1], decoder.raw_decode(text, match.end())[0])
    return members


def _read_whole_items(text: str, start: int, decoder: json.JSONDecoder) -> tuple[list[Any], int]:
    """Return the whole items of the list that begins at ``start``, and the end of the last or of the list."""
    items: list[Any] = []
    end, budget, is_broken = start, _READ_AT_MOST, False
    while budget > 0:
        start = _GAP.match(text, start).end()  # type: ignore[union-attr]  # matches the empty string too
        if text.startswith("]", start):
            return items, start + 1
        try:
            item, stop = decoder.raw_decode(text, start)
        except (ValueError, RecursionError) as error:
            item, stop, is_broken = None, getattr(error, "pos", start + _NESTING_COST), True
            budget -= stop // _LINES_COUNTED
        budget -= stop - start + 1
        if not is_broken or _is_item(item):
            items.append(item)
            start, end, is_broken = stop, stop, False
        else:
            start, cost = _find_next_object(text, start + 1, decoder, budget)
            budget -= cost
            if start < 0:
                break
    return items, end


def _find_next_object(text: str, start: int, decoder: json.JSONDecoder, budget: int) -> tuple[int, int]:
    """Return the start of the next object that may be an item (-1 for none), and the cost of the search.

    A whole list that follows a name lies within a broken item, so it is skipped with all its content.
    """
    cost = 0
    while cost < budget and (opening := _OBJECT_OR_LIST.search(text, start)) is not None:
        if text[opening.start()] == "{":
            return opening.start(), cost
        start = stop = opening.end()
        try:
            _inner, start = decoder.raw_decode(text, opening.end() - 1)
        except (ValueError, RecursionError) as error:
            stop = getattr(error, "pos", stop + _NESTING_COST)
            cost += stop // _LINES_COUNTED
        cost += max(start, stop) - opening.end() + 1
    return -1, cost


def _is_item(value: object) -> bool:
    """Tell whether a value is an item rather than a part of a broken one, such as an author or attachment."""
    return isinstance(value, dict) and "id" in value and not _CONTENT_MEMBERS.isdisjoint(value)


def _read_integer(digits: str) -> int | str:
    """Return a number, or its digits where there are 100 or more.

    Python refuses to read thousands of digits, and an id must not make a feed fail.
    """
    return int(digits) if len(digits) < 100 else digits


def _read_json_entry(
    raw: dict[str, Any], url: str, feed_language: str | None, now: datetime, number: int, problems: FeedProblems
) -> FeedEntry:
    markup = text_or_empty(raw.get("content_html"))
    plain = (clean_plain_text(text_or_empty(raw.get(name))) for name in ("content_text", "summary"))
    updated = _read_json_date(raw, "date_modified", now, number, problems)
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(raw.get("id")),
        url=feed_entry.read_link(url, raw.get("url")) or feed_entry.read_link(url, raw.get("external_url")),
        title=html_to_one_line(text_or_empty(raw.get("title"))),
        text=max(strip_html(markup), *plain, key=len),
        author=html_to_one_line(_first_author_name(raw), feed_entry.AUTHOR_LIMIT) or None,
        published_at=_read_json_date(raw, "date_published", now, number, problems) or updated,
        updated_at=updated,
        language=feed_entry.read_language(raw.get("language")) or feed_language,
        images=feed_entry.distinct_image_urls(url, _json_image_urls(raw, markup)),
    )


def _first_author_name(raw: dict[str, Any]) -> str:
    """Return the name of the first author: ``authors`` since version 1.1, ``author`` before."""
    authors = raw.get("authors")
    candidates = [*authors, raw.get("author")] if isinstance(authors, list) else [raw.get("author")]
    names = (text_or_empty(author.get("name")) for author in candidates if isinstance(author, dict))
    return next((name for name in names if name), "")


def _read_json_date(
    raw: dict[str, Any], key: str, now: datetime, number: int, problems: FeedProblems
) -> datetime | None:
    return feed_entry.read_iso_datetime(text_or_empty(raw.get(key)), now, number, problems, parse_local_date)


def _json_image_urls(raw: dict[str, Any], markup: str) -> Iterator[object]:
    yield raw.get("image")
    yield raw.get("banner_image")
    attachments = raw.get("attachments")
    for attachment in attachments if isinstance(attachments, list) else ():
        if isinstance(attachment, dict) and text_or_empty(attachment.get("mime_type")).startswith("image/"):
            yield attachment.get("url")
    yield from feed_entry.image_urls_in_markup(markup)
