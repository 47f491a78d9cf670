"""Posts in JSON: answers of social networks' public APIs, and exports of posts that a person downloaded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from hoax_tracker.ingest.parsers.entry import Feed, FeedProblems
from hoax_tracker.ingest.parsers.posts import bluesky, mastodon, reddit, snscrape, telegram_export, x_api, youtube_api
from hoax_tracker.ingest.parsers.posts.post_feed import note_unread_collections, unread_collections

_READERS = (
    mastodon.parse_mastodon,
    bluesky.parse_bluesky,
    reddit.parse_reddit,
    telegram_export.parse_telegram_export,
    x_api.parse_x,
    youtube_api.parse_youtube,
    snscrape.parse_snscrape,
)
_LISTS_READ = ("messages", "statuses", "feed", "posts", "data", "items")
"""What these APIs and exports call their posts."""


def parse_posts(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where it has the form of no known API or export."""
    feed = next((feed for read in _READERS if (feed := read(data, url, now, problems)) is not None), None)
    if feed is not None and (unread := unread_collections(data, _LISTS_READ)):
        note_unread_collections(unread, problems)
        return replace(feed, problems=problems.as_tuple())
    return feed
