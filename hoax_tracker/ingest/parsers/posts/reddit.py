"""Reddit's JSON: a subreddit, an account, a search, or one post with its comments (any page's address and ".json")."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.posts.post_feed import (
    RawPost,
    build_post_feed,
    first_name,
    join_parts,
    nested_object,
    nested_objects,
    only_name,
    plain_text,
    quote_text,
)
from hoax_tracker.models import SourceKind

_POST, _COMMENT = "t3", "t1"
_REMOVED = frozenset({"[deleted]", "[removed]"})
_REPLIES_DEEP = 20


def parse_reddit(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts and comments in ``data``, or None where it is no listing of Reddit."""
    listings = data if isinstance(data, list) else [data]
    if not listings or not all(_is_listing(listing) for listing in listings):
        return None
    rows = [row for listing in listings for row in _iterate_listing(listing)]
    title = only_name(first_name(row.get("subreddit_name_prefixed")) for row in rows)
    return build_post_feed(SourceKind.REDDIT, rows, _read_reddit_entry, url, now, problems, title)


def _is_listing(value: Any) -> bool:
    """Tell whether the value is a listing. Of a truncated one the list of its children is left."""
    if not isinstance(value, dict):
        return False
    children = nested_objects(nested_object(value, "data") or value, "children")
    is_empty = value.get("kind") == "Listing" and nested_object(value, "data").get("children") == []
    return is_empty or any(child.get("kind") in (_POST, _COMMENT) for child in children)


def _iterate_listing(listing: RawPost, depth: int = 0) -> Iterator[RawPost]:
    """Yield the posts and comments of a listing, and the replies to them."""
    for child in nested_objects(nested_object(listing, "data") or listing, "children"):
        if child.get("kind") in (_POST, _COMMENT):
            yield nested_object(child, "data")
            if depth < _REPLIES_DEEP:
                yield from _iterate_listing(nested_object(child, "data", "replies"), depth + 1)


def _read_reddit_entry(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry | None:
    """Return a post or a comment as an entry, or None where it was deleted."""
    words = _reddit_text(raw.get("selftext") or raw.get("body"))
    title = _reddit_text(raw.get("title")).replace("\n", " ")
    crossposts = nested_objects(raw, "crosspost_parent_list")
    quoted = join_parts(_reddit_text(crossposts[0].get(name)) for name in ("title", "selftext")) if crossposts else ""
    if words in _REMOVED and (not title or title in _REMOVED):
        return None
    seconds, author = raw.get("created_utc"), first_name(raw.get("author"))
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(raw.get("name")),
        url=feed_entry.read_link("https://www.reddit.com/", raw.get("permalink")),
        title=title[:500],
        text=join_parts(("" if words in _REMOVED else words, quote_text(quoted))),
        author=f"/u/{author}" if author and author not in _REMOVED else None,
        published_at=feed_entry.plausible_date(read_seconds(seconds), now, number, problems),
        updated_at=None,
        language=None,
        images=feed_entry.distinct_image_urls(url, _reddit_image_urls(raw)),
        counts=EngagementCounts(
            replies=feed_entry.read_count(raw.get("num_comments")),
            likes=feed_entry.read_count(raw.get("score")),
            shares=feed_entry.read_count(raw.get("num_crossposts")),
        ).or_none(),
    )


def _reddit_text(value: object) -> str:
    """Return a text. Reddit escapes "&", "<" and ">" in it, unless asked for ``raw_json``."""
    return plain_text(html.unescape(text_or_empty(value)[:100_000]))


def _reddit_image_urls(raw: RawPost) -> Iterator[object]:
    """Yield the addresses of a post's pictures."""
    if raw.get("post_hint") == "image":
        yield raw.get("url")
    for part in nested_objects(nested_object(raw, "preview"), "images"):
        yield html.unescape(text_or_empty(nested_object(part, "source").get("url")))


def read_seconds(value: object) -> datetime | None:
    """Return a time given in seconds since 1970, or None."""
    try:
        return datetime.fromtimestamp(float(value), UTC) if isinstance(value, int | float | str) and value else None
    except (ValueError, OverflowError, OSError):
        return None
