"""Subscribing: confirmed by its reader alone, one answer for everybody, no way to write to others, gone at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.subscriptions import service
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import OutgoingMail, RateLimit, Topic, db
from hoax_tracker.notifications import mail
from hoax_tracker.privacy.retention import purge_expired_data
from tests.check.subscriptions.conftest import ADDRESS, Publish, ask, letters_to, path_in, round_at, subscriptions
from tests.crowded import count_statements
from tests.mail_server import Postman, plain_text

Subscribe = Callable[..., None]


def test_nothing_is_sent_until_its_reader_confirms(
    client: FlaskClient, postman: Postman, settings_with_mail: Settings, publish: Publish
) -> None:
    ask(client)
    (letter,) = letters_to(postman, settings_with_mail, utc_now())
    publish("Puskesmas tetap melayani")
    assert round_at(settings_with_mail, utc_now()) == 0
    assert client.get(path_in(letter, "ya")).status_code == 200
    assert subscriptions()[0].confirmed_at is None, "a program that opens links confirms nothing"
    assert "Anda berlangganan" in client.post(path_in(letter, "ya")).text
    assert round_at(settings_with_mail, utc_now()) == 0, "what was published before is no news"
    publish("Air tetap mengalir")
    assert round_at(settings_with_mail, utc_now()) == 1


def test_a_link_that_came_late_or_is_made_up_confirms_nothing(
    client: FlaskClient, postman: Postman, settings_with_mail: Settings
) -> None:
    ask(client)
    (letter,) = letters_to(postman, settings_with_mail, utc_now())
    with write_transaction():
        subscriptions()[0].asked_at = utc_now() - timedelta(hours=73)
    assert client.post(path_in(letter, "ya")).status_code == 404
    assert client.post("/kabari/karangan/ya").status_code == 404
    assert subscriptions()[0].confirmed_at is None


def test_known_and_unknown_addresses_get_the_same_answer_by_the_same_statements(
    app: APIFlask, subscribe: Subscribe
) -> None:
    subscribe()
    pages, statements = [], []
    for address in (ADDRESS, "orang@lain.example"):
        with write_transaction():  # as on another day: the first use of a counter clears old ones away
            db.session.execute(sa.delete(RateLimit))
        with count_statements() as made:
            pages.append(ask(app.test_client(), address))
        statements.append([statement.split()[:3] for statement in made])
    assert pages[0] == pages[1]
    assert statements[0] == statements[1]


def test_whoever_asks_again_changes_nothing_for_the_subscriber(
    client: FlaskClient, subscribe: Subscribe, settings_with_mail: Settings, publish: Publish
) -> None:
    subscribe()
    ask(client, ADDRESS, "topik:tax")
    publish("Air tetap mengalir", topic=Topic.WATER)
    assert round_at(settings_with_mail, utc_now()) == 1


def test_confirming_another_choice_replaces_the_first(subscribe: Subscribe) -> None:
    subscribe()
    subscribe(choice="topik:tax")
    assert [row.topic for row in subscriptions()] == [Topic.TAX]


def test_an_address_is_asked_three_times_a_day_at_most(
    app: APIFlask, postman: Postman, settings_with_mail: Settings
) -> None:
    client = app.test_client()
    pages = {ask(client, ADDRESS.upper() if number % 2 else ADDRESS) for number in range(5)}
    assert len(pages) == 1
    mail.send_due_letters(settings_with_mail, utc_now())
    assert len(postman.letters) == service.LETTERS_TO_CONFIRM.most


def test_a_connection_asks_five_times_an_hour(client: FlaskClient, settings_with_mail: Settings) -> None:
    for number in range(service.REQUESTS.most):
        ask(client, f"orang{number}@surel.example")
    answer = client.post("/kabari", data={"surel": "lagi@surel.example", "tentang": "semua"})
    assert (answer.status_code, len(subscriptions())) == (429, service.REQUESTS.most)
    assert "lagi@surel.example" in answer.text, "what was typed is not lost"


@pytest.mark.parametrize(
    ("address", "choice"),
    [
        ("", "semua"),
        ("maria", "semua"),
        ("a@b.example, c@d.example", "semua"),
        ("a@b.example\r\nBcc: c@d.example", "semua"),
        ("x" * 200 + "@surel.example", "semua"),
        (ADDRESS, "topik:karangan"),
        (ADDRESS, "kecamatan:99999"),
        (ADDRESS, "kecamatan:²"),
        (ADDRESS, ""),
    ],
)
def test_what_is_no_address_or_no_choice_is_refused(
    client: FlaskClient, settings_with_mail: Settings, address: str, choice: str
) -> None:
    assert client.post("/kabari", data={"surel": address, "tentang": choice}).status_code == 422
    assert subscriptions() == []


def test_a_form_of_another_site_asks_nothing(client: FlaskClient, settings_with_mail: Settings) -> None:
    fields = {"surel": ADDRESS, "tentang": "semua"}
    assert client.post("/kabari", data=fields, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert subscriptions() == []


def test_looking_never_unsubscribes_and_one_post_does(
    app: APIFlask, client: FlaskClient, postman: Postman, subscribe: Subscribe, settings_with_mail: Settings
) -> None:
    subscribe()
    ask(client, ADDRESS, "topik:tax")  # somebody asked once more; that goes too
    path = path_in(letters_to(postman, settings_with_mail, utc_now())[0], "berhenti")
    for method in (client.get, client.head):
        assert method(path).status_code == 200
    assert len(subscriptions()) == 2
    one_click = app.test_client(use_cookies=False)
    assert one_click.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert subscriptions() == []
    assert one_click.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    db.session.rollback()
    assert db.session.scalars(sa.select(OutgoingMail)).all() == [], "letters that wait go with it"


def test_neither_address_nor_token_stands_in_the_database(
    postman: Postman, subscribe: Subscribe, settings_with_mail: Settings
) -> None:
    subscribe()
    token = path_in(letters_to(postman, settings_with_mail, utc_now())[0], "ya").split("/")[2]
    db.session.rollback()
    tables = ("subscription", "outgoing_mail", "rate_limit", "audit_event")
    stored = str([list(db.session.execute(sa.text(f"select * from {table}"))) for table in tables])  # noqa: S608
    assert "maria" not in stored
    assert token not in stored


def test_who_never_confirms_is_deleted_and_who_did_stays(
    client: FlaskClient, subscribe: Subscribe, settings_with_mail: Settings
) -> None:
    subscribe()
    ask(client, "orang@lain.example")
    purge_expired_data(settings_with_mail, utc_now() + timedelta(hours=71), overdue=True)
    assert len(subscriptions()) == 2
    purge_expired_data(settings_with_mail, utc_now() + timedelta(hours=73), overdue=True)
    (left,) = subscriptions()
    assert left.confirmed_at is not None


def test_without_a_mail_server_there_is_no_form(client: FlaskClient) -> None:
    assert client.get("/kabari").status_code == 404
    assert "/kabari" not in client.get("/").text + client.get("/klarifikasi/").text


def test_with_one_the_pages_lead_to_it(client: FlaskClient, settings_with_mail: Settings, publish: Publish) -> None:
    publish("Air tetap mengalir")
    for path in ("/", "/klarifikasi/"):
        assert 'href="/kabari"' in client.get(path).text
    assert "Kirim email konfirmasi" in client.get("/kabari").text


def test_the_letter_holds_nothing_that_whoever_asked_could_write(
    client: FlaskClient, postman: Postman, settings_with_mail: Settings
) -> None:
    ask(client)
    (letter,) = letters_to(postman, settings_with_mail, utc_now())
    words = " ".join(plain_text(letter).split())
    assert "dikabari tentang semua klarifikasi." in words
    assert "72 jam" in words
