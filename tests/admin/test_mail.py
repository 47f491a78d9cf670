"""An administrator tests the mail server and sees the result at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, OutgoingMail, db
from hoax_tracker.notifications.mail import Letter, enqueue_letter
from tests import factories
from tests.mail_server import Postman, run_mail_server, turn_mail_on
from tests.shared_app import change_settings

PAGE = "/petugas/kelola/sistem"


@pytest.fixture
def browser(
    app: APIFlask, postman: Postman, administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> Iterator[FlaskClient]:
    """The administrator, on an instance with a mail server."""
    with run_mail_server(postman) as port:
        turn_mail_on(app, port)
        yield sign_in(administrator)


def tried(browser: FlaskClient) -> str:
    """Press the button; return the page that follows."""
    answer = factories.submit_form(browser, f"{PAGE}/surel", PAGE)
    assert answer.status_code == 303
    return browser.get(PAGE).text


def outcomes() -> list[str]:
    """What the audit log keeps of the tries."""
    query = sa.select(AuditEvent).where(AuditEvent.action == "mail_tried").order_by(AuditEvent.id)
    return [event.detail["outcome"] for event in db.session.scalars(query)]


def test_the_letter_goes_to_the_administrator(browser: FlaskClient, postman: Postman) -> None:
    assert "diterima server untuk admin@kupang.example" in tried(browser)
    assert [letter["To"] for letter in postman.letters] == ["admin@kupang.example"]
    assert outcomes() == ["sent"]


def test_a_refusal_and_a_server_that_is_away_are_said(browser: FlaskClient, postman: Postman, app: APIFlask) -> None:
    postman.refused["admin@kupang.example"] = "550 5.1.1 no such user"
    assert "menolak alamat Anda: 550 5.1.1" in tried(browser)
    away = replace(app.extensions["settings"].mail, port=1)
    change_settings(app, mail=away)
    assert "Server email tidak menerima: ConnectionRefusedError" in tried(browser)
    assert outcomes() == ["address", "server"]


def test_a_letter_that_waited_for_the_server_is_due_after_it(browser: FlaskClient) -> None:
    with write_transaction():
        enqueue_letter("k", "maria@surel.example", Letter("Kabar", ("Isi.",)), utc_now())
        later = {"next_try_at": utc_now().replace(year=2099), "last_error": "server: no answer in time"}
        db.session.execute(sa.update(OutgoingMail).values(later))  # the word of a new browser, too
    page = browser.get(PAGE).text
    assert "no answer in time" in page
    tried(browser)
    with write_transaction():
        assert max(db.session.scalars(sa.select(OutgoingMail.next_try_at))) <= utc_now()


def test_without_a_mail_server_the_page_says_how_to_set_it(
    administrator: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    page = sign_in(administrator).get(PAGE).text
    assert "HOAX_TRACKER_SMTP_URL" in page
    assert "Kirim email percobaan" not in page.split("<main")[1]


def test_an_officer_cannot_send_one(officer: Officer, sign_in: Callable[[Officer], FlaskClient]) -> None:
    assert factories.submit_form(sign_in(officer), f"{PAGE}/surel", "/petugas/").status_code == 403
