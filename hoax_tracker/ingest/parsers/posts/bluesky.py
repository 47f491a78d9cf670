"""Posts of Bluesky's public API (app.bsky.feed.defs): of an account, a feed, a search, or those that quote a post."""

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
    plain_text,
    query_value,
    quote_text,
    read_api_datetime,
    sum_counts,
)
from hoax_tracker.models import SourceKind

_API = "/xrpc/app.bsky.feed."
_QUOTES_DEEP = 3
"""How many posts within posts are read: one may quote another that quotes a third."""


def parse_bluesky(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where it is no answer of Bluesky."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("feed"), list):  # that of an account without posts is empty
        posts = [nested_object(row, "post") for row in data["feed"]]
        is_known = all(posts)
    else:
        posts = nested_objects(data, "posts")
        is_known = any({"uri", "record"} <= post.keys() for post in posts) or (_API in url and data.get("posts") == [])
    if not is_known:
        return None
    title = _feed_title(posts, url)
    return build_post_feed(SourceKind.BLUESKY, posts, _read_bluesky_entry, url, now, problems, title)


def _feed_title(posts: list[RawPost], url: str) -> str:
    """Return the name of the account, the words or the feed that the address asks for.

    An account's feed may begin with a post of somebody else that it shares.
    """
    actor = query_value(url, "actor")
    authors = [nested_object(post, "author") for post in posts]
    own = next((author for author in authors if actor in (author.get("handle"), author.get("did"))), {})
    return author_name(own) or actor or query_value(url, "q") or query_value(url, "feed").rpartition("/")[2]


def author_name(author: RawPost) -> str | None:
    """Return the name of an account."""
    return first_name(author.get("displayName"), author.get("handle"))


def _read_bluesky_entry(post: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    record, author = nested_object(post, "record"), nested_object(post, "author")
    languages: Any = record.get("langs")
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(post.get("uri")),
        url=_bluesky_page_url(post, author),
        title="",
        text=join_parts((plain_text(record.get("text")), *_embedded_texts(nested_object(post, "embed")))),
        author=author_name(author),
        published_at=read_api_datetime(record.get("createdAt") or post.get("indexedAt"), now, number, problems),
        updated_at=None,
        language=feed_entry.read_language(languages[0]) if isinstance(languages, list) and languages else None,
        images=feed_entry.distinct_image_urls(url, _bluesky_image_urls(post)),
        counts=EngagementCounts(
            replies=feed_entry.read_count(post.get("replyCount")),
            likes=feed_entry.read_count(post.get("likeCount")),
            shares=sum_counts(post.get("repostCount"), post.get("quoteCount")),
        ).or_none(),
    )


def _bluesky_page_url(post: RawPost, author: RawPost) -> str | None:
    """Return the web page of a post. Its own address belongs to the protocol, and no browser opens it."""
    key = text_or_empty(post.get("uri")).rpartition("/")[2]
    who = text_or_empty(author.get("handle")) or text_or_empty(author.get("did"))
    return feed_entry.read_link("https://bsky.app/", f"/profile/{who}/post/{key}") if key and who else None


def _embedded_texts(shown: RawPost, depth: int = _QUOTES_DEEP) -> Iterator[str]:
    """Yield the texts shown with a post: of a linked page, descriptions of pictures, and a quoted post."""
    for part in (shown, nested_object(shown, "media")):  # alone, or beside a quoted post
        card = nested_object(part, "external")
        yield from (plain_text(card.get("title")), plain_text(card.get("description")))
        for described in (part, *nested_objects(part, "images")):  # a film describes itself
            yield plain_text(described.get("alt"))
    yield quote_text(_quoted_text(nested_object(shown, "record"), depth))


def _quoted_text(quoted: RawPost, depth: int) -> str:
    """Return the text of a quoted post, or "" where it is gone, or no post: feeds and lists have no value."""
    if "value" not in quoted:
        quoted = nested_object(quoted, "record")  # beside pictures it lies one level deeper
    words = plain_text(nested_object(quoted, "value").get("text"))
    if not depth:
        return words
    shown = (text for part in nested_objects(quoted, "embeds") for text in _embedded_texts(part, depth - 1))
    return join_parts((words, *shown))


def _bluesky_image_urls(post: RawPost) -> Iterator[object]:
    """Yield the addresses of a post's pictures."""
    shown = nested_object(post, "embed")
    for part in (*nested_objects(shown, "images"), *nested_objects(nested_object(shown, "media"), "images")):
        yield part.get("fullsize")
