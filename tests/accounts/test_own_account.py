"""An officer's own account: what can be changed there, and attacks on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import officer_acts, officers, sessions, sign_in_log
from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, NoticeKind, Officer, OfficerSession, RoleName, db
from hoax_tracker.notifications import notices
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, read_letters
from tests.factories import count_rows, list_audit_actions
from tests.mail_server import turn_mail_on
from tests.sent_statements import record_statements

SignIn = Callable[[Officer], FlaskClient]
ACCOUNT = "/petugas/akun"
PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"


def page_of(browser: FlaskClient) -> str:
    answer = browser.get(ACCOUNT)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def save_profile(browser: FlaskClient, **changes: Any) -> Any:
    page = page_of(browser)
    seen = page.split('name="seen"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    fields = {"csrf_token": factories.csrf_token_in(page), "seen": seen, "name": "Petugas", "language": "id"}
    return browser.post(ACCOUNT, data=fields | changes)


def change_password(
    browser: FlaskClient, old: str = factories.PASSWORD, new: str = GOOD_PASSWORD, again: str = ""
) -> Any:
    return factories.submit_form(browser, f"{ACCOUNT}/sandi", ACCOUNT, old=old, password=new, again=again or new)


def is_in(browser: FlaskClient) -> bool:
    return bool(browser.get("/petugas/klarifikasi/").status_code == 200)


def copy_of(app: APIFlask, browser: FlaskClient) -> FlaskClient:
    """A browser of somebody who took the session's cookie along."""
    cookie, thief = browser.get_cookie("sesi"), app.test_client()
    assert cookie is not None
    thief.set_cookie("sesi", cookie.value)
    return thief


# Who gets in


def test_it_is_the_officers_own_and_in_the_menu(officer: Officer, sign_in: SignIn, client: FlaskClient) -> None:
    browser = sign_in(officer)
    page = page_of(browser)
    assert f"<b>{officer.name}</b>, {officer.email}" in page
    assert f'href="{ACCOUNT}" aria-current="page"><span class="off">Akun' in page
    assert f'href="{ACCOUNT}"><span class="off">Akun' in browser.get("/petugas/klarifikasi/").get_data(as_text=True)
    assert client.get(ACCOUNT).status_code == 302
    for path in ("", "/sandi", "/sesi/1/keluarkan", "/sesi/keluarkan-lain"):
        assert browser.post(ACCOUNT + path).status_code == 400, "no form of another site"


# Profile


def test_name_language_and_letters_are_changed(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert save_profile(browser, name=" Rambu  Contoh ", language="en").status_code == 303
    person = db.session.get_one(Officer, officer.id)
    assert (person.name, person.language, person.gets_mail) == ("Rambu Contoh", "en", False)
    assert "<h1>Your account</h1>" in page_of(browser)
    assert list_audit_actions() == ["profile_changed"]
    browser.delete_cookie("bahasa")
    factories.submit_form(browser, "/petugas/keluar", ACCOUNT)
    factories.submit_form(browser, "/petugas/masuk", email=person.email, password=factories.PASSWORD)
    assert "<h1>Your account</h1>" in page_of(browser), "the language comes along to a new browser"


@pytest.mark.parametrize(("field", "value"), [("name", "  "), ("name", "x" * 121), ("language", "tet")])
def test_what_cannot_be_is_refused_and_kept_on_the_page(
    officer: Officer, sign_in: SignIn, field: str, value: str
) -> None:
    answer = save_profile(sign_in(officer), **{field: value})
    assert answer.status_code == 422
    assert "Belum disimpan" in answer.get_data(as_text=True)
    assert db.session.get_one(Officer, officer.id).name == "Petugas"


def test_a_form_cannot_give_more_than_it_shows(officer: Officer, sign_in: SignIn) -> None:
    save_profile(sign_in(officer), roles="administrator", email="x@kupang.example", unit_id="2", active="1")
    person = db.session.get_one(Officer, officer.id)
    assert (person.email, person.is_administrator) == ("petugas@kupang.example", False)


def test_a_name_that_an_administrator_changed_meanwhile_is_not_overwritten(
    officer: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    page = page_of(browser)
    before = officer_acts.officer_values(officer)
    officer_acts.edit_officer_account(
        officer.id, before | {"name": "Nama Resmi"}, values_digest(before), by=administrator, now=utc_now()
    )
    seen = page.split('name="seen"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
    fields = {"csrf_token": factories.csrf_token_in(page), "seen": seen, "name": "Nama Lain", "language": "id"}
    answer = browser.post(ACCOUNT, data=fields)
    assert answer.status_code == 409
    assert "Nama Resmi" in answer.get_data(as_text=True)
    assert db.session.get_one(Officer, officer.id).name == "Nama Resmi"


def test_who_wants_no_letters_gets_none_but_those_about_the_account(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    turn_mail_on(app)
    browser, now = sign_in(officer), utc_now()
    for wants, letters in ((False, 0), (True, 1)):
        save_profile(browser, **({"gets_mail": "y"} if wants else {}))
        with write_transaction():
            notices.notify_officers([officer], NoticeKind.MENTIONED, now - timedelta(minutes=20))
        assert notices.mail_unseen_notices(now) == letters
    assert "browser baru" in read_letters(app, officer.email)[0].subject


# Password


def test_the_password_is_changed_with_the_old_one_and_others_go(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    turn_mail_on(app)
    browser, other = sign_in(officer), sign_in(officer)
    thief = copy_of(app, browser)
    assert change_password(browser).status_code == 303
    assert is_in(browser)
    assert not is_in(other)
    assert not is_in(thief), "a copy of the cookie from before"
    assert "Kata sandi Anda diganti" in [one.subject for one in read_letters(app, officer.email)]
    assert list_audit_actions() == ["password_changed"]
    factories.submit_form(browser, "/petugas/keluar", ACCOUNT)
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert not is_in(browser)
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=GOOD_PASSWORD)
    assert is_in(browser)
    subjects = [one.subject for one in read_letters(app, officer.email)]
    assert subjects.count("Akun Anda dibuka di browser baru") == 2, "the browser in hand stays known"


@pytest.mark.parametrize(
    ("old", "new", "again", "words"),
    [
        ("salah-sama-sekali", GOOD_PASSWORD, "", "yang sekarang tidak cocok"),
        ("", GOOD_PASSWORD, "", "wajib diisi"),
        (factories.PASSWORD, "pendek", "", "paling sedikit 12"),
        (factories.PASSWORD, "kupangkabas2026", "", "mudah ditebak"),
        (factories.PASSWORD, GOOD_PASSWORD, "lain", "belum sama"),
        (factories.PASSWORD, "x" * 1_000_000, "", "paling panjang 128"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_comes_back(
    officer: Officer, sign_in: SignIn, old: str, new: str, again: str, words: str
) -> None:
    browser = sign_in(officer)
    answer = change_password(browser, old, new, again)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    for typed in (old, new):
        assert not typed or typed not in page
    assert f'value="{officer.name}"' in page, "the profile beside it is as it was"
    assert is_in(browser)


def test_guessing_the_old_one_at_an_open_desk_is_slowed_down(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    for _ in range(5):
        change_password(browser, old="salah-sama-sekali")
    answer = change_password(browser)
    assert answer.status_code == 422
    assert "Terlalu sering salah" in answer.get_data(as_text=True)
    assert is_in(sign_in(officer)), "signing in is counted apart"


# Where they are signed in


def test_sessions_are_named_and_one_is_ended(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    phone = app.test_client()
    token = factories.csrf_token_in(phone.get("/petugas/masuk").get_data(as_text=True))
    fields = {"csrf_token": token, "email": officer.email, "password": factories.PASSWORD}
    phone.post(
        "/petugas/masuk", data=fields, headers={"User-Agent": PHONE}, environ_base={"REMOTE_ADDR": "198.51.100.7"}
    )
    page = page_of(browser)
    assert "Chrome di Android" in page
    assert "198.51.100.0/24" in page
    assert "198.51.100.7" not in page, "never the whole address"
    assert page.count("perangkat ini") == 1
    thief = copy_of(app, phone)
    key = db.session.scalars(sa.select(OfficerSession.id).where(OfficerSession.browser == "Chrome/Android")).one()
    assert factories.submit_form(browser, f"{ACCOUNT}/sesi/{key}/keluarkan", ACCOUNT).status_code == 303
    assert is_in(browser)
    assert not is_in(phone)
    assert not is_in(thief)
    assert factories.submit_form(browser, f"{ACCOUNT}/sesi/{key}/keluarkan", ACCOUNT).status_code == 404


def test_nobody_ends_somebody_elses(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    theirs, browser = sign_in(approver), sign_in(officer)
    key = db.session.scalars(sa.select(OfficerSession.id).where(OfficerSession.officer_id == approver.id)).one()
    assert factories.submit_form(browser, f"{ACCOUNT}/sesi/{key}/keluarkan", ACCOUNT).status_code == 404
    assert is_in(theirs)


def test_ending_all_others_ends_copies_of_the_present_one_too(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser, others = sign_in(officer), [sign_in(officer), sign_in(officer)]
    thieves = [copy_of(app, one) for one in (browser, *others)]
    assert factories.submit_form(browser, f"{ACCOUNT}/sesi/keluarkan-lain", ACCOUNT).status_code == 303
    assert is_in(browser)
    assert not any(is_in(one) for one in (*others, *thieves))
    assert count_rows(OfficerSession) == 1
    assert "Anda tidak sedang masuk di tempat lain" in page_of(browser)
    assert list_audit_actions() == ["sessions_ended"]


def test_signing_out_ends_this_session_alone(officer: Officer, sign_in: SignIn) -> None:
    browser, other = sign_in(officer), sign_in(officer)
    factories.submit_form(browser, "/petugas/keluar", ACCOUNT)
    assert not is_in(browser)
    assert is_in(other)


def test_a_cookie_without_its_row_or_with_a_made_up_token_is_nobodys(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    with browser.session_transaction() as session:
        session[sessions.TOKEN_KEY] = "x"
    assert not is_in(browser)
    browser = sign_in(officer)
    db.session.execute(sa.delete(OfficerSession))
    db.session.commit()
    assert not is_in(browser)


def test_being_signed_in_is_checked_with_one_statement(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    is_in(browser)
    with record_statements() as statements:
        is_in(browser)
    asked = [one for one in statements if "officer_session" in one]
    assert len(asked) == 1
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE", "DELETE"))]
    with browser.session_transaction() as session:
        session[sessions.SEEN_AT_KEY] -= 300
    before = db.session.scalars(sa.select(OfficerSession.seen_at)).one()
    assert is_in(browser)
    db.session.expire_all()
    assert db.session.scalars(sa.select(OfficerSession.seen_at)).one() > before


@pytest.mark.sqlite
def test_a_page_does_not_wait_for_who_writes_to_note_that_it_was_seen(officer: Officer, sign_in: SignIn) -> None:
    import time

    browser = sign_in(officer)
    with browser.session_transaction() as session:
        session[sessions.SEEN_AT_KEY] -= 300
    with db.engine.connect() as writer:
        writer.exec_driver_sql("select 1")  # begins as a write
        begun = time.perf_counter()
        assert is_in(browser)
        assert time.perf_counter() - begun < 2
        writer.rollback()


# Roles, units, time


def test_a_role_taken_away_counts_on_the_page_that_is_open(
    officer: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    second = factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR, RoleName.OFFICER)
    browser = sign_in(second)
    page = browser.get("/petugas/kelola/petugas/baru").get_data(as_text=True)
    before = officer_acts.officer_values(second)
    officer_acts.edit_officer_account(
        second.id, before | {"roles": ["officer"]}, values_digest(before), by=administrator, now=utc_now()
    )
    factories.confirm_waiting()
    fields = {"csrf_token": factories.csrf_token_in(page), "email": "x@kupang.example", "name": "x", "roles": "officer"}
    assert browser.post("/petugas/kelola/petugas/baru", data=fields | {"unit_id": "1"}).status_code == 403
    assert is_in(browser)
    changed = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "officer_changed")).one()
    assert changed.detail["after"]["roles"] == ["officer"]


def test_an_officer_of_a_closed_unit_is_out_until_they_get_another(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    person = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    browser = sign_in(person)
    assert is_in(browser)
    factories.load_unit("pdam").is_active = False
    db.session.commit()
    assert not is_in(browser)
    assert not is_in(sign_in(person))
    person.unit_id = factories.load_unit("dinkes").id
    db.session.commit()
    assert is_in(sign_in(person))


@pytest.mark.parametrize(
    ("role", "minutes", "inside"),
    [
        (RoleName.ADMINISTRATOR, 29, True),
        (RoleName.ADMINISTRATOR, 31, False),
        (RoleName.OFFICER, 31, True),
    ],
)
def test_an_administrator_is_out_after_half_an_hour_alone(
    app: APIFlask, sign_in: SignIn, role: RoleName, minutes: int, inside: bool
) -> None:
    browser = sign_in(factories.make_officer("x@kupang.example", role))
    with browser.session_transaction() as session:
        session[sessions.SEEN_AT_KEY] -= minutes * 60
    assert [is_in(browser), is_in(browser)] == [inside, inside], "asking twice opens nothing"


def test_who_becomes_administrator_meanwhile_is_held_to_the_shorter_time(
    officer: Officer, administrator: Officer, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    before = officer_acts.officer_values(officer)
    officer_acts.edit_officer_account(
        officer.id, before | {"roles": ["administrator"]}, values_digest(before), by=administrator, now=utc_now()
    )
    factories.confirm_waiting()
    with browser.session_transaction() as session:
        session[sessions.SEEN_AT_KEY] -= 31 * 60
    assert not is_in(browser)


@pytest.mark.parametrize("minutes", [-5, 5])
def test_a_clock_five_minutes_off_ends_no_session(officer: Officer, sign_in: SignIn, minutes: int) -> None:
    browser = sign_in(officer)
    with browser.session_transaction() as session:
        for name in (sessions.SIGNED_IN_AT_KEY, sessions.SEEN_AT_KEY):
            session[name] += minutes * 60
    assert is_in(browser)


# The last sign-ins


def test_sign_ins_and_failures_are_listed_twenty_at_most(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    for _ in range(3):
        factories.submit_form(app.test_client(), "/petugas/masuk", email=officer.email, password="salah")
    browser = sign_in(officer)
    page = page_of(browser).split('id="masuk"', 1)[1]
    assert page.index("Berhasil") < page.index("Ditolak, 3 kali"), "what failed before is written before"
    assert "kata sandi salah" in page
    for _ in range(25):
        with write_transaction():
            sign_in_log.audit_log.record_event("signed_in", f"officer:{officer.id}", officer=officer, now=utc_now())
    assert page_of(browser).split('id="masuk"', 1)[1].count("<tr>") == 21


def test_nobody_sees_another_ones(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    sign_in(approver)
    assert page_of(sign_in(officer)).split('id="masuk"', 1)[1].count("<tr>") == 2


# New browsers


def test_a_new_browser_is_told_once(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    turn_mail_on(app)
    browser = sign_in(officer)
    subject = "Akun Anda dibuka di browser baru"
    assert [one.subject for one in read_letters(app, officer.email)] == [subject]
    for _ in range(3):
        factories.submit_form(browser, "/petugas/keluar", ACCOUNT)
        factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert len(read_letters(app, officer.email)) == 1
    sign_in(officer)
    assert len(read_letters(app, officer.email)) == 2


def test_a_shared_browser_knows_each_of_its_officers(app: APIFlask, officer: Officer, approver: Officer) -> None:
    turn_mail_on(app)
    browser = app.test_client()
    for person in (officer, approver, officer, approver):
        factories.submit_form(browser, "/petugas/masuk", email=person.email, password=factories.PASSWORD)
        factories.submit_form(browser, "/petugas/keluar", ACCOUNT)
    assert [len(read_letters(app, person.email)) for person in (officer, approver)] == [1, 1]


def test_ending_all_others_makes_their_browsers_unknown(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    turn_mail_on(app)
    browser, stolen = sign_in(officer), sign_in(officer)
    factories.submit_form(browser, f"{ACCOUNT}/sesi/keluarkan-lain", ACCOUNT)
    before = len(read_letters(app, officer.email))
    factories.submit_form(stolen, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert len(read_letters(app, officer.email)) == before + 1


def test_letters_about_an_account_are_in_its_owners_language(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    turn_mail_on(app)
    officer.language = "en"
    db.session.commit()
    sign_in(officer)
    assert read_letters(app, officer.email)[0].subject == "Your account was opened in a new browser"


def test_the_demo_makes_passwords_and_nobody_else_is_told_one(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    with write_transaction():
        password = officers.renew_password(officer, now=utc_now())
    assert not is_in(browser)
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=password)
    assert is_in(browser)


def test_single_keys_are_switched_on_and_off(officer: Officer, sign_in: SignIn) -> None:
    browser, page = sign_in(officer), "/petugas/akun"
    assert officer.uses_keys is False
    for wanted, said in (("1", "Pintasan menyala"), ("1", "Pintasan menyala"), ("", "Pintasan mati")):
        done = factories.submit_form(browser, f"{page}/pintasan", page, on=wanted)
        assert (done.status_code, done.location) == (303, "/petugas/mulai")
        assert said in browser.get("/petugas/").get_data(as_text=True)
        db.session.expire_all()
        assert officer.uses_keys is bool(wanted)
    assert list_audit_actions() == ["profile_changed", "profile_changed"], "what was so already is no change"
