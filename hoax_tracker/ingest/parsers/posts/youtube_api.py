"""Answers of the YouTube Data API v3: searches, videos, playlists, and comments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hoax_tracker.core.content.html_to_text import strip_html
from hoax_tracker.ingest.parsers import entry as feed_entry
from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry, FeedProblems, text_or_empty
from hoax_tracker.ingest.parsers.posts.post_feed import (
    RawPost,
    build_post_feed,
    first_name,
    nested_object,
    nested_objects,
    object_lists,
    only_name,
    plain_text,
    read_api_datetime,
)
from hoax_tracker.models import SourceKind

_KIND = "youtube#"
_PLACES_OF_ID = (
    ("id",),
    ("snippet", "resourceId"),
    ("contentDetails",),
    ("contentDetails", "upload"),  # of a channel's activities
    ("contentDetails", "playlistItem", "resourceId"),
)
_COMMENT, _THREAD = "youtube#comment", "youtube#commentThread"


def parse_youtube(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the videos and comments in ``data``, or None where it is no answer of this API."""
    pages = data if isinstance(data, list) else [data]
    if not pages or not all(
        isinstance(page, dict) and text_or_empty(page.get("kind")).startswith(_KIND) for page in pages
    ):
        return None
    rows = [row for rows in object_lists(data, "items") for raw in rows for row in _with_replies(raw)]
    title = only_name(first_name(nested_object(row, "snippet").get("channelTitle")) for row in rows)
    return build_post_feed(SourceKind.YOUTUBE, rows, _read_youtube_entry, url, now, problems, title)


def _with_replies(raw: Any) -> list[RawPost]:
    """Return what stands in a row: of a thread, the first comment and the replies to it."""
    if not isinstance(raw, dict):
        return []
    if raw.get("kind") == _THREAD:
        first = nested_object(raw, "snippet", "topLevelComment")
        counted = first | {"replies": nested_object(raw, "snippet").get("totalReplyCount")}
        return [counted, *nested_objects(nested_object(raw, "replies"), "comments")]
    return [raw]


def _video_number(raw: RawPost) -> str:
    """Return the id of a video, which each kind of answer puts elsewhere."""
    places = [nested_object(raw, *names) for names in _PLACES_OF_ID]
    within = next((key for place in places if (key := text_or_empty(place.get("videoId")))), "")
    return within or (text_or_empty(raw.get("id")) if raw.get("kind") == "youtube#video" else "")


def _read_youtube_entry(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry | None:
    """Return a video or a comment as an entry, or None for a channel, a playlist or an activity without a video."""
    snippet = nested_object(raw, "snippet")
    if raw.get("kind") == _COMMENT:
        return _read_comment(raw, snippet, now, number, problems)
    key, counts = _video_number(raw), nested_object(raw, "statistics")
    if not key:
        return None
    published = nested_object(raw, "contentDetails").get("videoPublishedAt") or snippet.get("publishedAt")
    return FeedEntry(
        feed_id=f"yt:video:{key}",  # as the channel's own feed has it
        url=feed_entry.read_link("https://www.youtube.com/", f"/watch?v={key}"),
        title=strip_html(text_or_empty(snippet.get("title")), 500).replace("\n", " "),  # searches escape it
        text=plain_text(snippet.get("description")),
        author=first_name(snippet.get("videoOwnerChannelTitle"), snippet.get("channelTitle")),
        published_at=read_api_datetime(published, now, number, problems),
        updated_at=None,
        language=feed_entry.read_language(snippet.get("defaultAudioLanguage") or snippet.get("defaultLanguage")),
        images=feed_entry.distinct_image_urls(url, [nested_object(snippet, "thumbnails", "high").get("url")]),
        counts=EngagementCounts(
            replies=feed_entry.read_count(counts.get("commentCount")),
            likes=feed_entry.read_count(counts.get("likeCount")),
            views=feed_entry.read_count(counts.get("viewCount")),
        ).or_none(),
    )


def _read_comment(raw: RawPost, snippet: RawPost, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    key, video = text_or_empty(raw.get("id")), text_or_empty(snippet.get("videoId"))
    updated = read_api_datetime(snippet.get("updatedAt"), now, number, problems)
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(f"yt:comment:{key}" if key else ""),
        url=feed_entry.read_link("https://www.youtube.com/", f"/watch?v={video}&lc={key}") if video else None,
        title="",
        text=plain_text(snippet.get("textOriginal")) or strip_html(text_or_empty(snippet.get("textDisplay"))),
        author=first_name(snippet.get("authorDisplayName")),
        published_at=read_api_datetime(snippet.get("publishedAt"), now, number, problems) or updated,
        updated_at=updated,
        language=None,
        images=(),
        counts=EngagementCounts(
            replies=feed_entry.read_count(raw.get("replies")), likes=feed_entry.read_count(snippet.get("likeCount"))
        ).or_none(),
    )
