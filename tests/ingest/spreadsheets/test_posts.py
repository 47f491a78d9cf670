"""Posts of networks and reviews of fact-checkers as entries; samples have each service's shape."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from hypothesis import given, strategies as st

from hoax_tracker.ingest.parsers.entry import EngagementCounts, FeedError, read_count
from hoax_tracker.models import SourceKind
from tests.ingest import samples
from tests.ingest.parsers.posts import reading

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
WRITTEN = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
read = partial(reading.read, url="https://sumber.example/")


@pytest.mark.parametrize(
    ("body", "kind", "url", "text", "counts"),
    [
        (
            samples.YOUTUBE,
            "feed",
            "https://www.youtube.com/watch?v=abc",
            "Kata tetangga.",
            EngagementCounts(likes=321, views=4567),
        ),
        (samples.REDDIT, "feed", "https://www.reddit.com/r/kupang/comments/abc/", "Kata tetangga.", None),
        (
            samples.GOOGLE_NEWS,
            "feed",
            "https://news.google.com/rss/articles/CBMiabc?oc=5",
            "Air mati tujuh hari?",
            None,
        ),
        (samples.BLOG, "feed", "https://blog.example/air", "", EngagementCounts(replies=7)),
        (
            samples.TELEGRAM,
            "telegram",
            "https://t.me/kabar_contoh/41",
            "Air mati tujuh hari!\nSebarkan & simpan.\nWarta Contoh",
            EngagementCounts(views=1200),
        ),
        (
            samples.MASTODON,
            "mastodon",
            "https://sosial.example/@kabar/1",
            "Air mati tujuh hari!\nKeran kering",
            EngagementCounts(replies=3, likes=8, shares=5),
        ),
        (
            samples.BLUESKY,
            "bluesky",
            "https://bsky.app/profile/contoh.example/post/3kabc",
            "Air mati tujuh hari!\nWarta Contoh\nKata tetangga\nKeran kering",
            EngagementCounts(replies=3, likes=8, shares=7),
        ),
        (
            samples.DATA_FEED,
            "claim_review",
            "https://cek.example/1",
            "Salah\nTidak benar air mati tujuh hari\nPerbaikan pipa hanya tiga jam.",
            None,
        ),
        (
            samples.FACT_CHECK_TOOLS,
            "claim_review",
            "https://cek.example/1",
            "Salah\nTidak benar air mati tujuh hari",
            None,
        ),
    ],
)
def test_each_kind_gives_its_entries(
    body: str | dict[str, Any], kind: str, url: str, text: str, counts: EngagementCounts | None
) -> None:
    feed = read(body)
    first = feed.entries[0]
    assert (feed.kind.value, first.url, first.text, first.counts) == (kind, url, text, counts)
    assert first.author in ("Kanal Contoh", "/u/contoh", "Kabar Contoh", "Cek Contoh", "Warta Contoh", None)
    if body is not samples.BLOG:
        assert first.published_at is not None
        assert first.published_at.date() == WRITTEN.date()


def test_what_is_passed_on_is_the_first_post_and_a_broken_one_costs_no_other() -> None:
    feed = read(samples.MASTODON)
    assert [entry.text for entry in feed.entries] == [
        "Air mati tujuh hari!\nKeran kering",
        "Pasar pindah\nKeran kering",
        "Keran kering",
    ]
    assert feed.entries[1].feed_id == "https://sosial.example/users/kabar/statuses/9"


def test_a_channel_names_itself_and_what_it_answers_is_not_its_own() -> None:
    feed = read(samples.TELEGRAM)
    assert feed.title == "Kabar Contoh"
    assert [entry.feed_id for entry in feed.entries] == ["kabar_contoh/41", "kabar_contoh/42"]
    assert "dijawab" not in feed.entries[0].text
    assert feed.entries[0].images == ("https://cdn.example/a.jpg",)
    assert feed.entries[1].published_at is None
    assert any("kemarin" in problem for problem in feed.problems)


def test_reviews_are_found_wherever_a_site_puts_them() -> None:
    assert len(read(samples.DATA_FEED).entries) == 2
    assert len(read([samples.claim_review(1), samples.claim_review(2), {"@type": "Thing"}]).entries) == 2
    page = read(samples.REVIEW_PAGE)
    assert (page.kind, page.entries[0].title) == (SourceKind.CLAIM_REVIEW, "Air mati tujuh hari")
    assert page.entries[0].author == "Cek Contoh"


@pytest.mark.parametrize(
    "body",
    ["[]", "[1, 2]", '{"feed": 3}', '{"feed": [1]}', '{"claims": []}', '[{"@type": "Thing"}]', "null", "[[[[1]]]]"],
)
def test_other_json_is_refused(body: str) -> None:
    with pytest.raises(FeedError):
        read(body)


def test_an_account_without_posts_is_a_source() -> None:
    assert read({"feed": []}).entries == ()


def nested() -> st.SearchStrategy[Any]:
    """Any JSON."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )


@given(st.dictionaries(st.sampled_from(sorted(samples.mastodon_status(1))), nested()))
def test_a_status_of_any_shape_costs_no_other(changes: dict[str, Any]) -> None:
    feed = read([samples.mastodon_status(1) | changes, samples.mastodon_status(2)])
    assert feed.entries[-1].feed_id == "https://sosial.example/users/kabar/statuses/2"


@given(st.dictionaries(st.sampled_from(sorted(samples.BLUESKY["feed"][0]["post"])), nested()))
def test_a_post_of_any_shape_costs_no_other(changes: dict[str, Any]) -> None:
    whole = samples.BLUESKY["feed"][0]
    feed = read({"feed": [{"post": whole["post"] | changes}, whole]})
    assert feed.entries[-1].text.startswith("Air mati")


@given(st.dictionaries(st.sampled_from(sorted(samples.claim_review())), nested()))
def test_a_review_of_any_shape_costs_no_other(changes: dict[str, Any]) -> None:
    changes.pop("@type", None)
    assert read([samples.claim_review(1) | changes, samples.claim_review(2)]).entries[-1].url == "https://cek.example/2"


@given(st.text(max_size=300))
def test_a_channel_with_anything_in_it_never_raises(soup: str) -> None:
    read(samples.TELEGRAM.replace("Pasar pindah", soup).replace("1.2K", soup))


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (12, 12),
        ("1.234", 1234),
        ("1,234,567", 1234567),
        ("12.0", 12),
        ("1,234.0", 1234),
        ("12,34,567", 1_234_567),
        ("1,23,45,678.00", 12_345_678),
        ("1.234,56", 1234),
        ("12.34.567", None),
        ("1.2345", None),
        ("1.5", 1),
        ("1.2K", 1200),
        ("3,4 jt", 3_400_000),
        ("12 rb", 12_000),
        ("2M", 2_000_000),
        ("", None),
        ("banyak", None),
        ("-3", None),
        (True, None),
        (10**30, None),
        ("9" * 30, None),
        (None, None),
    ],
)
def test_numbers_as_people_write_them(given: object, number: int | None) -> None:
    assert read_count(given) == number


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(allow_nan=True), st.none(), st.lists(st.integers())))
def test_no_number_raises(value: object) -> None:
    found = read_count(value)
    assert found is None or 0 <= found <= 10**15
