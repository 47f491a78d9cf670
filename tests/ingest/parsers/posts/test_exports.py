"""Exports and answers of Reddit, Telegram Desktop, X, YouTube and snscrape, in their shape; every word is ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hoax_tracker.ingest.parsers.entry import EngagementCounts, FeedEntry, FeedError
from hoax_tracker.models import SourceKind
from tests.ingest.parsers.posts.reading import NOW, PUBLISHED, json_lines, read

pytestmark = pytest.mark.usefixtures("app")
SECONDS = PUBLISHED.timestamp()


def only(body: Any) -> FeedEntry:
    (entry,) = read(body).entries
    return entry


def reddit_child(kind: str = "t3", **changes: Any) -> dict[str, Any]:
    """A post or a comment as Reddit lists it."""
    data = {
        "subreddit_name_prefixed": "r/kupang",
        "name": f"{kind}_abc",
        "author": "contoh",
        "permalink": "/r/kupang/comments/abc/air_mati/",
        "created_utc": SECONDS,
        "score": 321,
        "num_comments": 7,
        "num_crossposts": 2,
    }
    words = {"title": "Air mati?", "selftext": "Kata tetangga &amp; RT"} if kind == "t3" else {"body": "Tidak benar"}
    return {"kind": kind, "data": data | words | changes}


def listing(*children: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Listing", "data": {"after": None, "dist": len(children), "children": list(children)}}


def test_a_subreddit() -> None:
    feed = read(listing(reddit_child(), reddit_child(name="t3_def", author="[deleted]", selftext="[removed]")))
    assert (feed.kind, feed.title) == (SourceKind.REDDIT, "r/kupang")
    first, removed = feed.entries
    assert (first.feed_id, first.title, first.text) == ("t3_abc", "Air mati?", "Kata tetangga & RT")
    assert first.url == "https://www.reddit.com/r/kupang/comments/abc/air_mati/"
    assert (first.author, first.published_at) == ("/u/contoh", PUBLISHED)
    assert first.counts == EngagementCounts(replies=7, likes=321, shares=2)
    assert (removed.title, removed.text, removed.author) == (
        "Air mati?",
        "",
        None,
    )  # its headline went round all the same


def test_a_post_of_reddit_with_its_comments_and_what_it_passes_on() -> None:
    reply = reddit_child("t1", name="t1_b", body="Setuju", replies="")
    comment = reddit_child("t1", name="t1_a", replies=listing(reply), score=-3)
    parent = {"title": "Wali kota diganti", "selftext": "Besok"}
    post = reddit_child(selftext="", crosspost_parent_list=[parent])
    feed = read([listing(post), listing(comment, {"kind": "more", "data": {"children": ["x"]}})])
    assert [entry.text for entry in feed.entries] == ["Mengutip: «Wali kota diganti\nBesok»", "Tidak benar", "Setuju"]
    assert feed.entries[1].counts is not None
    assert feed.entries[1].counts.likes is None  # disliked more than liked: no count of likes
    assert only([listing(reddit_child("t1", body="[deleted]")), listing(reddit_child())]).title == "Air mati?"


def test_reddit_may_list_nothing_or_oddities() -> None:
    assert read(listing()).entries == ()
    odd = reddit_child(created_utc="besok", permalink=None, preview={"images": [None, {"source": 7}]}, title=7)
    assert only(listing(odd)).published_at is None


def telegram(kind: str = "public_channel", *messages: dict[str, Any]) -> dict[str, Any]:
    """A chat as Telegram Desktop exports it."""
    return {"name": "Kabar Contoh", "type": kind, "id": 1234567890, "messages": list(messages)}


def message(number: int = 41, text: Any = "Air mati!", **changes: Any) -> dict[str, Any]:
    """A message in such an export."""
    return {
        "id": number,
        "type": "message",
        "date": "2026-11-20T09:00:00",
        "date_unixtime": str(int(SECONDS)),
        "from": "Kabar Contoh",
        "from_id": "channel1234567890",
        "text": text,
        "text_entities": [],
    } | changes


SERVICE = {"id": 1, "type": "service", "date": "2026-11-20T08:00:00", "actor": "Ani", "action": "invite_members"}


def test_a_channel_that_telegram_desktop_exported() -> None:
    pieces = ["Air ", {"type": "bold", "text": "mati"}, "! ", {"type": "link", "text": "https://w.example/"}]
    poll = {"question": "Benarkah?", "answers": [{"text": "Ya", "voters": 1}, {"text": "Tidak"}]}
    feed = read(
        telegram(
            "public_channel",
            SERVICE,
            message(41, pieces),
            message(42, forwarded_from="Kanal Lain", edited="2026-11-20T10:00:00"),
            message(43, "", poll=poll),
            message(44, "", photo="photos/photo_1.jpg"),
        )
    )
    assert (feed.kind, feed.title) == (SourceKind.TELEGRAM, "Kabar Contoh")
    first, passed_on, asked, wordless = feed.entries
    assert (first.feed_id, first.text) == ("1234567890/41", "Air mati! https://w.example/")
    assert (first.author, first.published_at) == ("Kabar Contoh", PUBLISHED)
    assert passed_on.author == "Kabar Contoh (meneruskan Kanal Lain)"
    assert passed_on.updated_at == datetime(2026, 11, 20, 2, tzinfo=UTC)  # without seconds since 1970 it is Kupang's
    assert asked.text == "Benarkah?\nYa\nTidak"
    assert wordless.text == ""
    assert "tanpa kata-kata" in feed.problems[0]


def test_a_message_may_have_its_time_in_one_form_only() -> None:
    counted, shown = message(1), message(2)
    del counted["date"], shown["date_unixtime"]
    assert [entry.published_at for entry in read(telegram("public_channel", counted, shown)).entries] == [PUBLISHED] * 2


@pytest.mark.parametrize("kind", ["private_group", "private_supergroup", "private_channel", "personal_chat", "", None])
def test_nobody_in_a_private_group_is_named(kind: Any) -> None:
    pieces = [
        "Tanya ",
        {"type": "mention_name", "text": "Maria Bere", "user_id": 7},
        {"type": "phone", "text": "+62812"},
    ]
    feed = read(telegram(kind, message(1, pieces, **{"from": "Yohanes Kale", "forwarded_from": "Anton Lay"})))
    assert feed.title == ""
    assert feed.entries[0].author == "(meneruskan)"
    for name in ("Yohanes", "Anton", "Maria", "62812", "Kabar Contoh"):
        assert name not in repr(feed)


def test_accounts_addresses_and_members_of_a_private_group_are_not_kept() -> None:
    pieces = [
        "Kata Yohanes Kale dan @anton_lay ",
        {"type": "mention", "text": "@maria_bere"},
        {"type": "email", "text": "maria@surel.example"},
        {"type": "text_link", "text": "di sini", "href": "https://kabar.example/air"},
    ]
    by = {"from": "Yohanes Kale"}
    (entry,) = read(telegram("private_group", message(1, pieces, **by))).entries
    assert entry.text == "Kata … dan @… ……di sini (https://kabar.example/air)"
    public = read(telegram("public_channel", message(1, pieces, **by))).entries[0].text
    assert "@maria_bere" in public


def test_reactions_are_counted_and_what_is_no_message_is_named() -> None:
    reactions = [{"type": "emoji", "count": 5, "emoji": "👍", "recent": [{"from": "Maria"}]}, {"count": 2}]
    body = telegram("public_channel", SERVICE, message(41, reactions=reactions)) | {"stories": [{"id": 1}, {"id": 2}]}
    feed = read(body)
    assert feed.entries[0].counts == EngagementCounts(likes=7)
    assert "Maria" not in repr(feed)
    assert feed.problems == ("1 bagian tidak dibaca: service (1)", "1 kumpulan tidak dibaca: stories (2)")


def test_the_export_of_a_whole_telegram_account_is_refused() -> None:
    with pytest.raises(FeedError) as caught:
        read({"about": "…", "chats": {"about": "…", "list": [telegram("personal_chat", message())]}})
    assert "satu kanal atau grup" in str(caught.value.user_message)


X_USER = {"id": "7", "name": "Kabar Contoh", "username": "kabar_contoh"}
X_COUNTS = {"retweet_count": 5, "reply_count": 3, "like_count": 8, "quote_count": 2, "impression_count": 900}


def x_post(number: str = "100", **changes: Any) -> dict[str, Any]:
    """A post as the API v2 of X gives it."""
    return {
        "id": number,
        "text": "Air mati!",
        "author_id": "7",
        "created_at": "2026-11-20T01:00:00.000Z",
        "lang": "in",
        "edit_history_tweet_ids": [number],
        "public_metrics": X_COUNTS,
    } | changes


def test_an_answer_of_x() -> None:
    quoting = x_post(
        "101",
        text="Benarkah? https://t.co/a",
        attachments={"media_keys": ["3_1", "3_9"]},
        referenced_tweets=[{"type": "quoted", "id": "90"}],
    )
    shared = x_post("102", text="RT @lain: Wali kota …", referenced_tweets=[{"type": "retweeted", "id": "91"}])
    includes = {
        "users": [X_USER, {"id": "8", "name": "Orang Lain", "username": "lain"}],
        "tweets": [
            x_post("90", author_id="8", text="Pasar pindah"),
            x_post("91", author_id="8", text="Wali", note_tweet={"text": "Wali kota diganti besok, katanya"}),
        ],
        "media": [
            {"media_key": "3_1", "type": "photo", "url": "https://cdn.example/a.jpg", "alt_text": "Keran kering"}
        ],
    }
    feed = read({"data": [x_post(), quoting, shared], "includes": includes, "meta": {"result_count": 3}})
    first, second, third = feed.entries
    assert feed.kind is SourceKind.POSTS
    assert (first.feed_id, first.url) == ("100", "https://x.com/kabar_contoh/status/100")
    assert (first.author, first.published_at, first.text) == ("Kabar Contoh", PUBLISHED, "Air mati!")
    assert first.counts == EngagementCounts(replies=3, likes=8, shares=7, views=900)
    assert second.text == "Benarkah? https://t.co/a\nKeran kering\nMengutip: «Pasar pindah»"
    assert second.images == ("https://cdn.example/a.jpg",)
    assert (third.feed_id, third.author, third.text) == ("91", "Orang Lain", "Wali kota diganti besok, katanya")


def test_posts_of_x_as_twarc_saves_them() -> None:
    page = {"data": [x_post()], "includes": {"users": [X_USER]}, "meta": {}, "__twarc": {"version": "2.14"}}
    other = {"data": [x_post("101")], "includes": {"users": [X_USER]}}
    assert [entry.author for entry in read(json_lines(page, other)).entries] == ["Kabar Contoh"] * 2
    quoted = {"type": "quoted", **x_post("90", text="Pasar pindah")}
    flat = [x_post(author=X_USER), x_post("101", author=X_USER, referenced_tweets=[quoted])]
    feed = read(json_lines(*flat))
    assert feed.title == "Kabar Contoh"
    assert feed.entries[1].text.endswith("Mengutip: «Pasar pindah»")
    assert only({"data": x_post(), "includes": {}}).url == "https://x.com/i/status/100"


def youtube(kind: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"kind": f"youtube#{kind}", "etag": "x", "pageInfo": {"totalResults": 1}, "items": list(items)}


SNIPPET = {
    "publishedAt": "2026-11-20T01:00:00Z",
    "channelId": "UCcontoh",
    "channelTitle": "Kanal Contoh",
    "title": "Air mati &amp; listrik?",
    "description": "Kata tetangga",
    "thumbnails": {"high": {"url": "https://i.ytimg.example/abc.jpg"}},
}


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("searchListResponse", {"kind": "youtube#searchResult", "id": {"kind": "youtube#video", "videoId": "abc"}}),
        ("videoListResponse", {"kind": "youtube#video", "id": "abc"}),
        (
            "playlistItemListResponse",
            {"kind": "youtube#playlistItem", "id": "UEx", "contentDetails": {"videoId": "abc"}},
        ),
    ],
)
def test_videos_of_the_youtube_api_have_the_id_of_the_feed(kind: str, item: dict[str, Any]) -> None:
    feed = read(youtube(kind, item | {"snippet": SNIPPET, "statistics": {"viewCount": "4567", "likeCount": "321"}}))
    assert (feed.kind, feed.title) == (SourceKind.YOUTUBE, "Kanal Contoh")
    (entry,) = feed.entries
    assert (entry.feed_id, entry.url) == ("yt:video:abc", "https://www.youtube.com/watch?v=abc")
    assert (entry.title, entry.text) == ("Air mati & listrik?", "Kata tetangga")
    assert (entry.author, entry.published_at) == ("Kanal Contoh", PUBLISHED)
    assert entry.images == ("https://i.ytimg.example/abc.jpg",)
    assert entry.counts == EngagementCounts(views=4567, likes=321)


def test_comments_of_the_youtube_api() -> None:
    words = {"videoId": "abc", "textDisplay": "Benar<br>kah?", "authorDisplayName": "@warga", "likeCount": 3}
    first = {"kind": "youtube#comment", "id": "Ug1", "snippet": words | {"publishedAt": "2026-11-20T01:00:00Z"}}
    reply = {"kind": "youtube#comment", "id": "Ug1.2", "snippet": words | {"textOriginal": "Tidak"}}
    thread = {
        "kind": "youtube#commentThread",
        "snippet": {"videoId": "abc", "topLevelComment": first, "totalReplyCount": 1},
        "replies": {"comments": [reply]},
    }
    asked, answered = read(youtube("commentThreadListResponse", thread)).entries
    assert (asked.text, asked.author, asked.published_at) == ("Benar\nkah?", "@warga", PUBLISHED)
    assert asked.url == "https://www.youtube.com/watch?v=abc&lc=Ug1"
    assert asked.counts == EngagementCounts(likes=3, replies=1)
    assert answered.text == "Tidak"
    assert read(youtube("commentThreadListResponse")).entries == ()


def test_a_channels_activities_are_its_videos_and_what_is_none_is_named() -> None:
    upload = {"kind": "youtube#activity", "snippet": SNIPPET, "contentDetails": {"upload": {"videoId": "abc"}}}
    social = {"kind": "youtube#activity", "snippet": SNIPPET, "contentDetails": {"social": {}}}
    feed = read(youtube("activityListResponse", upload, social))
    assert [entry.feed_id for entry in feed.entries] == ["yt:video:abc"]
    assert feed.problems == ("1 bagian tidak dibaca: youtube#activity (1)",)


def test_what_is_no_video_is_left_out() -> None:
    channel = {"kind": "youtube#searchResult", "id": {"kind": "youtube#channel", "channelId": "UC"}, "snippet": SNIPPET}
    assert read(youtube("searchListResponse", channel)).entries == ()


def test_posts_that_snscrape_saved() -> None:
    user = {"_type": "snscrape.modules.twitter.User", "username": "kabar", "displayname": "Kabar Contoh"}
    quoted = {"_type": "snscrape.modules.twitter.Tweet", "rawContent": "Pasar pindah"}
    tweet = {
        "_type": "snscrape.modules.twitter.Tweet",
        "url": "https://twitter.com/kabar/status/100",
        "date": "2026-11-20T01:00:00+00:00",
        "rawContent": "Air mati!",
        "id": 100,
        "user": user,
        "replyCount": 3,
        "retweetCount": 5,
        "quoteCount": 2,
        "likeCount": 8,
        "viewCount": 900,
        "lang": "in",
        "quotedTweet": quoted,
    }
    channel = {"_type": "snscrape.modules.telegram.Channel", "username": "kabar", "title": "Kabar Contoh"}
    post = {
        "_type": "snscrape.modules.telegram.TelegramPost",
        "url": "https://t.me/s/kabar/41",
        "date": "2026-11-20T01:00:00+00:00",
        "content": "Air mati!",
        "channel": channel,
    }
    feed = read(json_lines(tweet, post))
    first, second = feed.entries
    assert feed.title == "Kabar Contoh"
    assert (first.feed_id, first.text) == ("100", "Air mati!\nMengutip: «Pasar pindah»")
    assert (first.author, first.published_at) == ("Kabar Contoh", PUBLISHED)
    assert first.counts == EngagementCounts(replies=3, likes=8, shares=7, views=900)
    assert (second.feed_id, second.author) == ("https://t.me/s/kabar/41", "Kabar Contoh")


BODIES = {
    "reddit": listing(*(reddit_child(name=f"t3_{number}") for number in range(4))),
    "telegram": telegram("public_channel", *(message(number) for number in range(4))),
    "x": {"data": [x_post(str(number)) for number in range(4)]},
    "youtube": youtube(
        "videoListResponse", *({"kind": "youtube#video", "id": f"v{n}", "snippet": SNIPPET} for n in range(4))
    ),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_of_a_truncated_export_what_is_whole_is_read_and_the_fault_named(body: dict[str, Any]) -> None:
    text = json.dumps(body)
    feed = read(text[: int(len(text) * 0.85)])
    assert len(feed.entries) == 3
    assert "JSON rusak" in feed.problems[0]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-32"])
def test_an_export_that_a_program_saved_in_another_encoding(encoding: str) -> None:
    text = json.dumps(telegram("public_channel", message(1, "Café é “mati”")), ensure_ascii=False)
    assert read(text.encode(encoding)).entries[0].text == "Café é “mati”"


ODD = [None, 7, "x", [], {}, [[]], {"id": {}}, True, 1e999]


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_odd_value_costs_the_other_posts(body: dict[str, Any], odd: Any) -> None:
    """Every member of the first post in turn holds something else."""
    text = json.dumps(body)
    rows = body.get("messages") or body.get("items") or body["data"]
    first = rows["children"][0]["data"] if isinstance(rows, dict) else rows[0]
    for name in list(first):
        whole = first[name]
        try:
            first[name] = odd
            assert len(read(json.dumps(body)).entries) >= 3
        finally:
            first[name] = whole
    assert json.dumps(body) == text


def test_other_json_is_still_none_of_these() -> None:
    for body in (
        {"data": []},
        {"data": {"id": 1}},
        {"messages": []},
        {"items": []},
        [],
        [1],
        {"kind": "Pod", "items": []},
    ):
        with pytest.raises(FeedError):
            read(body)
    assert NOW > PUBLISHED


def test_x_says_what_was_written_and_where_its_links_lead() -> None:
    urls = [{"url": "https://t.co/abc", "expanded_url": "https://bansos-palsu.example/klaim?a=1&b=2"}]
    post = x_post("1") | {"text": "Beras &lt;Rp5.000 &amp; gula https://t.co/abc", "entities": {"urls": urls}}
    assert read({"data": [post]}).entries[0].text == "Beras <Rp5.000 & gula https://bansos-palsu.example/klaim?a=1&b=2"


@pytest.mark.parametrize(
    "links",
    [
        {"links": [{"tcourl": "https://t.co/abc", "url": "https://bansos-palsu.example/"}]},
        {"tcooutlinks": ["https://t.co/abc"], "outlinks": ["https://bansos-palsu.example/"]},
    ],
)
def test_snscrape_says_where_links_lead(links: dict[str, Any]) -> None:
    tweet = {"_type": "snscrape.modules.twitter.Tweet", "date": "2026-11-20T01:00:00+00:00", "id": 1}
    (entry,) = read(json_lines(tweet | {"rawContent": "A &amp; B https://t.co/abc"} | links)).entries
    assert entry.text == "A & B https://bansos-palsu.example/"
