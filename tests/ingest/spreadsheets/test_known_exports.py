"""Tables as tools export them, by their documented headers: a row of each, and every count, link and author in it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest

from hoax_tracker.ingest.parsers.entry import EngagementCounts, Feed, FeedEntry
from hoax_tracker.ingest.spreadsheets.posts import guess_columns, read_posts_from_table
from hoax_tracker.ingest.spreadsheets.reader import read_table

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
PUBLISHED = datetime(2026, 11, 20, 1, tzinfo=UTC)
TEXT = "Air PDAM mati tujuh hari"


def read(*rows: dict[str, str]) -> Feed:
    """The feed in a table with these rows, as its columns are guessed."""
    file = io.StringIO()
    table = csv.DictWriter(file, rows[0].keys(), restval="")
    table.writeheader()
    table.writerows(rows)
    parsed = read_table(file.getvalue().encode())
    return read_posts_from_table(parsed, guess_columns(parsed), NOW)


def only(row: dict[str, str]) -> FeedEntry:
    feed = read(row)
    assert [words for words in feed.problems if "kolom tidak dibaca" not in words] == []
    (entry,) = feed.entries
    return entry


META = {
    "id": "1234567890",
    "creation_time": "2026-11-20T01:00:00+00:00",
    "modified_time": "2026-11-21T01:00:00+00:00",
    "text": TEXT,
    "lang": "id",
    "post_owner.type": "facebook_page",
    "post_owner.id": "77",
    "post_owner.name": "Kabar Contoh",
    "post_owner.username": "kabar_contoh",
    "surface.id": "77",
    "surface.name": "Kabar Contoh",
    "mcl_url": "https://www.facebook.com/transparency/post/1234567890",
    "statistics.like_count": "300",
    "statistics.love_count": "21",
    "statistics.reaction_count": "321",
    "statistics.comment_count": "7",
    "statistics.share_count": "5",
    "statistics.views": "4567",
    "statistics.views_date_last_refreshed": "2026-11-22",
    "multimedia": "[]",
}
TWARC = {
    "id": "100",
    "conversation_id": "100",
    "referenced_tweets.quoted.id": "",
    "author_id": "7",
    "created_at": "2026-11-20T01:00:00.000Z",
    "text": TEXT,
    "lang": "in",
    "public_metrics.impression_count": "900",
    "public_metrics.reply_count": "3",
    "public_metrics.retweet_count": "5",
    "public_metrics.quote_count": "2",
    "public_metrics.like_count": "8",
    "author.id": "7",
    "author.username": "kabar_contoh",
    "author.name": "Kabar Contoh",
    "author.public_metrics.followers_count": "12345",
    "__twarc.retrieved_at": "2026-11-24T00:00:00Z",
}
SNSCRAPE = {
    "url": "https://twitter.com/kabar_contoh/status/100",
    "date": "2026-11-20 01:00:00+00:00",
    "rawContent": TEXT,
    "renderedContent": TEXT,
    "id": "100",
    "user": "{'_type': 'snscrape.modules.twitter.User', 'username': 'kabar_contoh', 'displayname': 'Kabar Contoh'}",
    "replyCount": "3",
    "retweetCount": "5",
    "likeCount": "8",
    "quoteCount": "2",
    "viewCount": "900.0",
}
TALKWALKER = {
    "url": "https://www.facebook.com/kabar/posts/1",
    "indexed": "2026-11-20T02:00:00Z",
    "published": "2026-11-20T01:00:00Z",
    "title": "",
    "content": TEXT,
    "domain_url": "https://facebook.com",
    "lang": "id",
    "extra_author_attributes.id": "fb:77",
    "extra_author_attributes.name": "Kabar Contoh",
    "article_extended_attributes.facebook_shares": "5",
    "article_extended_attributes.facebook_likes": "321",
    "article_extended_attributes.twitter_retweets": "0",
    "article_extended_attributes.twitter_likes": "0",
    "article_extended_attributes.url_views": "",
    "article_extended_attributes.num_comments": "7",
    "article_extended_attributes.youtube_views": "4567",
    "engagement": "333",
    "reach": "99999",
}
BRANDWATCH = {
    "Query Id": "1",
    "Query Name": "Kupang",
    "Date": "2026-11-20 09:00:00.0",
    "Title": "",
    "Snippet": "Air PDAM mati …",
    "Url": "http://twitter.com/kabar_contoh/statuses/100",
    "Domain": "twitter.com",
    "Author": "kabar_contoh",
    "Full Name": "Kabar Contoh",
    "Facebook Comments": "",
    "Facebook Likes": "",
    "Facebook Shares": "",
    "Instagram Comment Count": "0",
    "Instagram Like Count": "0",
    "Twitter Followers": "12345",
    "Twitter Reply Count": "3",
    "Twitter Retweets": "5",
    "Twitter Likes": "8",
    "Impressions": "900",
    "Full Text": TEXT,
    "Resource Id": "abc-1",
}
VIDEO_TOOLS = {
    "position": "1",
    "channelId": "UCcontoh",
    "channelTitle": "Kabar Contoh",
    "videoId": "abc_DEF-123",
    "publishedAt": "2026-11-20T01:00:00Z",
    "videoTitle": "Benarkah?",
    "videoDescription": TEXT,
    "duration": "PT3M",
    "viewCount": "4567",
    "likeCount": "321",
    "commentCount": "7",
}
VIDEO_STUDIO = {
    "Content": "abc_DEF-123",
    "Video title": TEXT,
    "Video publish time": "Nov 20, 2026",
    "Duration": "180",
    "Comments added": "7",
    "Likes": "321",
    "Shares": "5",
    "Views": "4567",
    "Watch time (hours)": "12.5",
}
COMMENTS = {
    "id": "Ug1",
    "replyCount": "1",
    "likeCount": "3",
    "publishedAt": "2026-11-20T01:00:00Z",
    "authorName": "@warga",
    "text": TEXT,
    "authorChannelId": "UCwarga",
    "isReply": "0",
}
TELEGRAM = {
    "id": "41",
    "thread_id": "kabar_contoh",
    "chat": "kabar_contoh",
    "author": "1234567890",
    "author_username": "kabar_contoh",
    "author_name": "Kabar Contoh",
    "author_is_bot": "no",
    "body": TEXT,
    "reply_to": "",
    "views": "1200",
    "forwards": "5",
    "reactions": "",
    "timestamp": "2026-11-20 09:30:00",
    "unix_timestamp": "1795136400",
    "link_title": "",
    "attachment_type": "",
}
TIKTOK = {
    "id": "7",
    "thread_id": "7",
    "author": "kabar_contoh",
    "author_full": "Kabar Contoh",
    "body": TEXT,
    "timestamp": "2026-11-20 01:00:00",
    "unix_timestamp": "1795136400",
    "tiktok_url": "https://www.tiktok.com/@kabar_contoh/video/7",
    "likes": "321",
    "comments": "7",
    "shares": "5",
    "plays": "4567",
}


@pytest.mark.parametrize(
    ("row", "link", "counts"),
    [
        (META, META["mcl_url"], (7, 321, 5, 4567)),
        (META | {"statistics.reaction_count": ""}, META["mcl_url"], (7, 300, 5, 4567)),
        (TWARC, "https://x.com/i/status/100", (3, 8, 5, 900)),
        (SNSCRAPE, SNSCRAPE["url"], (3, 8, 5, 900)),
        (TALKWALKER, TALKWALKER["url"], (7, 321, 5, 4567)),
        (BRANDWATCH, BRANDWATCH["Url"], (3, 8, 5, 900)),
        (VIDEO_TOOLS, "https://www.youtube.com/watch?v=abc_DEF-123", (7, 321, None, 4567)),
        (VIDEO_STUDIO, "https://www.youtube.com/watch?v=abc_DEF-123", (7, 321, 5, 4567)),
        (COMMENTS, None, (1, 3, None, None)),
        (TELEGRAM, "https://t.me/kabar_contoh/41", (None, None, 5, 1200)),
        (TIKTOK, TIKTOK["tiktok_url"], (7, 321, 5, 4567)),
    ],
    ids=[
        *("Meta, Facebook", "Meta, Instagram", "twarc", "snscrape", "Talkwalker", "Brandwatch", "YouTube Data Tools"),
        *("YouTube Studio", "YouTube comments", "4CAT, Telegram", "4CAT, TikTok"),
    ],
)
def test_tables_of_tools(row: dict[str, str], link: str | None, counts: tuple[int | None, ...]) -> None:
    entry = only(row)
    replies, likes, shares, views = counts
    assert (entry.text or entry.title) == TEXT
    assert entry.url == link
    assert entry.counts == EngagementCounts(replies, likes, shares, views)
    is_studio, is_comment = row is VIDEO_STUDIO, row is COMMENTS
    authors = {"@warga"} if is_comment else {None} if is_studio else {"Kabar Contoh", "kabar_contoh"}
    assert entry.author in authors
    assert entry.published_at == (PUBLISHED.replace(day=19, hour=16) if is_studio else PUBLISHED)
    assert entry.feed_id or row is TALKWALKER  # which knows posts by their address


def test_a_count_is_that_of_the_network_of_the_row() -> None:
    facebook = {"Facebook Likes": "12", "Facebook Shares": "3", "Twitter Likes": "0", "Twitter Retweets": ""}
    first, second = read(BRANDWATCH, BRANDWATCH | facebook | {"Resource Id": "2"}).entries
    assert first.counts is not None
    assert second.counts is not None
    assert (first.counts.likes, first.counts.shares) == (8, 5)
    assert (second.counts.likes, second.counts.shares) == (12, 3)


def test_followers_and_reach_are_no_counts_of_a_post() -> None:
    entry = only({"Text": TEXT, "Twitter Followers": "9", "author.public_metrics.followers_count": "9", "Reach": "9"})
    assert entry.counts is None


@pytest.mark.parametrize("key", ["../../masuk", "a/b", "x?y=1", "a b", "", "a" * 65])
def test_a_number_that_could_lead_elsewhere_makes_no_link(key: str) -> None:
    assert only(VIDEO_TOOLS | {"videoId": key}).url is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (r'"Air \u201cmati\u201d\ntujuh hari"', "Air “mati”\ntujuh hari"),
        ('"Air" kata "mati"', '"Air" kata "mati"'),
        ('"', '"'),
        ('"Air \\ud800 mati"', "Air  mati"),
    ],
)
def test_texts_that_twarc_writes_as_json(cell: str, text: str) -> None:
    assert only(TWARC | {"text": cell}).text.split() == text.split()
    assert only(BRANDWATCH | {"Full Text": '"Air mati"'}).text == '"Air mati"'


def test_a_link_in_the_table_goes_before_one_that_is_composed() -> None:
    assert only(TWARC | {"url": "https://x.com/kabar_contoh/status/100"}).url == "https://x.com/kabar_contoh/status/100"
