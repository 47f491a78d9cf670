"""Statuses of Mastodon and servers like it, of an account, a hashtag or a search (docs.joinmastodon.org)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from hoax_tracker.core.content.html_to_text import html_to_one_line, strip_html
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
    query_value,
    quote_text,
    read_api_datetime,
)
from hoax_tracker.models import SourceKind

_STATUSES = re.compile(r"/api/v1/(?:accounts/[^/]+/statuses|timelines/tag/[^/]+)(?:\?|\Z)")
_HASHTAG_PATH = "/api/v1/timelines/tag/"
# What servers put before the words of a quoting status for those that know no quotes: "RE:" and the address.
_QUOTE_FALLBACK = re.compile(r'<(p|span) class="quote-inline">(?:(?!</\1>).){0,2000}</\1>', re.DOTALL)


def parse_mastodon(data: Any, url: str, now: datetime, problems: FeedProblems) -> Feed | None:
    """Return the statuses in ``data``, or None where it holds none."""
    rows = data
    if isinstance(data, dict) and {"accounts", "statuses", "hashtags"} <= data.keys():
        rows = data["statuses"]
    elif not isinstance(data, list) or not any(map(_is_mastodon_status, data)):
        rows = data if data == [] and _STATUSES.search(url) else None
    if not isinstance(rows, list):
        return None
    title = _timeline_title(rows, url)
    return build_post_feed(SourceKind.MASTODON, rows, _read_mastodon_entry, url, now, problems, title)


def _is_mastodon_status(raw: Any) -> bool:
    return isinstance(raw, dict) and {"content", "created_at", "account"} <= raw.keys()


def _timeline_title(rows: list[Any], url: str) -> str:
    """Return what the statuses have in common: the hashtag or words that were asked for, else the account.

    The account is the one that boosted, not the boosted one.
    """
    path = urlsplit(url).path
    if path.startswith(_HASHTAG_PATH):
        return html_to_one_line(f"#{unquote(path[len(_HASHTAG_PATH) :])}")
    return query_value(url, "q") or only_name(
        _account_name(nested_object(row, "account")) for row in rows if _is_mastodon_status(row)
    )


def _account_name(account: RawPost) -> str | None:
    return first_name(account.get("display_name"), account.get("acct"))


def _read_mastodon_entry(raw: RawPost, url: str, now: datetime, number: int, problems: FeedProblems) -> FeedEntry:
    """Return a status as an entry. A boost becomes the boosted status, under its own author."""
    own = nested_object(raw, "reblog") or raw
    media = nested_objects(own, "media_attachments")
    return FeedEntry(
        feed_id=feed_entry.read_entry_id(own.get("uri") or own.get("id")),
        url=feed_entry.read_link(url, own.get("url") or own.get("uri")),
        title="",
        text=join_parts((_status_text(own), quote_text(_status_text(quoted_status(own))))),
        author=_account_name(nested_object(own, "account")),
        published_at=read_api_datetime(own.get("created_at"), now, number, problems),
        updated_at=read_api_datetime(own.get("edited_at"), now, number, problems),
        language=feed_entry.read_language(own.get("language")),
        images=feed_entry.distinct_image_urls(url, (part.get("url") for part in media if part.get("type") == "image")),
        counts=EngagementCounts(
            replies=feed_entry.read_count(own.get("replies_count")),
            likes=feed_entry.read_count(own.get("favourites_count")),
            shares=feed_entry.read_count(own.get("reblogs_count")),
        ).or_none(),
    )


def _status_text(status: RawPost) -> str:
    """Return everything that a status itself tells: warning, words, descriptions, choices, and the linked page."""
    markup = text_or_empty(status.get("content"))
    if quoted_status(status):
        markup = _QUOTE_FALLBACK.sub("", markup)
    parts = [plain_text(part.get("description")) for part in nested_objects(status, "media_attachments")]
    parts += [plain_text(part.get("title")) for part in nested_objects(nested_object(status, "poll"), "options")]
    parts.append(plain_text(nested_object(status, "card").get("title")))
    return join_parts((html_to_one_line(text_or_empty(status.get("spoiler_text"))), strip_html(markup), *parts))


def quoted_status(status: RawPost) -> RawPost:
    """Return the status that is quoted: within an approval since Mastodon 4.4, itself on other servers."""
    quote = nested_object(status, "quote") or nested_object(status, "pleroma", "quote")
    return nested_object(quote, "quoted_status") or (quote if _is_mastodon_status(quote) else {})
