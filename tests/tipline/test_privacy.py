"""What the first two lines promise: erased is erased, nothing is older than thirty days, and nobody is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from hoax_tracker.check.counting import question_tally
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Chat, ChatAnswer, ChatMessage, ChatReply, Report, db
from hoax_tracker.privacy.retention import purge_expired_data
from tests.check.conftest import MESSAGE, UNRELATED
from tests.factories import count_rows
from tests.privacy.test_privacy_register import where_found
from tests.tipline.conftest import MARIA, Phone
from tests.tipline.test_tickets import report
from tests.waiting import wait_until

SECRET = "tanamrahasia di Oesapa Barat dekat kali, katanya jembatan mau runtuh besok"
NIK = "5371014507900123"
Page = Callable[..., int]


def rows_left() -> dict[str, int]:
    """How many rows each table of conversations has."""
    counts = {table.__tablename__: count_rows(table) for table in (Chat, ChatMessage, ChatReply, ChatAnswer)}
    db.session.rollback()
    return counts


def erase(phone: Phone) -> None:
    """Have everything erased, with the button that confirms it."""
    asked = phone.ask("hapus data saya")
    assert "Yang dihapus: seluruh percakapan ini" in asked.text
    assert phone.press(asked, "Hapus semuanya").text.startswith("Semua data Anda di sini sudah dihapus.")


def test_hapus_data_saya_erases_the_conversation_and_its_reports(phone: Phone, page: Page) -> None:
    page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    report(phone, SECRET)
    phone.ask("dari grup RT, kemarin malam")
    erase(phone)
    left = rows_left()
    assert (left["chat"], left["chat_reply"], left["chat_answer"]) == (0, 0, 0)
    bodies = sa.select(ChatMessage).where(
        sa.or_(ChatMessage.body_encrypted.is_not(None), ChatMessage.chat_id.is_not(None))
    )
    assert db.session.scalars(bodies).all() == []
    assert db.session.scalars(sa.select(Report)).all() == []
    question_tally().write()
    wait_until(lambda: where_found("tanamrahasia") == {"check_query.text"}, "the question is counted")
    assert where_found(MARIA, "tanamrahasia", "grup RT") == {"check_query.text"}


def test_what_the_channel_delivers_again_after_an_erasure_begins_nothing(phone: Phone) -> None:
    phone.send(UNRELATED, message_id="before")
    phone.wait()
    erase(phone)
    phone.send(UNRELATED, message_id="before")
    assert phone.wait() == []
    assert rows_left()["chat"] == 0


def test_batal_erases_nothing(phone: Phone) -> None:
    before = rows_left()["chat_message"]
    phone.press(phone.ask("hapus data saya"), "Batal")
    assert rows_left()["chat_message"] == before + 2


def test_who_writes_again_at_once_is_a_stranger(phone: Phone) -> None:
    phone.ask(UNRELATED, forwarded=True)
    erase(phone)
    assert "mesin penjawab PPID Kota Kupang, bukan orang" in phone.ask("halo").text


def test_nothing_stands_in_the_clear(phone: Phone) -> None:
    phone.ask(f"{SECRET}, NIK {NIK}", forwarded=True)
    assert where_found(MARIA, NIK) == set()
    question_tally().write()  # unless its own thread is at it
    wait_until(lambda: where_found("tanamrahasia") == {"check_query.text"}, "the question is counted")
    chat = db.session.scalars(sa.select(Chat)).one()
    assert chat.state_encrypted is not None
    assert b"tanam" not in chat.state_encrypted


def test_nothing_of_a_conversation_is_older_than_thirty_days(phone: Phone, settings: Settings, page: Page) -> None:
    page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    began = phone.clock[0]
    phone.wait(timedelta(days=20))
    phone.ask("bantuan")
    for day in range(1, 31):
        purge_expired_data(settings, began + timedelta(days=day), overdue=True)
        oldest = began + timedelta(days=day - 30)
        old_messages = sa.select(ChatMessage.id).where(ChatMessage.received_at <= oldest)
        old_replies = sa.select(ChatReply.id).where(ChatReply.posted_at <= oldest)
        assert [db.session.scalars(query).all() for query in (old_messages, old_replies)] == [[], []]
    left = rows_left()
    assert (left["chat"], left["chat_answer"]) == (1, 0)
    purge_expired_data(settings, began + timedelta(days=49), overdue=True)
    assert rows_left() == {"chat": 0, "chat_message": 0, "chat_reply": 0, "chat_answer": 0}


def test_news_of_last_week_is_no_longer_remembered(phone: Phone) -> None:
    phone.ask(UNRELATED, forwarded=True)
    phone.wait(timedelta(days=7))
    assert phone.ask("laporkan").text.startswith("Kabar mana yang ingin diperiksa?")
