"""Mastodon and Bluesky: after whom a feed is named, and that quoted posts are read as quoted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hoax_tracker.models import SourceKind
from tests.ingest import samples
from tests.ingest.parsers.posts.reading import read

pytestmark = pytest.mark.usefixtures("app")
SERVER = "https://sosial.example"
STRANGER = {"acct": "orang@lain.example", "display_name": "Orang Lain"}
XRPC = "https://public.api.bsky.app/xrpc/app.bsky.feed"


def status(number: int = 1, **changes: Any) -> dict[str, Any]:
    return samples.mastodon_status(number, media_attachments=[], **changes)


def bluesky_post(text: str = "Air mati!", **changes: Any) -> dict[str, Any]:
    """A post as Bluesky's API shows it."""
    return {
        "uri": "at://did:plc:abc/app.bsky.feed.post/3kabc",
        "cid": "bafy",
        "author": {"did": "did:plc:abc", "handle": "contoh.example", "displayName": "Kabar Contoh"},
        "record": {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-11-20T01:00:00.000Z"},
        "indexedAt": "2026-11-20T01:00:01.000Z",
    } | changes


def quoted_view(text: str = "Wali kota diganti besok", *embeds: dict[str, Any]) -> dict[str, Any]:
    """A quoted post as Bluesky's API shows it."""
    return {
        "$type": "app.bsky.embed.record#viewRecord",
        "uri": "at://did:plc:lain/app.bsky.feed.post/3klain",
        "author": {"did": "did:plc:lain", "handle": "lain.example", "displayName": "Orang Lain"},
        "value": {"$type": "app.bsky.feed.post", "text": text},
        "embeds": list(embeds),
    }


def test_a_hashtag_is_named_after_itself() -> None:
    rows = [status(1, account=STRANGER), status(2)]
    assert read(rows, f"{SERVER}/api/v1/timelines/tag/kupang?limit=40").title == "#kupang"
    assert read(rows).title == ""  # from a file nobody knows what was asked for


def test_an_account_is_named_after_who_boosts() -> None:
    boost = status(1, reblog=status(9, account=STRANGER, content="<p>Pasar pindah</p>"))
    feed = read([boost, status(2)], f"{SERVER}/api/v1/accounts/17/statuses?limit=40")
    assert feed.title == "Kabar Contoh"
    assert [entry.author for entry in feed.entries] == ["Orang Lain", "Kabar Contoh"]


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": {"state": "accepted", "quoted_status": status(9, content="<p>Wali kota diganti besok</p>")}},
        {"quote": status(9, content="<p>Wali kota diganti besok</p>")},
        {"pleroma": {"quote": status(9, content="<p>Wali kota diganti besok</p>")}},
    ],
    ids=["since 4.4", "other servers", "Pleroma"],
)
def test_a_quoted_status_is_read_as_quoted(changes: dict[str, Any]) -> None:
    content = '<p class="quote-inline">RE: <a href="https://lain.example/9">lain.example/9</a></p><p>Benarkah?</p>'
    (entry,) = read([status(content=content, **changes)]).entries
    assert entry.text == "Benarkah?\nMengutip: «Wali kota diganti besok»"
    assert entry.author == "Kabar Contoh"


@pytest.mark.parametrize(
    "quote",
    [None, {"state": "pending", "quoted_status": None}, {"state": "accepted", "quoted_status_id": "9"}, "rusak"],
)
def test_a_quote_that_is_not_shown_leaves_the_link_to_it(quote: object) -> None:
    content = '<p class="quote-inline">RE: <a href="https://lain.example/9">lain.example/9</a></p><p>Benarkah?</p>'
    assert read([status(content=content, quote=quote)]).entries[0].text == "RE: lain.example/9\nBenarkah?"


def test_a_search_of_mastodon_is_named_after_its_words() -> None:
    answer = {"accounts": [], "statuses": [status(1, account=STRANGER), status(2)], "hashtags": []}
    feed = read(answer, f"{SERVER}/api/v2/search?q=air+mati&type=statuses")
    assert (feed.title, feed.kind, len(feed.entries)) == ("air mati", SourceKind.MASTODON, 2)
    empty = read({"accounts": [], "statuses": [], "hashtags": []}, f"{SERVER}/api/v2/search?q=air")
    assert (empty.title, empty.entries) == ("air", ())


def test_an_account_of_bluesky_is_named_after_itself_not_after_whom_it_shares() -> None:
    shared = bluesky_post(author={"did": "did:plc:lain", "handle": "lain.example", "displayName": "Orang Lain"})
    rows = {
        "feed": [{"post": shared, "reason": {"$type": "app.bsky.feed.defs#reasonRepost"}}, {"post": bluesky_post()}]
    }
    for actor in ("contoh.example", "did:plc:abc"):
        assert read(rows, f"{XRPC}.getAuthorFeed?actor={actor}&limit=50").title == "Kabar Contoh"
    assert read({"feed": []}, f"{XRPC}.getAuthorFeed?actor=contoh.example").title == "contoh.example"
    assert read(rows, f"{XRPC}.getFeed?feed=at://did:plc:x/app.bsky.feed.generator/kupang").title == "kupang"


@pytest.mark.parametrize(
    ("embed", "text"),
    [
        ({"record": quoted_view()}, "Mengutip: «Wali kota diganti besok»"),
        (
            {"record": {"record": quoted_view()}, "media": {"images": [{"alt": "Foto keran", "fullsize": "x"}]}},
            "Foto keran\nMengutip: «Wali kota diganti besok»",
        ),
        (
            {"record": quoted_view("Lihat ini", {"external": {"title": "Pasar pindah", "description": ""}})},
            "Mengutip: «Lihat ini\nPasar pindah»",
        ),
        (
            {"record": quoted_view("Lihat ini", {"record": quoted_view("Aslinya")})},
            "Mengutip: «Lihat ini\nMengutip: «Aslinya»»",
        ),
        ({"record": {"$type": "app.bsky.embed.record#viewNotFound", "notFound": True}}, ""),
        ({"record": {"$type": "app.bsky.feed.defs#generatorView", "displayName": "Umpan"}}, ""),
        ({"record": "rusak", "images": ["rusak", {"alt": 7}], "media": []}, ""),
    ],
    ids=["quote", "quote with picture", "quoted link", "quote of a quote", "gone", "a feed", "broken"],
)
def test_a_quoted_post_of_bluesky_is_read_as_quoted(embed: dict[str, Any], text: str) -> None:
    (entry,) = read({"posts": [bluesky_post(embed=embed)], "cursor": "1"}).entries
    assert entry.text == f"Air mati!\n{text}".strip()


def test_posts_that_quote_without_end_are_read_without_trouble() -> None:
    view = quoted_view("dasar")
    for _step in range(200):
        view = quoted_view("kutip", {"record": view})
    assert read({"posts": [bluesky_post(embed={"record": view})]}).entries[0].text.count("kutip") == 4


@pytest.mark.parametrize(
    ("url", "title"),
    [(f"{XRPC}.searchPosts?q=hoaks+kupang&limit=50", "hoaks kupang"), (f"{XRPC}.getQuotes?uri=at://x", ""), ("", "")],
)
def test_searches_and_quotes_of_bluesky(url: str, title: str) -> None:
    answer = {"posts": [bluesky_post(likeCount=8, quoteCount=2, repostCount=5, replyCount=3)], "hitsTotal": 1}
    feed = read(answer, url)
    assert (feed.title, feed.kind) == (title, SourceKind.BLUESKY)
    (entry,) = feed.entries
    assert entry.url == "https://bsky.app/profile/contoh.example/post/3kabc"
    assert entry.counts is not None
    assert (entry.counts.likes, entry.counts.shares, entry.counts.replies) == (8, 7, 3)


def test_a_search_without_an_answer_is_an_empty_feed() -> None:
    assert read({"posts": []}, f"{XRPC}.searchPosts?q=kupang").entries == ()


def test_a_truncated_answer_gives_the_posts_that_are_whole() -> None:
    statuses = json.dumps([status(number) for number in range(5)])
    posts = json.dumps({"posts": [bluesky_post(f"Kabar {number}") for number in range(5)]})
    for body in (statuses, posts):
        feed = read(body[: body.rindex("created") if "created_at" in body else body.rindex("createdAt")])
        assert len(feed.entries) == 4
        assert "JSON rusak" in feed.problems[0]
