"""Posts from the public APIs of Mastodon (docs.joinmastodon.org, Status) and Bluesky (app.bsky.feed.defs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import one_line, plain_text, strip_html
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import Counts, Entry, Feed, Problems, string
from hoax_tracker.models import SourceKind

Raw = dict[str, Any]
_STATUSES = re.compile(r"/api/v1/(?:accounts/[^/]+/statuses|timelines/tag/[^/]+)(?:\?|\Z)")


def parse_posts(data: Any, url: str, now: datetime, problems: Problems) -> Feed | None:
    """Return the posts in ``data``, or None where it is an answer of neither API."""
    if isinstance(data, list) and (any(is_status(one) for one in data) or (not data and _STATUSES.search(url))):
        return feed(SourceKind.MASTODON, data, mastodon_entry, url, now, problems)
    if isinstance(data, dict) and isinstance(data.get("feed"), list) and is_bluesky(data["feed"]):
        return feed(SourceKind.BLUESKY, data["feed"], bluesky_entry, url, now, problems)
    return None


def is_status(raw: Any) -> bool:
    """Tell whether it is a status of Mastodon."""
    return isinstance(raw, dict) and {"content", "created_at", "account"} <= raw.keys()


def is_bluesky(rows: list[Any]) -> bool:
    """Tell whether it is a feed of Bluesky; an account without posts has an empty one."""
    return all(isinstance(row, dict) and isinstance(row.get("post"), dict) for row in rows)


def feed(
    kind: SourceKind,
    rows: list[Any],
    read: Callable[[Raw, str, datetime, int, Problems], Entry | None],
    url: str,
    now: datetime,
    problems: Problems,
) -> Feed:
    """Return the posts that can be read; a broken one is named and the others stay."""
    found: list[Entry] = []
    for number, raw in enumerate(rows, start=1):
        try:
            entry = read(raw, url, now, number, problems)
        except Exception as error:  # noqa: BLE001 - whatever one post holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
            continue
        if entry is not None:
            found.append(entry)
    shape.wordless(found, problems)
    author = next((entry.author for entry in found if entry.author), "")
    return Feed(author or "", None, None, tuple(found), problems.as_tuple(), kind)


def mastodon_entry(raw: Raw, url: str, now: datetime, number: int, problems: Problems) -> Entry:
    """Return a status; one that passes another on is that other one, under whom it says it."""
    own = part(raw, "reblog") or raw
    account = part(own, "account")
    warning = one_line(string(own.get("spoiler_text")))
    text = strip_html(string(own.get("content")))
    media = [one for one in own.get("media_attachments") or () if isinstance(one, dict)]
    told = [plain_text(string(one.get("description"))) for one in media]
    choices = part(own, "poll").get("options")
    asked = [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
    told += [plain_text(string(one.get("title"))) for one in (*asked, part(own, "card"))]
    published = moment(own.get("created_at"), now, number, problems)
    return Entry(
        feed_id=shape.feed_id(own.get("uri") or own.get("id")),
        url=shape.link(url, own.get("url") or own.get("uri")),
        title="",
        text="\n".join(words for words in (warning, text, *told) if words),
        author=one_line(string(account.get("display_name")) or string(account.get("acct")), shape.AUTHOR_LIMIT) or None,
        published_at=published,
        updated_at=moment(own.get("edited_at"), now, number, problems),
        language=shape.language(own.get("language")),
        images=shape.images(url, (one.get("url") for one in media if one.get("type") == "image")),
        counts=Counts(
            replies=shape.count(own.get("replies_count")),
            likes=shape.count(own.get("favourites_count")),
            shares=shape.count(own.get("reblogs_count")),
        ).or_none(),
    )


def bluesky_entry(raw: Raw, url: str, now: datetime, number: int, problems: Problems) -> Entry | None:
    """Return a post of a feed."""
    post = raw["post"]
    record, author = part(post, "record"), part(post, "author")
    languages: Any = record.get("langs")
    shares = [shape.count(post.get(name)) for name in ("repostCount", "quoteCount")]
    return Entry(
        feed_id=shape.feed_id(post.get("uri")),
        url=bluesky_page(post, author),
        title="",
        text="\n".join([plain_text(string(record.get("text"))), *shown_with(post)]).strip(),
        author=one_line(string(author.get("displayName")) or string(author.get("handle")), shape.AUTHOR_LIMIT) or None,
        published_at=moment(record.get("createdAt") or post.get("indexedAt"), now, number, problems),
        updated_at=None,
        language=shape.language(languages[0]) if isinstance(languages, list) and languages else None,
        images=shape.images(url, pictures(post)),
        counts=Counts(
            replies=shape.count(post.get("replyCount")),
            likes=shape.count(post.get("likeCount")),
            shares=sum(one for one in shares if one is not None) if any(one is not None for one in shares) else None,
        ).or_none(),
    )


def bluesky_page(post: Raw, author: Raw) -> str | None:
    """Return the page that shows a post: its own address is one of the protocol, which no browser opens."""
    key = string(post.get("uri")).rpartition("/")[2]
    who = string(author.get("handle")) or string(author.get("did"))
    return shape.link("https://bsky.app/", f"/profile/{who}/post/{key}") if key and who else None


def shown_with(post: Raw) -> Iterator[str]:
    """Yield the words of what is shown with a post: a linked page, pictures described."""
    shown = part(post, "embed")
    card = part(shown, "external")
    for words in (string(card.get("title")), string(card.get("description"))):
        if words:
            yield plain_text(words)
    for held in (shown, part(shown, "media")):  # pictures or a film, alone or beside a quoted post
        for one in (held, *(held.get("images") or [])):
            if isinstance(one, dict) and string(one.get("alt")):
                yield plain_text(string(one["alt"]))


def pictures(post: Raw) -> Iterator[object]:
    """Yield the addresses of a post's pictures."""
    shown = part(post, "embed")
    for one in (*(shown.get("images") or []), *(part(shown, "media").get("images") or [])):
        if isinstance(one, dict):
            yield one.get("fullsize")


def part(raw: Raw, name: str) -> Raw:
    """Return an object in an object, empty where there is none."""
    held = raw.get(name)
    return held if isinstance(held, dict) else {}


def moment(value: object, now: datetime, number: int, problems: Problems) -> datetime | None:
    """Return the moment that an API gives, aware UTC."""
    return shape.iso_moment(string(value), now, number, problems)
