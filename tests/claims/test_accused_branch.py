"""Whom a resident's report names stays away from it: attacks by the branch of an accused unit, from its report on."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from PIL import Image

from hoax_tracker import pipeline
from hoax_tracker.check.reports.additions import add_to_report
from hoax_tracker.check.reports.submission import new_ticket, read_ticket, ticket_digest
from hoax_tracker.claims.recusal import standing_accusations
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    DecisionKind,
    ModelVersion,
    Officer,
    Report,
    ReportPicture,
    RoleName,
    Unit,
    db,
)
from hoax_tracker.review.claim_page import reporter_contact
from hoax_tracker.review.collaboration import notes
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories

SignIn = Callable[[Officer], FlaskClient]
Send = Callable[[str], Claim]
CONTACT = "warga@contoh.example"
WHY = "Menanyakan kapan"
NURSE = "Perawat di Puskesmas Oesapa minta uang tambahan untuk suntik bayi"
HEAD = "Lurah Namosain meminta uang"


@pytest.fixture
def city(shipped_model: ModelVersion, city: None) -> None:
    """The units and places of the city, and PPID Utama with an officer."""
    factories.make_officer("ppid@kupang.example", RoleName.OFFICER)


@pytest.fixture
def send(city: None, app: APIFlask, now: datetime) -> Send:
    """Return a function that lets a resident report a text, with a contact and a picture, and returns its claim."""
    key = app.extensions["settings"].contact_key
    drawn = io.BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "JPEG")

    def go(text: str) -> Claim:
        sealed = encrypt_contact(CONTACT, key)
        report = Report(
            ticket_digest=secrets.token_hex(32), text=text, received_at=now, consent_at=now, contact_encrypted=sealed
        )
        db.session.add(report)
        db.session.flush()
        picture = Fernet(key.encode()).encrypt(drawn.getvalue())
        db.session.add(ReportPicture(report_id=report.id, sealed=picture, width=8, height=8, added_at=now))
        db.session.commit()
        pipeline.assign_report_to_claim(report.id, now)
        query = sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id)
        return db.session.scalars(query).one()

    return go


def person(unit: str, *more: RoleName, name: str = "dia") -> Officer:
    """An officer of a unit."""
    return factories.make_officer(f"{name}@kupang.example", RoleName.OFFICER, *more, unit_code=unit)


def report_of(claim: Claim) -> int:
    """The number of the claim's first report."""
    query = sa.select(ClaimAppearance.report_id).where(ClaimAppearance.claim_id == claim.id)
    return db.session.scalars(query.order_by(ClaimAppearance.id)).first() or 0


def require_kept_away(claim: Claim, officer: Officer, browser: FlaskClient, now: datetime) -> None:
    """Fail unless the officer neither decides, nor reads notes, nor opens contact and picture."""
    page, report = f"/petugas/klaim/{claim.id}", report_of(claim)
    choice = DecisionChoice(DecisionKind.DISMISS, "Tidak benar.")
    with pytest.raises(NotAllowedError):
        service.decide_claim(claim.id, claim.version, choice, officer=officer, now=now)
    with pytest.raises(NotAllowedError):
        notes.write_note(claim.id, "Siapa yang melapor?", officer=officer, now=now)
    key = browser.application.extensions["settings"].contact_key  # type: ignore[attr-defined]
    with pytest.raises(NotAllowedError):
        reporter_contact.open_report(claim.id, report, WHY, key=key, officer=officer, now=now)
    assert browser.get(f"{page}/aduan/{report}/kontak").status_code == 403
    assert browser.get(f"{page}/aduan/{report}/gambar").status_code == 403
    assert 'id="catatan"' not in browser.get(page).get_data(as_text=True)


@pytest.mark.parametrize(
    ("text", "accused"),
    [
        (HEAD, ["kel-namosain", "kec-alak"]),
        (NURSE, ["pkm-oesapa", "dinkes"]),
        ("Pa lurah Naikoten I pung anak buah minta 50 ribu", ["kel-naikoten-satu", "kec-kota-raja"]),
        ("Di puskesmas su bayar 100 ribu", ["pkm-oepoi", "pkm-alak", "dinkes"]),
    ],
)
def test_whom_a_report_names_is_kept_away_from_it(
    text: str, accused: list[str], send: Send, sign_in: SignIn, now: datetime
) -> None:
    claim = send(text)
    assert claim.unit is not None
    assert claim.unit.is_root, "a report that names a unit is PPID Utama's"
    for number, code in enumerate(accused):
        officer = person(code, RoleName.ADMINISTRATOR, name=f"p{number}")
        require_kept_away(claim, officer, sign_in(officer), now)


def test_moving_the_accused_unit_away_opens_nothing(send: Send, sign_in: SignIn, now: datetime) -> None:
    claim = send(NURSE)
    chief = person("dinkes", RoleName.ADMINISTRATOR)
    unit = factories.load_unit("pkm-oesapa")
    unit.parent_id = factories.load_unit("kec-alak").id
    db.session.commit()
    require_kept_away(claim, chief, sign_in(chief), now)


def test_closing_the_accused_unit_opens_nothing(send: Send, sign_in: SignIn, now: datetime) -> None:
    claim = send(NURSE)
    chief = person("dinkes", RoleName.ADMINISTRATOR)
    factories.load_unit("pkm-oesapa").is_active = False
    factories.load_unit("pkm-oesapa").parent_id = factories.load_unit("kec-alak").id
    db.session.commit()
    require_kept_away(claim, chief, sign_in(chief), now)


def test_who_joins_the_branch_later_is_accused_as_well(send: Send, sign_in: SignIn, now: datetime) -> None:
    claim = send(NURSE)
    db.session.add(Unit(code="pustu", name="Pustu", short_name="Pustu", kind="other",
                        parent_id=factories.load_unit("pkm-oesapa").id))  # fmt: skip
    db.session.commit()
    officer = person("pustu")
    require_kept_away(claim, officer, sign_in(officer), now)


def test_a_strangers_unit_removes_no_accusation(send: Send, now: datetime) -> None:
    claim = send(NURSE)
    helper = person("dishub", name="kawan")
    with pytest.raises(NotAllowedError):
        service.lift_accusations(claim.id, claim.version, "Bukan tuduhan", officer=helper, now=now)
    choice = DecisionChoice(DecisionKind.ASSIGN, unit_id=factories.load_unit("dishub").id)
    with pytest.raises(NotAllowedError):  # nor do they take it
        service.decide_claim(claim.id, claim.version, choice, officer=helper, now=now)
    nurse = person("pkm-oesapa")
    with pytest.raises(NotAllowedError):
        service.decide_claim(claim.id, claim.version, DecisionChoice(DecisionKind.DISMISS, "x"), officer=nurse, now=now)


def test_screenshots_are_for_the_answering_unit_and_ppid_utama_with_a_purpose(
    send: Send, sign_in: SignIn, officer: Officer
) -> None:
    claim = send("Besok sekolah libur satu minggu")
    path = f"/petugas/klaim/{claim.id}/aduan/{report_of(claim)}/gambar"
    claim.unit_id = factories.load_unit("disdikbud").id
    db.session.commit()
    assert sign_in(person("dishub")).get(path).status_code == 403
    for asker in (officer, person("disdikbud", name="guru")):
        assert sign_in(asker).get(path).mimetype != "image/jpeg", "no purpose was given yet"


def test_who_is_named_in_a_later_report_or_an_addition_is_kept_away_as_well(
    send: Send, settings: Settings, now: datetime
) -> None:
    water = "Besok air PDAM mati total satu kota selama tujuh hari"
    claim = factories.make_claim(water, unit_id=factories.load_unit("pdam").id)  # as a feed brought it
    assert send(water).id == claim.id
    assert {row.unit.code for row in standing_accusations(claim) if row.unit} == {"pdam"}
    assert claim.unit == factories.load_unit()
    ticket = new_ticket()
    db.session.get_one(Report, report_of(claim)).ticket_digest = ticket_digest(read_ticket(ticket) or "")
    db.session.commit()
    add_to_report(ticket, "Yang bilang begitu lurah Namosain", None, now, settings)
    assert {row.unit.code for row in standing_accusations(claim) if row.unit} == {"pdam", "kel-namosain"}


def test_what_ppid_utama_lifts_opens_the_claim_and_not_who_reports_it_later(
    send: Send, app: APIFlask, officer: Officer, now: datetime
) -> None:
    key, water = app.extensions["settings"].contact_key, "Besok air PDAM mati total satu kota selama tujuh hari"
    claim = send(water)
    service.lift_accusations(claim.id, claim.version, "Hanya disebut", officer=officer, now=now)
    choice = DecisionChoice(DecisionKind.ASSIGN, unit_id=factories.load_unit("pdam").id)
    service.decide_claim(claim.id, claim.version, choice, officer=officer, now=now)
    plumber = person("pdam")
    opened: dict[str, Any] = {"key": key, "officer": plumber, "now": now}
    assert reporter_contact.open_report(claim.id, report_of(claim), WHY, **opened).contact == CONTACT
    assert len(reporter_contact.load_picture(claim.id, report_of(claim), **opened) or b"") > 0
    later = Report(ticket_digest="x" * 64, text=water, received_at=now + timedelta(hours=1), consent_at=now,
                   contact_encrypted=encrypt_contact(CONTACT, key))  # fmt: skip
    db.session.add(later)
    db.session.commit()
    pipeline.assign_report_to_claim(later.id, now + timedelta(hours=1))
    assert not standing_accusations(claim), "a copy says nothing that was not judged"
    assert claim.unit_id == plumber.unit_id
    opened["now"] = now + timedelta(hours=2)
    with pytest.raises(NotAllowedError):
        reporter_contact.open_report(claim.id, later.id, WHY, **opened)
    opened["officer"] = officer
    assert reporter_contact.open_report(claim.id, later.id, WHY, **opened).contact == CONTACT
