"""A right password without the second factor: audit log and owner hear of it, and it locks nobody out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import sign_in_log
from hoax_tracker.clock import utc_now
from hoax_tracker.models import AuditEvent, Officer, SecondFactor, SignInFailure, db
from tests import factories
from tests.accounts.letters import read_letters
from tests.accounts.second_factor.helpers import STEP, code_at, give_code, give_code_app, give_password
from tests.mail_server import turn_mail_on

LATER = timedelta(minutes=11)


def stopped_events() -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).filter_by(action="sign_in_stopped")))


def test_it_is_an_event_and_one_letter_a_day_once_its_time_is_over(app: APIFlask, officer: Officer) -> None:
    turn_mail_on(app)
    give_code_app(officer)
    for _ in range(2):
        give_password(app.test_client(), officer)
    sign_in_log.record_failures(utc_now())
    assert stopped_events() == [], "the code may still come"
    sign_in_log.record_failures(utc_now() + LATER)
    [event] = stopped_events()
    assert (event.subject, event.officer_id) == (f"officer:{officer.id}", None)
    assert event.detail == {"network": "127.0.0.0/24", "browser": "?", "times": 2, "method": "password"}
    assert db.session.scalars(sa.select(SignInFailure)).all() == []
    subject = "Seseorang tahu kata sandi Anda, atau Anda belum selesai masuk"
    assert [letter.subject for letter in read_letters(app, officer.email)].count(subject) == 1
    [shown] = [row for row in sign_in_log.list_sign_ins(officer) if row.failures]
    assert shown.method == "kata sandi benar, tanpa kode kedua"


@pytest.mark.parametrize("wrong_codes", [0, 2])
def test_who_gives_the_code_in_the_end_leaves_none(client: FlaskClient, officer: Officer, wrong_codes: int) -> None:
    secret, _ = give_code_app(officer)
    give_password(client, officer)
    for _ in range(wrong_codes):
        give_code(client, "000000")
    assert give_code(client, code_at(secret)).status_code == 303
    sign_in_log.record_failures(utc_now() + LATER)
    assert stopped_events() == []


def test_the_owner_who_signs_in_meanwhile_hides_nothing(app: APIFlask, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    thief, owner = app.test_client(), app.test_client()
    give_password(thief, officer)
    give_password(owner, officer)
    assert give_code(owner, code_at(secret)).status_code == 303
    sign_in_log.record_failures(utc_now() + LATER)
    [event] = stopped_events()
    assert event.detail["times"] == 1


def test_a_stranger_without_the_password_brakes_no_codes(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    token = factories.csrf_token_in(client.get("/petugas/masuk").get_data(as_text=True))
    for _ in range(12):
        client.post(STEP, data={"csrf_token": token, "second_factor_code": "000000"})
    for _ in range(12):
        factories.submit_form(client, "/petugas/masuk", email=officer.email, password="salah-sama-sekali")
    assert db.session.get_one(SecondFactor, officer.id).wrong_codes == 0
    sign_in_log.record_failures(utc_now() + LATER)
    assert stopped_events() == []
    assert secret


def test_a_thief_of_the_password_waits_like_a_guesser_and_a_known_browser_gets_past(
    app: APIFlask, officer: Officer
) -> None:
    secret, _ = give_code_app(officer)
    owner = app.test_client()
    give_password(owner, officer)
    assert give_code(owner, code_at(secret)).status_code == 303
    factories.submit_form(owner, "/petugas/keluar", "/petugas/akun")
    statuses = [give_password(app.test_client(), officer).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [200], "after five passwords without a code the sixth waits"
    assert give_password(owner, officer).status_code == 302
