"""JSON: JSON Feed 1.0 and 1.1 (jsonfeed.org), with the same result as the XML formats; else posts or reviews."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.clean import one_line, plain_text, strip_html
from hoax_tracker.ingest import entries as shape
from hoax_tracker.ingest.dates import parse_local_date
from hoax_tracker.ingest.entries import Entry, Feed, FeedError, Problems, string
from hoax_tracker.ingest.factchecks import parse_reviews
from hoax_tracker.ingest.socialjson import parse_posts

_ITEMS = re.compile(r'"items"\s*:\s*\[')
_GAP = re.compile(r"[\s,]*")


def parse_json(text: str, url: str, now: datetime, problems: Problems) -> Feed:
    """Return the feed, the posts or the reviews in ``text``. Raises FeedError where it is no JSON, or none of these."""
    head = _load(text, url, problems)
    other = parse_posts(head, url, now, problems) or parse_reviews(head, url, now, problems)
    if other is not None:
        return other
    raws = head.get("items") if isinstance(head, dict) else None
    if (
        not isinstance(head, dict)
        or not isinstance(raws, list)
        or not string(head.get("version")).startswith(("https://jsonfeed.org/version/", "http://jsonfeed.org/version/"))
    ):
        raise FeedError(url, "JSON, but not a JSON Feed")
    feed_language = shape.language(head.get("language"))
    found = []
    for number, raw in enumerate(raws, start=1):
        if isinstance(raw, dict):
            found.append(_entry(raw, url, feed_language, now, number, problems))
        else:
            problems.add(_("dilewati, karena bukan objek: %(detail)s", detail=repr(raw)[:60]), number)
    shape.repeated_ids(found, problems)
    return Feed(
        title=one_line(string(head.get("title"))),
        link=shape.link(url, head.get("home_page_url")),
        language=feed_language,
        entries=tuple(found),
        problems=problems.as_tuple(),
        hub=_hub(head.get("hubs")),
        topic=string(head.get("feed_url")) or None,
    )


def _hub(hubs: object) -> str | None:
    """Return the first hub that speaks WebSub."""
    given = [one for one in hubs if isinstance(one, dict)] if isinstance(hubs, list) else []
    return next((string(one.get("url")) for one in given if string(one.get("type")).lower() == "websub"), "") or None


def _load(text: str, url: str, problems: Problems) -> Any:
    """Return what ``text`` holds; of a feed that breaks off, or is broken in the middle, what stands before that."""
    decoder = json.JSONDecoder(parse_int=_whole_number, strict=False)  # a raw control character breaks no feed
    try:
        return decoder.decode(text)
    except (ValueError, RecursionError) as error:
        items = _ITEMS.search(text)
        if items is None:
            raise FeedError(url, f"broken JSON: {error}"[:500]) from error
        problems.add(_("JSON rusak, dibaca sampai di situ: %(detail)s", detail=error))
    try:
        return decoder.decode(f"{text[: items.end()]}]}}") | {"items": list(_whole_items(text, items.end(), decoder))}
    except (ValueError, RecursionError) as error:
        raise FeedError(url, f"broken JSON: {error}"[:500]) from error


def _whole_items(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[Any]:
    """Yield the items of the list that begins at ``start``, as far as they can be read."""
    with suppress(ValueError, RecursionError):
        while True:
            item, end = decoder.raw_decode(text, _GAP.match(text, start).end())  # type: ignore[union-attr]
            yield item
            start = end


def _whole_number(digits: str) -> int | str:
    """Return a number; Python refuses to read one of thousands of digits, and no id should sink a feed."""
    return int(digits) if len(digits) < 100 else digits


def _entry(
    raw: dict[str, Any], url: str, feed_language: str | None, now: datetime, number: int, problems: Problems
) -> Entry:
    markup = string(raw.get("content_html"))
    updated = _moment(raw, "date_modified", now, number, problems)
    return Entry(
        feed_id=shape.feed_id(raw.get("id")),
        url=shape.link(url, raw.get("url")) or shape.link(url, raw.get("external_url")),
        title=one_line(string(raw.get("title"))),
        text=strip_html(markup) or plain_text(string(raw.get("content_text")) or string(raw.get("summary"))),
        author=one_line(_author(raw), shape.AUTHOR_LIMIT) or None,
        published_at=_moment(raw, "date_published", now, number, problems) or updated,
        updated_at=updated,
        language=shape.language(raw.get("language")) or feed_language,
        images=shape.images(url, _images(raw, markup)),
    )


def _author(raw: dict[str, Any]) -> str:
    """Return the first author's name: ``authors`` since version 1.1, ``author`` before."""
    authors = raw.get("authors")
    candidates = [*authors, raw.get("author")] if isinstance(authors, list) else [raw.get("author")]
    names = (string(one.get("name")) for one in candidates if isinstance(one, dict))
    return next((name for name in names if name), "")


def _moment(raw: dict[str, Any], key: str, now: datetime, number: int, problems: Problems) -> datetime | None:
    text = string(raw.get(key)).strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        local = parse_local_date(text)
        if local is None:
            problems.add(_("tanggal «%(text)s» tidak terbaca", text=text[:60]), number)
            return None
        moment = local
    return shape.plausible(moment, now, number, problems)


def _images(raw: dict[str, Any], markup: str) -> Iterator[object]:
    yield raw.get("image")
    yield raw.get("banner_image")
    attachments = raw.get("attachments")
    for one in attachments if isinstance(attachments, list) else ():
        if isinstance(one, dict) and string(one.get("mime_type")).startswith("image/"):
            yield one.get("url")
    yield from shape.images_in(markup)
