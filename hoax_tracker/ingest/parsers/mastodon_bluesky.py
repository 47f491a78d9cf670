"""Posts from the public APIs of Mastodon (docs.joinmastodon.org, Status) and Bluesky (app.bsky.feed.defs)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from hoax_tracker.core.content.html_to_text import clean_plain_text, html_to_one_line, strip_html
from hoax_tracker.ingest.parsers import entry as shape
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems, text_or_empty
from hoax_tracker.models import SourceKind

RawPost = dict[str, Any]
_STATUSES = re.compile(r"/api/v1/(?:accounts/[^/]+/statuses|timelines/tag/[^/]+)(?:\?|\Z)")


def parse_posts(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where it comes from neither API."""
    if isinstance(data, list) and (
        any(is_mastodon_status(one) for one in data) or (not data and _STATUSES.search(url))
    ):
        return build_post_feed(SourceKind.MASTODON, data, read_mastodon_entry, url, now, problems)
    if isinstance(data, dict) and isinstance(data.get("feed"), list) and is_bluesky_feed(data["feed"]):
        return build_post_feed(SourceKind.BLUESKY, data["feed"], read_bluesky_entry, url, now, problems)
    return None


def is_mastodon_status(raw: Any) -> bool:
    """Tell whether the value is a Mastodon status."""
    return isinstance(raw, dict) and {"content", "created_at", "account"} <= raw.keys()


def is_bluesky_feed(rows: list[Any]) -> bool:
    """Tell whether the value is a Bluesky feed. The feed of an account without posts is empty."""
    return all(isinstance(row, dict) and isinstance(row.get("post"), dict) for row in rows)


def build_post_feed(
    kind: SourceKind,
    rows: list[Any],
    read: Callable[[RawPost, str, datetime, int, FeedProblems], FeedEntry | None],
    url: str,
    now: datetime,
    problems: FeedProblems,
) -> Feed:
    """Return the readable posts. A broken post is named in the problems; the others stay."""
    found: list[FeedEntry] = []
    for number, raw in enumerate(rows, start=1):
        try:
            entry = read(raw, url, now, number, problems)
        except Exception as error:  # noqa: BLE001 - whatever one post holds, the others stay
            problems.add(_("dilewati, karena %(detail)s", detail=repr(error)), number)
            continue
        if entry is not None:
            found.append(entry)
    shape.note_wordless_posts(found, problems)
    author = next((entry.author for entry in found if entry.author), "")
    return Feed(author or "", None, None, tuple(found), problems.as_tuple(), kind)


def read_mastodon_entry(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return a status as an entry. A boost becomes the boosted status, under its own author."""
    own = nested_object(raw, "reblog") or raw
    account = nested_object(own, "account")
    warning = html_to_one_line(text_or_empty(own.get("spoiler_text")))
    text = strip_html(text_or_empty(own.get("content")))
    media = [one for one in own.get("media_attachments") or () if isinstance(one, dict)]
    told = [clean_plain_text(text_or_empty(one.get("description"))) for one in media]
    choices = nested_object(own, "poll").get("options")
    asked = [one for one in choices if isinstance(one, dict)] if isinstance(choices, list) else []
    told += [clean_plain_text(text_or_empty(one.get("title"))) for one in (*asked, nested_object(own, "card"))]
    published = read_api_datetime(own.get("created_at"), now, number, problems)
    return FeedEntry(
        feed_id=shape.read_entry_id(own.get("uri") or own.get("id")),
        url=shape.read_link(url, own.get("url") or own.get("uri")),
        title="",
        text="\n".join(words for words in (warning, text, *told) if words),
        author=html_to_one_line(
            text_or_empty(account.get("display_name")) or text_or_empty(account.get("acct")), shape.AUTHOR_LIMIT
        )
        or None,
        published_at=published,
        updated_at=read_api_datetime(own.get("edited_at"), now, number, problems),
        language=shape.read_language(own.get("language")),
        images=shape.distinct_image_urls(url, (one.get("url") for one in media if one.get("type") == "image")),
        counts=EngagementCounts(
            replies=shape.read_count(own.get("replies_count")),
            likes=shape.read_count(own.get("favourites_count")),
            shares=shape.read_count(own.get("reblogs_count")),
        ).or_none(),
    )


def read_bluesky_entry(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry | None:
    """Return a post of a Bluesky feed as an entry."""
    post = raw["post"]
    record, author = nested_object(post, "record"), nested_object(post, "author")
    languages: Any = record.get("langs")
    shares = [shape.read_count(post.get(name)) for name in ("repostCount", "quoteCount")]
    return FeedEntry(
        feed_id=shape.read_entry_id(post.get("uri")),
        url=bluesky_page_url(post, author),
        title="",
        text="\n".join([clean_plain_text(text_or_empty(record.get("text"))), *embedded_texts(post)]).strip(),
        author=html_to_one_line(
            text_or_empty(author.get("displayName")) or text_or_empty(author.get("handle")), shape.AUTHOR_LIMIT
        )
        or None,
        published_at=read_api_datetime(record.get("createdAt") or post.get("indexedAt"), now, number, problems),
        updated_at=None,
        language=shape.read_language(languages[0]) if isinstance(languages, list) and languages else None,
        images=shape.distinct_image_urls(url, bluesky_image_urls(post)),
        counts=EngagementCounts(
            replies=shape.read_count(post.get("replyCount")),
            likes=shape.read_count(post.get("likeCount")),
            shares=sum(one for one in shares if one is not None) if any(one is not None for one in shares) else None,
        ).or_none(),
    )


def bluesky_page_url(post: RawPost, author: RawPost) -> str | None:
    """Return the web page of a post. Its own address belongs to the protocol, and no browser opens it."""
    key = text_or_empty(post.get("uri")).rpartition("/")[2]
    who = text_or_empty(author.get("handle")) or text_or_empty(author.get("did"))
    return shape.read_link("https://bsky.app/", f"/profile/{who}/post/{key}") if key and who else None


def embedded_texts(post: RawPost) -> Iterator[str]:
    """Yield the texts shown with a post: of a linked page, and descriptions of pictures."""
    shown = nested_object(post, "embed")
    card = nested_object(shown, "external")
    for words in (text_or_empty(card.get("title")), text_or_empty(card.get("description"))):
        if words:
            yield clean_plain_text(words)
    for held in (shown, nested_object(shown, "media")):  # pictures or a film, alone or beside a quoted post
        for one in (held, *(held.get("images") or [])):
            if isinstance(one, dict) and text_or_empty(one.get("alt")):
                yield clean_plain_text(text_or_empty(one["alt"]))


def bluesky_image_urls(post: RawPost) -> Iterator[object]:
    """Yield the addresses of a post's pictures."""
    shown = nested_object(post, "embed")
    for one in (*(shown.get("images") or []), *(nested_object(shown, "media").get("images") or [])):
        if isinstance(one, dict):
            yield one.get("fullsize")


def nested_object(raw: RawPost, name: str) -> RawPost:
    """Return an object within an object, or an empty one where there is none."""
    held = raw.get(name)
    return held if isinstance(held, dict) else {}


def read_api_datetime(value: object, now: datetime, number: int, problems: FeedProblems) -> datetime | None:
    """Return a time given by an API as aware UTC."""
    return shape.read_iso_datetime(text_or_empty(value), now, number, problems)
