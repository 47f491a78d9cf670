"""Legal but rare answers of services; each was once lost or refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from time import process_time
from typing import Any

import pytest
import sqlalchemy as sa
from flask_babel import force_locale

from hoax_tracker.clock import WITA
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.ingest.parsers.claim_review import reviews_on_page
from hoax_tracker.ingest.parsers.entry import FeedError
from hoax_tracker.ingest.parsers.web_page import discover_feeds, parse_page
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import Item, Source, db
from tests.ingest import samples
from tests.ingest.parsers.posts import reading

pytestmark = pytest.mark.usefixtures("app")
NOW = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)
SITE = "https://warta.example/"
read = partial(reading.read, url=SITE)


def page(inside: str) -> str:
    """A page with linked data as it stands there."""
    return f'<!doctype html><html><head><script type="application/ld+json">{inside}</script></head></html>'


def reviews_in(markup: str) -> list[dict[str, Any]]:
    return reviews_on_page(parse_page(markup))


def feeds_named_in(markup: str) -> tuple[str, ...]:
    return discover_feeds(parse_page(markup), SITE)


PLAIN = json.dumps(samples.claim_review())


@pytest.mark.parametrize(
    "inside",
    [
        json.dumps({"@type": "NewsArticle", "review": samples.claim_review()}),
        json.dumps({"@type": "WebPage", "mainEntity": [samples.claim_review()]}),
        json.dumps(samples.claim_review() | {"@type": "https://schema.org/ClaimReview"}),
        json.dumps(samples.claim_review() | {"@type": ["schema:ClaimReview", "Review"]}),
        json.dumps(samples.claim_review() | {"url": ["https://cek.example/1"]}),
        PLAIN.replace("Air mati", "Air\n\tmati"),
        f"\n//<![CDATA[\n{PLAIN}\n//]]>\n",
        f"\n/*<![CDATA[*/\n{PLAIN}\n/*]]>*/\n",
        f"<!-- {PLAIN} -->",
        f"{PLAIN};",
    ],
)
def test_a_review_is_found_however_a_page_writes_it(inside: str) -> None:
    (review,) = read(page(inside)).entries
    assert (review.title, review.url) == ("Air mati tujuh hari", "https://cek.example/1")


OPENING = '<script type="application/ld+json">'


@pytest.mark.parametrize(
    "inside",
    [
        f"{OPENING}{{{' ' * 60_000}1}}</script>",
        f"{OPENING}{{}}{' ' * 60_000}x</script>",
        OPENING * 10_000,
        f"<script {'type ' * 20_000}",
        f"{OPENING}{'[' * 100_000}</script>",
        f"{OPENING}{'/*' * 50_000}</script>",
    ],
    ids=["spaces", "spaces behind", "openings", "types", "lists", "comments"],
)
def test_a_page_that_is_made_to_hold_up_the_reader_does_not(inside: str) -> None:
    start = process_time()
    assert reviews_in(f"{page(PLAIN)}{inside}") == [samples.claim_review()]
    assert process_time() - start < 2


@pytest.mark.parametrize(("value", "shown"), [(1, "1/5"), ("1", "1/5"), (0, "0/5"), ("0", "0/5"), (0.5, "0.5/5")])
def test_who_reviewed_and_how_may_be_said_in_short(value: object, shown: str) -> None:
    changed = samples.claim_review() | {
        "author": "Cek Contoh",
        "reviewRating": {"ratingValue": value, "bestRating": "5"},
    }
    (review,) = read(page(json.dumps(changed))).entries
    assert review.author == "Cek Contoh"
    assert review.text.startswith(f"{shown}\n")


@pytest.mark.parametrize(
    ("body", "url"),
    [
        ({}, "https://factchecktools.googleapis.com/v1alpha1/claims:search?query=kupang"),
        ({"@context": "https://schema.org", "@type": "DataFeed", "dataFeedElement": []}, SITE),
        ([], "https://sosial.example/api/v1/timelines/tag/kupang?limit=40"),
        ([], "https://sosial.example/api/v1/accounts/12/statuses?limit=40&exclude_replies=true"),
    ],
)
def test_a_source_that_holds_nothing_at_the_moment_is_no_fault(body: Any, url: str) -> None:
    assert read(body, url=url).entries == ()


def post(inside: str) -> str:
    """A channel of one post that holds only this."""
    return (
        '<!DOCTYPE html><html><body><section class="tgme_channel_history">'
        f'<div class="tgme_widget_message" data-post="kabar/7">{inside}</div></section></body></html>'
    )


@pytest.mark.parametrize(
    ("inside", "words"),
    [
        (
            '<div class="tgme_widget_message_poll_question">Apakah air mati?</div>'
            '<div class="tgme_widget_message_poll_option_text">Ya</div>',
            "Apakah air mati?\nYa",
        ),
        ('<div class="tgme_widget_message_document_title">surat-edaran.pdf</div>', "surat-edaran.pdf"),
    ],
)
def test_a_telegram_post_without_a_text_says_what_it_shows(inside: str, words: str) -> None:
    assert [one.text for one in read(post(inside)).entries] == [words]


def test_a_telegram_post_without_words_is_kept_with_its_picture_and_counted(now: datetime) -> None:
    photo = (
        '<a class="tgme_widget_message_photo_wrap" style="background-image:url(\'https://cdn.example/{}.jpg\')"></a>'
    )
    film = '<i class="tgme_widget_message_video_thumb" style="background-image:url(\'https://cdn.example/v.jpg\')"></i>'
    posts = "".join(
        f'<div class="tgme_widget_message" data-post="kabar/{number}">{inside}</div>'
        for number, inside in enumerate((photo.format(1), photo.format(2), film, "<audio></audio>"), 1)
    )
    feed = read(f'<!DOCTYPE html><html><body><section class="tgme_channel_history">{posts}</section></body></html>')
    assert [one.images for one in feed.entries] == [
        ("https://cdn.example/1.jpg",),
        ("https://cdn.example/2.jpg",),
        ("https://cdn.example/v.jpg",),
        (),
    ]
    assert [problem[:28] for problem in feed.problems] == ["4 unggahan tanpa kata-kata ("]
    source = Source(name="s", url=SITE, created_at=now)
    db.session.add(source)
    db.session.commit()
    for new in (4, 0):
        with write_transaction():
            assert len(store_entries(db.session.get_one(Source, source.id), feed.entries, now).new) == new
    assert list(db.session.scalars(sa.select(Item.copy_of_id))) == [None] * 4


PASSED_ON = """<a class="tgme_widget_message_owner_name"><span>Kabar Contoh</span></a>
<div class="tgme_widget_message_forwarded_from">Forwarded from&nbsp;
<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/lain/7"><span>Lain</span></a></div>
<div class="tgme_widget_message_text js-message_text">Air mati</div>
<span class="tgme_widget_message_views">12.3K</span><span class="tgme_widget_message_meta">edited
<a class="tgme_widget_message_date"><time datetime="2026-11-20T01:00:00+00:00">09:00</time></a></span>"""


def test_whom_a_telegram_post_passes_on_stands_with_its_author() -> None:
    (entry,) = read(post(PASSED_ON)).entries
    assert (entry.text, entry.author) == ("Air mati", "Kabar Contoh (meneruskan Lain)")
    assert entry.counts is not None
    assert entry.counts.views == 12_300
    assert entry.published_at == datetime(2026, 11, 20, 1, tzinfo=UTC)


def test_an_author_is_the_same_whoever_reads_the_source() -> None:
    with force_locale("en"):
        (entry,) = read(post(PASSED_ON)).entries
    assert entry.author == "Kabar Contoh (meneruskan Lain)"


def test_a_telegram_group_is_told_from_a_channel() -> None:
    contact = '<!DOCTYPE html><html><body><a class="tgme_action_button_new" href="tg://x">View</a></body></html>'
    with pytest.raises(FeedError) as caught:
        read(contact, url="https://t.me/grup_contoh")
    assert "tanpa pratinjau" in str(caught.value.user_message)


def test_what_posts_show_beside_their_words_is_read() -> None:
    poll = samples.mastodon_status(1, poll={"options": [{"title": "Air mati"}, None]}, card={"title": "Judul kartu"})
    assert read([poll]).entries[0].text.endswith("Air mati\nJudul kartu")
    row = json.loads(json.dumps(samples.BLUESKY["feed"][0]))
    row["post"]["embed"] = {
        "media": {"images": [{"alt": "Foto keran", "fullsize": "https://cdn.example/1.jpg"}]},
        "record": {"record": {"value": {"text": "Kata orang lain"}}},
    }
    (quoting,) = read({"feed": [row]}).entries
    assert quoting.text.endswith("Foto keran\nMengutip: «Kata orang lain»")
    assert quoting.images == ("https://cdn.example/1.jpg",)


def link(kind: str, address: str) -> str:
    return f'<link rel="alternate" type="{kind}" href="{address}">'


def test_the_feed_goes_before_what_is_only_perhaps_one() -> None:
    named = link("application/json", "/wp-json/2") + link("text/xml", "/rss.xml") + link("application/rss+xml", "/feed")
    found = feeds_named_in(f"<html><head>{named}</head></html>")
    assert found == (f"{SITE}feed", f"{SITE}wp-json/2", f"{SITE}rss.xml")


def test_a_feed_named_behind_many_scripts_is_found() -> None:
    scripts = f"<script>{'var x = 1;' * 90_000}</script>"
    assert feeds_named_in(f"<html><head>{scripts}{link('application/rss+xml', '/feed')}</head></html>")


def test_a_base_that_is_no_address_is_passed_over() -> None:
    broken = f'<html><head><base href="http://[x">{link("application/rss+xml", "/feed")}</head></html>'
    assert feeds_named_in(broken) == (f"{SITE}feed",)


def test_a_base_longer_than_any_address_is_passed_over() -> None:
    base = f'<base href="{SITE}{"a/" * 200_000}">'
    named = "".join(link("application/rss+xml", f"/feed/{number}") for number in range(5_000))
    start = process_time()
    assert feeds_named_in(f"<html><head>{base}{named}</head></html>")[0] == f"{SITE}feed/0"
    assert process_time() - start < 2


@pytest.mark.parametrize("other", ["Air keran di Oebufu beracun", "Air keran di Oebobo tidak layak minum"])
def test_reviews_of_alike_claims_on_one_page_stay_apart(now: datetime, other: str) -> None:
    sources = [Source(name=name, url=f"{SITE}{name}", created_at=now) for name in ("s", "t")]
    db.session.add_all(sources)
    db.session.commit()
    first = samples.claim_review() | {
        "claimReviewed": "Air keran di Oebobo beracun",
        "reviewBody": "Air itu diperiksa. " * 40,
    }
    second = first | {"claimReviewed": other}
    corrected = second | {"reviewBody": "Air itu diperiksa lagi. " * 40}
    new = []
    for place, listed in ((0, first), (0, second), (0, first), (0, corrected), (1, corrected), (1, first)):
        with write_transaction():
            source = db.session.get_one(Source, sources[place].id)
            new.append(len(store_entries(source, read([listed]).entries, now).new))
    assert new == [1, 1, 0, 0, 0, 0]
    for item in db.session.scalars(sa.select(Item)):
        assert item.feed_id == f"{item.url} {item.title}"


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20",
        "November 20, 2026",
        "Friday, Nov. 20th, 2026",
        "20 November 2026",
        "Jumat, 20 Nopember 2026 08:00 WITA",
        "20/11/2026",
        "11/20/2026",
        "2026/11/20",
        "Fri, 20 Nov 2026 01:00:00 GMT",
        1795136400,
        "1795136400000",
    ],
)
def test_a_review_is_of_the_day_that_its_date_names(written: object) -> None:
    (entry,) = read([samples.claim_review() | {"datePublished": written}]).entries
    assert entry.published_at is not None
    assert entry.published_at.astimezone(WITA).date().isoformat() == "2026-11-20"


@pytest.mark.parametrize("written", ["05/06/2026", "05-06-2026", "20/11/26", "11/2026", "20 Foo 2026", "kemarin"])
def test_a_date_that_may_be_read_two_ways_is_none_and_named(written: str) -> None:
    feed = read([samples.claim_review() | {"datePublished": written}])
    assert feed.entries[0].published_at is None
    assert feed.problems == (f"Entri 1: tanggal «{written}» tidak terbaca",)


def test_reviews_of_one_page_stay_apart_whichever_is_listed(now: datetime) -> None:
    source = Source(name="s", url=SITE, created_at=now)
    db.session.add(source)
    db.session.commit()
    first = samples.claim_review()
    second = first | {"claimReviewed": "Wali kota diganti besok"}
    new = []
    for listed in ([first], [first, second], [second], [first], [second, first]):
        with write_transaction():
            new.append(len(store_entries(db.session.get_one(Source, source.id), read(listed).entries, now).new))
    assert new == [1, 1, 0, 0, 0]
    assert sorted(db.session.scalars(sa.select(Item.title))) == ["Air mati tujuh hari", "Wali kota diganti besok"]
