"""Posts of X in the form of its API v2, as twarc and others save them: whole answers, or one post a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
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
    plain_text,
    posted_text,
    quote_text,
    read_api_datetime,
    sum_counts,
)
from hoax_tracker.models import SourceKind


@dataclass
class Includes:
    """What answers hold beside the posts: accounts, other posts and media, by their ids."""

    users: dict[str, RawPost] = field(default_factory=dict)
    tweets: dict[str, RawPost] = field(default_factory=dict)
    media: dict[str, RawPost] = field(default_factory=dict)

    def add(self, answer: RawPost) -> None:
        """Add those of an answer."""
        parts = nested_object(answer, "includes")
        self.users |= {str(part.get("id")): part for part in nested_objects(parts, "users")}
        self.tweets |= {str(part.get("id")): part for part in nested_objects(parts, "tweets")}
        self.media |= {str(part.get("media_key")): part for part in nested_objects(parts, "media")}


def parse_x(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where it has not the form of the API v2."""
    includes, rows = Includes(), []
    for answer in data if isinstance(data, list) else [data]:
        if isinstance(answer, dict):
            includes.add(answer)
            rows += list(_iterate_posts(answer))
    if not any(_is_post(row) for row in rows):
        return None

    def read(raw: RawPost, _url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
        return _read_x_post(raw, includes, now, number, problems)

    title = only_name(first_name(_author_of(row, includes).get("name")) for row in rows if isinstance(row, dict))
    return build_post_feed(SourceKind.POSTS, rows, read, url, now, problems, title)


def _iterate_posts(answer: RawPost) -> Iterator[Any]:
    """Yield the posts of an answer, or the post itself that stands alone on a line."""
    rows = answer.get("data")
    if isinstance(rows, list):
        yield from rows
    elif _is_post(rows) or _is_post(answer):
        yield rows if _is_post(rows) else answer


def _is_post(value: Any) -> bool:
    """Tell whether the value is a post: no other API's have a text, an author's number and edits or counts so named."""
    return (
        isinstance(value, dict)
        and {"id", "text"} <= value.keys()
        and bool({"author_id", "edit_history_tweet_ids", "public_metrics"} & value.keys())
    )


def _read_x_post(raw: RawPost, includes: Includes, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return a post as an entry. A repost becomes the post that is shared, whose text is whole."""
    own = _referenced_post(raw, "retweeted", includes) or raw
    author, counts, number_of_post = _author_of(own, includes), nested_object(own, "public_metrics"), own.get("id")
    media = _media_of(own, includes)
    described = (plain_text(part.get("alt_text")) for part in media)
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(number_of_post),
        url=feed_entry.read_link("https://x.com/", f"/{_post_account(author)}/status/{number_of_post}"),
        title="",
        text=join_parts(
            (_post_text(own), *described, quote_text(_post_text(_referenced_post(own, "quoted", includes))))
        ),
        author=first_name(author.get("name"), author.get("username")),
        published_at=read_api_datetime(own.get("created_at"), now, number, problems),
        updated_at=None,
        language=feed_entry.read_language(own.get("lang")),
        images=feed_entry.distinct_image_urls("", (part.get("url") for part in media if part.get("type") == "photo")),
        counts=EngagementCounts(
            replies=feed_entry.read_count(counts.get("reply_count")),
            likes=feed_entry.read_count(counts.get("like_count")),
            shares=sum_counts(counts.get("retweet_count"), counts.get("quote_count")),
            views=feed_entry.read_count(counts.get("impression_count"))
            or None,  # 0 stands for a count that is not given
        ).or_none(),
    )


def _post_text(post: RawPost) -> str:
    """Return the text of a post; that of a long one stands apart."""
    long = nested_object(post, "note_tweet")
    return posted_text(long.get("text"), _links_of(long)) or posted_text(post.get("text"), _links_of(post))


def _links_of(post: RawPost) -> Iterator[tuple[object, object]]:
    """Yield X's address of each link in a post, and where it leads."""
    for link in nested_objects(nested_object(post, "entities"), "urls"):
        yield link.get("url"), link.get("unwound_url") or link.get("expanded_url")


def _post_account(author: RawPost) -> str:
    """Return the account in a post's address: X finds a post by its number under any."""
    return text_or_empty(author.get("username")) or "i"


def _author_of(post: RawPost, includes: Includes) -> RawPost:
    """Return the account that wrote a post: in it, as twarc flattens answers, or beside it."""
    return nested_object(post, "author") or includes.users.get(str(post.get("author_id")), {})


def _referenced_post(post: RawPost, relation: str, includes: Includes) -> RawPost:
    """Return the post that a post shares or quotes, as far as the answer holds it."""
    named = next((other for other in nested_objects(post, "referenced_tweets") if other.get("type") == relation), {})
    return named if "text" in named else includes.tweets.get(str(named.get("id")), {})


def _media_of(post: RawPost, includes: Includes) -> list[RawPost]:
    """Return the pictures and films of a post."""
    attached = nested_object(post, "attachments")
    keys = attached.get("media_keys")
    beside = [includes.media[str(key)] for key in keys if str(key) in includes.media] if isinstance(keys, list) else []
    return nested_objects(attached, "media") or beside
