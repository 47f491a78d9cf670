"""What kind of source an address is, without a request."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from hoax_tracker.errors import InvalidInputError
from hoax_tracker.ingest.sources.address_kinds import Bridges, plan_address
from hoax_tracker.models import SourceKind

CHANNEL = "https://www.youtube.com/feeds/videos.xml?channel_id=UCcontoh"
NEWS = "https://news.google.com/rss/search?q=hoaks+kupang&hl=id&gl=ID&ceid=ID%3Aid"
BLUESKY = "https://public.api.bsky.app/xrpc/app.bsky.feed"


@pytest.mark.parametrize(
    ("given", "kind", "first"),
    [
        ("https://warta.example/feed", SourceKind.FEED, "https://warta.example/feed"),
        ("https://warta.example/2026/berita", SourceKind.FEED, "https://warta.example/2026/berita"),
        ("https://www.youtube.com/channel/UCcontoh", SourceKind.YOUTUBE, CHANNEL),
        ("https://m.youtube.com/channel/UCcontoh/videos?x=1", SourceKind.YOUTUBE, CHANNEL),
        (CHANNEL, SourceKind.YOUTUBE, CHANNEL),
        ("https://www.youtube.com/@contoh", SourceKind.YOUTUBE, "https://www.youtube.com/@contoh"),
        (
            "https://www.youtube.com/playlist?list=PL1",
            SourceKind.YOUTUBE,
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1",
        ),
        ("warta.example/feed", SourceKind.FEED, "https://warta.example/feed"),
        ("@contoh", SourceKind.FEED, "@contoh"),
        (
            "https://sosial.example/tags/kaf%C3%A9",
            SourceKind.MASTODON,
            "https://sosial.example/api/v1/timelines/tag/kaf%C3%A9?limit=40",
        ),
        ("https://t.me/kabar_contoh", SourceKind.TELEGRAM, "https://t.me/s/kabar_contoh"),
        ("t.me/s/kabar_contoh?before=10", SourceKind.TELEGRAM, "https://t.me/s/kabar_contoh"),
        ("https://www.reddit.com/r/kupang/", SourceKind.REDDIT, "https://www.reddit.com/r/kupang/new/.rss"),
        ("https://old.reddit.com/user/contoh", SourceKind.REDDIT, "https://www.reddit.com/user/contoh/.rss"),
        (
            "https://www.reddit.com/r/kupang/search/.rss?q=air",
            SourceKind.REDDIT,
            "https://www.reddit.com/r/kupang/search/.rss?q=air",
        ),
        ("https://www.reddit.com/search.rss?q=kupang", SourceKind.REDDIT, "https://www.reddit.com/search.rss?q=kupang"),
        (
            "https://www.reddit.com/r/kupang/search/?q=air%20mati",
            SourceKind.REDDIT,
            "https://www.reddit.com/r/kupang/search.rss?q=air+mati&sort=new&restrict_sr=on",
        ),
        ("google-news: hoaks kupang", SourceKind.GOOGLE_NEWS, NEWS),
        ("https://news.google.com/search?q=hoaks%20kupang&hl=en", SourceKind.GOOGLE_NEWS, NEWS),
        (NEWS, SourceKind.GOOGLE_NEWS, NEWS),
        (
            "https://bsky.app/profile/contoh.bsky.social",
            SourceKind.BLUESKY,
            f"{BLUESKY}.getAuthorFeed?actor=contoh.bsky.social&limit=50&filter=posts_and_author_threads",
        ),
        (
            "https://bsky.app/profile/did:plc:abc/feed/kupang",
            SourceKind.BLUESKY,
            f"{BLUESKY}.getFeed?feed=at%3A%2F%2Fdid%3Aplc%3Aabc%2Fapp.bsky.feed.generator%2Fkupang&limit=50",
        ),
        (
            "https://www.reddit.com/r/kupang/new.json?limit=50",
            SourceKind.REDDIT,
            "https://www.reddit.com/r/kupang/new.json?limit=50",
        ),
        (
            "https://bsky.app/search?q=hoaks+kupang",
            SourceKind.BLUESKY,
            "https://api.bsky.app/xrpc/app.bsky.feed.searchPosts?q=hoaks+kupang&sort=latest&limit=50",
        ),
        (
            "https://bsky.app/hashtag/kupang",
            SourceKind.BLUESKY,
            "https://api.bsky.app/xrpc/app.bsky.feed.searchPosts?q=%23kupang&sort=latest&limit=50",
        ),
        ("https://bsky.app/search", SourceKind.FEED, "https://bsky.app/search"),
        (
            "https://sosial.example/tags/kupang",
            SourceKind.MASTODON,
            "https://sosial.example/api/v1/timelines/tag/kupang?limit=40",
        ),
        (
            "https://sosial.example/@kabar",
            SourceKind.MASTODON,
            "https://sosial.example/api/v1/accounts/{id}/statuses?limit=40&exclude_replies=true",
        ),
        (
            "https://jembatan.example/?action=display&bridge=FacebookBridge&u=x&format=Atom",
            SourceKind.BRIDGE,
            "https://jembatan.example/?action=display&bridge=FacebookBridge&u=x&format=Atom",
        ),
        ("https://medium.com/@kabar", SourceKind.FEED, "https://medium.com/@kabar"),
        ("https://bsky.app/", SourceKind.FEED, "https://bsky.app/"),
        ("https://t.me.example/kabar_contoh", SourceKind.FEED, "https://t.me.example/kabar_contoh"),
        ("https://nott.me/kabar_contoh", SourceKind.FEED, "https://nott.me/kabar_contoh"),
    ],
)
def test_what_an_address_stands_for(given: str, kind: SourceKind, first: str) -> None:
    found = plan_address(given)
    assert (found.kind, found.tries[0]) == (kind, first)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/contoh",
        "https://m.facebook.com/contoh",
        "https://x.com/contoh",
        "https://www.tiktok.com/@contoh",
        "https://www.threads.net/@contoh",
        "https://instagram.com/contoh/",
        "https://t.me/+AbCdEf",
        "https://t.me/joinchat/AbCdEf",
        "https://t.me/c/123/4",
        "https://t.me/",
        "google-news:",
    ],
)
def test_what_cannot_be_read_says_what_to_do(url: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        plan_address(url)
    assert error.value.field == "url"
    assert len(str(error.value.user_message)) > 20


@pytest.mark.usefixtures("app")
def test_pages_of_closed_networks_are_read_through_a_bridge() -> None:
    bridges = Bridges("https://hub.example", "https://bridge.example")
    found = plan_address("https://www.instagram.com/contoh.kupang/", bridges)
    asked = "action=display&bridge=InstagramBridge&context=Username&u=contoh.kupang&format=Atom"
    assert found.kind is SourceKind.BRIDGE
    assert found.tries == ("https://hub.example/instagram/user/contoh.kupang", f"https://bridge.example/?{asked}")
    assert plan_address("https://www.tiktok.com/@contoh", Bridges("https://h.example")).tries == (
        "https://h.example/tiktok/user/@contoh",
    )
    with pytest.raises(InvalidInputError):
        plan_address("https://www.instagram.com/../../x?y", bridges)
    route = "https://hub.example/telegram/channel/kabar_contoh"
    assert (plan_address(route, bridges).kind, plan_address(route, bridges).tries) == (SourceKind.BRIDGE, (route,))
    assert plan_address("https://hub.example.id/x", bridges).kind is SourceKind.FEED


@pytest.mark.usefixtures("app")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_refused(text: str) -> None:
    for given_text in (text, f"https://{text}", f"https://youtube.com/{text}", f"https://t.me/{text}"):
        with suppress(InvalidInputError):
            assert plan_address(given_text).tries


@pytest.mark.parametrize(
    ("given", "account"),
    [
        ("web.facebook.com/pemkot.contoh", "facebook/page/pemkot.contoh"),
        ("https://id-id.facebook.com/pemkot.contoh/?locale=id_ID", "facebook/page/pemkot.contoh"),
        ("https://www.facebook.com/profile.php?id=1000123", "facebook/page/1000123"),
        ("https://www.facebook.com/people/Kabar-Contoh/1000123/", "facebook/page/1000123"),
        ("https://www.facebook.com/p/Kabar-Contoh-1000123/", "facebook/page/1000123"),
        ("https://www.facebook.com/pg/KabarContoh/posts", "facebook/page/KabarContoh"),
        ("https://www.facebook.com/People/Kabar-Contoh/1000123/", "facebook/page/1000123"),
        ("https://m.facebook.com/story.php?story_fbid=12&id=1000123", "facebook/page/1000123"),
        ("https://mobile.twitter.com/contoh", "twitter/user/contoh"),
        ("https://x.com/@KabarContoh", "twitter/user/KabarContoh"),
        ("https://x.com/contoh/status/12", "twitter/user/contoh"),
        ("https://x.com/business", "twitter/user/business"),
        ("https://x.com/Media/status/12", "twitter/user/Media"),
        ("https://www.instagram.com/business/", "instagram/user/business"),
        ("https://www.instagram.com/jobs/", "instagram/user/jobs"),
        ("https://www.instagram.com/media/reel/Cabc/", "instagram/user/media"),
        ("https://www.instagram.com/contoh.id/reels/", "instagram/user/contoh.id"),
        ("https://www.tiktok.com/@contoh.id/video/7", "tiktok/user/@contoh.id"),
        ("https://www.threads.com/@contoh.id", "threads/contoh.id"),
        ("https://threads.net/@contoh.id/post/Cabc", "threads/contoh.id"),
    ],
)
def test_whose_page_of_a_closed_network_it_is(given: str, account: str) -> None:
    found = plan_address(given, Bridges("https://jembatan.example"))
    assert found.tries == (f"https://jembatan.example/{account}",)


@pytest.mark.parametrize(
    "given",
    [
        "https://www.facebook.com/groups/infokupang",
        "https://www.facebook.com/share/1AbC/",
        "https://www.facebook.com/people/",
        "https://www.facebook.com/Groups/1",
        "https://www.facebook.com/pg/",
        "https://www.facebook.com/media/set/?set=a.1",
        "https://www.facebook.com/business/help",
        "https://www.facebook.com/plugins/post.php?href=x",
        "https://www.facebook.com/permalink/1",
        "https://www.facebook.com/sharer.php?u=x&id=4",
        "https://l.facebook.com/l.php?u=x&id=4",
        "https://fb.watch/abc/",
        "https://x.com/hashtag/kupang",
        "https://x.com/i/lists/12",
        "https://x.com/jobs",
        "https://x.com/compose/post",
        "https://x.com/Search?q=kupang",
        "https://www.instagram.com/P/abc",
        "https://www.instagram.com/p/Cabc/",
        "https://www.instagram.com/accounts/login/?next=/contoh/",
        "https://www.instagram.com/popular/kupang/",
        "https://x.com/search-advanced",
        "https://x.com/tos",
        "https://www.tiktok.com/tag/kupang",
        "https://vt.tiktok.com/ZSabc/",
        "https://www.threads.com/t/Cabc",
    ],
)
def test_a_post_or_a_search_is_not_taken_for_an_account(given: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        plan_address(given, Bridges("https://jembatan.example"))
    assert "bukan halaman atau akun" in str(caught.value.user_message)
    with pytest.raises(InvalidInputError) as caught:
        plan_address(given)
    assert "jembatan" in str(caught.value.user_message)
