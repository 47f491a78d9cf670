"""RSS 0.9x, 1.0 and 2.0, Atom and CDF: plain ones read by plain_feed.py, all others by feedparser.

feedparser's own cleaning is left out; ours is faster.

feedparser gets a stream, never bytes or a string: it would take those for a file name or an address and open it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import unescape  # replaces text, parses nothing

import feedparser
from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import LINE_LIMIT, html_to_one_line, on_one_line, strip_html_of_feed
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.dates import has_local_zone, parse_local_date
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedError, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.plain_feed import read_plain_feed

_DECLARATION = re.compile(r"\s*+(?:<\?xml[^>]*+>\s*+)?")
_FIRST_ELEMENT = re.compile(r"<\w")
_PROLOG_LIMIT = 20_000
_LONG_WORD = 2048
_LONG_WORDS = re.compile(rf"[a-zA-Z0-9_.+-]{{{_LONG_WORD},}}")
_AUTHOR_WITH_MAIL = (re.compile(r"^\s*\S+@\S+\s*\((.+)\)\s*$"), re.compile(r"^(.+?)\s*[(<]\S+@\S+[)>]\s*$"))
_NUMBER_REFERENCE = re.compile(r"&#(x[0-9a-f]+|[0-9]+);?", re.IGNORECASE)
_BARE_AMPERSAND = re.compile(
    r"""<!\[CDATA\[.*?(?:\]\]>|\Z) | <!--.*?(?:-->|\Z)                    # where "&" is a character like any other
        | &(?!\#[0-9]{1,7}; | \#x[0-9a-f]{1,6}; | [a-z_][\w.:-]{0,40};)""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)
_OPENING = re.compile(r"(?=<(?:item|entry)[\s>])", re.IGNORECASE)
_FIRST_ENTRY = re.compile(r"<(?:[\w.-]{1,99}:)?(?:item|entry)\b", re.IGNORECASE)
_FEEDS_ELEMENT = re.compile(r"</?(?:[\w.-]{1,99}:)?(?:rss|rdf|feed|channel|scriptingnews)\b", re.IGNORECASE)
_NO_MARKUP = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_LAST_TAGS = 50
_OTHER_VOCABULARIES = re.compile(r"</?(?!(?:atom|content|dc|media|rdf|rss):)[\w.-]+:[^<>]*>", re.IGNORECASE)
_HEAD_LIMIT = 20_000
_TIMES_READ, _READ_AT_LEAST, _READ_AT_MOST = 20, 6_000_000, 40_000_000
"""How often a text is read to find its faulty entries, in characters from and to: enough for a fault in every fourth of
two thousand."""
_PARSE_START_COST = 1000
"""What it costs to begin to read, in characters."""
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_BYTES_LOOKED_AT = 1000
feedparser.api.PREFERRED_XML_PARSERS.clear()
"""It names a driver that does not exist, whose import would be tried at each feed."""
_AS_MARKUP = {"&quot;": '"', "&apos;": "'"}


def parse_xml(text: str, url: str, now: datetime, problems: FeedProblems) -> Feed:
    """Return the feed in ``text``. Raises FeedError where it is not a feed."""
    readable = _avoid_slow_patterns(text, url)
    parsed = read_plain_feed(readable) or _parse_leniently(readable, url, problems)
    head, raws = parsed["feed"], parsed["entries"]
    if not (parsed["version"] or raws):
        raise FeedError(url, "neither RSS nor Atom nor JSON Feed")
    feed_language = feed_entry.read_language(_raw_value(head, "language"))
    entries = []
    for number, raw in enumerate(raws, start=1):
        try:
            entries.append(_read_xml_entry(raw, url, feed_language, now, number, problems))
        except Exception as error:  # noqa: BLE001 - whatever one entry holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
    if not (parsed["version"] or _is_framed_as_feed(text) or any(map(_is_story, entries))):
        raise FeedError(url, "neither RSS nor Atom nor JSON Feed")
    feed_entry.note_repeated_ids(entries, problems)
    return Feed(
        title=html_to_one_line(text_or_empty(_raw_value(head, "title"))),
        link=feed_entry.read_link(url, _raw_value(head, "link")),
        language=feed_language,
        entries=tuple(entries),
        problems=problems.as_tuple(),
        hub=feed_entry.find_related_link(url, _raw_value(head, "links"), "hub"),
        topic=feed_entry.find_related_link(url, _raw_value(head, "links"), "self"),
    )


def _is_framed_as_feed(text: str) -> bool:
    """Tell whether a feed element stands before the first entry or closes the text.

    Other kinds of XML have items, too.
    """
    text = _NO_MARKUP.sub("", text)
    first = _FIRST_ENTRY.search(text)
    before = _FEEDS_ELEMENT.search(text, 0, first.start() if first else len(text))
    return (before or _FEEDS_ELEMENT.search(text, max(0, len(text) - _LAST_TAGS))) is not None


def _is_story(entry: FeedEntry) -> bool:
    """Tell whether an entry has text, and an address or a date, as entries from a fragment of a feed have."""
    return bool(entry.title or entry.text) and bool(entry.url or entry.published_at)


def _parse_leniently(text: str, url: str, problems: FeedProblems) -> Any:
    """Return feedparser's result for ``text``.

    feedparser reads malformed XML leniently, and then takes a bare "&" for the start of a character reference: "R&D"
    becomes "R&D;", and "?a=1&copy=2" another address. Therefore such text is repaired and read once more.
    """
    parsed = None
    with suppress(Exception):
        parsed = _run_feedparser(text)
        if not parsed["bozo"]:
            return parsed
        problems.add(_("XML tidak sempurna: %(detail)s", detail=parsed.get("bozo_exception")))
    mended = repair_xml(text)
    if parsed is None or mended != text:
        try:
            parsed = _run_feedparser(mended)
        except Exception:  # noqa: BLE001 - a parser of hostile input: whatever it raises, the other entries stay
            parsed = _parse_without_faulty(mended, url, problems)
    if parsed["bozo"]:
        for part in (parsed["feed"], *parsed["entries"]):
            _decode_references(part)
    return parsed


def repair_xml(text: str) -> str:
    """Return ``text`` without forbidden characters and references to them, and with every bare "&" escaped.

    feedparser raises on a reference to a character that does not exist.
    """
    text = _NUMBER_REFERENCE.sub(_keep_valid_reference, _NO_XML.sub("", text))
    return _BARE_AMPERSAND.sub(lambda match: "&amp;" if match[0] == "&" else match[0], text)


def _parse_without_faulty(text: str, url: str, problems: FeedProblems) -> Any:
    """Return feedparser's result for ``text`` without the entries it raises on, which bisection finds.

    It raises on an invalid place on the map, for example, or a chapter with an odd start. Such an entry is read without
    its elements of other vocabularies, and is skipped where that does not help.
    """
    head, *pieces = _OPENING.split(text)
    if len(head) > _HEAD_LIMIT:
        raise FeedError(url, "unreadable, and its head is too long to look for the reason")
    head, parsed = _parse_feed_head(head, url)
    waiting, budget = [(0, len(pieces))], min(max(_TIMES_READ * len(text), _READ_AT_LEAST), _READ_AT_MOST)
    while waiting and budget > 0:
        start, stop = waiting.pop()
        part = "".join(pieces[start:stop])
        budget -= _PARSE_START_COST + len(head) + len(part)
        try:
            parsed["entries"] += _run_feedparser(head + part)["entries"]
        except Exception as error:  # noqa: BLE001 - as above
            middle = (start + stop) // 2
            if start < middle:
                waiting += [(middle, stop), (start, middle)]
            elif (plain := _OTHER_VOCABULARIES.sub("", part)) != part:
                pieces[start] = plain
                waiting.append((start, stop))
            else:
                problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), stop)
    for start, stop in reversed(waiting):
        # One fault in every entry is the rule, and it is mostly in what only maps or players read.
        part = _OTHER_VOCABULARIES.sub("", "".join(pieces[start:stop]))
        try:
            parsed["entries"] += _run_feedparser(head + part)["entries"]
        except Exception:  # noqa: BLE001 - as above
            problems.add(
                _("dilewati, karena terlalu banyak entri yang rusak: %(count)d", count=stop - start), start + 1
            )
    return parsed


def _parse_feed_head(head: str, url: str) -> tuple[str, Any]:
    """Return the text before the first entry in a form that feedparser reads, and feedparser's result."""
    for variant in (head, _OTHER_VOCABULARIES.sub("", head)):
        with suppress(Exception):
            return variant, _run_feedparser(variant)
    raise FeedError(url, "unreadable: neither all of it nor its head alone")


def _decode_references(raw: Any) -> None:
    """Decode the character references that feedparser's lenient parser leaves in values.

    Otherwise an entry would have another id than on the day before, when the feed was well-formed, and be stored twice.
    """
    for key in ("id", "link", "feedburner_origlink", "author"):
        if "&" in text_or_empty(_raw_value(raw, key)):
            dict.__setitem__(raw, key, unescape(_raw_value(raw, key), _AS_MARKUP))


def _run_feedparser(text: str) -> Any:
    """Return feedparser's result, with links unchanged or joined to an ``xml:base``.

    feedparser is not told the feed's own address: it would join it to every element, which takes as long as all the
    rest.
    """
    return feedparser.parse(
        io.BytesIO(text.encode("utf-8", "replace")),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )


def _avoid_slow_patterns(text: str, url: str) -> str:
    """Return ``text`` in a form on which feedparser's regular expressions take linear time.

    Two of them are quadratic: one over the text before the first element, one over long words in an author.
    """
    body = text[_DECLARATION.match(text).end() :]  # type: ignore[union-attr]  # matches the empty string too
    first = _FIRST_ELEMENT.search(body)
    if first is None or first.start() > _PROLOG_LIMIT:
        raise FeedError(url, "no XML element at the start")
    # A word that long covers at least one of these blocks whole; looking for a space in each is nearly free.
    block = _LONG_WORD // 2
    if any(body.find(" ", start, start + block) < 0 for start in range(0, len(body) - block, block)):
        body = _LONG_WORDS.sub(_break_long_word, _NUMBER_REFERENCE.sub(_keep_valid_reference, body))
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'


def _break_long_word(match: re.Match[str]) -> str:
    return " ".join(match[0][start : start + 200] for start in range(0, len(match[0]), 200))


def _keep_valid_reference(match: re.Match[str]) -> str:
    """Return the reference where it names a valid character, else ""."""
    digits = match[1].lower()
    code = int(digits.removeprefix("x"), 16 if digits.startswith("x") else 10) if len(digits) < 9 else -1
    return match[0] if 0 <= code <= 0x10FFFF and not _NO_XML.match(chr(code)) else ""


def _raw_value(raw: Any, key: str) -> Any:
    """Return a value by its exact key: FeedParserDict's ``get`` maps keys to others and warns of it."""
    return dict.get(raw, key)


def _read_xml_entry(
    raw: Any, url: str, feed_language: str | None, now: datetime, number: int, problems: FeedProblems
) -> FeedEntry:
    markup, details = _longest_markup(raw)
    text = _longest_text(markup, text_or_empty(_raw_value(raw, "summary")))
    moments = {key: _read_xml_date(raw, key, now, number, problems) for key in ("published", "created", "updated")}
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(_raw_value(raw, "id")),
        url=_entry_page_url(raw, url),
        title=on_one_line(strip_html_of_feed(text_or_empty(_raw_value(raw, "title")), LINE_LIMIT)),
        text=text,
        author=html_to_one_line(_author_without_mail(raw) or _publisher_name(raw), feed_entry.AUTHOR_LIMIT) or None,
        published_at=moments["published"] or moments["created"] or moments["updated"],
        updated_at=moments["updated"],
        language=feed_entry.read_language(details.get("language")) or feed_language,
        images=feed_entry.distinct_image_urls(
            feed_entry.base_address(url, details.get("base")), _xml_image_urls(raw, markup)
        ),
        counts=_read_xml_counts(raw),
    )


def _read_xml_counts(raw: Any) -> EngagementCounts | None:
    """Return the engagement counts: YouTube gives views and likes, most blogs the number of comments."""
    watched, rated = (_raw_value(raw, name) for name in ("media_statistics", "media_starrating"))
    return EngagementCounts(
        replies=feed_entry.read_count(_raw_value(raw, "slash_comments")),
        likes=feed_entry.read_count(rated.get("count")) if isinstance(rated, dict) else None,
        views=feed_entry.read_count(watched.get("views")) if isinstance(watched, dict) else None,
    ).or_none()


def _longest_markup(raw: Any) -> tuple[str, Any]:
    """Return the longest content of the entry, or else its summary, with feedparser's details about it."""
    contents = [
        candidate
        for candidate in _raw_value(raw, "content") or ()
        if isinstance(candidate, dict) and _is_text_content(candidate)
    ]
    content = max(contents, key=lambda candidate: len(text_or_empty(_raw_value(candidate, "value"))), default={})
    markup = text_or_empty(_raw_value(content, "value"))
    details = _raw_value(raw, "summary_detail")
    return (
        (markup, content)
        if markup
        else (text_or_empty(_raw_value(raw, "summary")), details if isinstance(details, dict) else {})
    )


def _longest_text(markup: str, summary: str) -> str:
    """Return the longer text: a content may be only a picture or "Read on", beside a summary that tells more.

    Text is never longer than its markup, so for most entries only the content is stripped.
    """
    text = strip_html_of_feed(markup)
    if len(summary) <= len(text) or summary == markup:
        return text
    return max(text, strip_html_of_feed(summary), key=len)


def _is_text_content(content: Any) -> bool:
    """Tell whether a content is text. Binary data counts as text where feedparser could decode it.

    Data that was not decoded has no space.
    """
    kind = text_or_empty(_raw_value(content, "type")).lower()
    if kind == "application/octet-stream":
        beginning = text_or_empty(_raw_value(content, "value"))[:_BYTES_LOOKED_AT]
        return " " in beginning and not _NO_XML.search(beginning)
    return not kind or kind.startswith("text/") or kind.endswith(("xml", "html"))


def _entry_page_url(raw: Any, url: str) -> str | None:
    """Return the address of the entry's page: FeedBurner's original, the link, else the first alternate.

    feedparser gives the id as a link where there is none. It counts only where it is an http(s) address: "17" names no
    page.
    """
    own = text_or_empty(_raw_value(raw, "link"))
    if own == _raw_value(raw, "id") and not own.lower().startswith(("http:", "https:")):
        own = ""
    alternates = (
        _raw_value(link, "href")
        for link in _raw_value(raw, "links") or ()
        if isinstance(link, dict) and _raw_value(link, "rel") in (None, "alternate")
    )
    candidates = (_raw_value(raw, "feedburner_origlink"), own, *alternates)
    return next((page_url for candidate in candidates if (page_url := feed_entry.read_link(url, candidate))), None)


def _author_without_mail(raw: Any) -> str:
    """Return the author's name without an e-mail address.

    feedparser's own split fails on long domain endings.
    """
    author = text_or_empty(_raw_value(raw, "author"))[:500]
    for pattern in _AUTHOR_WITH_MAIL:
        author = pattern.sub(r"\1", author)
    return author


def _publisher_name(raw: Any) -> str:
    """Return who published an entry: ``dc:publisher``, or the feed it was taken from (``<source>``)."""
    if publisher := text_or_empty(_raw_value(raw, "publisher")):
        return publisher
    source = _raw_value(raw, "source")
    return text_or_empty(_raw_value(source, "title")) if isinstance(source, dict) else ""


def _read_xml_date(raw: Any, key: str, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return one date of the entry. A date that is present but unreadable is noted as a problem."""
    text, parts = text_or_empty(_raw_value(raw, key)), _raw_value(raw, f"{key}_parsed")
    moment = None
    if text and (parts is None or text.isdigit() or has_local_zone(text)):
        moment = parse_local_date(text)
    if moment is None and parts is not None:
        try:
            year, month, day, hour, minute, second = parts[:6]
            moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
        except (ValueError, TypeError, OverflowError):
            moment = None
    if text and moment is None:
        problems.add(_("tanggal «%(text)s» tidak terbaca", text=text[:60]), number)
    return feed_entry.plausible_date(moment, now, number, problems)


def _xml_image_urls(raw: Any, markup: str) -> Iterator[object]:
    """Yield possible image addresses: media, enclosures, the entry's own image, and images in the text."""
    for resource in (*(_raw_value(raw, "media_content") or ()), *(_raw_value(raw, "media_thumbnail") or ())):
        kind = f"{resource.get('medium', '')} {resource.get('type', 'image')}" if isinstance(resource, dict) else ""
        if "image" in kind:
            yield resource.get("url")
    for resource in _raw_value(raw, "links") or ():
        if _raw_value(resource, "rel") == "enclosure" and text_or_empty(_raw_value(resource, "type")).startswith(
            "image/"
        ):
            yield _raw_value(resource, "href")
    own = _raw_value(raw, "image")
    if isinstance(own, dict):
        yield _raw_value(own, "href")
    yield from feed_entry.image_urls_in_markup(markup)
