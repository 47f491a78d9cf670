"""Letters reach a real SMTP server that is down for a day, slow, refusing, or dies during delivery."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications import mail, outbox_leases
from hoax_tracker.notifications.mail import delivery, outbox
from hoax_tracker.notifications.mail.delivery import load_mail_status
from tests.factories import list_rows
from tests.mail_server import Postman, run_mail_server
from tests.notifications.mail.test_outbox import LETTER, post
from tests.services import free_port

HOUR = timedelta(hours=1)
MailAt = Callable[..., Settings]


def only() -> OutgoingMail:
    """The one row."""
    (row,) = list_rows(OutgoingMail)
    return row


def test_a_letter_arrives_and_leaves_no_address_behind(
    settings_with_mail: Settings, postman: Postman, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="hoax_tracker")
    post("a", now)
    assert mail.send_due_letters(settings_with_mail, now) == 1
    (letter,) = postman.letters
    assert (letter["To"], letter["Subject"]) == ("maria@surel.example", "Klaim 7 menunggu jawaban Anda")
    assert letter["From"] == "Kupang Kabas Hoaks <kabas@kota.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    row = only()
    assert (row.sent_at, row.sealed, row.next_try_at, row.last_error) == (now, None, None, None)
    assert mail.send_due_letters(settings_with_mail, now + HOUR) == 0
    assert "maria" not in caplog.text


def test_many_letters_leave_over_one_connection(settings_with_mail: Settings, postman: Postman, now: datetime) -> None:
    beats: list[int] = []
    for number in range(5):
        post(f"k{number}", now)
    assert mail.send_due_letters(settings_with_mail, now, lambda: beats.append(1)) == 5
    assert postman.connections == 1
    assert len(beats) == 5


def test_a_round_ends_after_its_time(
    settings_with_mail: Settings, postman: Postman, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "ROUND_S", 0.0)
    post("a", now)
    post("b", now)
    assert mail.send_due_letters(settings_with_mail, now) == 1
    assert mail.send_due_letters(settings_with_mail, now) == 1


def test_a_server_that_is_down_for_a_day_gets_every_letter_once(
    postman: Postman, mail_at: MailAt, now: datetime
) -> None:
    port = free_port()
    settings = mail_at(port)
    for number in range(3):
        post(f"k{number}", now)
    tries, moment = 0, now
    while moment < now + 24 * HOUR:
        assert mail.send_due_letters(settings, moment) == 0
        tries, moment = tries + 1, moment + timedelta(minutes=1)
        due = min(row.next_try_at for row in list_rows(OutgoingMail) if row.next_try_at)
        assert due <= moment + outbox.LONGEST_SERVER_PAUSE
        moment = max(moment, due)
    assert tries < 40, "the pauses grow"
    assert load_mail_status(moment).last_error == "server: ConnectionRefusedError Connection refused"
    with run_mail_server(postman, port):
        mail.send_due_letters(settings, moment)
    assert sorted(letter["Message-ID"] for letter in postman.letters) == sorted(
        {letter["Message-ID"] for letter in postman.letters}
    )
    assert len(postman.letters) == 3
    assert all(row.sent_at for row in list_rows(OutgoingMail))


def test_what_waited_for_the_server_is_sent_with_the_first_letter_that_passes(
    postman: Postman, mail_at: MailAt, now: datetime
) -> None:
    port = free_port()
    settings = mail_at(port)
    post("old", now)
    mail.send_due_letters(settings, now)
    post("new", now)
    with run_mail_server(postman, port):
        assert mail.send_due_letters(settings, now) == 2


@pytest.mark.parametrize("code", ["550 5.1.1 <maria@surel.example>: no such user", "553 bad mailbox name"])
def test_a_refused_address_is_given_up_and_not_repeated(
    settings_with_mail: Settings, postman: Postman, now: datetime, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    postman.refused["maria@surel.example"] = code
    post("a", now)
    post("b", now, "yohana@surel.example")
    assert mail.send_due_letters(settings_with_mail, now) == 1, "the other one is not held up"
    row = list_rows(OutgoingMail)[0]
    assert (row.failed_at, row.sealed, row.next_try_at) == (now, None, None)
    assert row.last_error is not None
    assert code.startswith(row.last_error)
    assert "maria" not in row.last_error + caplog.text
    postman.refused.clear()
    assert mail.send_due_letters(settings_with_mail, now + 24 * HOUR) == 0


def test_an_address_that_is_put_off_is_tried_with_growing_pauses_for_five_days(
    settings_with_mail: Settings, postman: Postman, now: datetime
) -> None:
    postman.refused["maria@surel.example"] = "450 4.2.1 try again later"
    post("a", now)
    moments, moment = [now], now
    while (row := only()).next_try_at is not None:
        assert row.next_try_at >= moment
        moment = row.next_try_at
        moments.append(moment)
        assert mail.send_due_letters(settings_with_mail, moment) == 0
    pauses = [later - earlier for earlier, later in pairwise(moments[1:])]
    assert pauses == sorted(pauses)
    assert only().failed_at is not None
    assert timedelta(days=5) <= moment - now < timedelta(days=6)


def test_a_clock_that_was_ahead_keeps_no_letter_back(
    settings_with_mail: Settings, postman: Postman, now: datetime
) -> None:
    ahead = now + timedelta(days=90)
    post("a", ahead)
    post("b", ahead)
    with write_transaction():
        assert outbox.lease_next_letter(ahead) is not None  # by a sender that was killed
    assert mail.send_due_letters(settings_with_mail, now) == 2
    assert len(postman.letters) == 2


def test_a_clock_that_jumps_ahead_gives_no_letter_up(
    settings_with_mail: Settings, postman: Postman, now: datetime
) -> None:
    postman.data_answers = ["451 4.3.0 busy"]
    post("a", now)
    ahead = now + timedelta(days=90)
    assert mail.send_due_letters(settings_with_mail, ahead) == 0
    assert mail.send_due_letters(settings_with_mail, ahead + timedelta(minutes=1)) == 1


def test_an_answer_of_for_now_then_yes(settings_with_mail: Settings, postman: Postman, now: datetime) -> None:
    postman.data_answers = ["451 4.3.0 busy"]
    post("a", now)
    assert mail.send_due_letters(settings_with_mail, now) == 0
    assert mail.send_due_letters(settings_with_mail, now + timedelta(seconds=59)) == 0
    assert mail.send_due_letters(settings_with_mail, now + timedelta(minutes=1)) == 1
    assert len(postman.letters) == 1


def test_a_message_that_is_refused_is_given_up(settings_with_mail: Settings, postman: Postman, now: datetime) -> None:
    postman.data_answers = ["554 5.7.1 looks like spam"]
    post("a", now)
    assert mail.send_due_letters(settings_with_mail, now) == 0
    assert (only().failed_at, only().last_error) == (now, "554 5.7.1")


def test_a_sender_that_is_killed_loses_nothing(settings_with_mail: Settings, postman: Postman, now: datetime) -> None:
    post("a", now)
    assert delivery.lease_detached_letter(now) is not None  # and here it dies
    assert mail.send_due_letters(settings_with_mail, now) == 0, "another one does not send it at the same time"
    assert mail.send_due_letters(settings_with_mail, now + outbox_leases.TRY_LASTS) == 1


def test_two_senders_never_take_the_same_letter(app: APIFlask, settings_with_mail: Settings, now: datetime) -> None:
    for number in range(6):
        post(f"k{number}", now)
    taken, lock = [], threading.Lock()

    def work() -> None:
        with app.app_context():
            while (row := delivery.lease_detached_letter(now)) is not None:
                with lock:
                    taken.append(row.id)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(row.id for row in list_rows(OutgoingMail))


def test_a_letter_that_another_host_has_in_hand_is_nobody_elses(
    app: APIFlask, postman: Postman, mail_at: MailAt, now: datetime
) -> None:
    away = mail_at(free_port())
    post("slow", now, "lambat@surel.example")
    assert mail.send_due_letters(away, now) == 0, "the server is away: all letters wait for it"
    begun, go_on = postman.pauses["lambat@surel.example"] = (threading.Event(), threading.Event())
    at = now + timedelta(minutes=1)
    with run_mail_server(postman) as port:
        settings, sent = mail_at(port), []

        def first_host() -> None:
            with app.app_context():
                sent.append(mail.send_due_letters(settings, at))
                db.session.remove()

        thread = threading.Thread(target=first_host)
        thread.start()
        assert begun.wait(60)
        post("second", at)
        assert mail.send_due_letters(settings, at) == 1, "a second host: the server is back"
        assert mail.send_due_letters(settings, at) == 0, "a third one finds nothing that it may take"
        mail.send_letter_now("admin@kota.example", LETTER, settings, at)
        assert mail.send_due_letters(settings, at) == 0
        post("third", at)
        assert mail.send_due_letters(away, at) == 0, "one of them cannot reach the server"
        assert mail.send_due_letters(settings, at + timedelta(minutes=9)) == 1, "which is not said of the one in hand"
        go_on.set()
        thread.join(60)
        assert mail.send_due_letters(settings, at + HOUR) == 0
    assert sent == [1]
    assert sorted(one["To"] for one in postman.letters).count("lambat@surel.example") == 1
    assert all(row.sent_at and row.held_until is None for row in list_rows(OutgoingMail))


def test_a_letter_sealed_with_another_key_is_given_up(settings_with_mail: Settings, now: datetime) -> None:
    post("a", now)
    with write_transaction():
        only().sealed = b"sealed with another key"
    assert mail.send_due_letters(settings_with_mail, now) == 0
    assert only().failed_at == now
