"""What an answer says beside itself about links, numbers and accounts: on every kind of answer, and nowhere else."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.counting import question_tally
from hoax_tracker.models import ChannelKind, CheckQuery, ClaimStatus, Officer, OfficialChannel, db
from hoax_tracker.organisation.channels.mentions import MentionKind
from tests import factories
from tests.factories import NOW

MESSAGE = "Mulai Senin air PDAM mati tujuh hari karena pipa induk pecah"
LOOKALIKE, NUMBER = "kupangkota-go-id.example", "0812-9999-0001"
NOT_THEIRS = "Alamat ini mirip alamat resmi, tetapi bukan"


@pytest.fixture(autouse=True)
def listed(app: APIFlask) -> None:
    """Put a domain and a telephone number on the list."""
    for kind, value in ((ChannelKind.DOMAIN, "kupangkota.go.id"), (ChannelKind.TELEPHONE, "0380555123")):
        db.session.add(OfficialChannel(kind=kind, value=value, owner="PPID", is_listed=True, changed_at=NOW))
    db.session.commit()


def ask(client: FlaskClient, text: str) -> str:
    return client.post("/cek", data={"teks": text}).get_data(as_text=True)


def test_it_stands_beside_an_answer_of_every_kind(officer: Officer, approver: Officer, client: FlaskClient) -> None:
    unanswered = ask(client, f"Bantuan cair, daftar di {LOOKALIKE}/daftar")
    assert "Belum ada klarifikasi" in unanswered
    only_link = ask(client, f"https://{LOOKALIKE}/daftar")
    says_nothing = ask(client, f"👇 {NUMBER}")
    factories.make_claim(MESSAGE, status=ClaimStatus.INVESTIGATING, examined_since=NOW)
    waiting = ask(client, f"{MESSAGE} {LOOKALIKE}")
    assert "Sedang diperiksa" in waiting
    factories.make_clarification(officer, approver, claim_quote=MESSAGE, published_at=NOW)
    answered = ask(client, f"{MESSAGE} {LOOKALIKE}")
    assert "Air PDAM tetap mengalir" in answered
    for page in (unanswered, only_link, waiting, answered):
        assert page.count(NOT_THEIRS) == 1
        assert "<b>kupangkota.go.id</b>" in page
    assert "Nomor ini tidak ada di daftar resmi kota" in says_nothing
    assert "daftar resmi" not in ask(client, MESSAGE)


def test_it_is_a_fact_about_the_channel_and_no_verdict(client: FlaskClient, now: datetime) -> None:
    text = f"Hubungi 0380-555123 atau https://kupang.tribunnews.com/x atau https://{LOOKALIKE} atau bit.ly/x"
    page = ask(client, text)
    for sentence in (
        "Nomor ini ada di daftar resmi kota",
        "Tautan ini bukan alamat resmi kota",
        "Tautan ini dipendekkan",
    ):
        assert sentence in page
    assert "bukan penilaian isi pesan" in ask(client, "Hubungi 0380-555123 atau https://kupang.tribunnews.com/x")
    facts = page.partition('<section class="channels"')[2].partition("</section>")[0].lower()
    assert facts
    assert not any(word in facts for word in ("hoaks", "palsu", "penipu", "bohong", "awas"))
    assert "<a " not in facts  # nobody is led to where the message leads
    assert answer_message(text, now).decision.value == "none"


def test_disguised_letters_are_shown_without_their_disguise(client: FlaskClient) -> None:
    page = ask(client, "Daftar di kup\u0430ngkota.go.id sekarang ya")
    assert NOT_THEIRS in page
    assert "xn--kupngkota-2yh.go.id" in page


def test_what_is_pasted_is_escaped(client: FlaskClient) -> None:
    page = ask(client, 'Lihat https://"><script>alert(1)@kupangkota.go.id.evil.example/x dan @x"onload=1')
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)@" in page
    assert NOT_THEIRS in page


def test_a_change_of_the_list_shows_at_once_in_cached_answers(client: FlaskClient, one_moment: None) -> None:
    text = "Hubungi 0380-555999 untuk bantuan sembako dari kota"
    for _ in range(3):
        assert "Nomor ini tidak ada di daftar" in ask(client, text)
    later = NOW + timedelta(hours=1)
    row = OfficialChannel(kind=ChannelKind.TELEPHONE, value="0380555999", owner="X", is_listed=True, changed_at=later)
    db.session.add(row)
    db.session.commit()
    assert "Nomor ini ada di daftar" in ask(client, text)


def test_a_number_of_a_private_person_is_neither_stored_nor_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert NUMBER in ask(client, f"Kirim uang ke {NUMBER} sekarang juga")
    answer = client.get("/api/v1/channels", query_string={"value": NUMBER})
    assert answer.get_json()["items"][0]["written"] == NUMBER
    client.get("/api/v1/channels", query_string={"value": NUMBER, "salah": NUMBER * 90})
    assert NUMBER not in caplog.text
    assert "08129999" not in caplog.text
    question_tally().write()
    stored = " ".join(db.session.scalars(sa.select(CheckQuery.text)))
    assert "9999" not in stored


def test_every_kind_has_its_sentences(app: APIFlask) -> None:
    from hoax_tracker.check.answers.channel_facts import channel_advice, channel_heading
    from hoax_tracker.organisation.channels.facts import ChannelFact, ChannelStatus, ListedChannel
    from hoax_tracker.organisation.channels.mentions import Mention

    with app.test_request_context():
        for kind in MentionKind:
            for status in ChannelStatus:
                for channel in (ListedChannel("instagram.com/x", "PPID"), None):
                    fact = ChannelFact(Mention(kind, "x", "x"), status, channel)
                    assert channel_heading(fact)
                    assert channel_advice(fact)
