"""ClaimReview markup is complete for rated claims and absent for others."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from apiflask import APIFlask
from flask_babel import force_locale

from hoax_tracker.claims.claim_review_markup import build_claim_reviews
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import UNRATED, ClarificationRevision, ClarificationStatus, Officer, Verdict, db
from tests import factories
from tests.factories import NOW

RATED = [verdict for verdict in Verdict if verdict not in UNRATED]


def test_it_says_all_that_readers_need(officer: Officer, approver: Officer, settings: Settings) -> None:
    row = factories.make_clarification(officer, approver, slug="air", circulated_since=date(2026, 11, 22))
    later = NOW + timedelta(hours=2)
    db.session.add(
        ClarificationRevision(
            clarification_id=row.id,
            number=1,
            kind=ClarificationStatus.CORRECTED,
            content={},
            author_id=officer.id,
            approver_id=approver.id,
            made_at=later,
        )
    )
    db.session.commit()
    (review,) = build_claim_reviews(row, settings)
    assert review == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "url": f"{settings.base_url}/klarifikasi/air",
        "inLanguage": "id",
        "datePublished": "2026-11-24T08:05:00+00:00",
        "dateModified": "2026-11-24T10:05:00+00:00",
        "name": row.title,
        "claimReviewed": row.claim_quote,
        "reviewBody": row.summary,
        "publisher": {
            "@type": "GovernmentOrganization",
            "name": "Pemerintah Kota Kupang",
            "url": settings.base_url,
        },
        "itemReviewed": {"@type": "Claim", "datePublished": "2026-11-22"},
        "author": {
            "@type": "GovernmentOrganization",
            "name": "Perumda Air Minum Kota Kupang",
            "parentOrganization": {
                "@type": "GovernmentOrganization",
                "name": "Pemerintah Kota Kupang",
                "url": settings.base_url,
            },
        },
        "reviewRating": {
            "@type": "Rating",
            "alternateName": "Hoaks",
            "ratingValue": 1,
            "worstRating": 1,
            "bestRating": 5,
        },
    }
    assert officer.name not in json.dumps(review)


@pytest.mark.parametrize("verdict", RATED)
def test_every_rated_verdict_has_its_word_and_number(
    officer: Officer, approver: Officer, settings: Settings, verdict: Verdict
) -> None:
    row = factories.make_clarification(officer, approver, verdict=verdict)
    with force_locale("en"):  # machines read one language
        (review,) = build_claim_reviews(row, settings)
    assert review["reviewRating"].get("ratingValue") == verdict.rating
    with force_locale("id"):
        assert review["reviewRating"]["alternateName"] == str(verdict.label)


@pytest.mark.parametrize("verdict", sorted(UNRATED, key=lambda verdict: verdict.value))
def test_opinion_satire_and_matters_of_others_are_not_rated(
    officer: Officer, approver: Officer, settings: Settings, verdict: Verdict
) -> None:
    assert build_claim_reviews(factories.make_clarification(officer, approver, verdict=verdict), settings) == []


def test_neither_retracted_nor_draft_nor_demo(officer: Officer, approver: Officer, settings: Settings) -> None:
    retracted = factories.make_clarification(officer, approver, status=ClarificationStatus.RETRACTED)
    draft = factories.make_clarification(officer, None)
    public = factories.make_clarification(officer, approver)
    assert build_claim_reviews(retracted, settings) == []
    assert build_claim_reviews(draft, settings) == []
    assert build_claim_reviews(public, replace(settings, demo=True)) == []
    assert len(build_claim_reviews(public, settings)) == 1


def test_a_long_claim_is_cut_at_a_word(officer: Officer, approver: Officer, settings: Settings, app: APIFlask) -> None:
    row = factories.make_clarification(officer, approver, claim_quote="kabar panjang " * 100)
    (review,) = build_claim_reviews(row, settings)
    assert len(review["claimReviewed"]) <= 301
    assert review["claimReviewed"].endswith("…")
