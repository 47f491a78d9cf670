"""Posts in JSON: answers of social networks' public APIs, and exports of posts that a person downloaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoax_tracker.ingest.parsers.entry import Feed, FeedProblems
from hoax_tracker.ingest.parsers.posts import bluesky, mastodon, reddit, snscrape, telegram_export, x_api, youtube_api

_READERS = (
    mastodon.parse_mastodon,
    bluesky.parse_bluesky,
    reddit.parse_reddit,
    telegram_export.parse_telegram_export,
    x_api.parse_x,
    youtube_api.parse_youtube,
    snscrape.parse_snscrape,
)


def parse_posts(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the posts in ``data``, or None where it has the form of no known API or export."""
    return next((feed for read in _READERS if (feed := read(data, url, now, problems)) is not None), None)
