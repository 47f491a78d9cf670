"""What cannot be told in a chat goes out by e-mail, where its person gave an address; officers see who is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Chat, Claim, Officer, OutgoingMail, Report, ReportAddition, db
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.chats import list_untold_reports
from hoax_tracker.tipline.messages import SendRefused
from tests.mail_server import Postman, run_mail_server, turn_mail_on
from tests.tipline.conftest import Phone
from tests.tipline.test_privacy import erase
from tests.tipline.test_tickets import examine, report

MAIL = "maria@surel.example"
DAY = timedelta(days=1)
Letters = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture(autouse=True)
def mail_server(app: APIFlask) -> None:
    """Let mail be set up; the letters wait until the server runs."""
    turn_mail_on(app)


def examine_later(phone: Phone, settings: Settings) -> None:
    """Let two days pass, and the report be examined."""
    phone.clock[0] += 2 * DAY
    examine(phone)
    phone.channel.window = DAY
    notify_reporters(settings, phone.clock[0])


@pytest.fixture
def letters(app: APIFlask, postman: Postman, phone: Phone) -> Letters:
    """Return a function that sends what waits to a mail server; it returns address, subject and text of all letters."""

    def send() -> list[tuple[str, str, str]]:
        settings: Settings = app.extensions["settings"]
        assert settings.mail is not None
        with run_mail_server(postman, settings.mail.port):
            # The worker's own clock goes on while it sends: a letter may be queued a moment later than it began.
            mail.send_due_letters(settings, phone.clock[0] + timedelta(seconds=1))
        texts = [next(one.iter_parts()).get_content() for one in postman.letters]
        return [(one["To"], one["Subject"], text) for one, text in zip(postman.letters, texts, strict=True)]

    return send


def test_an_address_after_a_report_is_where_to_write_what_cannot_be_told_here(
    phone: Phone, settings: Settings, letters: Letters, officer: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    report(phone)
    reply = phone.ask(MAIL)
    assert reply.text.startswith(f"Baik. Kabar yang tidak sampai di sini kami kirim ke {MAIL}.")
    assert phone.ask("dari grup RT, kemarin malam").text.startswith("Sudah ditambahkan")
    assert db.session.scalars(sa.select(ReportAddition.text)).all() == ["dari grup RT, kemarin malam"]
    db.session.rollback()
    examine_later(phone, settings)
    assert letters() == []
    assert phone.wait() == []
    ((address, subject, text),) = letters()
    assert (address, subject) == (MAIL, "Aduan Anda sedang diperiksa")
    assert "alamat ini ditulis di obrolan" in text
    claim = db.session.scalars(sa.select(Claim.id)).one()
    assert "Kabar terakhir belum sampai" not in sign_in(officer).get(f"/petugas/klaim/{claim}").text


def test_who_blocked_the_sender_is_written_to_and_who_gave_no_address_is_listed(
    phone: Phone, settings: Settings, letters: Letters
) -> None:
    report(phone)
    phone.ask(MAIL)
    examine_later(phone, settings)
    phone.channel.window = None
    phone.channel.faults.append(SendRefused("blocked"))
    phone.wait()
    assert [letter[0] for letter in letters()] == [MAIL]
    number = db.session.scalars(sa.select(Report.id)).one()
    assert list_untold_reports([number]) == set()
    db.session.execute(sa.update(OutgoingMail).values(sent_at=None, failed_at=phone.clock[0]))
    db.session.commit()
    assert list_untold_reports([number]) == {number}


def test_what_arrives_in_the_chat_is_not_mailed_as_well(phone: Phone, settings: Settings, letters: Letters) -> None:
    report(phone)
    phone.ask(MAIL)
    examine_later(phone, settings)
    phone.channel.has_template = True
    phone.wait()
    phone.send("Baca kabarnya", kind="choice", choice="news")
    assert len(phone.wait()) == 1
    assert letters() == []


def test_after_the_conversation_is_gone_the_letter_goes_all_the_same(
    phone: Phone, settings: Settings, letters: Letters
) -> None:
    report(phone)
    phone.ask(MAIL)
    db.session.execute(sa.delete(Chat))
    db.session.commit()
    examine_later(phone, settings)
    assert [letter[0] for letter in letters()] == [MAIL]


def test_a_later_report_has_the_address_too_until_it_is_taken_back(
    phone: Phone, settings: Settings, letters: Letters
) -> None:
    report(phone, "Pasar Oeba tutup satu minggu mulai besok pagi")
    phone.ask(MAIL)
    assert phone.ask("hapus email").text.startswith("Alamat email Anda sudah dihapus.")
    examine_later(phone, settings)
    phone.wait()
    assert letters() == []


def test_berhenti_stops_letters_too(phone: Phone, settings: Settings, letters: Letters) -> None:
    report(phone)
    phone.ask(MAIL)
    phone.ask("berhenti")
    examine_later(phone, settings)
    phone.wait()
    assert letters() == []


def test_the_address_is_erased_with_everything(phone: Phone) -> None:
    report(phone)
    phone.ask(MAIL)
    erase(phone)
    assert db.session.scalars(sa.select(Report)).all() == []


def test_an_address_without_a_report_is_none(phone: Phone) -> None:
    assert "kami kirim ke" not in phone.ask(MAIL).text
