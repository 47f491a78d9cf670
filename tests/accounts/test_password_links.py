"""Attacks on password links: used twice, late, by others, requested for others, or concurrently."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import officer_acts, officers, passwords
from hoax_tracker.authority import proposals
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Officer,
    OfficerTie,
    OutgoingMail,
    PasswordLink,
    PasswordRequest,
    RoleName,
    db,
)
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, choose, path_in, path_on, read_letters
from tests.mail_server import turn_mail_on
from tests.sent_statements import record_statements
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
FORGOT = "/petugas/lupa"


def reset_page(officer: Officer) -> str:
    return f"/petugas/kelola/petugas/{officer.id}"


def press_reset(browser: FlaskClient, officer: Officer) -> None:
    """Press *Setel ulang*, and let a second person confirm it."""
    page = reset_page(officer)
    assert factories.submit_form(browser, f"{page}/sandi", page).status_code == 303
    factories.confirm_waiting()


def press_link(browser: FlaskClient, officer: Officer) -> str:
    """Press *Setel ulang*, then *Buat tautan lagi*, and return the page that answers."""
    press_reset(browser, officer)
    page = browser.get(reset_page(officer)).get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page)}
    return browser.post(f"{reset_page(officer)}/tautan", data=fields, follow_redirects=True).get_data(as_text=True)


def ask(browser: FlaskClient, email: str) -> str:
    answer = factories.submit_form(browser, FORGOT, email=email)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def can_sign_in(app: APIFlask, officer: Officer, password: str) -> bool:
    browser = app.test_client()
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=password)
    return browser.get("/petugas/").status_code == 200


# An administrator sends one


def test_a_reset_ends_the_old_password_and_the_sessions_and_sends_a_link(
    app: APIFlask, officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    turn_mail_on(app)
    theirs, host = sign_in(officer), sign_in(administrator)
    factories.submit_form(host, f"{reset_page(officer)}/sandi", reset_page(officer))
    assert theirs.get("/petugas/").status_code == 200, "nothing ends before a second person confirmed it"
    assert can_sign_in(app, officer, factories.PASSWORD)
    second = factories.confirm_waiting()
    assert theirs.get("/petugas/").status_code == 302
    assert not can_sign_in(app, officer, factories.PASSWORD)
    [link] = [one for one in read_letters(app, officer.email) if "/petugas/sandi/" in one.text]
    assert choose(client, path_in(link)) == 303
    assert can_sign_in(app, officer, GOOD_PASSWORD)
    events = {row.action: row for row in db.session.scalars(sa.select(AuditEvent))}
    assert events["password_reset"].officer_id == second.id
    [tie] = db.session.scalars(sa.select(OfficerTie))
    assert (tie.maker_id, tie.officer_id) == (administrator.id, officer.id)
    assert events["password_chosen"].officer_id == officer.id
    assert GOOD_PASSWORD not in str([row.detail for row in events.values()])


def test_without_a_mail_server_it_is_shown_once_and_works_once(
    officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    path = path_on(press_link(sign_in(administrator), officer))
    assert choose(client, path) == 303
    assert choose(client, path, "payung biru kursi sawah") == 404


def test_two_administrators_who_ask_share_one_proposal_and_neither_confirms_it(
    officer: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    other = factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)
    for person in (administrator, other):
        officer_acts.propose_password_reset(officer.id, by=person, now=utc_now())
    [row] = proposals.list_open()
    assert row.hand_ids == {administrator.id, other.id}
    for person in (administrator, other):
        with pytest.raises(NotAllowedError):
            factories.confirm_waiting(person)


def test_a_link_is_made_again_of_a_confirmed_reset_only_and_ties_who_holds_it(
    officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    holder = factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)
    host, page = sign_in(holder), reset_page(officer)
    officer_acts.propose_password_reset(officer.id, by=administrator, now=utc_now())
    assert factories.submit_form(host, f"{page}/tautan", page).status_code == 409
    factories.confirm_waiting()
    first = path_on(factories.submit_form(host, f"{page}/tautan", page).get_data(as_text=True))
    path = path_on(factories.submit_form(host, f"{page}/tautan", page).get_data(as_text=True))
    assert choose(client, first) == 404
    assert choose(client, path) == 303
    assert factories.submit_form(host, f"{page}/tautan", page).status_code == 409, "used up"
    makers = {row.maker_id for row in db.session.scalars(sa.select(OfficerTie)) if row.officer_id == officer.id}
    assert makers == {administrator.id, holder.id}


def test_a_closed_account_gets_none_and_one_that_is_closed_later_cannot_use_it(
    officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    host = sign_in(administrator)
    path = path_on(press_link(host, officer))
    with write_transaction():
        officers.disable_officer(officer, by=administrator, now=utc_now())
    assert choose(client, path) == 404
    page = reset_page(officer)
    assert factories.submit_form(host, f"{page}/sandi", page).status_code == 409
    with write_transaction():
        officers.enable_officer(officer, by=administrator, now=utc_now())
    assert choose(client, path) == 404, "opened again, the old link stays void"
    path = path_on(factories.submit_form(host, f"{page}/tautan", page).get_data(as_text=True))
    officer.unit = factories.load_unit("pdam")
    officer.unit.is_active = False
    db.session.commit()
    assert choose(client, path) == 404, "the unit was closed"
    assert db.session.get_one(Officer, officer.id).password is None


@pytest.mark.parametrize(("hours", "status"), [(71, 303), (73, 404)])
def test_it_ends_after_72_hours(
    officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient, hours: int, status: int
) -> None:
    path = path_on(press_link(sign_in(administrator), officer))
    link = db.session.scalars(sa.select(PasswordLink)).one()
    link.made_at, link.expires_at = (at - timedelta(hours=hours) for at in (link.made_at, link.expires_at))
    db.session.commit()
    assert choose(client, path) == status


def test_somebody_signed_in_as_another_is_refused(
    officer: Officer, approver: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    path, other = path_on(press_link(sign_in(administrator), officer)), sign_in(approver)
    fields = {"csrf_token": factories.csrf_token_in(other.get("/petugas/akun").get_data(as_text=True))}
    typed = {"password": GOOD_PASSWORD, "again": GOOD_PASSWORD}
    assert other.get(path).status_code == 409
    assert other.post(path, data=fields | typed).status_code == 409
    assert choose(client, path) == 303


def test_no_form_of_another_site_chooses_it(
    officer: Officer, administrator: Officer, sign_in: SignIn, client: FlaskClient
) -> None:
    path = path_on(press_link(sign_in(administrator), officer))
    assert client.post(path, data={"password": GOOD_PASSWORD, "again": GOOD_PASSWORD}).status_code == 400
    page = client.get(path)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


# Somebody asks for one


def test_who_forgot_it_asks_and_is_mailed(app: APIFlask, officer: Officer, client: FlaskClient) -> None:
    turn_mail_on(app)
    assert "Periksa email Anda" in ask(client, f" {officer.email.upper()} ")
    assert read_letters(app, officer.email) == [], "the worker writes it, off the path of the answer"
    assert passwords.answer_password_requests(utc_now()) == 1
    assert can_sign_in(app, officer, factories.PASSWORD), "asking takes nothing away"
    [*_others, letter] = [one for one in read_letters(app, officer.email) if "/petugas/sandi/" in one.text]
    assert choose(client, path_in(letter)) == 303
    assert can_sign_in(app, officer, GOOD_PASSWORD)
    assert not can_sign_in(app, officer, factories.PASSWORD)
    assert db.session.scalars(sa.select(PasswordRequest)).all() == []


def test_known_and_unknown_addresses_are_answered_with_the_same_words(
    app: APIFlask, officer: Officer, client: FlaskClient
) -> None:
    turn_mail_on(app)
    factories.make_officer("ditutup@kupang.example", RoleName.OFFICER).active = False
    db.session.commit()
    asked = [officer.email, "tidak.ada@kupang.example", "ditutup@kupang.example", "bukan email", "a" * 255]
    assert len({ask(client, email) for email in asked}) == 1
    assert passwords.answer_password_requests(utc_now()) == 1
    assert [row.officer_id for row in db.session.scalars(sa.select(PasswordRequest))] == []


def test_known_and_unknown_addresses_take_the_same_statements(
    app: APIFlask, officer: Officer, client: FlaskClient
) -> None:
    """What a clock would show: neither hashes, mails nor writes more than the other."""
    turn_mail_on(app)
    ask(client, "pemanasan@kupang.example")
    page = client.get(FORGOT).get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page)}
    counts, times = [], []
    for email in (officer.email, "tidak.ada@kupang.example"):
        with record_statements() as statements:
            client.post(FORGOT, data=fields | {"email": email})
        counts.append(list(statements))
        taken = []
        for _ in range(15):
            begun = time.process_time()
            client.post(FORGOT, data=fields | {"email": email})
            taken.append(time.process_time() - begun)
        times.append(median(taken))
    assert counts[0] == counts[1]
    assert max(times) < 3 * min(times) + 0.01


def test_asking_in_somebodys_name_neither_floods_nor_voids(
    app: APIFlask, officer: Officer, client: FlaskClient
) -> None:
    turn_mail_on(app)
    for _ in range(8):
        ask(client, officer.email)
    assert passwords.answer_password_requests(utc_now()) == passwords.MAX_ASKED
    letters = read_letters(app, officer.email)
    assert len(letters) == passwords.MAX_ASKED
    assert choose(client, path_in(letters[0])) == 303, "the first works although others came after it"
    assert choose(client, path_in(letters[1])) == 404, "the others end with it"


@pytest.mark.usefixtures("one_moment")
def test_asking_is_limited_per_address(app: APIFlask, officer: Officer) -> None:

    turn_mail_on(app)
    change_settings(app, sign_ins_per_quarter_hour=2)
    browser = app.test_client()
    for _ in range(2):
        ask(browser, officer.email)
    assert factories.submit_form(browser, FORGOT, email=officer.email).status_code == 429


def test_one_that_was_asked_for_lasts_an_hour(app: APIFlask, officer: Officer, client: FlaskClient) -> None:
    turn_mail_on(app)
    ask(client, officer.email)
    passwords.answer_password_requests(utc_now() - timedelta(minutes=61))
    assert choose(client, path_in(read_letters(app, officer.email)[0])) == 404


def test_without_a_mail_server_the_page_says_whom_to_ask(officer: Officer, client: FlaskClient) -> None:
    page = client.get(FORGOT).get_data(as_text=True)
    assert "Server email belum diatur" in page
    assert "<form" not in page.split("<main", 1)[1].split("</main>", 1)[0]


def test_a_disabled_officer_who_asks_gets_nothing(app: APIFlask, officer: Officer, client: FlaskClient) -> None:
    turn_mail_on(app)
    ask(client, officer.email)
    officer.active = False
    db.session.commit()
    assert passwords.answer_password_requests(utc_now()) == 0
    assert db.session.scalars(sa.select(OutgoingMail)).all() == []
