"""Password guessing is slowed from any address, reveals nothing, and locks no officer out for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import passwords, sign_in_brakes, sign_in_log
from hoax_tracker.clock import utc_now
from hoax_tracker.models import AuditEvent, Officer, SignInBrake, SignInFailure, db
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, choose, path_in, read_letters
from tests.mail_server import turn_mail_on
from tests.sent_statements import record_statements
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
PATH = "/petugas/masuk"
WRONG = "salah-sama-sekali"


@pytest.fixture(autouse=True)
def no_limit_per_address(app: APIFlask) -> None:
    """Let the brakes alone be at work."""
    change_settings(app, sign_ins_per_quarter_hour=10_000)


def attempt(browser: FlaskClient, email: str, password: str, address: str = "203.0.113.7") -> Any:
    """Try to sign in from an address."""
    page = browser.get(PATH).get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page), "email": email, "password": password}
    return browser.post(PATH, data=fields, environ_base={"REMOTE_ADDR": address})


def fail(app: APIFlask, email: str, times: int) -> None:
    """Fail from as many addresses and browsers."""
    for number in range(times):
        assert attempt(app.test_client(), email, WRONG, f"198.51.{number}.9").status_code == 200


def can_sign_in(browser: FlaskClient, officer: Officer, password: str = factories.PASSWORD) -> bool:
    return bool(attempt(browser, officer.email, password).status_code == 302)


def let_time_pass(by: timedelta) -> None:
    for row in db.session.scalars(sa.select(SignInBrake)):
        row.first_at, row.last_at = row.first_at - by, row.last_at - by
        row.waits_until = row.waits_until and row.waits_until - by
    db.session.commit()


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(0, None), (4, None), (5, 1), (6, 2), (7, 4), (10, 32), (11, 60), (12, 60), (100, 60), (10**6, 60)],
)
def test_an_account_waits_longer_each_time_and_an_hour_at_most(failures: int, minutes: int | None) -> None:
    wait = sign_in_brakes.wait_after(failures)
    assert wait == (None if minutes is None else timedelta(minutes=minutes))


def test_five_failures_from_anywhere_close_it_to_new_browsers_for_a_minute(app: APIFlask, officer: Officer) -> None:
    fail(app, officer.email, 4)
    assert can_sign_in(app.test_client(), officer), "four are forgiven"
    fail(app, officer.email, 5)
    assert not can_sign_in(app.test_client(), officer)
    let_time_pass(timedelta(seconds=61))
    assert can_sign_in(app.test_client(), officer)
    fail(app, officer.email, 4)
    assert can_sign_in(app.test_client(), officer), "who was in begins at nothing"


def test_the_next_failure_waits_twice_as_long(app: APIFlask, officer: Officer) -> None:
    fail(app, officer.email, 5)
    for minutes in (1, 2, 4):
        let_time_pass(timedelta(minutes=minutes) - timedelta(seconds=5))
        assert not can_sign_in(app.test_client(), officer), "not yet"
        let_time_pass(timedelta(seconds=6))
        fail(app, officer.email, 1)


def test_what_is_tried_while_it_waits_neither_counts_nor_lengthens(app: APIFlask, officer: Officer) -> None:
    fail(app, officer.email, 50)
    row = db.session.scalars(sa.select(SignInBrake)).one()
    assert row.failures == sign_in_brakes.FREE_FAILURES
    assert row.waits_until is not None
    assert row.waits_until <= utc_now() + timedelta(minutes=1)


def test_a_hundred_at_once_are_five_guesses(app: APIFlask, officer: Officer) -> None:
    from tests.test_concurrency import together

    key, now, email = officer.id, utc_now(), officer.email

    def count() -> bool:
        with app.test_request_context():
            return sign_in_brakes.count_attempt(email, now).is_allowed

    allowed = [one for _ in range(5) for one in together(app, [count] * 8)]
    assert sum(one is True for one in allowed) == sign_in_brakes.FREE_FAILURES
    assert db.session.scalars(sa.select(SignInBrake.officer_id)).one() == key


def without_what_differs(page: str, email: str) -> str:
    """Return a page without its form token and what was typed."""
    return page.replace(factories.csrf_token_in(page), "").replace(email, "")


def test_a_waiting_account_tells_a_guesser_nothing(app: APIFlask, officer: Officer) -> None:
    """The right password, a wrong one, and nobody's address are answered with the same page."""
    before = without_what_differs(
        attempt(app.test_client(), officer.email, WRONG).get_data(as_text=True), officer.email
    )
    fail(app, officer.email, 6)
    for email, password in [
        (officer.email, factories.PASSWORD),
        (officer.email, WRONG),
        ("tidak.ada@kupang.example", WRONG),
    ]:
        browser = app.test_client()
        answer = attempt(browser, email, password)
        assert answer.status_code == 200
        assert without_what_differs(answer.get_data(as_text=True), email) == before
        assert browser.get("/petugas/").status_code == 302
        assert browser.get_cookie("peramban") is None


def test_machines_are_told_no_more(app: APIFlask, officer: Officer) -> None:
    fail(app, officer.email, 5)
    answers = []
    for email in (officer.email, "tidak.ada@kupang.example"):
        browser = app.test_client()
        token = factories.csrf_token_in(browser.get(PATH).get_data(as_text=True))
        sent = {"email": email, "password": factories.PASSWORD}
        answer = browser.post(PATH, json=sent, headers={"X-CSRFToken": token, "Accept": "application/json"})
        answers.append((answer.status_code, {**answer.get_json()["response"], "csrf_token": ""}))
    assert answers[0] == answers[1]
    assert "user" not in answers[0][1]


def test_all_of_them_take_the_same_statements(app: APIFlask, officer: Officer) -> None:
    """What a clock would show: a wrong password, a waiting account and nobody's address cost the same."""

    def statements(email: str, password: str) -> list[str]:
        browser = app.test_client()
        browser.get(PATH)
        with record_statements() as found:
            attempt(browser, email, password)
        return list(found)

    statements("pemanasan@kupang.example", WRONG)
    wrong, unknown = statements(officer.email, WRONG), statements("tidak.ada@kupang.example", WRONG)
    fail(app, officer.email, 5)
    waiting = statements(officer.email, WRONG)
    written = ("INSERT", "UPDATE", "DELETE")
    assert [one for one in wrong if one.startswith(written)] == [one for one in unknown if one.startswith(written)]
    # A counter that waits is not changed; who is loaded to compare the password is read with one statement more.
    assert abs(len(wrong) - len(unknown)) <= 2
    assert abs(len(wrong) - len(waiting)) <= 2


def test_a_known_browser_gets_past(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    mine = sign_in(officer)
    factories.submit_form(mine, "/petugas/keluar", "/petugas/")
    fail(app, officer.email, 30)
    assert not can_sign_in(app.test_client(), officer)
    assert can_sign_in(mine, officer), "an attacker cannot keep an officer out"
    assert not can_sign_in(app.test_client(), officer), "and the attacker still waits"


def test_a_known_browser_that_is_stolen_waits_by_itself(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    mine = sign_in(officer)
    factories.submit_form(mine, "/petugas/keluar", "/petugas/")
    for _ in range(5):
        attempt(mine, officer.email, WRONG)
    assert not can_sign_in(mine, officer)
    assert can_sign_in(app.test_client(), officer)


def test_a_known_browser_of_another_or_a_forged_one_gets_nobody_past(
    app: APIFlask, officer: Officer, approver: Officer, sign_in: SignIn
) -> None:
    theirs = sign_in(approver)
    factories.submit_form(theirs, "/petugas/keluar", "/petugas/")
    fail(app, officer.email, 5)
    assert not can_sign_in(theirs, officer)
    forged = app.test_client()
    cookie = theirs.get_cookie("peramban")
    assert cookie is not None
    forged.set_cookie("peramban", cookie.value[:-2] + "xx")
    assert not can_sign_in(forged, officer)
    for value in ("", "x", "W10.x.y", "eyIxIjpudWxsfQ.x.y"):
        forged.set_cookie("peramban", value)
        assert not can_sign_in(forged, officer)


@pytest.mark.slow
def test_a_mailed_link_gets_past(app: APIFlask, officer: Officer, client: FlaskClient) -> None:
    turn_mail_on(app)
    fail(app, officer.email, 30)
    factories.submit_form(client, "/petugas/lupa", email=officer.email)
    passwords.answer_password_requests(utc_now())
    letter = [one for one in read_letters(app, officer.email) if "/petugas/sandi/" in one.text][-1]
    assert choose(client, path_in(letter)) == 303
    fail(app, officer.email, 30)
    assert can_sign_in(client, officer, GOOD_PASSWORD), "at once, although the attacker goes on"


def test_the_owner_gets_one_letter_and_the_log_says_it(app: APIFlask, officer: Officer) -> None:
    turn_mail_on(app)
    fail(app, officer.email, 5)
    for _ in range(3):
        sign_in_log.record_failures(utc_now())
        let_time_pass(timedelta(minutes=70))
        fail(app, officer.email, 3)
    sign_in_log.record_failures(utc_now())
    letters = read_letters(app, officer.email)
    assert [one.subject for one in letters] == ["Masuk ke akun Anda gagal berkali-kali"]
    assert "/petugas/lupa" in letters[0].text
    events = db.session.scalars(sa.select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events].count("sign_in_waits") == 1
    failed = [event for event in events if event.action == "sign_in_failed"]
    assert sum(event.detail["times"] for event in failed) == 14
    assert {event.subject for event in failed} == {f"officer:{officer.id}"}
    assert all(event.detail["network"].endswith("/24") for event in failed)
    assert WRONG not in str([event.detail for event in events])


def test_nobodys_address_is_kept_nowhere_and_fills_no_table(app: APIFlask) -> None:
    for number in range(20):
        attempt(app.test_client(), f"karangan{number}@kupang.example", WRONG)
    for table in (SignInBrake.__table__, SignInFailure.__table__):
        assert "karangan" not in str([tuple(row) for row in db.session.execute(sa.select(table))])
    keys = {sign_in_brakes.unknown_address_key(f"{number}@x.example") for number in range(5000)}
    assert len(keys) == sign_in_brakes.UNKNOWN_ADDRESSES
    assert sign_in_log.record_failures(utc_now()) == 20
    [event] = db.session.scalars(sa.select(AuditEvent))
    assert (event.subject, event.detail) == ("officer:unknown", {"times": 20, "networks": 1})
    assert db.session.scalars(sa.select(SignInFailure)).all() == []


def test_a_clock_that_jumped_does_not_keep_an_account_closed(now: datetime) -> None:
    """Five minutes off lengthens a wait by five minutes; days off are no wait at all."""
    ahead = SignInBrake(key="x", failures=5, first_at=now, last_at=now, waits_until=now + timedelta(minutes=6))
    assert not sign_in_brakes.count_failure(ahead, now)
    ahead.waits_until = now + timedelta(days=3)
    assert sign_in_brakes.count_failure(ahead, now)
    future = SignInBrake(
        key="x", failures=9, first_at=now, last_at=now + timedelta(days=30), waits_until=now + timedelta(days=30)
    )
    assert sign_in_brakes.count_failure(future, now)
    assert future.failures == 1


def test_failures_are_forgotten_after_a_quiet_day(now: datetime) -> None:
    row = SignInBrake(key="x", failures=9, first_at=now, last_at=now, waits_until=now + timedelta(minutes=16))
    assert sign_in_brakes.count_failure(row, now + timedelta(hours=25))
    assert (row.failures, row.waits_until) == (1, None)
