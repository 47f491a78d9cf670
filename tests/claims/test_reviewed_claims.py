"""What ClaimReview says of a claim: an office that made it, pages where it stands, and never a private poster."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from hoax_tracker.claims.claim_review_markup import build_claim_reviews
from hoax_tracker.claims.reviewed_claims import (
    APPEARANCES_PUBLISHED,
    CLAIMS_PUBLISHED,
    ReviewedClaim,
    list_reviewed_claims,
)
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Claim, ClaimAppearance, Clarification, Item, Officer, Report, Source, SourceKind, db
from tests import factories
from tests.factories import NOW
from tests.review.decisions.test_service import make_report

SITE = "https://warta.example"


@pytest.fixture
def source(officer: Officer) -> Source:
    """A newspaper's feed."""
    return add_source()


def add_source(**fields: Any) -> Source:
    """A source, of a newspaper's feed unless told otherwise."""
    usual = {"name": "Warta Contoh", "kind": SourceKind.FEED, "url": f"{SITE}/feed/", "home_url": f"{SITE}/"}
    row = Source(**usual | {"created_at": NOW} | fields)
    db.session.add(row)
    db.session.commit()
    return row


def appear(claim: Claim, source: Source, url: str | None, hours: int = 0, author: str | None = None) -> None:
    """Let a claim appear in an entry of a source."""
    item = Item(source_id=source.id, entry_key=f"{claim.id} {hours} {url}"[:64], url=url, author=author)
    item.content_key, item.fetched_at = item.entry_key, NOW
    db.session.add(item)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=NOW + timedelta(hours=hours)))
    db.session.commit()


def make_page(officer: Officer, approver: Officer, *claims: Claim) -> Clarification:
    """A public page that answers the claims."""
    return factories.make_clarification(officer, approver, claims=list(claims))


def known_of(page: Clarification) -> list[ReviewedClaim]:
    """What may be published of the claims of a page."""
    return list_reviewed_claims([page.id]).get(page.id, [])


def test_where_a_claim_stood_is_said_in_order(
    officer: Officer, approver: Officer, source: Source, settings: Settings
) -> None:
    claim = factories.make_claim()
    for hours, path in ((5, "/kota/air-2"), (1, "/kota/air"), (9, "/kota/air"), (7, "/kota/air-3")):
        appear(claim, source, SITE + path, hours)
    (review,) = build_claim_reviews(make_page(officer, approver, claim), settings)
    item = review["itemReviewed"]
    assert item["firstAppearance"] == {"@type": "CreativeWork", "url": f"{SITE}/kota/air"}
    assert [page["url"] for page in item["appearance"]] == [f"{SITE}/kota/air-2", f"{SITE}/kota/air-3"]


@pytest.mark.parametrize(
    ("url", "author", "fields"),
    [
        ("https://facebook.com/maria.tefa/posts/1", None, {"home_url": "https://facebook.com/maria.tefa"}),
        ("https://m.facebook.com/maria.tefa/posts/1", None, {"home_url": "https://m.facebook.com/x"}),
        ("https://mariatefa.blogspot.com/1", None, {"home_url": "https://mariatefa.blogspot.com/"}),
        ("https://mariatefa.example/1", "Maria Tefa", {"home_url": "https://mariatefa.example/"}),
        ("https://sosial.example/@maria/1", None, {"home_url": "https://sosial.example/"}),
        ("https://sosial.example/%40maria/1", None, {"home_url": "https://sosial.example/"}),
        ("https://kampus.example/~maria/1", None, {"home_url": "https://kampus.example/"}),
        (f"{SITE}/author/17/air", None, {}),
        (f"{SITE}/opini/maria-tefa-air-mati", "Maria Tefa", {}),
        (f"{SITE}/opini?oleh=M.Tefa", "Maria TEFA", {}),
        ("https://lain.example/air", None, {}),
        ("javascript:alert(1)", None, {}),
        ("http://[::1", None, {}),
        (None, None, {}),
        *((f"{SITE}/air", None, {"kind": kind}) for kind in SourceKind if kind is not SourceKind.FEED),
    ],
)
def test_no_address_leads_to_a_private_poster(
    officer: Officer, approver: Officer, url: str | None, author: str | None, fields: dict[str, Any]
) -> None:
    claim = factories.make_claim()
    appear(claim, add_source(**fields), url, author=author)
    assert known_of(make_page(officer, approver, claim)) == [ReviewedClaim()]


def test_what_a_resident_reported_is_never_told(officer: Officer, approver: Officer, settings: Settings) -> None:
    claim = factories.make_claim("Kata Oma Maria di Liliba air mati")
    make_report(claim)
    report = db.session.query(Report).one()
    report.url = f"{SITE}/air"
    db.session.commit()
    reviews = build_claim_reviews(make_page(officer, approver, claim), settings)
    assert len(reviews) == 1
    assert reviews[0]["itemReviewed"] == {"@type": "Claim"}
    assert "Maria" not in json.dumps(reviews)


def test_the_first_public_page_is_not_called_the_first_where_somebody_posted_before(
    officer: Officer, approver: Officer, source: Source
) -> None:
    claim = factories.make_claim()
    channel = add_source(name="Kanal", kind=SourceKind.TELEGRAM, url="https://t.me/s/maria_tefa", home_url=None)
    appear(claim, channel, "https://t.me/maria_tefa/1")
    appear(claim, source, f"{SITE}/air", 2)
    assert known_of(make_page(officer, approver, claim)) == [ReviewedClaim(None, None, (f"{SITE}/air",))]


@pytest.mark.parametrize("claimant", ["Perumda Air Minum Kota Kupang", "pdam", "  Perumda  Air Minum kota kupang "])
def test_an_office_is_named_as_claimant(officer: Officer, approver: Officer, settings: Settings, claimant: str) -> None:
    (review,) = build_claim_reviews(make_page(officer, approver, factories.make_claim(claimant=claimant)), settings)
    assert review["itemReviewed"]["author"] == {
        "@type": "GovernmentOrganization",
        "name": "Perumda Air Minum Kota Kupang",
    }


NO_OFFICE = ["Maria Tefa", "Akun PDAM Palsu", "pdam_kupang", "Bapak Dinas Kesehatan", "", None]


@pytest.mark.parametrize("claimant", NO_OFFICE)
def test_nobody_else_is(officer: Officer, approver: Officer, settings: Settings, claimant: str | None) -> None:
    (review,) = build_claim_reviews(make_page(officer, approver, factories.make_claim(claimant=claimant)), settings)
    assert review["itemReviewed"] == {"@type": "Claim"}
    if claimant:
        assert claimant not in json.dumps(review)


def test_several_claims_give_several_reviews_in_the_words_that_officers_approved(
    officer: Officer, approver: Officer, source: Source, settings: Settings
) -> None:
    first_claim, second_claim = (
        factories.make_claim("Air mati", first_seen_at=NOW),
        factories.make_claim("Pipa", claimant="PDAM"),
    )
    appear(first_claim, source, f"{SITE}/air")
    page = make_page(officer, approver, second_claim, first_claim)
    first, second = build_claim_reviews(page, settings)
    assert first["itemReviewed"]["firstAppearance"]["url"] == f"{SITE}/air"
    assert second["itemReviewed"]["author"]["name"] == "Perumda Air Minum Kota Kupang"
    assert first["claimReviewed"] == second["claimReviewed"] == page.claim_quote
    assert ("@id" in first, second["@id"]) == (False, f"{first['url']}#klaim-2")
    assert first["url"] == second["url"]


def test_claims_of_which_nothing_tells_them_apart_are_one(officer: Officer, approver: Officer) -> None:
    assert known_of(make_page(officer, approver, factories.make_claim(), factories.make_claim())) == [ReviewedClaim()]


def test_what_thousands_passed_on_stays_short(officer: Officer, approver: Officer, source: Source) -> None:
    claims = [factories.make_claim() for _ in range(CLAIMS_PUBLISHED + 2)]
    for claim in claims:
        for number in range(60 if claim is claims[0] else 1):
            appear(claim, source, f"{SITE}/{claim.id}/{number}", number)
    reviewed = known_of(make_page(officer, approver, *claims))
    assert len(reviewed) == CLAIMS_PUBLISHED
    assert len(reviewed[0].appearances) == APPEARANCES_PUBLISHED


def test_a_page_without_claims_is_not_asked_for(app: Any) -> None:
    assert list_reviewed_claims([]) == {}
    assert list_reviewed_claims([4711]) == {}
