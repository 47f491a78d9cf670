"""A reporter gets one e-mail per step in the report's language, without other people's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_babel import force_locale

from hoax_tracker.check.reports.status_mail import LETTERS_A_DAY, LOOKBACK_OVERLAP, notify_reporters
from hoax_tracker.check.reports.submission import find_report_by_ticket, submit_report
from hoax_tracker.clarify import corrections
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import (
    UNDO_WITHIN,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    DecisionKind,
    Evidence,
    EvidenceKind,
    Officer,
    OutgoingMail,
    Report,
    db,
)
from hoax_tracker.notifications import mail
from hoax_tracker.review.decisions.junk_reports import reject_junk_reports
from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim
from hoax_tracker.review.decisions.undo import undo_decision
from tests import factories
from tests.check.conftest import MARKET, Told, kept
from tests.mail_server import Postman, plain_text, run_mail_server, turn_mail_on
from tests.services import free_port

CONTACT = "maria@surel.example"
MINUTE = timedelta(minutes=1)
SETTLED = UNDO_WITHIN + MINUTE
"""After it no officer can take a decision back, and word of it is sent."""


def take(settings: Settings, now: datetime, contact: str | None = CONTACT) -> str:
    """Take a report that leaves a contact."""
    return submit_report(MARKET, None, None, contact, bool(contact), now, settings)


def join(status: ClaimStatus, now: datetime) -> int:
    """Give the only report to a claim, as the pipeline does; return the claim's id."""
    claim = factories.make_claim(MARKET, status=status)
    report = db.session.scalars(sa.select(Report)).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))
    db.session.commit()
    return kept(lambda: claim.id)


def act(key: int, kind: DecisionKind, officer: Officer, now: datetime, reason: str = "") -> None:
    """Let an officer decide."""
    version = kept(lambda: db.session.get_one(Claim, key).version)
    decide_claim(key, version, DecisionChoice(kind, reason), officer=officer, now=now)


def test_a_report_is_confirmed_with_its_ticket_and_without_its_words(
    mailing: Settings, told: Told, now: datetime
) -> None:
    ticket = take(mailing, now)
    (letter,) = told(now)
    assert letter["To"] == CONTACT
    assert letter["Subject"] == "Aduan Anda sudah masuk"
    assert f"/lapor/{ticket}" in plain_text(letter)
    assert "pasar" not in plain_text(letter).lower(), "what somebody sent is not mailed to an address that they chose"
    assert told(now + MINUTE) == []


def test_every_step_is_told_once(mailing: Settings, told: Told, officer: Officer, now: datetime) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    assert told(now + MINUTE) == [], "only the machine has seen it"
    at = now + timedelta(hours=1)
    act(key, DecisionKind.INVESTIGATE, officer, at)
    assert told(at + UNDO_WITHIN) == [], "it may still be taken back"
    at += SETTLED
    assert [one["Subject"] for one in told(at)] == ["Aduan Anda sedang diperiksa"]
    assert told(at) == told(at + LOOKBACK_OVERLAP) == told(at + 2 * LOOKBACK_OVERLAP) == []
    at += timedelta(hours=1)
    act(key, DecisionKind.DISMISS, officer, at, "Pasar Oeba buka <seperti biasa>.")
    kept(lambda: factories.confirm_waiting(now=at))
    (letter,) = told(at + SETTLED)
    assert letter["Subject"] == "Aduan Anda ditutup tanpa klarifikasi"
    assert "> Pasar Oeba buka <seperti biasa>." in plain_text(letter)
    at += timedelta(hours=1)
    act(key, DecisionKind.REOPEN, officer, at)
    assert [one["Subject"] for one in told(at + SETTLED)] == ["Aduan Anda diperiksa lagi"]
    at += timedelta(hours=1)
    act(key, DecisionKind.OUT_OF_SCOPE, officer, at)
    (letter,) = told(at + SETTLED)
    assert "di luar Pemerintah Kota Kupang" in plain_text(letter)


def test_an_answer_its_correction_and_its_end_are_told(
    mailing: Settings, told: Told, officer: Officer, approver: Officer, now: datetime
) -> None:
    ticket = take(mailing, now)
    key = join(ClaimStatus.INVESTIGATING, now)
    told(now)
    page = factories.make_clarification(officer, approver, title="Pasar Oeba tetap buka", slug="pasar")
    page.claim_quote = MARKET
    db.session.add(
        Evidence(
            kind=EvidenceKind.LINK,
            title="Jadwal",
            url="https://pasar.example/",
            clarification_id=page.id,
            added_at=now,
        )
    )
    db.session.commit()
    number, page_id = page.number, page.id
    at = now + timedelta(hours=1)
    version = kept(lambda: db.session.get_one(Claim, key).version)
    decide_claim(key, version, DecisionChoice(DecisionKind.LINK, clarification_id=page_id), officer=officer, now=at)
    kept(lambda: factories.confirm_waiting(approver, at))
    (letter,) = told(at + SETTLED)
    assert letter["Subject"] == "Aduan Anda sudah dijawab"
    for words in ("Hoaks", "Pasar Oeba tetap buka", "/klarifikasi/pasar", f"/lapor/{ticket}"):
        assert words in plain_text(letter)
    assert number is not None

    at += timedelta(hours=1)
    content = replace(
        kept(lambda: clarification_content(db.session.get_one(Clarification, page_id))),
        title="Pasar Oeba buka sampai malam",
    )
    corrections.propose_correction(page_id, 1, content, "Jam buka diperbaiki.", officer=officer, now=at)
    assert told(at) == [], "a proposal is not public"
    corrections.approve_proposal(page_id, 2, "", officer=approver, now=at)
    (letter,) = told(at)
    assert letter["Subject"] == "Klarifikasi untuk aduan Anda dikoreksi"
    assert "Pasar Oeba buka sampai malam" in plain_text(letter)
    assert "> Jam buka diperbaiki." in plain_text(letter)

    at += timedelta(hours=1)
    corrections.propose_retraction(page_id, 3, "Sumbernya keliru.", officer=officer, now=at)
    corrections.approve_proposal(page_id, 4, "", officer=approver, now=at)
    (letter,) = told(at)
    assert letter["Subject"] == "Klarifikasi untuk aduan Anda ditarik"
    assert "> Sumbernya keliru." in plain_text(letter)
    assert told(at + timedelta(days=1)) == []


def test_a_rejection_is_told_with_its_reason(mailing: Settings, told: Told, now: datetime) -> None:
    take(mailing, now)
    told(now)
    with write_transaction():
        db.session.execute(sa.update(Report).values(rejected_at=now + MINUTE, rejected_reason="Isinya iklan."))
    (letter,) = told(now + MINUTE)
    assert "> Isinya iklan." in plain_text(letter)


def test_the_letter_speaks_the_reporters_language(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    with force_locale("en"):
        take(mailing, now)
    (letter,) = told(now)
    assert letter["Subject"] == "Your report has arrived"
    assert letter["Content-Language"] == "en"
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert [one["Subject"] for one in told(now + SETTLED)] == ["Your report is being examined"]


STEPS = {
    "id": ["Aduan Anda sudah masuk", "Aduan Anda sedang diperiksa", "Aduan Anda ditutup tanpa klarifikasi"],
    "en": [
        "Your report has arrived",
        "Your report is being examined",
        "Your report was closed without a clarification",
    ],
}


@pytest.mark.parametrize("language", STEPS)
def test_a_mail_server_that_is_down_for_a_day_gets_every_step_once_in_the_reporters_language(
    app: APIFlask, postman: Postman, officer: Officer, now: datetime, language: str
) -> None:
    port = free_port()
    settings = turn_mail_on(app, port)
    with force_locale(language):
        ticket = take(settings, now)
    key = join(ClaimStatus.NEW, now)
    acts = {6: (DecisionKind.INVESTIGATE, ""), 12: (DecisionKind.DISMISS, "Pasar buka seperti biasa.")}
    for hour in range(25):
        at = now + timedelta(hours=hour)
        if hour in acts:
            act(key, acts[hour][0], officer, at, acts[hour][1])
        notify_reporters(settings, at + SETTLED)
        assert mail.send_due_letters(settings, at + SETTLED) == 0
    with run_mail_server(postman, port):
        for hour in range(25, 30):
            notify_reporters(settings, now + timedelta(hours=hour))
            mail.send_due_letters(settings, now + timedelta(hours=hour))
    assert [letter["Subject"] for letter in postman.letters] == STEPS[language]
    assert len({letter["Message-ID"] for letter in postman.letters}) == 3
    for letter in postman.letters:
        assert (letter["To"], letter["Content-Language"]) == (CONTACT, language)
        assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
        assert all(f"/lapor/{ticket}" in str(part.get_content()) for part in letter.iter_parts())


@pytest.mark.parametrize("contact", [None, "0812-3456-7890"])
def test_who_left_no_address_gets_no_letter(
    mailing: Settings, told: Told, officer: Officer, now: datetime, contact: str | None
) -> None:
    take(mailing, now, contact)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert told(now + SETTLED) == []
    assert kept(lambda: db.session.scalars(sa.select(OutgoingMail)).all()) == []


def test_without_a_mail_server_steps_are_not_told_late(
    app: APIFlask, settings: Settings, officer: Officer, now: datetime
) -> None:
    take(settings, now)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert notify_reporters(settings, now + SETTLED) == 0
    assert kept(lambda: db.session.scalars(sa.select(Report.told)).one()) == "examined:0"


def test_an_address_gets_so_many_letters_a_day_and_no_more(mailing: Settings, told: Told, now: datetime) -> None:
    for _ in range(LETTERS_A_DAY + 3):
        take(mailing, now)
    assert len(told(now)) == LETTERS_A_DAY
    take(mailing, now, "yohana@surel.example")
    assert len(told(now)) == 1
    assert kept(lambda: len(db.session.scalars(sa.select(Report.id)).all())) == LETTERS_A_DAY + 4, "none is lost"


def test_a_purged_contact_is_not_written_to(mailing: Settings, told: Told, officer: Officer, now: datetime) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    with write_transaction():
        db.session.execute(sa.update(Report).values(contact_encrypted=None, contact_purged_at=now))
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert told(now + SETTLED) == []


def test_a_step_and_its_letter_are_one(
    mailing: Settings, told: Told, officer: Officer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    act(key, DecisionKind.INVESTIGATE, officer, now)
    with monkeypatch.context() as broken:
        broken.setattr(mail, "enqueue_letter", lambda *_args, **_named: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            notify_reporters(mailing, now + SETTLED)
    assert kept(lambda: db.session.scalars(sa.select(Report.told)).one()) == "received"
    assert len(told(now + SETTLED)) == 1


def test_the_ticket_says_that_a_letter_did_not_arrive(
    mailing: Settings, told: Told, postman: Postman, client: FlaskClient, now: datetime
) -> None:
    postman.refused[CONTACT] = "550 5.1.1 no such user"
    ticket = take(mailing, now)
    assert "Email kami ditolak" not in client.get(f"/lapor/{ticket}").text
    assert told(now) == []
    page = client.get(f"/lapor/{ticket}").text
    assert "Email kami ditolak" in page
    assert CONTACT not in page


def test_a_contact_of_another_key_holds_nobody_up(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    with write_transaction():
        db.session.execute(sa.update(Report).values(contact_encrypted=b"another key"))
    act(key, DecisionKind.INVESTIGATE, officer, now)
    assert told(now + SETTLED) == []


def test_a_decision_that_was_taken_back_is_not_told(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    version = kept(lambda: db.session.get_one(Claim, key).version)
    done = decide_claim(key, version, DecisionChoice(DecisionKind.DISMISS, "Keliru tekan."), officer=officer, now=now)
    undo_decision(done.decision_id, officer=officer, now=now + MINUTE)
    assert told(now + 2 * SETTLED) == []


def test_a_decision_of_a_clock_far_ahead_is_told_once_it_is_right(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    take(mailing, now)
    act(join(ClaimStatus.NEW, now), DecisionKind.INVESTIGATE, officer, now + timedelta(days=90))
    assert [one["Subject"] for one in told(now + SETTLED)][-1:] == ["Aduan Anda sedang diperiksa"]


def test_junk_is_told_with_its_reason_and_taken_back_with_the_claim(
    mailing: Settings, told: Told, officer: Officer, now: datetime
) -> None:
    ticket = take(mailing, now)
    told(now)
    key = join(ClaimStatus.NEW, now)
    version = kept(lambda: db.session.get_one(Claim, key).version)
    chosen = kept(lambda: list(db.session.scalars(sa.select(Report.id))))
    reject_junk_reports(key, version, chosen, officer=officer, now=now)
    assert told(now + MINUTE) == []  # it can still be undone
    (letter,) = told(now + SETTLED)
    assert letter["Subject"] == "Aduan Anda tidak dapat diproses"
    assert "tidak memuat kabar yang dapat diperiksa" in plain_text(letter)
    act(key, DecisionKind.REOPEN, officer, now + SETTLED)
    assert [one["Subject"] for one in told(now + 2 * SETTLED)] == ["Aduan Anda diperiksa lagi"]
    assert find_report_by_ticket(ticket) is not None
