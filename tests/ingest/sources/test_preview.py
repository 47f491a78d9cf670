"""An address is previewed on a real server before it becomes a source."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from hoax_tracker.core.fetch import Fetcher, FetchResponse
from hoax_tracker.core.fetch.errors import ConnectionFailedError
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest import service
from hoax_tracker.ingest.sources import edits
from hoax_tracker.ingest.sources.address_kinds import Bridges
from hoax_tracker.ingest.sources.preview import SourcePreview, preview_source
from hoax_tracker.models import Engagement, Item, Officer, Source, SourceKind, db
from tests import factories
from tests.feed_server import FeedServer, Reply, redirect_reply
from tests.ingest import samples

pytestmark = pytest.mark.usefixtures("app")
LINK = '<link rel="alternate" type="application/rss+xml" href="{}">'
PAGE = f"<!doctype html><html><head><title>W</title>{LINK}</head></html>"


def seen(server: FeedServer, url: str, now: datetime, **bridges: str) -> SourcePreview:
    return preview_source(url, Fetcher(server.allow), Bridges(**bridges), now)


def test_a_site_is_kept_by_its_address_and_read_from_its_feed(server: FeedServer, now: datetime) -> None:
    feed = server.answer("/feed", Reply(samples.BLOG.encode()))
    site = server.answer("/", Reply(PAGE.format(feed).encode(), content_type="text/html"))
    found = seen(server, site, now)
    assert (found.kind, found.url, found.found_at, found.name) == (SourceKind.FEED, site, feed, "Blog Contoh")
    assert [entry.title for entry in found.first] == ["Air mati tujuh hari?"]


def test_a_mastodon_account_is_read_from_the_api_which_counts(server: FeedServer, now: datetime) -> None:
    server.answer("/api/v1/accounts/lookup?acct=kabar", Reply(json.dumps({"id": "17"}).encode()))
    statuses = "/api/v1/accounts/17/statuses?limit=40&exclude_replies=true"
    url = server.answer(statuses, Reply(samples.MASTODON.encode(), content_type="application/json"))
    found = seen(server, server.url("/@kabar"), now)
    assert (found.kind, found.url, found.page) == (SourceKind.MASTODON, url, server.url("/@kabar"))
    assert (found.name, len(found.feed.entries)) == ("Kabar Contoh", 3)


@pytest.mark.parametrize("lookup", [b'{"id": "../../x"}', b"rusak", b'{"id": null}', b"[]"])
def test_where_the_api_is_closed_the_feed_is_read(server: FeedServer, now: datetime, lookup: bytes) -> None:
    server.answer("/api/v1/accounts/lookup?acct=kabar", Reply(lookup))
    url = server.answer("/@kabar.rss", Reply(samples.BLOG.encode()))
    found = seen(server, server.url("/@kabar"), now)
    assert (found.kind, found.url) == (SourceKind.MASTODON, url)


def test_a_page_that_only_looks_like_an_account_is_a_site(server: FeedServer, now: datetime) -> None:
    feed = server.answer("/feed", Reply(samples.BLOG.encode()))
    site = server.answer("/@kabar", Reply(PAGE.format(feed).encode(), content_type="text/html"))
    assert (seen(server, site, now).kind, seen(server, site, now).url) == (SourceKind.FEED, site)


def test_a_hashtag(server: FeedServer, now: datetime) -> None:
    url = server.answer("/api/v1/timelines/tag/kupang?limit=40", Reply(samples.MASTODON.encode()))
    assert seen(server, server.url("/tags/kupang"), now).url == url


def test_a_bridge_that_fails_gives_way_to_the_other(server: FeedServer, now: datetime) -> None:
    server.answer("/hub/instagram/user/contoh", Reply(b"", status=503))
    asked = "/b/?action=display&bridge=InstagramBridge&context=Username&u=contoh&format=Atom"
    url = server.answer(asked, Reply(samples.BLOG.encode()))
    found = seen(
        server, "https://www.instagram.com/contoh/", now, rsshub=server.url("/hub"), rss_bridge=server.url("/b")
    )
    assert (found.kind, found.url) == (SourceKind.BRIDGE, url)


def test_reviews_are_known_by_what_they_are(server: FeedServer, now: datetime) -> None:
    url = server.answer("/reviews.json", Reply(json.dumps(samples.DATA_FEED).encode()))
    assert seen(server, url, now).kind is SourceKind.CLAIM_REVIEW


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(b"", status=404), "Tidak ada apa-apa"),
        (
            Reply(b"<!doctype html><html><body>x</body></html>"),
            "halaman web, bukan feed. Halaman itu tidak menyebut feed-nya",
        ),
        (Reply(b""), "kosong"),
        (Reply(b"{}"), "bukan feed"),
        (redirect_reply("http://169.254.169.254/latest/meta-data"), "tidak boleh diambil"),
        (redirect_reply("http://[::ffff:10.0.0.1]/"), "tidak boleh diambil"),
        (redirect_reply("file:///etc/passwd"), "tidak boleh diambil"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(server: FeedServer, now: datetime, reply: Reply, words: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        seen(server, server.answer("/x", reply), now)
    assert words in str(error.value.user_message)
    assert error.value.field == "url"


@pytest.mark.parametrize("url", ["", "bukan alamat", "ftp://a.example/", "http://127.0.0.1:1/", "http://2130706433/"])
def test_what_is_no_public_address_is_refused(server: FeedServer, now: datetime, url: str) -> None:
    with pytest.raises(InvalidInputError):
        seen(server, url, now)


class Known(Fetcher):
    """Answers at one address, as a service does that tests cannot reach; everything else is away."""

    def __init__(self, url: str, body: str) -> None:
        super().__init__()
        self.url, self.body = url, body.encode()

    def get(self, url: str, etag: str | None = None, last_modified: str | None = None) -> FetchResponse:
        if url != self.url:
            raise ConnectionFailedError(url, "away")
        return FetchResponse(url, 200, {}, self.body, None, None, None, not_modified=False, permanent_url=None)


NEWS = "https://news.google.com/rss/search?q=air+mati&hl=id&gl=ID&ceid=ID%3Aid"
AUTHOR = "https://public.api.bsky.app/xrpc/app.bsky.feed.getAuthorFeed"
HUB = "https://hub.example/instagram/user/contoh"


@pytest.mark.parametrize(
    ("given", "kind", "asked", "body", "counts"),
    [
        (
            "https://www.youtube.com/channel/UCcontoh",
            SourceKind.YOUTUBE,
            "https://www.youtube.com/feeds/videos.xml?channel_id=UCcontoh",
            samples.YOUTUBE,
            (None, 321, None, 4567),
        ),
        (
            "https://t.me/kabar_contoh",
            SourceKind.TELEGRAM,
            "https://t.me/s/kabar_contoh",
            samples.TELEGRAM,
            (None, None, None, 1200),
        ),
        (
            "https://bsky.app/profile/contoh.example",
            SourceKind.BLUESKY,
            f"{AUTHOR}?actor=contoh.example&limit=50&filter=posts_and_author_threads",
            json.dumps(samples.BLUESKY),
            (3, 8, 7, None),
        ),
        (
            "https://sosial.example/tags/kupang",
            SourceKind.MASTODON,
            "https://sosial.example/api/v1/timelines/tag/kupang?limit=40",
            samples.MASTODON,
            (3, 8, 5, None),
        ),
        (
            "https://www.reddit.com/r/kupang/",
            SourceKind.REDDIT,
            "https://www.reddit.com/r/kupang/new/.rss",
            samples.REDDIT,
            None,
        ),
        ("google-news: air mati", SourceKind.GOOGLE_NEWS, NEWS, samples.GOOGLE_NEWS, None),
        ("https://www.instagram.com/contoh/", SourceKind.BRIDGE, HUB, samples.BLOG, (7, None, None, None)),
        (
            "https://cek.example/feed.json",
            SourceKind.CLAIM_REVIEW,
            "https://cek.example/feed.json",
            json.dumps(samples.DATA_FEED),
            None,
        ),
    ],
)
def test_each_kind_is_known_shown_and_read_with_what_it_counts(
    approver: Officer,
    now: datetime,
    given: str,
    kind: SourceKind,
    asked: str,
    body: str,
    counts: tuple[Any, ...] | None,
) -> None:
    known = Known(asked, body)
    shown = preview_source(given, known, Bridges("https://hub.example"), now)
    assert (shown.kind, shown.url) == (kind, asked)
    assert shown.first
    place = edits.SourcePlace(shown.kind, shown.url, shown.page)
    edits.add_source(shown.name, place, allow=frozenset(), by=None, now=now)
    factories.confirm_waiting(approver)
    targets = service.lease_sources(sa.select(Source), now)
    outcome = list(service.ingest_sources(targets, known, now, service.IngestOutcome()))[-1]
    assert (outcome.failed, outcome.new) == ([], len(shown.feed.entries))
    columns = (Engagement.replies, Engagement.likes, Engagement.shares, Engagement.views)
    found = db.session.execute(sa.select(*columns).join(Item).order_by(Item.published_at, Item.id)).all()
    assert (tuple(found[0]) if found else None) == counts
