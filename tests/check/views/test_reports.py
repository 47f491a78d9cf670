"""The report form in three steps, and the ticket page: nothing is lost or shown to others."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.check.reports.status_mail import received_letter
from hoax_tracker.claims.public_words import closing_reasons
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    Decision,
    DecisionKind,
    Officer,
    Report,
    db,
)
from tests import factories
from tests.check.conftest import MARKET, UNRELATED, AppWith, Publish, kept
from tests.factories import count_rows
from tests.mail_server import turn_mail_on

CONTACT = "maria@surel.example"
INPUT = re.compile(r"<(?:input|button)\b[^>]*>")


def fields_of(page: str) -> dict[str, str]:
    """What the form of a page would send, without pressing a button."""
    form = page[page.index('<form class="sheet"') : page.index("</form>")]
    sent = {}
    for tag in INPUT.findall(form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and "<button" not in tag and (("radio" not in tag and "checkbox" not in tag) or " checked" in tag):
            sent[name[1]] = unescape(value[1]) if value else ""
    area = re.search(r'<textarea[^>]*name="(\w+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL)
    return sent | ({area[1]: unescape(area[2])} if area else {})


def press(client: FlaskClient, page: TestResponse, button: str, **filled: str) -> TestResponse:
    """Fill in fields of the form on a page and press a button."""
    return client.post("/lapor", data=fields_of(page.get_data(as_text=True)) | filled | {"ke": button})


def walk(client: FlaskClient, text: str = MARKET, **last: str) -> TestResponse:
    """Go through all three steps and send."""
    second = press(client, client.get("/lapor"), "2", teks=text)
    third = press(client, second, "3", tempat="WhatsApp", tautan="berita.example/pasar")
    return press(client, third, "kirim", **last)


def the_report() -> Report:
    """The only report."""
    return kept(lambda: db.session.scalars(sa.select(Report)).one())


def ticket_of(response: TestResponse) -> str:
    """The ticket in the address that sending leads to."""
    assert response.status_code == 303
    found = re.fullmatch(r"/lapor/([A-Z0-9-]{24})\?baru=1", response.headers["Location"])
    assert found
    return found[1]


def test_three_steps_lead_to_a_ticket(client: FlaskClient, settings: Settings) -> None:
    ticket = ticket_of(walk(client, kontak=CONTACT, setuju="ya"))
    row = db.session.scalars(sa.select(Report)).one()
    assert (row.text, row.seen_where, row.url) == (MARKET, "WhatsApp", "https://berita.example/pasar")
    assert row.contact_encrypted is not None
    assert decrypt_contact(row.contact_encrypted, settings.contact_key) == CONTACT
    db.session.rollback()
    page = client.get(f"/lapor/{ticket}?baru=1").get_data(as_text=True)
    assert "Aduan terkirim." in page
    assert "Aduan Anda sudah masuk." in page
    assert CONTACT not in page


def test_one_question_a_step(client: FlaskClient) -> None:
    first = client.get("/lapor")
    second = press(client, first, "2", teks=MARKET)
    third = press(client, second, "3")
    for number, page in enumerate((first, second, third), 1):
        text = page.get_data(as_text=True)
        assert text.count("<h1") == 1
        assert f'aria-current="step">{number}.' in text
        assert "<script>" not in text
    assert "Set-Cookie" not in first.headers  # only sending needs the token
    assert "Set-Cookie" not in second.headers


def test_an_answer_page_hands_its_message_over(client: FlaskClient) -> None:
    page = client.post("/cek", data={"teks": UNRELATED}).get_data(as_text=True)
    assert f'<form action="/lapor" method="post"><input type="hidden" name="teks" value="{UNRELATED}">' in page
    step = client.post("/lapor", data={"teks": UNRELATED}).get_data(as_text=True)
    assert "Di mana Anda melihatnya?" in step
    assert fields_of(step)["teks"] == UNRELATED


def test_every_step_can_be_read_in_the_other_language_and_loses_nothing(client: FlaskClient) -> None:
    page, filled = client.get("/lapor"), {"teks": MARKET, "tempat": "WhatsApp", "tautan": "berita.example/pasar"}
    assert "/bahasa/en?next=/lapor" in page.get_data(as_text=True)
    for step, other, heading in (("2", "en", "Where did you see it?"), ("3", "id", "Ke mana kami mengabari Anda?")):
        page = press(client, page, step, **filled)
        footer = page.get_data(as_text=True).split("<footer")[1]
        button = f'form="aduan" formaction="/lapor?bahasa={other}" name="ke" value="{step}"'
        assert button in footer
        sent = fields_of(page.get_data(as_text=True)) | filled | {"ke": step}
        page = client.post(f"/lapor?bahasa={other}", data=sent)
        text = page.get_data(as_text=True)
        assert f'<html lang="{other}">' in text
        assert heading in text
        assert fields_of(text)["teks"] == MARKET
        assert fields_of(text)["tautan"] == "berita.example/pasar"
    assert "WhatsApp" in fields_of(text)["tempat"]
    assert kept(lambda: count_rows(Report)) == 0
    assert client.post("/lapor?bahasa=xx", data=sent).headers.get("Set-Cookie", "").startswith("bahasa=") is False


def test_going_back_keeps_every_answer(client: FlaskClient) -> None:
    second = press(client, client.get("/lapor"), "2", teks=MARKET)
    third = press(client, second, "3", tempat="TikTok", tautan="video.example/1")
    second = press(client, third, "2", kontak=CONTACT, setuju="ya")
    first = press(client, second, "1")
    given = fields_of(first.get_data(as_text=True))
    assert given["teks"] == MARKET
    assert (given["tempat"], given["tautan"]) == ("TikTok", "video.example/1")
    assert (given["kontak"], given["setuju"]) == (CONTACT, "ya")


@pytest.mark.parametrize(
    ("button", "wrong", "told"),
    [
        ("2", {"teks": "🙏"}, "Tuliskan isi pesannya"),
        ("2", {"teks": "air " * 30_000}, "Teks itu terlalu panjang"),
        ("3", {"langkah": "2", "teks": MARKET, "tautan": "bukan tautan"}, "Tautan itu belum lengkap"),
        ("kirim", {"langkah": "3", "teks": MARKET, "kontak": "maria"}, "Tulis satu alamat email"),
        ("kirim", {"langkah": "3", "teks": MARKET, "kontak": CONTACT}, "Centang persetujuan"),
        ("kirim", {"langkah": "3", "teks": ""}, "Tuliskan isi pesannya"),
        ("kirim", {"langkah": "3", "teks": MARKET, "tautan": "x y"}, "Tautan itu belum lengkap"),
    ],
)
def test_an_error_says_what_to_do_and_loses_nothing(
    client: FlaskClient, button: str, wrong: dict[str, str], told: str
) -> None:
    response = client.post("/lapor", data={"langkah": "1", "kontak": "", "tempat": "WhatsApp"} | wrong | {"ke": button})
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert told in page
    assert 'role="alert"' in page
    assert 'aria-invalid="true"' in page
    kept_fields = fields_of(page)
    for name in ("teks", "tautan", "kontak"):
        assert kept_fields.get(name, "").strip() == wrong.get(name, "").strip()
    assert kept_fields["tempat"] == "WhatsApp"
    assert kept(lambda: db.session.scalars(sa.select(Report)).all()) == []


def test_sending_asks_for_the_token_and_keeps_the_answers(client: FlaskClient) -> None:
    sent = {"langkah": "3", "ke": "kirim", "teks": MARKET, "kontak": CONTACT, "setuju": "ya"}
    response = client.post("/lapor", data=sent)
    page = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "Isian Anda masih ada" in page
    assert fields_of(page)["kontak"] == CONTACT
    assert kept(lambda: db.session.scalars(sa.select(Report)).all()) == []
    ticket_of(press(client, response, "kirim"))  # the page that came back can be sent


@pytest.mark.usefixtures("one_moment")
def test_too_many_reports_keep_the_answers(client_with: AppWith) -> None:
    client = client_with(reports_per_hour=1)
    ticket_of(walk(client))
    response = walk(client, UNRELATED, kontak=CONTACT, setuju="ya")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    given = fields_of(response.get_data(as_text=True))
    assert (given["teks"], given["kontak"]) == (UNRELATED, CONTACT)


def test_markup_in_a_report_is_shown_as_text(client: FlaskClient) -> None:
    text = f'"><script>alert(1)</script> {MARKET}'
    second = press(client, client.get("/lapor"), "2", teks=text)
    assert "<script>" not in second.get_data(as_text=True)
    assert fields_of(second.get_data(as_text=True))["teks"] == text
    ticket = ticket_of(walk(client, text))
    assert "<script>" not in client.get(f"/lapor/{ticket}").get_data(as_text=True)


def test_what_was_answered_before_the_report_came_in_says_so(publish: Publish, client: FlaskClient) -> None:
    ticket, before = ticket_of(walk(client)), factories.NOW
    the_report().received_at = before + timedelta(days=1)
    claim = factories.make_claim(MARKET, status=ClaimStatus.CLARIFIED, examined_since=before)
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=the_report().id, seen_at=before))
    row = db.session.get_one(Clarification, publish(published_at=before))
    row.claims.append(claim)
    db.session.commit()
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    steps = page[page.index('<ol class="track"') : page.index("</ol>", page.index('<ol class="track"'))]
    assert steps.count("24 November 2026, 16.05 WITA</time>, sebelum aduan Anda masuk") == 2, steps


def test_a_ticket_page_is_private(client: FlaskClient) -> None:
    ticket = ticket_of(walk(client))
    for response in (
        client.get(f"/lapor/{ticket}"),
        client.get("/lapor/CCCC-CCCC-CCCC-CCCC-CCCC"),
        client.post("/tiket", data={"nomor": ticket}),
        walk(client),
    ):
        assert response.headers["Cache-Control"] == "no-store"
        assert "noindex" in response.headers["X-Robots-Tag"]
        assert response.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("guess", ["CCCC-CCCC-CCCC-CCCC-CCCC", "1", "x" * 5000, "%00", "..%2f..%2fetc"])
def test_a_guessed_ticket_finds_nothing(client: FlaskClient, guess: str) -> None:
    walk(client)
    assert client.get(f"/lapor/{guess}").status_code == 404


def test_a_ticket_is_found_however_it_is_typed(client: FlaskClient) -> None:
    ticket = ticket_of(walk(client))
    for typed in (ticket.lower().replace("-", " "), f" {ticket} "):
        response = client.post("/tiket", data={"nomor": typed})
        assert (response.status_code, response.headers["Location"]) == (303, f"/lapor/{ticket}")
    assert client.get(f"/lapor/{ticket.lower()}").status_code == 200
    wrong = client.post("/tiket", data={"nomor": "K7QD<script>"})
    assert wrong.status_code == 422
    assert "lima kelompok" in wrong.get_data(as_text=True)
    assert "<script>" not in wrong.get_data(as_text=True)
    unknown = client.post("/tiket", data={"nomor": "C" * 20})
    assert "tidak ditemukan" in unknown.get_data(as_text=True)


def join(status: ClaimStatus, now: datetime) -> int:
    """Give the only report to a claim; return the claim's id."""
    claim = factories.make_claim(MARKET, status=status, examined_since=now)
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=the_report().id, seen_at=now))
    db.session.commit()
    return kept(lambda: claim.id)


def test_the_ticket_follows_its_claim_to_the_page(client: FlaskClient, publish: Publish, now: datetime) -> None:
    ticket = ticket_of(walk(client))
    key = join(ClaimStatus.INVESTIGATING, now)
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "sedang diperiksa petugas" in page
    assert "24 November 2026, 16.05 WITA" in page
    row = db.session.get_one(Clarification, publish(slug="pasar", title="Pasar Oeba tetap buka"))
    row.claims.append(db.session.get_one(Claim, key))
    db.session.commit()
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "sudah dijawab dengan klarifikasi" in page
    assert 'href="/klarifikasi/pasar"' in page
    assert "Pasar Oeba tetap buka" in page


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (DecisionKind.NOT_A_CLAIM, ["pendapat, kritik", "SP4N-LAPOR", "1708"]),
        (DecisionKind.OUT_OF_SCOPE, ["di luar Pemerintah Kota Kupang", "SP4N-LAPOR", "1708"]),
        (DecisionKind.DISMISS, ["ditutup tanpa klarifikasi"]),
    ],
)
def test_a_closed_report_says_why_kindly(
    client: FlaskClient, officer: Officer, now: datetime, kind: DecisionKind, told: list[str]
) -> None:
    ticket = ticket_of(walk(client))
    key, person = join(ClaimStatus.DISMISSED, now), kept(lambda: officer.id)
    db.session.add(
        Decision(claim_id=key, officer_id=person, kind=kind, reason="Alasan <b>petugas</b> ini", decided_at=now)
    )
    db.session.commit()
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "Alasan &lt;b&gt;petugas&lt;/b&gt; ini" not in page, "nobody else has read it yet"
    with write_transaction():
        closing_reasons.propose_reason("Alasan <b>petugas</b> ini", by=db.session.get_one(Officer, person), now=now)
    kept(lambda: factories.confirm_waiting(now=now))
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    for words in [*told, "Alasan &lt;b&gt;petugas&lt;/b&gt; ini"]:
        assert words in page
    assert "petugas@" not in page.lower()


def test_a_rejected_report_says_why(client: FlaskClient, app: APIFlask, now: datetime) -> None:
    ticket = ticket_of(walk(client))
    db.session.execute(sa.update(Report).values(rejected_at=now, rejected_reason="Isinya iklan."))
    db.session.commit()
    page = client.get(f"/lapor/{ticket}").get_data(as_text=True)
    assert "tidak dapat diproses" in page
    assert "Isinya iklan." in page


def test_a_mistyped_ticket_is_told_in_the_other_language_too(client: FlaskClient) -> None:
    page = client.post("/tiket", data={"nomor": "CDFG-x"}).get_data(as_text=True)
    assert 'form="tiket" formaction="/tiket?bahasa=en"' in page
    english = client.post("/tiket?bahasa=en", data={"nomor": "CDFG-x"}).get_data(as_text=True)
    assert '<html lang="en">' in english
    assert 'value="CDFG-x"' in english


@pytest.mark.parametrize("has_mail", [True, False])
def test_what_is_said_of_a_lost_ticket_is_the_same_everywhere_and_true(
    client: FlaskClient, app: APIFlask, has_mail: bool
) -> None:
    """The number stands in the first email, where an address was given and email is set up; nobody looks it up."""
    if has_mail:
        turn_mail_on(app)
    for path in ("/panduan", "/tiket"):
        page = unescape(client.get(path).get_data(as_text=True))
        assert ("Nomornya ada di email pertama dari kami." in page) is has_mail
        assert "Nomor yang hilang tidak dapat kami cari" in page
    assert "CDFG-HJKL" in " ".join(received_letter("CDFG-HJKL").paragraphs)
