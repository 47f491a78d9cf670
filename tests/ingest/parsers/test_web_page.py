"""Web pages: the feeds they name, reviews as microdata, posts; and none blocks its reader."""

from __future__ import annotations

import json
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from time import process_time

import pytest

from hoax_tracker.ingest.parsers import FEED_SIZE_LIMIT_BYTES, parse_feed
from hoax_tracker.ingest.parsers.claim_review import reviews_on_page
from hoax_tracker.ingest.parsers.entry import Feed, FeedError
from hoax_tracker.ingest.parsers.web_page import (
    NESTING_LIMIT,
    PAGE_TAGS_LIMIT,
    REVIEWS_LIMIT,
    discover_feeds,
    element_text,
    parse_page,
)
from hoax_tracker.models import SourceKind
from tests.ingest import samples

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
SITE = "https://cek.example/hoaks/air"

MICRODATA = """<!doctype html><html lang="id" itemscope itemtype="https://schema.org/WebPage"><head>
<title>Air mati tujuh hari?</title><meta itemprop="name" content="Situs Cek"></head><body><article>
<div itemprop="review" itemscope itemtype="http://schema.org/ClaimReview">
<meta itemprop="datePublished" content="2026-11-20">
<h1 itemprop="name headline">Tidak benar <b>air mati</b> tujuh hari</h1><link itemprop="url" href="/hoaks/air">
<blockquote itemprop="claimReviewed">Air mati &amp; tujuh hari</blockquote>
<p itemprop="author publisher" itemscope itemtype="https://schema.org/Organization">
<a itemprop="name" href="https://cek.example/">Cek Contoh</a><span itemprop="url">https://cek.example/</span></p>
<div itemprop="itemReviewed" itemscope><span itemprop="author" itemscope><i itemprop="name">Orang</i></span></div>
<p itemprop="reviewRating" itemscope itemtype="https://schema.org/Rating"><meta itemprop="ratingValue" content="1">
<span itemprop="alternateName">Salah</span></p>
<div itemprop="reviewBody">Perbaikan pipa hanya tiga jam.<script>var x = 1;</script></div>
</div></article></body></html>"""


def read(body: str, url: str = SITE) -> Feed:
    return parse_feed(body.encode("utf-8", "replace"), url, None, now=NOW)


def test_a_review_in_microdata_is_read_as_one_in_json() -> None:
    feed = read(MICRODATA)
    (entry,) = feed.entries
    assert (feed.kind, feed.title, entry.author) == (SourceKind.CLAIM_REVIEW, "Cek Contoh", "Cek Contoh")
    assert (entry.title, entry.url) == ("Air mati & tujuh hari", SITE)
    assert entry.text == "Salah\nTidak benar air mati tujuh hari\nPerbaikan pipa hanya tiga jam."
    assert entry.published_at is not None
    assert entry.published_at.date().isoformat() == "2026-11-20"


def test_a_review_that_stands_twice_on_a_page_is_one() -> None:
    linked = f'<script type="application/ld+json">{json.dumps(samples.claim_review())}</script>'
    (entry,) = read(MICRODATA.replace("</head>", f"{linked}</head>")).entries
    assert entry.url == "https://cek.example/1"


@pytest.mark.parametrize(
    "changed",
    [
        MICRODATA.replace("schema.org/ClaimReview", "schema.org/Review"),
        MICRODATA.replace("schema.org/ClaimReview", "lain.example/ClaimReview"),
        MICRODATA.replace('itemprop="claimReviewed"', ""),
    ],
    ids=["another type", "another vocabulary", "no claim"],
)
def test_what_reviews_no_claim_is_a_page(changed: str) -> None:
    with pytest.raises(FeedError) as caught:
        read(changed)
    assert caught.value.found == "halaman web «Air mati tujuh hari?» dengan 1 tautan"


def test_reviews_go_before_the_feed_that_their_page_names_and_the_feed_is_told() -> None:
    named = '<link rel="alternate" type="application/rss+xml" href="/feed">'
    for page in (MICRODATA, samples.REVIEW_PAGE):
        feed = read(page.replace("</head>", f"{named}</head>"))
        assert (feed.kind, len(feed.entries)) == (SourceKind.CLAIM_REVIEW, 1)
        assert feed.problems[0].endswith("Feed yang juga disebutnya: https://cek.example/feed")


@pytest.mark.parametrize(
    ("head", "found"),
    [
        ('<link rel="alternate" type="application/feed+json" href="/f.json">', "https://warta.example/f.json"),
        ('<link rel="Alternate Home" type="application/RSS+xml; charset=utf-8" href="f">', "https://warta.example/a/f"),
        ('<base href="/b/"><link rel=alternate type=application/atom+xml href=f>', "https://warta.example/b/f"),
        ('<base target="_top"><base href="https://cdn.example/"><base href="/z/">'
         '<link rel=alternate type=application/atom+xml href=f>', "https://cdn.example/f"),
        ('</head><body><a rel="alternate" type="application/rss+xml" href="/f">RSS</a>', "https://warta.example/f"),
        ("<!-- <link rel=alternate type=application/rss+xml href=/no> -->"
         "<script>'<link rel=alternate type=application/rss+xml href=/no>'</script>"
         "<link rel=alternate type=application/rss+xml href=/f>", "https://warta.example/f"),
    ],
    ids=["json", "spelling", "base", "bases", "in the text", "no markup"],
)  # fmt: skip
def test_a_feed_is_found_as_a_browser_would(head: str, found: str) -> None:
    page = parse_page(f'<?xml version="1.0"?><html><head>{head}</head></html>')
    assert discover_feeds(page, "https://warta.example/a/b") == (found,)


@pytest.mark.parametrize(
    "head",
    [
        '<link rel="stylesheet" type="application/rss+xml" href="/f">',
        '<link rel="alternate" type="text/html" href="/f">',
        '<link rel="alternate" type="application/rss+xml" href="javascript:1">',
        '<link rel="alternate" type="application/rss+xml">',
    ],
)
def test_what_is_no_feed_is_not_named(head: str) -> None:
    assert discover_feeds(parse_page(f"<html><head>{head}</head></html>"), "https://warta.example/") == ()


def test_a_page_is_read_in_its_own_bytes_whatever_it_declares() -> None:
    page = parse_page("<html><head><meta charset=utf-16><title>Kaf\xe9 \ud800\0x</title></head></html>")
    assert element_text(page.title) == "Kaf\xe9 ?x"


REVIEW = '<div itemscope itemtype="https://schema.org/ClaimReview"><b itemprop="claimReviewed">x</b>'
MESSAGE = '<div class="tgme_widget_message" data-post="a/1">'
WORDS = '<div class="tgme_widget_message_text">x'
CHANNEL = '<section class="tgme_channel_history">'
HOSTILE = {
    "nested": "<div>",
    "formatting": "<b><i>",
    "flat": "<a href=x></a>",
    "paragraphs": "<p>",
    "tables": "<table><tr><td>",
    "closings": "<div></p></b></div><div>",
    "links": "<link rel=alternate type=application/rss+xml href=/f>",
    "bases": "<base href=x>",
    "attributes": "<a b=c ",
    "nothing": "\0",
    "signs": "<",
    "entities": "&amp;",
    "comments": "<!---->",
    "scripts": '<script type="application/ld+json">{"@type":"ClaimReview"}</script>',
    "script": '<script type="application/ld+json">',
    "reviews": f"{REVIEW}</div>",
    "nested reviews": REVIEW,
    "properties": f'{REVIEW}<i itemprop="name url">',
    "posts": f"{CHANNEL}{MESSAGE}{WORDS}</div></div>",
    "nested posts": f"{CHANNEL}{MESSAGE}{WORDS}",
    "answers": f'{CHANNEL}{MESSAGE}<a class="tgme_widget_message_reply"><div>',
    "no posts": f"{CHANNEL}<p>kata ",
}


@pytest.mark.slow
@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_ten_megabytes_of_anything_take_seconds_and_little_memory(piece: str) -> None:
    body = f"<!doctype html><html>{piece * (FEED_SIZE_LIMIT_BYTES // len(piece) - 10)}".encode()
    start = process_time()
    with suppress(FeedError):
        parse_feed(body, SITE, "text/html; charset=utf-16", now=NOW)
    assert process_time() - start < 8


@pytest.mark.slow
def test_a_page_as_large_as_pages_get_takes_little_memory() -> None:
    body = "<p itemprop=x>" * PAGE_TAGS_LIMIT * 3
    parse_page("<p>")
    tracemalloc.start()
    page = parse_page(body)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(page.select("p")) == PAGE_TAGS_LIMIT - 1
    assert used < 150 * 2**20


def test_what_lies_deeper_than_on_any_page_is_left_out() -> None:
    page = parse_page(f"<html><body>{'<div>' * (NESTING_LIMIT - 4)}<i>ada</i><b><u>dalam</u></b>")
    assert (element_text(page), page.select("u")) == ("ada", [])


def test_of_a_page_of_reviews_the_first_hundred_are_read() -> None:
    assert len(reviews_on_page(parse_page(f"<html>{f'{REVIEW}</div>' * 150}"))) == REVIEWS_LIMIT


@pytest.mark.parametrize("renamed", ["tgme_message", "data-id"])
def test_a_preview_in_which_no_post_is_known_says_that_its_layout_changed(renamed: str) -> None:
    old = "tgme_widget_message " if renamed == "tgme_message" else "data-post"
    with pytest.raises(FeedError) as caught:
        read(samples.TELEGRAM.replace(old, f"{renamed} "), "https://t.me/s/kabar_contoh")
    said = str(caught.value.user_message)
    assert said.startswith("Tata letaknya berubah: pratinjau Telegram memuat ")
    assert " kata dalam " in said


def test_a_channel_that_has_no_post_yet_is_no_fault() -> None:
    feed = read('<!doctype html><html><section class="tgme_channel_history">\n</section></html>')
    assert (feed.entries, feed.problems) == ((), ())


@pytest.mark.parametrize(("posts", "is_said"), [(2, False), (3, True)])
def test_posts_of_which_none_has_words_or_a_picture_are_named(posts: int, is_said: bool) -> None:
    inside = "".join(f"{MESSAGE.replace('a/1', f'a/{number}')}<p>kata lain</p></div>" for number in range(posts))
    page = f"<!doctype html><html>{CHANNEL}{inside}</section></html>"
    feed = read(page, "https://t.me/s/a")
    assert len(feed.entries) == posts
    said = f"Tata letaknya mungkin berubah: tidak satu pun dari {posts} unggahan memuat kata atau gambar yang dikenali"
    assert feed.problems[0].startswith(said) is is_said
    told = page.replace("<p>kata lain</p>", f"{WORDS}</div>", 1)
    assert not any("mungkin" in problem for problem in read(told, "https://t.me/s/a").problems)
