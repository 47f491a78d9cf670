"""What residents send that nobody drew: signs, numbers, words of buttons, a hundred messages, made-up buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.models import Chat, Report, ReportAddition, db
from hoax_tracker.tipline.answering import MESSAGES_AT_ONCE
from hoax_tracker.tipline.inbox import LONGEST_BATCH
from tests.check import shots
from tests.check.conftest import MARKET, MESSAGE, UNRELATED
from tests.factories import count_rows
from tests.tipline.conftest import Phone
from tests.tipline.test_tickets import report

Page = Callable[..., int]


def added_words() -> list[str]:
    """What was added to reports, in order."""
    return list(db.session.scalars(sa.select(ReportAddition.text).order_by(ReportAddition.id)))


@pytest.mark.parametrize("word", ["ya", "Hapus semuanya", "1", "nomor 1", "io"])
def test_everything_is_erased_however_the_person_says_yes(phone: Phone, page: Page, word: str) -> None:
    page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    phone.ask("hapus data saya")
    assert phone.ask(word).text.startswith("Semua data Anda di sini sudah dihapus.")


@pytest.mark.parametrize("word", ["tidak", "Batal", "bukan"])
def test_nothing_is_erased_however_the_person_says_no(phone: Phone, page: Page, word: str) -> None:
    page(title="Air PDAM tidak mati", slug="air")
    phone.ask(MESSAGE, forwarded=True)
    phone.ask("hapus data saya")
    assert "Teruskan kabar yang Anda ragukan" in phone.ask(word).text
    assert count_rows(Chat) == 1


def test_a_choice_that_was_left_open_is_not_taken_for_the_erasure(phone: Phone) -> None:
    phone.ask(UNRELATED, forwarded=True)
    phone.send("hapus data saya")
    phone.send("1")
    (reply,) = phone.wait()
    assert reply.text.startswith("Yang dihapus: seluruh percakapan ini")


def test_the_words_of_a_button_mean_the_button(phone: Phone) -> None:
    report(phone)
    added = phone.ask("Pasar Oeba tutup satu minggu mulai besok pagi")
    assert [one.title for one in added.choices] == ["Itu kabar lain"]
    assert phone.ask("itu kabar lain").text.startswith("Belum ada klarifikasi.")
    assert added_words() == ["Pasar Oeba tutup satu minggu mulai besok pagi"]


@pytest.mark.parametrize("thanks", ["👍", "🙏🏽", "❤️ 🙏"])
def test_a_sign_of_thanks_is_one(phone: Phone, thanks: str) -> None:
    report(phone)
    assert phone.ask(thanks).text.startswith("Sama-sama.")
    assert added_words() == []


def test_a_picture_with_a_sign_below_it_reaches_the_report(phone: Phone) -> None:
    report(phone)
    phone.channel.media["m1"] = shots.encode_picture(shots.Image.new("RGB", (60, 60), "red"))
    assert phone.ask("🙏", kind="image", media_id="m1").text.startswith("Sudah ditambahkan")
    assert added_words() == ["Gambar dari pelapor."]


@pytest.mark.parametrize("payload", ["page:1:" + "9" * 200, "same:1:99999999999", "page:1:²", "report:", "x" * 300])
def test_a_button_that_somebody_made_up_asks_for_news(phone: Phone, payload: str) -> None:
    assert phone.ask("x", kind="choice", choice=payload).text.startswith("Kabar mana yang ingin diperiksa?")


def test_whoever_goes_on_writing_is_answered_all_the_same(phone: Phone) -> None:
    replies = []
    for _second in range(int(LONGEST_BATCH.total_seconds()) + 2):
        phone.send("halo")
        replies += phone.wait(timedelta(seconds=1))
    assert len(replies) == 1


def test_a_flood_is_read_in_parts(phone: Phone) -> None:
    for _number in range(MESSAGES_AT_ONCE + 1):
        phone.send("halo")
    assert len(phone.wait()) == 2


def test_thirty_forwards_at_once_get_one_reply_that_says_what_was_left(phone: Phone) -> None:
    phone.forward(*[f"{MARKET}, kelurahan {number}" for number in range(30)])
    (reply,) = phone.wait()
    assert "Sisanya belum kami periksa: kirim lagi, paling banyak lima sekaligus." in reply.text
    assert db.session.scalars(sa.select(Report)).all() == []
