"""What all readers of posts share: building the feed, quoting, and values that may have any type."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask_babel import force_locale, gettext as _, ngettext

from hoax_tracker.core.content.html_to_text import clean_plain_text, html_to_one_line
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import Feed, FeedEntry, FeedProblems, text_or_empty
from hoax_tracker.models import SourceKind

_NAMES_SHOWN, _NAME_LENGTH = 10, 40

RawPost = dict[str, Any]
ReadPost = Callable[[RawPost, str, datetime, int, FeedProblems], FeedEntry | None]


def build_post_feed(
    kind: SourceKind,
    rows: list[Any],
    read: ReadPost,
    url: str,
    now: datetime,
    problems: FeedProblems,
    title: str = "",
) -> Feed:
    """Return the readable posts. A broken one is named in the problems, and so is what is no post; the others stay."""
    entries: list[FeedEntry] = []
    unread: Counter[str] = Counter()
    for number, raw in enumerate(rows, start=1):
        try:
            entry = read(raw, url, now, number, problems)
        except Exception as error:  # noqa: BLE001 - whatever one post holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
            continue
        if entry is not None:
            entries.append(entry)
        else:
            unread[_kind_of_row(raw)] += 1
    feed_entry.note_wordless_posts(entries, problems)
    _note_unread(unread, problems)
    return Feed(title, None, None, tuple(entries), problems.as_tuple(), kind)


def _kind_of_row(raw: Any) -> str:
    """Return what an export calls a row that is no post."""
    kinds = (text_or_empty(raw.get(name)) for name in ("type", "kind", "_type")) if isinstance(raw, dict) else ()
    return html_to_one_line(next((kind for kind in kinds if kind), ""), _NAME_LENGTH) or str(_("lainnya"))


def _note_unread(parts: Mapping[str, int], problems: FeedProblems) -> None:
    """Note what an export holds that is not read: how many parts of each name."""
    if number := sum(parts.values()):
        names = ", ".join(f"{name} ({count})" for name, count in list(parts.items())[:_NAMES_SHOWN])
        if len(parts) > _NAMES_SHOWN:
            names += ", …"
        words = ngettext(
            "%(num)d bagian tidak dibaca: %(parts)s", "%(num)d bagian tidak dibaca: %(parts)s", number, parts=names
        )
        problems.add(words)


def note_unread_collections(collections: Mapping[str, int], problems: FeedProblems) -> None:
    """Note the lists of an export that are not read, by name and length."""
    names = ", ".join(f"{name} ({length})" for name, length in list(collections.items())[:_NAMES_SHOWN])
    words = ngettext(
        "%(num)d kumpulan tidak dibaca: %(names)s",
        "%(num)d kumpulan tidak dibaca: %(names)s",
        len(collections),
        names=names + (", …" if len(collections) > _NAMES_SHOWN else ""),
    )
    problems.add(words)


def unread_collections(data: Any, read: Iterable[str]) -> dict[str, int]:
    """Return the lists of objects in an export, by name and length, except those that its reader reads."""
    if not isinstance(data, dict) or not any(isinstance(data.get(name), list) for name in read):
        return {}
    return {
        html_to_one_line(name, _NAME_LENGTH): len(value)
        for name, value in data.items()
        if name not in read and isinstance(value, list) and any(isinstance(row, dict) for row in value)
    }


def quote_text(text: str) -> str:
    """Return the text of a quoted post, marked as quoted, or "". It is part of what a post says."""
    with force_locale("id"):  # it is stored, whoever reads
        return str(_("Mengutip: «%(text)s»", text=text)) if text else ""


def mark_forwarded(name: str, forwarded_from: str = "") -> str:
    """Return the author of a post that passes on another's."""
    with force_locale("id"):
        if forwarded_from:
            return str(_("%(name)s (meneruskan %(other)s)", name=name, other=forwarded_from)).strip()
        return str(_("%(name)s (meneruskan)", name=name)).strip()


def join_parts(parts: Iterable[str]) -> str:
    """Return the texts of a post, each on a line of its own."""
    return "\n".join(part for part in parts if part).strip()


def plain_text(value: object) -> str:
    """Return a value as clean text, "" where it is none."""
    return clean_plain_text(text_or_empty(value))


def posted_text(text: object, links: Iterable[tuple[object, object]] = ()) -> str:
    """Return a text of X as its reader sees it.

    X escapes "&", "<" and ">", and puts an address of its own in place of each link. Where that leads matters more:
    it may be a phishing site. ``links`` are pairs of X's address and the real one.
    """
    shown = text_or_empty(text)
    for short, real in links:
        if isinstance(short, str) and short and isinstance(real, str) and real.startswith(("http://", "https://")):
            shown = shown.replace(short, real[: feed_entry.URL_LIMIT])
    return clean_plain_text(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def first_name(*values: object) -> str | None:
    """Return the first of these that is a name, on one line, or None."""
    names = (html_to_one_line(text_or_empty(value), feed_entry.AUTHOR_LIMIT) for value in values)
    return next((name for name in names if name), None)


def only_name(names: Iterable[str | None]) -> str:
    """Return the name that all posts share, or "": posts of many accounts are named after none of them."""
    distinct = set(names)
    return (distinct.pop() or "") if len(distinct) == 1 else ""


def query_value(url: str, name: str) -> str:
    """Return a value from the query of the address that was read, on one line, or ""."""
    return html_to_one_line(parse_qs(urlsplit(url).query).get(name, [""])[0])


def nested_object(raw: object, *names: str) -> RawPost:
    """Return an object within an object, or an empty one where there is none."""
    for name in names:
        raw = raw.get(name) if isinstance(raw, dict) else None
    return raw if isinstance(raw, dict) else {}


def nested_objects(raw: object, name: str) -> list[RawPost]:
    """Return the objects of a list within an object."""
    value = raw.get(name) if isinstance(raw, dict) else None
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def sum_counts(*values: object) -> int | None:
    """Return the sum of the counts that are given, or None where none is."""
    counts = [count for value in values if (count := feed_entry.read_count(value)) is not None]
    return sum(counts) if counts else None


def read_api_datetime(value: object, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return a time given by an API as aware UTC."""
    return feed_entry.read_iso_datetime(text_or_empty(value), now, number, problems)


def object_lists(data: Any, name: str) -> Iterator[list[Any]]:
    """Yield the lists of that name in an answer, or in the answers of several pages."""
    for page in data if isinstance(data, list) else [data]:
        value = page.get(name) if isinstance(page, dict) else None
        if isinstance(value, list):
            yield value
