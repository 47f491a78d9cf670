"""An officer's find is filled in from an address, reviewed, stored once, and joined to a claim at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker import pipeline
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.ingest import manual_entry
from hoax_tracker.ingest.storage.store import store_entries
from hoax_tracker.models import (
    Assessment,
    AuditEvent,
    Claim,
    ClaimAppearance,
    Item,
    ModelVersion,
    Officer,
    RecordedItem,
    Source,
    SourceKind,
    db,
)
from tests.browser import submit_changes
from tests.factories import count_rows
from tests.feed_server import FeedServer, Reply

SignIn = Callable[[Officer], FlaskClient]
PATH = "/petugas/sumber/catat"
WORDS = (
    "INFO PENTING!! Mulai besok Puskesmas Oesapa tidak lagi terima pasien BPJS, semua warga Kota Kupang wajib bayar "
    "Rp75.000. Info dari orang dalam dinas kesehatan. Sebarkan sebelum dihapus!"
)
PLAIN = "Tim sepak bola asal Flores menang tiga gol tanpa balas pada laga persahabatan di Ende, Minggu sore."


@pytest.fixture
def browser(shipped_model: ModelVersion, officer: Officer, sign_in: SignIn) -> FlaskClient:
    """An officer's browser, on an instance with the shipped model."""
    return sign_in(officer)


def send(browser: FlaskClient, **fields: str) -> Any:
    return submit_changes(browser, PATH, **fields)


def killed(*_given: Any, **_more: Any) -> None:
    """What a process does that is killed at this place."""
    raise KeyboardInterrupt


def taken_in(browser: FlaskClient, address: str) -> str:
    """Where the page of what was recorded leads once the worker has given it to a claim."""
    pipeline.do_what_officers_asked(utc_now())
    location: str = browser.get(address).location
    return location


@pytest.mark.parametrize("words", [WORDS, PLAIN])
def test_a_text_opens_a_claim_whatever_the_machine_thinks(browser: FlaskClient, words: str) -> None:
    answer = send(browser, text=words, url="")
    shown = browser.get(answer.location).get_data(as_text=True)
    assert "Kabar ini sudah tersimpan" in shown
    assert words[:40] in shown
    assert count_rows(Claim) == 0
    address = taken_in(browser, answer.location)
    claim = db.session.scalars(sa.select(Claim)).one()
    assert address == f"/petugas/klaim/{claim.id}"
    assert f"Kabar itu ada di klaim {claim.id}" in browser.get(address).get_data(as_text=True)
    assert claim.text == words
    source = db.session.scalars(sa.select(Source)).one()
    assert (source.name, source.kind, source.is_active) == ("Dicatat petugas", SourceKind.MANUAL, False)
    assert count_rows(Assessment) == 1
    assert db.session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()[-1] == "item_recorded"
    assert pipeline.flag_pending_items(claim.created_at) == 0
    assert count_rows(RecordedItem) == 0


def test_the_same_text_again_leads_to_its_claim(browser: FlaskClient) -> None:
    waiting = send(browser, text=WORDS).location
    assert send(browser, text=WORDS).location == waiting
    first = taken_in(browser, waiting)
    assert send(browser, text=WORDS.lower()).location == first
    assert (count_rows(Claim), count_rows(Item), count_rows(ClaimAppearance)) == (1, 1, 1)
    again = send(browser, text=f"{WORDS} Mohon info!", url="https://portal.example/2").location
    assert taken_in(browser, again) == first
    assert (count_rows(Claim), count_rows(Item), count_rows(ClaimAppearance)) == (1, 2, 2)


def test_a_worker_that_dies_loses_nothing_that_was_recorded(
    browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send(browser, text=WORDS).location
    with monkeypatch.context() as dying:
        dying.setattr(pipeline.flag, "join_or_open_claim", killed)
        with pytest.raises(KeyboardInterrupt):
            pipeline.do_what_officers_asked(utc_now())
    db.session.rollback()
    assert (count_rows(Claim), count_rows(Assessment), count_rows(RecordedItem)) == (0, 0, 1)
    assert taken_in(browser, address).startswith("/petugas/klaim/")


def test_what_another_worker_flagged_meanwhile_is_in_one_claim(browser: FlaskClient) -> None:
    address = send(browser, text=WORDS).location
    pipeline.flag_pending_items(utc_now())
    assert taken_in(browser, address).startswith("/petugas/klaim/")
    assert (count_rows(Claim), count_rows(ClaimAppearance), count_rows(Assessment), count_rows(RecordedItem)) == (
        1,
        1,
        1,
        0,
    )


def test_only_what_was_recorded_has_such_a_page(browser: FlaskClient) -> None:
    assert browser.get(f"{PATH}/1").status_code == 404


def test_what_a_feed_brought_and_nobody_flagged_gets_its_claim(browser: FlaskClient, now: datetime) -> None:
    source = Source(name="Warta", url="https://warta.example/feed", created_at=now)
    db.session.add(source)
    db.session.commit()
    with write_transaction():
        store_entries(source, [manual_entry.read_manual_entry(PLAIN, "https://warta.example/1")], now)
    assert pipeline.flag_pending_items(now) == 0
    db.session.rollback()
    taken_in(browser, send(browser, text=PLAIN, url="https://warta.example/1").location)
    assert (count_rows(Claim), count_rows(Item), count_rows(Assessment)) == (1, 1, 1)


def test_words_are_taken_from_the_address_and_looked_over_first(browser: FlaskClient, server: FeedServer) -> None:
    page = f"<html><body><nav>Menu</nav><article><p>{WORDS}</p></article></body></html>"
    url = server.answer("/1", Reply(page.encode(), content_type="text/html"))
    shown = send(browser, url=url, fetch="1").get_data(as_text=True)
    assert "Puskesmas Oesapa tidak lagi terima pasien BPJS" in shown
    assert count_rows(Item) == 0


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({"/1": Reply(b"", 404)}, "Tempelkan isinya di bawah."),
        ({"/1": Reply(b"\x89PNG", content_type="image/png")}, "tidak memuat tulisan"),
        ({"/robots.txt": Reply(b"User-agent: *\nDisallow: /"), "/1": Reply(b"x")}, "tidak mengizinkan"),
    ],
)
def test_what_cannot_be_read_is_to_be_pasted(
    browser: FlaskClient, server: FeedServer, replies: dict[str, Reply], words: str
) -> None:
    for path, reply in replies.items():
        server.answer(path, reply)
    answer = send(browser, url=server.url("/1"), text="yang sudah diketik", fetch="1")
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert "yang sudah diketik" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": " \u200b "}, "Tempelkan isi kabarnya"),
        ({"text": "kabar", "url": "javascript:alert(1)"}, "Alamat itu tidak dapat dibuka"),
        ({"text": "x" * 20_001}, "Paling banyak"),
        ({"url": "http://127.0.0.1:1/", "fetch": "1"}, "tidak boleh diambil"),
        ({"url": " ", "fetch": "1"}, "Isian ini wajib diisi."),
    ],
)
def test_bad_input_is_said_beside_its_field(browser: FlaskClient, fields: dict[str, str], words: str) -> None:
    answer = send(browser, **fields)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert (count_rows(Item), count_rows(Claim)) == (0, 0)


def test_it_is_for_people_who_are_signed_in(app: APIFlask, client: FlaskClient) -> None:
    assert client.get(PATH).status_code == 302
