"""Letters are queued with their act, once and sealed, and deleted after delivery."""

from __future__ import annotations

from datetime import datetime

import pytest
from apiflask import APIFlask
from flask_babel import force_locale

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import OutgoingMail
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.mail import Letter, outbox
from tests.factories import list_rows

LETTER = Letter(
    subject="Klaim 7 menunggu jawaban Anda",
    paragraphs=("Klaim itu masuk pagi ini. " * 9, "Target jawaban: besok <siang> & tepat."),
    quote="Bukan urusan kota.\nTanyakan ke provinsi <b>itu</b>.",
    action=("Buka klaim", "https://kabas.example/petugas/klaim/7"),
    why="Anda menerima email ini karena Anda petugas PDAM.",
)


def post(key: str, now: datetime, to: str = "maria@surel.example") -> bool:
    """Post the letter in a transaction of its own."""
    with write_transaction():
        return mail.enqueue_letter(key, to, LETTER, now)


def test_a_letter_is_posted_once(settings_with_mail: Settings, now: datetime) -> None:
    assert post("claim:7:assigned:1", now)
    assert not post("claim:7:assigned:1", now)
    assert post("claim:7:assigned:2", now)
    assert [row.key for row in list_rows(OutgoingMail)] == ["claim:7:assigned:1", "claim:7:assigned:2"]


def test_a_letter_vanishes_with_its_act(settings_with_mail: Settings, now: datetime) -> None:
    with pytest.raises(ZeroDivisionError), write_transaction():
        mail.enqueue_letter("claim:7:assigned:1", "maria@surel.example", LETTER, now)
        raise ZeroDivisionError
    assert list_rows(OutgoingMail) == []


def test_without_a_mail_server_nothing_is_posted(app: APIFlask, now: datetime) -> None:
    assert not mail.is_mail_enabled()
    assert not post("claim:7:assigned:1", now)
    assert list_rows(OutgoingMail) == []


@pytest.mark.parametrize(
    "to",
    ["", "0812 3456 789", "a@b", "a@b.example, c@d.example", "máría@surel.example", "a@b.example\nBcc: x@y.example"],
)
def test_what_is_no_address_is_refused(settings_with_mail: Settings, now: datetime, to: str) -> None:
    with pytest.raises(InvalidInputError):
        post("k", now, to)


def test_address_and_words_are_sealed(settings_with_mail: Settings, now: datetime) -> None:
    post("claim:7:assigned:1", now)
    (row,) = list_rows(OutgoingMail)
    assert row.sealed is not None
    assert b"maria" not in row.sealed
    opened = outbox.decrypt_letter(row, settings_with_mail)
    assert (opened.to, opened.subject) == ("maria@surel.example", LETTER.subject)


def test_both_forms_say_the_same(settings_with_mail: Settings) -> None:
    seen = outbox.render_letter("maria@surel.example", LETTER)
    assert "> Bukan urusan kota.\n> Tanyakan ke provinsi <b>itu</b>." in seen.text
    assert "besok <siang> & tepat." in seen.text
    assert max(map(len, seen.text.splitlines())) <= 72
    assert "provinsi &lt;b&gt;itu&lt;/b&gt;." in seen.html
    assert "besok &lt;siang&gt; &amp; tepat." in seen.html
    for part in (seen.text, seen.html):
        assert "https://kabas.example/petugas/klaim/7" in part
        assert "karena Anda petugas PDAM" in part
    assert '<html lang="id">' in seen.html
    assert "<script" not in seen.html
    assert "src=" not in seen.html, "nothing is loaded when it is read"


def test_a_letter_speaks_the_language_that_is_set(settings_with_mail: Settings) -> None:
    with force_locale("en"):
        seen = outbox.render_letter("maria@surel.example", LETTER)
    assert '<html lang="en">' in seen.html
    assert "Replies are not read" in seen.text


def test_an_address_in_a_letter_is_the_public_one(settings_with_mail: Settings) -> None:
    assert mail.public_url_for("reports.ticket", ticket="X") == f"{settings_with_mail.base_url}/lapor/X"
