"""A report from a chat: its ticket, what is added to it, and that its steps are told in the same chat."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.check.reports.submission import find_report_by_ticket, submit_report
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import (
    UNDO_WITHIN,
    ChatReply,
    ClaimAppearance,
    ClaimStatus,
    Report,
    ReportAddition,
    Usefulness,
    db,
)
from hoax_tracker.notifications.chats import describe_contact
from tests import factories
from tests.check import shots
from tests.check.conftest import MARKET, MESSAGE, UNRELATED
from tests.factories import count_rows
from tests.tipline.conftest import Phone

Page = Callable[..., int]


def report(phone: Phone, text: str = UNRELATED) -> str:
    """Report a piece of news from the phone; return its ticket."""
    reply = phone.press(phone.ask(text, forwarded=True), "Laporkan")
    return next(line for line in reply.text.split("\n\n") if line.startswith("Tiket: "))[7:].split(". ")[0]


def examine(phone: Phone) -> None:
    """Let officers examine the report, and the time pass in which they may take that back."""
    claim = factories.make_claim(UNRELATED, status=ClaimStatus.INVESTIGATING)
    found = db.session.scalars(sa.select(Report)).one()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=found.id, seen_at=phone.clock[0]))
    db.session.commit()
    phone.clock[0] += UNDO_WITHIN + timedelta(minutes=1)


def test_a_report_gets_its_ticket_and_the_day_of_its_answer(phone: Phone) -> None:
    reply = phone.press(phone.ask(UNRELATED, forwarded=True), "Laporkan")
    assert reply.text.startswith("Sudah kami terima. Jawaban biasanya dalam ")
    assert "Kabarnya kami kirim ke sini." in reply.text
    assert "/lapor/" in reply.link
    row = db.session.scalars(sa.select(Report)).one()
    assert (row.text, row.seen_where) == (UNRELATED, "Telegram")


def test_the_same_news_is_reported_once_however_often_the_button_is_pressed(phone: Phone) -> None:
    answer = phone.ask(UNRELATED, forwarded=True)
    tickets = {phone.press(answer, "Laporkan").link for _ in range(3)}
    assert len(tickets) == 1
    assert count_rows(Report) == 1


def test_laporkan_sent_with_a_forward_reports_it_below_its_answer(phone: Phone, page: Page) -> None:
    page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    phone.forward(UNRELATED)
    phone.send("laporkan")
    (reply,) = phone.wait()
    lines = reply.text.split("\n\n")
    assert lines[0].startswith("Belum ada klarifikasi.")
    assert any(line.startswith("Tiket: ") for line in lines)
    assert reply.choices == ()
    assert db.session.scalars(sa.select(Report.text)).all() == [UNRELATED]
    assert phone.ask("laporkan").text.startswith("Tiket ")
    assert phone.ask("dari grup RT, kemarin malam").text.startswith("Sudah ditambahkan")
    assert count_rows(Report) == 1


def test_laporkan_sent_with_several_forwards_reports_each(phone: Phone) -> None:
    phone.forward(UNRELATED, MARKET)
    phone.send("laporkan")
    (reply,) = phone.wait()
    assert reply.text.count("Dilaporkan, tiket ") == 2
    assert reply.choices == ()
    assert sorted(db.session.scalars(sa.select(Report.text))) == sorted([UNRELATED, MARKET])
    assert phone.ask("1").text.startswith("Tiket ")


def test_what_is_typed_after_a_report_is_added_to_it(phone: Phone) -> None:
    ticket = report(phone)
    assert phone.ask("dari grup RT, kemarin malam").text.startswith("Sudah ditambahkan ke laporan Anda.")
    added = db.session.scalars(sa.select(ReportAddition)).one()
    found = find_report_by_ticket(ticket)
    assert found is not None
    assert (added.report_id, added.text) == (found[1].id, "dari grup RT, kemarin malam")


@pytest.mark.parametrize(
    "words",
    [
        "Bukan itu, maksud saya yang di pelabuhan Tenau sore tadi",
        "bukan itu maksud saya, tapi yang di pelabuhan Tenau sore tadi",
        "son itu, beta pung maksud yang di pelabuhan Tenau sore tadi",
        "not that, I mean the one at pelabuhan Tenau",
    ],
)
def test_what_was_meant_instead_is_added_to_the_report_about_that_news(phone: Phone, words: str) -> None:
    ticket = report(phone)
    phone.ask("tiket")  # so that what is typed next is no addition by itself
    assert phone.ask(words).text.startswith("Sudah ditambahkan ke laporan Anda.")
    added = db.session.scalars(sa.select(ReportAddition)).one()
    found = find_report_by_ticket(ticket)
    assert found is not None
    assert added.report_id == found[1].id
    assert "pelabuhan Tenau" in added.text


def test_what_was_meant_instead_of_an_answer_is_checked_and_the_answer_is_denied(phone: Phone, page: Page) -> None:
    page_id = page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    reply = phone.ask("Bukan itu. Maksud saya kapal feri tujuan Rote dibatalkan sampai ombak tenang")
    assert reply.text.startswith("Belum ada klarifikasi.")
    assert "Air PDAM" not in reply.text
    row = db.session.get(Usefulness, page_id)
    assert row is not None
    assert (row.same, row.not_same) == (0, 1)


@pytest.mark.parametrize("news", ["Bukan itu masalahnya, dermaga Bolok retak", "tidak benar pasar ditutup besok"])
def test_news_that_only_begins_like_a_denial_is_news(phone: Phone, page: Page, news: str) -> None:
    page_id = page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    assert phone.ask(news).text.startswith("Belum ada klarifikasi.")
    assert db.session.get(Usefulness, page_id) is None


def test_a_further_picture_of_what_was_reported_is_added_to_the_report(phone: Phone) -> None:
    report(phone)
    phone.ask("bantuan")
    phone.channel.media["m1"] = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    assert phone.ask(kind="image", media_id="m1").text.startswith("Sudah ditambahkan ke laporan Anda.")
    added = db.session.scalars(sa.select(ReportAddition)).one()
    assert added.picture is not None


def test_a_picture_after_other_news_is_news(phone: Phone) -> None:
    report(phone)
    phone.ask("Besok pasar Oeba tutup satu minggu penuh", forwarded=True)
    phone.channel.media["m1"] = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    phone.ask(kind="image", media_id="m1")
    assert db.session.scalars(sa.select(ReportAddition)).all() == []


def test_what_is_forwarded_after_a_report_is_news_of_its_own(phone: Phone) -> None:
    report(phone)
    assert phone.ask(MESSAGE, forwarded=True).text.startswith("Belum ada klarifikasi.")
    assert db.session.scalars(sa.select(ReportAddition)).all() == []


def test_what_was_added_by_mistake_can_be_checked_with_one_button(phone: Phone) -> None:
    report(phone)
    reply = phone.ask("apakah sekolah libur tiga hari karena badai?")
    assert phone.press(reply, "Itu kabar lain").text.startswith("Belum ada klarifikasi.")


def test_the_steps_of_a_ticket_are_told_in_the_chat_once(phone: Phone, settings: Settings) -> None:
    report(phone)
    examine(phone)
    for _ in range(2):
        notify_reporters(settings, phone.clock[0])
    (word,) = phone.wait()
    assert word.text.startswith("Aduan Anda sedang diperiksa.")
    assert "/lapor/" in word.link
    assert "email" not in word.text


def test_who_wrote_berhenti_is_told_nothing_until_they_ask_for_it(phone: Phone, settings: Settings) -> None:
    report(phone)
    assert phone.ask("berhenti").text.startswith("Baik, kami tidak akan mengabari Anda lagi.")
    examine(phone)
    notify_reporters(settings, phone.clock[0])
    assert phone.wait() == []
    assert phone.ask("kabari lagi").text.startswith("Baik, kami mengabari Anda lagi")


def test_a_ticket_is_followed_by_its_number_or_by_one_word(phone: Phone) -> None:
    ticket = report(phone)
    for asked in (ticket, "tiket", ticket.lower().replace("-", " ")):
        assert phone.ask(asked).text.startswith(f"Tiket {ticket}: sudah masuk ")
    assert "tidak ditemukan" in phone.ask("CDFG-HJKL-MNPQ-RTVW-XY34").text


def test_news_typed_after_a_ticket_was_looked_up_is_answered(phone: Phone, page: Page) -> None:
    page(title="Air PDAM tidak mati tujuh hari", slug="air")
    ticket = report(phone)
    for asked in (ticket, "tiket"):
        phone.ask(asked)
        assert phone.ask(MESSAGE).text.startswith("Air PDAM tidak mati tujuh hari")
    phone.ask(ticket)
    assert phone.ask("katanya pasar Oeba tutup satu minggu").text.startswith("Belum ada klarifikasi.")
    assert db.session.scalars(sa.select(ReportAddition)).all() == []


def test_answered_news_typed_right_after_a_report_is_answered_and_not_added(phone: Phone, page: Page) -> None:
    page(title="Air PDAM tidak mati tujuh hari", slug="air")
    report(phone)
    assert phone.ask(MESSAGE).text.startswith("Air PDAM tidak mati tujuh hari")
    assert phone.ask("dari grup RT, kemarin malam").text.startswith("Sudah ditambahkan")
    assert [one.text for one in db.session.scalars(sa.select(ReportAddition))] == ["dari grup RT, kemarin malam"]


def test_nobody_binds_a_report_to_the_chat_of_somebody_else(app: APIFlask, phone: Phone, settings: Settings) -> None:
    with pytest.raises(InvalidInputError):
        submit_report(UNRELATED, None, None, "chat:telegram:1", True, phone.clock[0], settings)


def test_officers_read_in_which_program_a_reporter_is_told() -> None:
    assert describe_contact("chat:telegram:12") == "percakapan di Telegram; pelapor dikabari di sana"
    assert describe_contact("maria@surel.example") == "maria@surel.example"


def test_ya_and_bukan_count_as_on_the_page_by_button_and_by_word(phone: Phone, page: Page) -> None:
    page_id = page(title="Air PDAM tidak mati", slug="air")
    answer = phone.ask(MESSAGE, forwarded=True)
    assert phone.ask("bukan itu").text.startswith("Berarti belum ada klarifikasi untuk pesan Anda.")
    row = db.session.get(Usefulness, page_id)
    assert row is not None
    assert (row.same, row.not_same) == (0, 1)
    assert phone.press(answer, "Ya, ini").text.startswith("Terima kasih.")


def test_word_of_a_ticket_waits_where_the_window_is_closed(phone: Phone, settings: Settings) -> None:
    from hoax_tracker.tipline.messages import WindowClosed

    report(phone)
    examine(phone)
    notify_reporters(settings, phone.clock[0])
    phone.channel.faults.append(WindowClosed("24 hours"))
    assert phone.wait() == []
    assert phone.wait(timedelta(days=2)) == []
    phone.send("tiket")
    word, answer = phone.wait()
    assert word.text.startswith("Aduan Anda sedang diperiksa.")
    assert answer.text.startswith("Tiket ")
    assert db.session.scalars(sa.select(ChatReply).where(ChatReply.sent_at.is_(None))).all() == []


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2026-11-27T18:30:00+08:00", "Petugas membaca pada jam kerja, berikutnya Senin, 30 November, 07.30 WITA."),
        ("2026-11-24T10:00:00+08:00", ""),
    ],
)
def test_outside_office_hours_the_chat_says_when_officers_read_and_answers_all_the_same(
    phone: Phone, moment: str, words: str
) -> None:
    phone.clock[0] = datetime.fromisoformat(moment)
    reported = phone.press(phone.ask(UNRELATED, forwarded=True), "Laporkan").text
    added = phone.ask("dari grup RT, kemarin malam").text
    for reply in (reported, added):
        assert words in reply
        assert ("jam kerja" in reply) is bool(words)
