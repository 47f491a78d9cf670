"""Reviews by other fact-checkers: shown beside a claim and to who got no answer here, never flagged, never stamped."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.ingest.parsers import parse_feed
from hoax_tracker.ingest.service import IngestOutcome, SourceReading, store_reading
from hoax_tracker.ingest.sources.edits import SourcePlace, add_source
from hoax_tracker.match_index import current_match_index
from hoax_tracker.models import CheckDecision, Claim, Evidence, Item, Officer, Source, SourceKind, UnassessedItem, db
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.browser import read_form_fields
from tests.check.conftest import UNRELATED

SignIn = Callable[[Officer], FlaskClient]

CLAIM = "Bank pusat membagikan bantuan 50 juta rupiah lewat tautan WhatsApp kepada nasabah lama"
FORWARDED = "Bagikan ke grup! Bank pusat bagikan bantuan 50 juta rupiah lewat tautan WhatsApp untuk nasabah lama"
ADDRESS = "https://periksa.example/artikel/50-juta"


def review(claim: str = CLAIM, url: str = ADDRESS, rating: str = "Salah") -> dict[str, object]:
    return {
        "@type": "ClaimReview",
        "claimReviewed": claim,
        "url": url,
        "author": {"name": "Periksa Kabar"},
        "datePublished": "2026-07-01",
        "reviewRating": {"alternateName": rating},
    }


def read_reviews(source: Source, reviews: list[dict[str, object]], now: datetime) -> None:
    """Store reviews as the reading of a source does."""
    body = json.dumps({"@type": "DataFeed", "dataFeedElement": reviews}).encode()
    feed = parse_feed(body, source.url or "", "application/json", now=now)
    store_reading(SourceReading(source.id, feed), now, IngestOutcome())
    db.session.commit()


@pytest.fixture
def checker(app: APIFlask, now: datetime) -> Source:
    """A fact-checker whose feed holds one review."""
    kind = SourceKind.CLAIM_REVIEW
    source = Source(name="Periksa Kabar", url="https://periksa.example/feed", kind=kind, created_at=now)
    db.session.add(source)
    db.session.commit()
    current_match_index().fact_checks("dibaca sebelum ada isinya")
    read_reviews(source, [review()], now)
    return source


def test_who_got_no_answer_is_shown_what_others_wrote(checker: Source, client: FlaskClient, now: datetime) -> None:
    answer = answer_message(FORWARDED, now)
    assert (answer.decision, answer.stamped, answer.matches) == (CheckDecision.NONE, False, ())
    assert [(check.publisher, check.url, check.claim) for check in answer.fact_checks] == [
        ("Periksa Kabar", ADDRESS, CLAIM)
    ]
    assert answer.fact_checks[0].finding == "Salah"
    page = client.post("/cek", data={"teks": FORWARDED}).get_data(as_text=True)
    assert "Pemeriksa fakta lain menulis tentang ini" in page
    assert "Bukan penilaian Pemerintah Kota" in page
    assert f'href="{ADDRESS}"' in page
    assert "Kata Periksa Kabar" in page
    assert "Isi pesan ini" not in page
    assert "Belum ada klarifikasi untuk pesan ini." in page


def test_no_feed_puts_its_reviews_before_residents_by_itself(
    app: APIFlask, client: FlaskClient, administrator: Officer, approver: Officer, now: datetime, guarded: None
) -> None:
    """A feed named like Mafindo, added by one administrator, was a fact-checker's from its first reading on."""
    source = Source(name="Mafindo Turn Back Hoax", url="https://periksa.example/feed", created_at=now)
    db.session.add(source)
    db.session.commit()
    read_reviews(source, [review()], now)
    assert answer_message(FORWARDED, now).fact_checks == ()
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(administrator)
    factories.confirm_waiting(approver)
    assert [check.publisher for check in answer_message(FORWARDED, now).fact_checks] == ["Mafindo Turn Back Hoax"]


@pytest.mark.parametrize(
    "name", ["Mafindo 0812-3456-7890", "Mafindo bantuan.example", "Mafindo BRI 1234 5678 9012 345"]
)
def test_a_fact_checkers_name_leads_nowhere_else(
    app: APIFlask, administrator: Officer, now: datetime, name: str
) -> None:
    place = SourcePlace(SourceKind.CLAIM_REVIEW, "https://periksa.example/feed")
    with pytest.raises(InvalidInputError):
        add_source(name, place, allow=frozenset(), by=administrator, now=now)
    assert not add_source("Periksa.example", place, allow=frozenset(), by=administrator, now=now)
    assert db.session.scalars(sa.select(Source)).all() == [], "it waits for a second person"


def test_what_is_about_something_else_shows_none(checker: Source, client: FlaskClient, now: datetime) -> None:
    assert answer_message(UNRELATED, now).fact_checks == ()
    assert "Pemeriksa fakta lain" not in client.post("/cek", data={"teks": UNRELATED}).get_data(as_text=True)


def test_a_clarification_of_the_city_comes_before_them(
    checker: Source, officer: Officer, approver: Officer, now: datetime
) -> None:
    factories.make_clarification(officer, approver, claim_quote=CLAIM)
    answer = answer_message(FORWARDED, now)
    assert answer.matches
    assert answer.fact_checks == ()


def test_new_and_reworded_reviews_are_matched_at_once(checker: Source, now: datetime) -> None:
    other = "Vaksin polio tahap ketiga mengandung cip pelacak milik perusahaan asing"
    read_reviews(checker, [review(), review(other, "https://periksa.example/artikel/cip")], now + timedelta(hours=1))
    assert [check.claim for check in answer_message(other, now).fact_checks] == [other]
    reworded = "Pohon beringin tua di lapangan keramat menangis setiap malam purnama"
    later = now + timedelta(hours=2)
    read_reviews(checker, [review(), review(reworded, "https://periksa.example/artikel/cip")], later)
    assert [check.claim for check in answer_message(reworded, now).fact_checks] == [reworded]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "ftp://periksa.example/a"])
def test_only_web_addresses_are_linked(checker: Source, now: datetime, url: str) -> None:
    db.session.scalars(sa.select(Item)).one().url = url or None
    db.session.commit()
    assert answer_message(FORWARDED, now).fact_checks == ()


def test_a_review_that_came_in_a_file_names_no_path_of_the_server(checker: Source, now: datetime) -> None:
    checker.name, checker.url = "file:/srv/rahasia/ulasan.jsonl", None
    db.session.commit()
    assert [check.publisher for check in answer_message(FORWARDED, now).fact_checks] == ["Periksa Kabar"]
    db.session.scalars(sa.select(Item)).one().author = None
    db.session.commit()
    assert [check.publisher for check in answer_message(FORWARDED, now).fact_checks] == ["periksa.example"]


def test_an_officer_notes_one_as_evidence(checker: Source, officer: Officer, sign_in: SignIn) -> None:
    claim = factories.make_claim(FORWARDED)
    browser = sign_in(officer)
    page = browser.get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
    assert "Kata pemeriksa fakta lain" in page
    assert "Salah" in page.split("Kata pemeriksa fakta lain")[1][:900]
    fields = {"url": ADDRESS, "title": f"Periksa Kabar: {CLAIM}"}
    assert f'name="title" value="{fields["title"]}"' in page
    factories.submit_form(browser, f"/petugas/klaim/{claim.id}/bukti/tautan", f"/petugas/klaim/{claim.id}", **fields)
    evidence = db.session.scalars(sa.select(Evidence).where(Evidence.claim_id == claim.id)).one()
    assert (evidence.url, evidence.title) == (ADDRESS, fields["title"])


def test_a_source_that_is_marked_is_no_longer_flagged_and_one_unmarked_is(
    app: APIFlask, administrator: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    source = Source(name="Umpan biasa", url="https://umpan.example/feed", created_at=now)
    db.session.add(source)
    db.session.flush()
    db.session.add(
        Item(source_id=source.id, entry_key="a", content_key="a", title=CLAIM, url=ADDRESS, text="", fetched_at=now)
    )
    db.session.flush()
    item_id = db.session.scalars(sa.select(Item.id)).one()
    db.session.add(UnassessedItem(item_id=item_id, seen_at=now, content_key="a"))
    db.session.commit()
    browser, path = sign_in(administrator), f"/petugas/sumber/{source.id}"
    assert answer_message(FORWARDED, now).fact_checks == ()
    fields = read_form_fields(browser, path)
    assert browser.post(path, data=fields | {"is_fact_checker": "y"}).status_code == 303
    factories.confirm_waiting(now=now)
    assert db.session.get_one(Source, source.id).kind is SourceKind.CLAIM_REVIEW
    assert db.session.scalars(sa.select(UnassessedItem)).all() == []
    assert len(answer_message(FORWARDED, now).fact_checks) == 1
    fields = read_form_fields(browser, path)
    del fields["is_fact_checker"]
    assert browser.post(path, data=fields).status_code == 303
    factories.confirm_waiting(approver)
    assert db.session.scalars(sa.select(UnassessedItem.item_id)).all() == [item_id]
    assert answer_message(FORWARDED, now).fact_checks == ()
    assert db.session.scalars(sa.select(Claim)).all() == []


def test_reviews_are_kept_past_the_time_of_other_items(checker: Source, settings: Settings, now: datetime) -> None:
    purge_expired_data(settings, now + timedelta(days=800), overdue=True)
    assert db.session.scalars(sa.select(Item.title)).all() == [CLAIM]
