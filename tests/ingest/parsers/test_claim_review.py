"""Reviews of other offices: nothing of a claim is lost, and the office stands before its reporter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hoax_tracker.ingest.parsers import FeedError, parse_feed
from tests.ingest.parsers.posts.reading import NOW, read

pytestmark = pytest.mark.usefixtures("app")


def review(**changes: Any) -> dict[str, Any]:
    """A review as a site gives it."""
    return {
        "@type": "ClaimReview",
        "url": "https://periksa.example/1",
        "claimReviewed": "Air mati tujuh hari",
        "datePublished": "2026-11-20",
        "author": {"@type": "Person", "name": "Reporter Contoh"},
        "reviewRating": {"alternateName": "Salah"},
    } | changes


def test_a_claim_that_is_a_list_is_whole() -> None:
    (entry,) = read([review(claimReviewed=["Air mati", "", 7, "Pasar ditutup"])]).entries
    assert entry.title == "Air mati; Pasar ditutup"


@pytest.mark.parametrize(
    ("claim", "title"),
    [
        ("Harga beras <Rp5.000 dan suhu >40", "Harga beras <Rp5.000 dan suhu >40"),
        ("Air <b>mati</b> &amp; gelap", "Air mati & gelap"),
        ("kirim ke <nama>, lalu <br>tunggu", "kirim ke <nama>, lalu tunggu"),
    ],
)
def test_only_names_of_elements_are_tags(claim: str, title: str) -> None:
    (entry,) = read([review(claimReviewed=claim, reviewBody=claim)]).entries
    assert entry.title == title
    assert entry.text.split("\n", 1)[1].replace("\n", " ") == title


def test_the_office_stands_before_its_reporter() -> None:
    (entry,) = read([review(publisher={"@type": "Organization", "name": "Kantor Periksa"})]).entries
    assert entry.author == "Kantor Periksa"
    (entry,) = read([review(publisher={"@type": "Organization"})]).entries
    assert entry.author == "Reporter Contoh"


def test_a_front_page_names_its_reviews_before_its_news() -> None:
    page = (
        '<html><head><link rel="alternate" type="application/atom+xml" href="/feed.atom">'
        '<link rel="alternate" type="application/ld+json" href="/claimreview.json">'
        '<link rel="alternate" type="application/ld+json" href="/page.jsonld"></head><body>Halo</body></html>'
    )
    with pytest.raises(FeedError) as caught:
        parse_feed(page.encode(), "https://kota.example/", "text/html", now=NOW)
    assert caught.value.links == ("https://kota.example/claimreview.json", "https://kota.example/feed.atom")


def test_a_date_in_portuguese_is_read() -> None:
    for written in ("20 de novembro de 2026", "sexta-feira, 20 de nov. de 2026", "20 de novembro de 2026, às 00h00"):
        (entry,) = read([review(datePublished=written)]).entries
        assert entry.published_at == datetime(2026, 11, 19, 16, tzinfo=UTC), written
