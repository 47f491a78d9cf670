"""Letters are encrypted in transit and sent once to a server that is slow, silent or dies."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import db
from hoax_tracker.notifications import mail
from hoax_tracker.notifications.mail import smtp
from tests.mail_server import Postman, build_authenticator, make_certificate, run_mail_server
from tests.notifications.mail.test_delivery import HOUR, MailAt, only
from tests.notifications.mail.test_outbox import post


@contextmanager
def dying_in_data() -> Iterator[int]:
    """A server that closes the connection when half of the letter has come."""

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as lines:
            connection.sendall(b"220 dying\r\n")
            for line in lines:
                if line.upper().startswith(b"DATA"):
                    connection.sendall(b"354 go on\r\n")
                    connection.recv(64)
                    return
                connection.sendall(b"250 OK\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listening.getsockname()[1])
        thread.join()


def test_a_server_that_dies_in_the_middle_of_a_letter_gets_it_once(
    postman: Postman, mail_at: MailAt, now: datetime
) -> None:
    with dying_in_data() as port:
        settings = mail_at(port)
        post("a", now)
        assert mail.send_due_letters(settings, now) == 0
    assert only().sealed is not None
    with run_mail_server(postman) as port:
        assert mail.send_due_letters(mail_at(port), now + timedelta(minutes=1)) == 1
        assert mail.send_due_letters(mail_at(port), now + HOUR) == 0
    assert len(postman.letters) == 1


def test_where_only_the_last_answer_is_lost_the_second_copy_is_known_for_the_same(
    settings_with_mail: Settings, postman: Postman, now: datetime
) -> None:
    postman.closes_after_data = 1
    post("a", now)
    assert mail.send_due_letters(settings_with_mail, now) == 0
    assert mail.send_due_letters(settings_with_mail, now + timedelta(minutes=1)) == 1
    first, second = postman.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_slow_server_is_cut_off_and_the_letter_arrives_once_when_it_is_quick_again(
    postman: Postman, mail_at: MailAt, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LETTER_WITHIN_S", 0.3)
    ended = threading.Event()

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(5)
            try:
                connection.sendall(b"220-")
                while not ended.wait(0.02):  # a byte now and then: no read ever times out
                    connection.sendall(b"x")
            except OSError:
                ended.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        settings = mail_at(listening.getsockname()[1])
        thread = threading.Thread(target=drip)
        thread.start()
        post("a", now)
        assert mail.send_due_letters(settings, now) == 0
        thread.join(30)
    assert ended.is_set()
    assert only().sealed is not None
    monkeypatch.undo()
    with run_mail_server(postman) as port:
        assert mail.send_due_letters(mail_at(port), now + HOUR) == 1
        assert mail.send_due_letters(mail_at(port), now + 2 * HOUR) == 0
    assert len(postman.letters) == 1


def test_a_server_that_takes_its_time_is_waited_for(
    settings_with_mail: Settings, postman: Postman, app: APIFlask, now: datetime
) -> None:
    """It answers after the round of another worker has begun: the letter is in hand, and nobody sends it again."""
    post("a", now, "lambat@surel.example")
    begun, go_on = postman.pauses["lambat@surel.example"] = (threading.Event(), threading.Event())
    sent: list[int] = []

    def slowly() -> None:
        with app.app_context():
            sent.append(mail.send_due_letters(settings_with_mail, now))
            db.session.remove()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert begun.wait(60)
    assert mail.send_due_letters(settings_with_mail, now + timedelta(minutes=1)) == 0
    go_on.set()
    thread.join(60)
    assert sent == [1]
    assert mail.send_due_letters(settings_with_mail, now + HOUR) == 0
    assert len(postman.letters) == 1


def test_a_server_that_says_nothing_is_given_up_in_time(
    mail_at: MailAt, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "ANSWER_WITHIN_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = mail_at(silent.getsockname()[1])
        post("a", now)
        assert mail.send_due_letters(settings, now) == 0
    assert only().last_error == "server: no answer in time"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_letters_travel_encrypted(
    postman: Postman, mail_at: MailAt, now: datetime, tmp_path: Path, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    options = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context, "require_starttls": True}
    with run_mail_server(postman, **options) as port:
        settings = mail_at(port, scheme, "localhost")
        post("a", now)
        assert mail.send_due_letters(settings, now) == 1


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_of_nobody_is_not_trusted(
    postman: Postman, mail_at: MailAt, now: datetime, tmp_path: Path, scheme: str
) -> None:
    context, _ = make_certificate(tmp_path)
    options = {"ssl_context": context} if scheme == "smtps" else {"tls_context": context}
    with run_mail_server(postman, **options) as port:
        settings = mail_at(port, scheme, "localhost")
        post("a", now)
        assert mail.send_due_letters(settings, now) == 0
    assert only().last_error == "server: certificate: self-signed certificate"
    assert only().sealed is not None


def test_a_server_without_starttls_gets_no_letter(postman: Postman, mail_at: MailAt, now: datetime) -> None:
    with run_mail_server(postman) as port:
        settings = mail_at(port, "smtp", user="kabas", password="rahasia-sekali")
        post("a", now)
        assert mail.send_due_letters(settings, now) == 0
    assert postman.letters == []
    assert only().last_error == "server: SMTPNotSupportedError"


@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
def test_a_wrong_password_is_the_servers_trouble_and_no_letter_is_lost(
    postman: Postman, mail_at: MailAt, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    options = {
        "authenticator": build_authenticator(b"kabas", b"benar"),
        "auth_require_tls": False,
        "auth_required": True,
    }
    with run_mail_server(postman, **options) as port:
        wrong = mail_at(port, user="kabas", password="salah-sekali")
        post("a", now)
        assert mail.send_due_letters(wrong, now) == 0
        assert only().last_error == "server: SMTPAuthenticationError 535 5.7.8"
        assert mail.send_due_letters(mail_at(port, user="kabas", password="benar"), now + HOUR) == 1
    assert "salah-sekali" not in caplog.text
    assert "salah-sekali" not in repr(wrong)
