"""What a reporter adds through the ticket belongs to that report: limited, masked, kept and erased as the report is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from hoax_tracker.check.reports.additions import ADDITIONS_MOST
from hoax_tracker.check.reports.erasure import erase_report
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_bytes
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Notice,
    NoticeKind,
    Officer,
    Report,
    ReportAddition,
    ReportPicture,
    RoleName,
    db,
)
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, kept
from tests.check.reports.test_screenshots import BAD, with_secrets
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
LEARNED = "Pesannya pertama kali saya terima di grup RT, dari nomor yang tidak saya kenal"
NIK = "5371014507900123"


@pytest.fixture
def ticket(app: APIFlask, settings: Settings, now: datetime) -> str:
    """The ticket of a report that waits."""
    number = submit_report(MARKET, None, None, None, False, now, settings)
    db.session.rollback()
    return number


def send(client: FlaskClient, ticket: str, text: str = LEARNED, picture: bytes | None = None) -> TestResponse:
    """Send the form of the ticket's page."""
    parts = [b'Content-Disposition: form-data; name="tambahan"\r\n\r\n' + text.encode()]
    if picture is not None:
        head = b'Content-Disposition: form-data; name="gambar"; filename="layar.png"\r\n\r\n'
        parts.append(head + picture)
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    return client.post(f"/lapor/{ticket}", data=body, content_type="multipart/form-data; boundary=b")


def stored() -> list[tuple[int, str]]:
    """Return the report and text of every stored addition."""
    query = sa.select(ReportAddition.report_id, ReportAddition.text).order_by(ReportAddition.id)
    return kept(lambda: [tuple(row) for row in db.session.execute(query)])


@contextmanager
def claim_of(ticket_text: str, **fields: object) -> Iterator[Claim]:
    """Give the report with these words to a claim."""
    claim = factories.make_claim(MARKET, **fields)
    report = db.session.scalars(sa.select(Report).where(Report.text == ticket_text)).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=report.received_at))
    db.session.commit()
    yield claim
    db.session.commit()


def told() -> list[str]:
    """Return the addresses of the officers with a notice of an addition."""
    query = sa.select(Officer.email).join(Notice, Notice.officer_id == Officer.id)
    return sorted(db.session.scalars(query.where(Notice.kind == NoticeKind.REPLIED)))


def test_it_stands_on_the_ticket_and_in_its_copy(client: FlaskClient, ticket: str) -> None:
    answer = send(client, ticket)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/lapor/{ticket}#tambahan")
    page = client.get(f"/lapor/{ticket}")
    assert LEARNED in page.text
    assert page.headers["Cache-Control"] == "no-store"
    copied = client.get(f"/lapor/{ticket}/salinan.json").json
    assert copied is not None
    assert [(row["isi"], row["tangkapan_layar"]) for row in copied["tambahan"]] == [(LEARNED, None)]


def test_a_refused_addition_can_be_read_in_english_with_what_was_typed(client: FlaskClient, ticket: str) -> None:
    refused = send(client, ticket, "x" * 9_000)
    assert refused.status_code == 422
    button = re.search(
        r'<button[^>]*formaction="([^"]+)"[^>]*name="ganti" value="bahasa" lang="en">English', refused.text
    )
    assert button is not None
    address = button[1].replace("&amp;", "&")
    english = client.post(address, data={"tambahan": LEARNED, "ganti": "bahasa"})
    assert (english.status_code, stored()) == (200, []), "to change the language sends nothing"
    assert '<html lang="en">' in english.text
    assert LEARNED in english.text
    assert '<html lang="en">' in client.get(f"/lapor/{ticket}").text, "and it stays"


def test_a_ticket_reaches_no_other_report(client: FlaskClient, ticket: str, settings: Settings, now: datetime) -> None:
    other = submit_report("Yang lain sama sekali: kantor lurah pindah", None, None, None, False, now, settings)
    db.session.rollback()
    send(client, ticket)
    assert LEARNED not in client.get(f"/lapor/{other}").text
    for guessed in (f"{ticket[:-1]}{'C' if ticket[-1] != 'C' else 'D'}", "x", "CDFG-HJKL-MNPQ-RTVW-XY34"):
        assert send(client, guessed).status_code == 404
    assert [text for _report, text in stored()] == [LEARNED]


def test_the_same_sent_twice_is_added_once_and_counted_once(app: APIFlask, client: FlaskClient, ticket: str) -> None:
    change_settings(app, reports_per_hour=2)
    picture = shots.draw_screenshot(MARKET)
    for _ in range(3):
        assert send(client, ticket, picture=picture).status_code == 303
        assert send(client, ticket).status_code == 303
    assert len(stored()) == 2
    assert kept(lambda: db.session.scalar(sa.select(sa.func.count(ReportPicture.id)))) == 1
    refused = send(client, ticket, "Yang ketiga ini terlalu banyak untuk satu sambungan")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Yang ketiga ini" in refused.text, "what was typed is not lost"
    assert "pilih gambarnya" not in refused.text
    assert (
        "pilih gambarnya sekali lagi" in send(client, ticket, "Yang keempat", picture=shots.draw_screenshot("x")).text
    )


def test_five_are_taken_and_no_more(app: APIFlask, client: FlaskClient, ticket: str) -> None:
    change_settings(app, reports_per_hour=100)
    answers = [send(client, ticket, f"{LEARNED}, kabar nomor {number}") for number in range(ADDITIONS_MOST + 1)]
    assert [answer.status_code for answer in answers] == [303] * ADDITIONS_MOST + [422]
    assert "tidak dapat ditambah lagi" in answers[-1].text
    assert len(stored()) == ADDITIONS_MOST
    assert 'name="tambahan"' not in client.get(f"/lapor/{ticket}").text


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "Tuliskan isi pesannya"), ("🙏", "Tuliskan isi pesannya"), ("asdfgh qwerty", "tidak menemukan pesan"),
     ("air " * 30_000, "terlalu panjang")],
)  # fmt: skip
def test_what_says_nothing_or_too_much_is_refused(client: FlaskClient, ticket: str, text: str, words: str) -> None:
    refused = send(client, ticket, text)
    assert refused.status_code == 422
    assert words in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert stored() == []


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_is_refused_and_no_word_is_lost(client: FlaskClient, ticket: str, kind: str) -> None:
    refused = send(client, ticket, picture=BAD[kind])
    assert refused.status_code == 422
    assert LEARNED in refused.text
    assert stored() == []


def test_a_picture_over_the_limit_is_refused(client: FlaskClient, ticket: str) -> None:
    refused = send(client, ticket, picture=b"\x89PNG\r\n\x1a\n" + bytes(12 * 2**20))
    assert refused.status_code == 413
    assert "paling besar 8 MB" in refused.text
    assert send(client, ticket, picture=bytes(65 * 2**20)).status_code == 413
    assert stored() == []


def test_identity_numbers_are_masked(client: FlaskClient, ticket: str) -> None:
    send(client, ticket, f"Mereka meminta NIK saya {NIK} dan nomor rekening")
    assert [text for _report, text in stored()] == ["Mereka meminta NIK saya 5371•••••••••••• dan nomor rekening"]


def test_officers_see_it_beside_the_report(
    client: FlaskClient, ticket: str, settings: Settings, officer: Officer, sign_in: SignIn
) -> None:
    send(client, ticket, picture=with_secrets())
    with claim_of(MARKET) as claim:
        claim_id = claim.id
    addition, report = db.session.execute(sa.select(ReportAddition.id, ReportAddition.report_id)).one()
    sealed = db.session.scalars(sa.select(ReportPicture.sealed)).one()
    drawn = decrypt_bytes(sealed, settings.contact_key)
    assert drawn.startswith(b"\xff\xd8\xff")
    assert b"TanamMerek" not in drawn
    assert drawn not in sealed
    path = f"/petugas/klaim/{claim_id}/aduan/{report}/tambahan/{addition}/gambar"
    assert client.get(path).status_code in (302, 401)
    desk = sign_in(officer)
    page = desk.get(f"/petugas/klaim/{claim_id}").text
    assert LEARNED in page
    asked = f"/petugas/klaim/{claim_id}/aduan/{report}/kontak"
    assert asked in page
    assert f'src="{path}"' in factories.submit_form(desk, asked, asked, reason="Memeriksa").get_data(as_text=True)
    shown = desk.get(path)
    assert (shown.mimetype, shown.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert Image.open(io.BytesIO(shown.data)).format == "JPEG"
    wrong = (
        path.replace(f"aduan/{report}", f"aduan/{report + 1}"),
        path.replace(f"tambahan/{addition}", "tambahan/99"),
    )
    assert [desk.get(other).status_code for other in wrong] == [404, 404]
    assert desk.get(f"/petugas/klaim/{claim_id}/aduan/{report}/gambar").status_code == 404, "the report has none"


def test_neither_auditor_nor_the_accused_see_its_picture(client: FlaskClient, ticket: str, sign_in: SignIn) -> None:
    send(client, ticket, picture=shots.draw_screenshot(MARKET))
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    auditor = factories.make_officer("auditor@kupang.example", RoleName.AUDITOR)
    with claim_of(MARKET, accused_unit_id=factories.load_unit("pdam").id) as claim:
        claim_id = claim.id
    addition, report = db.session.execute(sa.select(ReportAddition.id, ReportAddition.report_id)).one()
    path = f"/petugas/klaim/{claim_id}/aduan/{report}/tambahan/{addition}/gambar"
    for person in (accused, auditor):
        browser = sign_in(person)
        assert browser.get(path).status_code == 403
        assert path not in browser.get(f"/petugas/klaim/{claim_id}").text


def test_the_head_whom_it_adds_is_that_of_the_unit_in_the_report(client: FlaskClient, ticket: str) -> None:
    with claim_of(MARKET) as claim:
        claim_id = claim.id
    report = db.session.scalars(sa.select(Report)).one()
    report.text = "Dinkes jual vaksin di kantornya"
    db.session.commit()
    send(client, ticket, "Kepala dinas dapat bagian juga, lurah ikut")
    rows = db.session.get_one(Claim, claim_id).accusations
    assert [(row.unit_id, row.unit_kind) for row in rows] == [(None, "kelurahan")]


def test_who_answers_and_who_decided_are_told_once_and_nothing_reopens(
    client: FlaskClient, ticket: str, officer: Officer, sign_in: SignIn, now: datetime
) -> None:
    answering = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    fields = {"unit_id": answering.unit_id, "status": ClaimStatus.DISMISSED}
    with claim_of(MARKET, **fields) as claim:
        claim_id = claim.id
        db.session.add(
            Decision(
                claim_id=claim.id, officer_id=officer.id, kind=DecisionKind.DISMISS, reason="Lewat", decided_at=now
            )
        )
    assert "tidak otomatis dibuka lagi" in client.get(f"/lapor/{ticket}").text
    send(client, ticket)
    send(client, ticket, f"{LEARNED}, dan dikirim lagi tadi pagi")
    assert told() == ["dinkes@kupang.example", officer.email]
    assert db.session.get_one(Claim, claim_id).status is ClaimStatus.DISMISSED
    work = sign_in(answering).get("/petugas/untuk-anda").text
    assert f"/petugas/klaim/{claim_id}#aduan" in work
    assert LEARNED not in work


def test_the_accused_and_who_has_not_read_the_claim_yet_are_not_told(client: FlaskClient, ticket: str) -> None:
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    fields = {"unit_id": accused.unit_id, "accused_unit_id": accused.unit_id, "status": ClaimStatus.INVESTIGATING}
    with claim_of(MARKET, **fields) as claim:
        claim_id = claim.id
    send(client, ticket)
    assert "pdam@kupang.example" not in told()
    db.session.execute(sa.delete(Notice))
    db.session.get_one(Claim, claim_id).status = ClaimStatus.NEW
    db.session.commit()
    send(client, ticket, f"{LEARNED}, kabar kedua")
    assert told() == []


def test_a_rejected_report_takes_nothing_more(client: FlaskClient, ticket: str, now: datetime) -> None:
    db.session.execute(sa.update(Report).values(rejected_at=now, rejected_reason="Sampah"))
    db.session.commit()
    assert 'name="tambahan"' not in client.get(f"/lapor/{ticket}").text
    assert send(client, ticket).status_code == 422
    assert stored() == []


def test_it_is_erased_with_the_report(client: FlaskClient, ticket: str, now: datetime) -> None:
    send(client, ticket, picture=shots.draw_screenshot(MARKET))
    erase_report(ticket, now)
    assert stored() == []
    assert kept(lambda: db.session.scalar(sa.select(sa.func.count(ReportPicture.id)))) == 0


def test_its_picture_goes_with_those_of_reports_and_its_text_stays(
    client: FlaskClient, ticket: str, settings: Settings
) -> None:
    def purge_pictures(moment: datetime) -> int:
        return purge_expired_data(settings, moment, overdue=True)["pictures"]

    send(client, ticket, picture=shots.draw_screenshot(MARKET))
    now = utc_now()
    late = now + settings.contact_retention + timedelta(days=1)
    assert purge_pictures(now + timedelta(days=2)) == 0, "it is not a form that nobody sent"
    with claim_of(MARKET, status=ClaimStatus.INVESTIGATING) as claim:
        claim_id = claim.id
    assert purge_pictures(late) == 0, "its claim waits"
    db.session.get_one(Claim, claim_id).status = ClaimStatus.DISMISSED
    db.session.commit()
    assert purge_pictures(late) == 1
    assert len(stored()) == 1
    assert "Dengan gambar" not in client.get(f"/lapor/{ticket}").text


def test_the_form_needs_neither_cookie_nor_token_and_names_the_report_only_by_its_ticket(
    client: FlaskClient, ticket: str
) -> None:
    page = client.get(f"/lapor/{ticket}").text
    form = re.search(
        r'<form action="(/lapor/[^"]+)" method="post" enctype="multipart/form-data".*?</form>', page, re.DOTALL
    )
    assert form is not None
    assert form[1] == f"/lapor/{ticket}#tambah"
    assert re.findall(r'name="(\w+)"', form[0]) == ["tambahan", "gambar"]
