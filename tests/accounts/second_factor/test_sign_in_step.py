"""Attacks on the second step: skipped, guessed, replayed codes, and phones with a wrong clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from cryptography.fernet import Fernet
from flask.testing import FlaskClient

from hoax_tracker.accounts.second_factor import code_app, recovery_codes, verification
from hoax_tracker.accounts.second_factor.sign_in_step import PENDING_AT_KEY
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import InvalidInputError, RateLimitedError
from hoax_tracker.models import AuditEvent, Officer, OutgoingMail, RecoveryCode, SecondFactor, db
from tests import factories
from tests.accounts.second_factor import helpers
from tests.accounts.second_factor.helpers import OWN, STEP, code_at, fault_in, give_code, give_code_app, give_password
from tests.factories import list_audit_actions
from tests.mail_server import turn_mail_on
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
QUEUE = "/petugas/"


def verify(person: Officer, typed: str, **later: int) -> str:
    now = utc_now() + timedelta(**later)
    return verification.verify_code(person.id, typed, key=helpers.contact_key(), now=now)


def test_password_then_code_opens_the_desk(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    asked = give_password(client, officer)
    assert (asked.status_code, asked.location) == (302, STEP)
    done = give_code(client, code_at(secret))
    assert (done.status_code, done.location) == (303, "/petugas/mulai")
    assert client.get(QUEUE).status_code == 200


def test_it_leads_on_to_the_page_that_was_asked_for_and_to_no_other_site(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    page = client.get("/petugas/masuk").get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page), "email": officer.email, "password": factories.PASSWORD}
    step = client.post("/petugas/masuk", query_string={"next": "/petugas/klarifikasi/?q=air"}, data=fields)
    assert give_code(client, code_at(secret), str(step.location)).location == "/petugas/klarifikasi/?q=air"
    helpers.forget_used_codes(officer)
    factories.submit_form(client, "/petugas/keluar", QUEUE)
    for elsewhere in ("//situs.example/", "https://situs.example/", "/\\situs.example"):
        give_password(client, officer)
        done = give_code(client, code_at(secret), f"{STEP}?{urlencode({'next': elsewhere})}")
        assert (done.status_code, done.location) == (303, "/petugas/mulai")
        helpers.forget_used_codes(officer)
        factories.submit_form(client, "/petugas/keluar", QUEUE)


@pytest.mark.parametrize("path", [QUEUE, "/petugas/kelola/", "/petugas/mulai", OWN, f"{OWN}/konfirmasi"])
def test_the_password_alone_opens_no_page(client: FlaskClient, administrator: Officer, path: str) -> None:
    give_code_app(administrator)
    give_password(client, administrator)
    answer = client.get(path)
    assert answer.status_code == 302
    assert str(answer.location).startswith("/petugas/masuk" if path == "/petugas/" else "/petugas/masuk?next=")


def test_a_code_works_once(app: APIFlask, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    code = code_at(secret)
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        give_password(browser, officer)
    assert give_code(first, code).status_code == 303
    refused = give_code(second, code)
    assert refused.status_code == 422
    assert "sudah dipakai" in fault_in(refused)
    assert second.get(QUEUE).status_code == 302


def test_the_code_that_turned_it_on_does_not_sign_in(client: FlaskClient, officer: Officer) -> None:
    now, secret = utc_now(), code_app.generate_secret()
    sealed = code_app.seal_secret(secret, officer.id, helpers.contact_key()).decode()
    helpers.factors.add_code_app(officer.id, sealed, code_at(secret, now), key=helpers.contact_key(), now=now)
    give_password(client, officer)
    assert "sudah dipakai" in fault_in(give_code(client, code_at(secret, now)))


def test_a_code_of_yesterday_and_one_of_another_officer_are_wrong(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    other, _ = give_code_app(factories.make_officer("lain@kupang.example"))
    give_password(client, officer)
    for code in (code_at(secret, days=-1), code_at(other), "", "000000'--"):
        assert "tidak cocok" in fault_in(give_code(client, code))
    assert client.get(QUEUE).status_code == 302


def test_a_phone_whose_clock_is_off_is_told_so(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    give_password(client, officer)
    assert "Jam HP Anda meleset kira-kira 5 menit" in fault_in(give_code(client, code_at(secret, minutes=5)))
    assert give_code(client, code_at(secret)).status_code == 303


def test_a_code_of_the_future_that_was_answered_is_burnt(officer: Officer) -> None:
    """The answer says that it will be right: nobody waits for that moment to use it."""
    secret, _ = give_code_app(officer)
    guessed = code_at(secret, minutes=5)
    with pytest.raises(InvalidInputError):
        verify(officer, guessed)
    with pytest.raises(InvalidInputError):
        verify(officer, guessed, minutes=5)
    assert verify(officer, code_at(secret, minutes=6), minutes=6) == "code"


def test_ten_wrong_codes_brake_even_the_right_one_for_an_hour(client: FlaskClient, officer: Officer) -> None:
    secret, spare = give_code_app(officer)
    give_password(client, officer)
    for _ in range(10):
        assert give_code(client, code_at(secret, days=-1)).status_code == 422
    for code in (code_at(secret), spare[0]):
        refused = give_code(client, code)
        assert refused.status_code == 429
        assert "Sepuluh kode salah berturut-turut" in fault_in(refused)
    assert list_audit_actions().count("second_factor_braked") == 1
    assert verify(officer, code_at(secret, minutes=61), minutes=61) == "code"


def test_after_an_hour_one_wrong_code_brakes_again_and_a_day_forgets(officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    for _ in range(10):
        with pytest.raises(InvalidInputError):
            verify(officer, "000000")
    with pytest.raises(InvalidInputError):
        verify(officer, "000000", minutes=61)
    with pytest.raises(RateLimitedError):
        verify(officer, code_at(secret, minutes=62), minutes=62)
    for _ in range(2):
        with pytest.raises(InvalidInputError):
            verify(officer, "000000", hours=26)
    assert verify(officer, code_at(secret, hours=26), hours=26) == "code"


def test_nine_wrong_codes_in_each_browser_are_not_nine_each(app: APIFlask, officer: Officer) -> None:
    give_code_app(officer)
    statuses = []
    for _ in range(4):
        browser = app.test_client()
        give_password(browser, officer)
        statuses += [give_code(browser, "000000").status_code for _ in range(3)]
    assert statuses == [422] * 10 + [429] * 2


def test_a_recovery_code_works_once_and_its_owner_gets_a_letter(app: APIFlask, officer: Officer) -> None:
    turn_mail_on(app)
    _, spare = give_code_app(officer)
    posted = sa.select(sa.func.count()).where(OutgoingMail.key.startswith("second_factor:"))
    before = db.session.scalar(posted) or 0
    first, second = app.test_client(), app.test_client()
    for browser in (first, second):
        give_password(browser, officer)
    assert give_code(first, f"  {spare[3].upper().replace('-', ' ')} ").status_code == 303
    assert give_code(second, spare[3]).status_code == 422
    assert recovery_codes.count_unused_codes(officer.id) == 9
    assert "recovery_code_used" in list_audit_actions()
    assert (db.session.scalar(posted) or 0) == before + 1


def test_nothing_of_a_code_stands_in_the_database(officer: Officer) -> None:
    secret, spare = give_code_app(officer)
    sealed = db.session.get_one(SecondFactor, officer.id).sealed_secret or b""
    assert secret.encode() not in sealed
    held = " ".join(db.session.scalars(sa.select(RecoveryCode.digest)))
    assert not [code for code in spare if code in held or code.replace("-", "") in held]
    details = " ".join(str(detail) for detail in db.session.scalars(sa.select(AuditEvent.detail)))
    assert secret not in details
    assert not [code for code in spare if code in details]


def test_after_another_contact_key_it_says_what_to_do(app: APIFlask, client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    other = Fernet.generate_key().decode()
    change_settings(app, contact_key=other)
    give_password(client, officer)
    refused = give_code(client, code_at(secret))
    assert refused.status_code == 422
    assert "minta administrator menyetel ulang" in fault_in(refused)


def test_the_second_step_waits_ten_minutes(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    give_password(client, officer)
    page = client.get(STEP)
    helpers.age_session(client, **{PENDING_AT_KEY: timedelta(minutes=11)})
    late = client.post(
        STEP,
        data={
            "csrf_token": factories.csrf_token_in(page.get_data(as_text=True)),
            "second_factor_code": code_at(secret),
        },
    )
    assert (late.status_code, late.location) == (303, "/petugas/masuk")
    assert client.get(QUEUE).status_code == 302


def test_nobody_is_half_signed_in_without_a_password(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    assert client.get(STEP).location == "/petugas/masuk"
    token = factories.csrf_token_in(client.get("/petugas/masuk").get_data(as_text=True))
    answer = client.post(STEP, data={"csrf_token": token, "second_factor_code": code_at(secret)})
    assert answer.location == "/petugas/masuk"
    assert client.post(f"{STEP}/pilihan", data={"csrf_token": token}).status_code == 403


def test_an_account_that_is_closed_meanwhile_stays_out(client: FlaskClient, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    give_password(client, officer)
    officer.active = False
    db.session.commit()
    token = factories.csrf_token_in(client.get("/petugas/masuk").get_data(as_text=True))
    answer = client.post(STEP, data={"csrf_token": token, "second_factor_code": code_at(secret)})
    assert answer.location == "/petugas/masuk"
    assert client.get(QUEUE).status_code == 302


def test_a_session_of_the_password_alone_is_asked_once_a_factor_is_there(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    """Somebody who had the password signed in before its owner turned the second factor on."""
    thief = sign_in(officer)
    assert thief.get(QUEUE).status_code == 200
    secret, _ = give_code_app(officer)
    asked = thief.get("/petugas/klarifikasi/?q=air")
    assert asked.location == f"{OWN}/konfirmasi?next=/petugas/klarifikasi/?q%3Dair"
    assert thief.get(OWN).status_code == 302
    page = thief.get(str(asked.location))
    assert page.status_code == 401
    done = thief.post(
        str(asked.location),
        data={
            "csrf_token": factories.csrf_token_in(page.get_data(as_text=True)),
            "second_factor_code": code_at(secret),
        },
    )
    assert (done.status_code, done.location) == (303, "/petugas/klarifikasi/?q=air")
    assert thief.get(QUEUE).status_code == 200


def test_what_one_officer_gave_does_not_count_for_the_next_in_the_same_browser(
    client: FlaskClient, officer: Officer, administrator: Officer
) -> None:
    secret, _ = give_code_app(officer)
    give_password(client, officer)
    give_code(client, code_at(secret))
    factories.submit_form(client, "/petugas/keluar", QUEUE)
    give_password(client, administrator)
    assert client.get("/petugas/kelola/").status_code == 200
    give_code_app(administrator)
    assert client.get("/petugas/kelola/").status_code == 302
