"""Posts that snscrape saved with ``--jsonl``: of X, Facebook, Instagram, Telegram, Mastodon and others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
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
    posted_text,
    quote_text,
    read_api_datetime,
    sum_counts,
)
from hoax_tracker.models import SourceKind

_MODULES = "snscrape.modules."
_OWNERS = ("user", "author", "channel")


def parse_snscrape(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where snscrape did not save it."""
    rows = data if isinstance(data, list) else [data]
    if not any(_is_saved_post(row) for row in rows):
        return None
    title = only_name(_owner_name(row) for row in rows if isinstance(row, dict))
    return build_post_feed(SourceKind.POSTS, rows, _read_saved_post, url, now, problems, title)


def _is_saved_post(value: Any) -> bool:
    return isinstance(value, dict) and text_or_empty(value.get("_type")).startswith(_MODULES) and "date" in value


def _read_saved_post(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return a post as an entry. A repost becomes the post that is shared."""
    own = nested_object(raw, "retweetedTweet") or raw
    media = nested_objects(own, "media")
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(own.get("id") or own.get("url")),
        url=feed_entry.read_link(url, own.get("url")),
        title="",
        text=join_parts((_saved_text(own), quote_text(_saved_text(nested_object(own, "quotedTweet"))))),
        author=_owner_name(own),
        published_at=read_api_datetime(own.get("date"), now, number, problems),
        updated_at=None,
        language=feed_entry.read_language(own.get("lang")),
        images=feed_entry.distinct_image_urls(url, (part.get("fullUrl") for part in media)),
        counts=EngagementCounts(
            replies=feed_entry.read_count(own.get("replyCount", own.get("comments"))),
            likes=feed_entry.read_count(own.get("likeCount", own.get("likes"))),
            shares=sum_counts(own.get("retweetCount"), own.get("quoteCount")),
            views=feed_entry.read_count(own.get("viewCount")),
        ).or_none(),
    )


def _saved_text(post: RawPost) -> str:
    """Return the text of a post, under the names that different versions give it."""
    links = list(_links_of(post))
    texts = (posted_text(post.get(name), links) for name in ("rawContent", "content", "cleanText", "renderedContent"))
    return next((text for text in texts if text), "")


def _links_of(post: RawPost) -> Iterator[tuple[object, object]]:
    """Yield X's address of each link in a post, and where it leads; older versions saved two lists."""
    for link in nested_objects(post, "links"):
        yield link.get("tcourl"), link.get("url")
    lists = [post.get(name) for name in ("tcooutlinks", "outlinks")]
    short, real = (value if isinstance(value, list) else [] for value in lists)
    yield from zip(short, real, strict=False)


def _owner_name(post: RawPost) -> str | None:
    """Return the name of the account, which differs by network."""
    owners = [post.get(name) for name in _OWNERS]
    objects = [owner for owner in owners if isinstance(owner, dict)]
    names = [owner.get(key) for owner in objects for key in ("displayname", "title", "username")]
    return first_name(*names, *owners, post.get("username"))
