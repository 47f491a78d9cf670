"""``/claimreview.json`` and the linked data of a page, as search engines and other offices read them."""

from __future__ import annotations

import json
from typing import Any

import extruct
import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.claims import claim_review_markup
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.models import ClarificationStatus, SourceKind, Verdict, db
from tests import factories
from tests.check.conftest import AppWith, Publish
from tests.check.views.test_clarifications import revise
from tests.factories import NOW

FEED = "/claimreview.json"


def read_feed(client: FlaskClient, path: str = FEED) -> dict[str, Any]:
    """The feed at a path."""
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type.startswith("application/ld+json")
    feed: dict[str, Any] = json.loads(response.get_data())
    return feed


def reviews_in(feed: dict[str, Any]) -> list[dict[str, Any]]:
    """All reviews of a feed."""
    return [review for item in feed["dataFeedElement"] for review in item["item"]]


def test_the_feed_has_the_shape_that_data_commons_reads(
    publish: Publish, client: FlaskClient, settings: Settings
) -> None:
    key = publish(slug="air", claim_quote="Air \x0b mati")
    revise(key, 1, ClarificationStatus.PUBLISHED, "")
    revise(key, 2, ClarificationStatus.CORRECTED, "Jam diperbaiki.")
    feed = read_feed(client)
    assert (feed["@context"], feed["@type"]) == ("https://schema.org", "DataFeed")
    assert feed["dateModified"] == "2026-11-24T08:07:00+00:00"
    (item,) = feed["dataFeedElement"]
    assert item["@type"] == "DataFeedItem"
    assert (item["dateCreated"], item["dateModified"]) == ("2026-11-24T08:05:00+00:00", "2026-11-24T08:07:00+00:00")
    (review,) = item["item"]
    assert (review["@type"], review["url"]) == ("ClaimReview", f"{settings.base_url}/klarifikasi/air")
    assert review["dateModified"] == item["dateModified"]


def test_only_what_is_public_and_rated_is_in_it(publish: Publish, client: FlaskClient, client_with: AppWith) -> None:
    publish(slug="air")
    publish(slug="ditarik", status=ClarificationStatus.RETRACTED)
    publish(slug="opini", verdict=Verdict.BUKAN_KLAIM)
    publish(slug="satire", verdict=Verdict.SATIRE)
    publish(status=ClarificationStatus.AWAITING_APPROVAL, slug=None, number=None, published_at=None)
    assert [review["url"].rsplit("/", 1)[1] for review in reviews_in(read_feed(client))] == ["air"]
    assert read_feed(client_with(demo=True))["dataFeedElement"] == []


def test_a_withdrawal_shows_at_once(publish: Publish, client: FlaskClient) -> None:
    key = publish(slug="air")
    assert len(reviews_in(read_feed(client))) == 1
    row = db.session.get_one(claim_review_markup.Clarification, key)
    row.status, row.version = ClarificationStatus.RETRACTED, row.version + 1
    db.session.commit()
    assert reviews_in(read_feed(client)) == []
    assert b'"@type": "ClaimReview"' not in client.get("/klarifikasi/air").get_data()


def test_pages_lead_from_the_newest_to_the_oldest(
    publish: Publish, client: FlaskClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claim_review_markup, "PAGES_AT_ONCE", 2)
    for number in range(5):
        publish(slug=f"air-{number}")
    addresses, texts, bodies = [FEED], [], []
    while addresses[-1]:
        response = client.get(addresses[-1])
        bodies.append(response.get_data(as_text=True))
        texts += [review["url"][-1] for review in reviews_in(json.loads(bodies[-1]))]
        link = response.headers.get("Link", "")
        assert link == "" or link.endswith('>; rel="next"')
        addresses.append(link[1:].partition(">")[0].removeprefix(settings.base_url))
    assert texts == ["4", "3", "2", "1", "0"]
    assert addresses == [FEED, f"{FEED}?before=4", f"{FEED}?before=2", ""]
    assert list(claim_review_markup.iterate_feed_pages(settings)) == bodies


@pytest.mark.parametrize("before", ["", "x", "-1", "0", "9" * 30, "1%00", "٣"])
def test_an_unreadable_page_is_the_first(publish: Publish, client: FlaskClient, before: str) -> None:
    publish()
    assert len(reviews_in(read_feed(client, f"{FEED}?before={before}"))) == 1


def test_it_is_cached_and_named_in_robots(publish: Publish, client: FlaskClient, settings: Settings) -> None:
    publish()
    response = client.get(FEED)
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(FEED, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
    robots = client.get("/robots.txt").get_data(as_text=True)
    assert f"Allow: {FEED}\n" in robots
    assert f"{settings.base_url}{FEED}\n" in robots


def test_another_office_reads_the_feed_as_fact_checks(
    publish: Publish, client: FlaskClient, settings: Settings
) -> None:
    """Each review once, also two of one page, and none as an edit of the other."""
    publish(slug="pasar", claim_quote="Pasar ditutup", verdict=Verdict.MENYESATKAN)
    claims = [factories.make_claim(), factories.make_claim(claimant="PDAM")]
    publish(slug="air", claim_quote="Air PDAM mati total tujuh hari", claims=claims)
    response = client.get(FEED)
    feed = parse_feed(response.get_data(), settings.base_url + FEED, response.content_type, now=NOW)
    assert (feed.kind, feed.problems) == (SourceKind.CLAIM_REVIEW, ())
    assert [(entry.title, entry.text.split("\n")[0]) for entry in feed.entries] == [
        ("Air PDAM mati total tujuh hari", "Hoaks"),
        ("Air PDAM mati total tujuh hari", "Hoaks"),
        ("Pasar ditutup", "Menyesatkan"),
    ]
    assert len({entry.feed_id for entry in feed.entries}) == 3
    empty = parse_feed(b'{"@type": "DataFeed", "dataFeedElement": []}', settings.base_url + FEED, None, now=NOW)
    assert (empty.kind, empty.entries) == (SourceKind.CLAIM_REVIEW, ())


def test_extruct_finds_what_a_page_says(publish: Publish, app: APIFlask, settings: Settings) -> None:
    claims = [factories.make_claim(), factories.make_claim(claimant="PDAM")]
    publish(slug="air", claim_quote="Air </script><b>mati</b>", circulated_since=NOW.date(), claims=claims)
    page = app.test_client().get("/klarifikasi/air").get_data(as_text=True)
    reviews = extruct.extract(page, base_url=settings.base_url, syntaxes=["json-ld"])["json-ld"]
    assert [review["@type"] for review in reviews] == ["ClaimReview", "ClaimReview"]
    for review in reviews:
        # What Google's guide to fact checks requires, and what it recommends.
        assert {"claimReviewed", "reviewRating", "url", "author", "datePublished", "itemReviewed"} <= set(review)
        assert review["claimReviewed"] == "Air </script><b>mati</b>"
        assert review["reviewRating"]["alternateName"] == "Hoaks"
        assert review["itemReviewed"]["datePublished"] == "2026-11-24"
    assert reviews == reviews_in(read_feed(app.test_client()))
