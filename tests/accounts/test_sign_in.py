"""The sign-in page is in Indonesian and does not reveal which accounts exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_security.utils import hash_password

from hoax_tracker.app import create_app
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, RoleName, db
from tests import factories

PATH = "/petugas/masuk"


def attempt(client: FlaskClient, email: str, password: str) -> str:
    """Try to sign in and return the page that answers."""
    response = factories.submit_form(client, PATH, email=email, password=password)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_the_page(client: FlaskClient) -> None:
    page = client.get(PATH).get_data(as_text=True)
    assert "<h1>Masuk petugas</h1>" in page
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "remember" not in page
    assert 'style="' not in page


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("petugas@kupang.example", "salah-sama-sekali"),
        ("tidak.ada@kupang.example", "salah-sama-sekali"),
        ("bukan email", "salah-sama-sekali"),
        ("", ""),
    ],
)
def test_it_never_tells_which_was_wrong(client: FlaskClient, officer: Officer, email: str, password: str) -> None:
    page = attempt(client, email, password)
    assert "Email atau kata sandi tidak cocok" in page
    assert page.count('role="alert"') == 1
    for english in ("Authentication", "Invalid", "Password", "exist"):
        assert english not in page.split("<main", 1)[1].split("</main>", 1)[0]


def test_the_password_is_not_sent_back_but_the_address_is(client: FlaskClient, officer: Officer) -> None:
    page = attempt(client, officer.email, "salah-sama-sekali")
    assert f'value="{officer.email}"' in page
    assert "salah-sama-sekali" not in page


def test_a_disabled_account_stays_out(client: FlaskClient, officer: Officer) -> None:
    officer.active = False
    db.session.commit()
    attempt(client, officer.email, factories.PASSWORD)
    assert client.get("/petugas/").status_code == 302


def test_it_leads_on_to_the_page_that_was_asked_for(client: FlaskClient, officer: Officer) -> None:
    asked = client.get("/petugas/klarifikasi/?q=air")
    assert asked.status_code == 302
    page = client.get(str(asked.location)).get_data(as_text=True)
    assert "Sesudah itu Anda langsung ke halaman yang tadi dibuka." in page
    action = page.split('action="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    token = factories.csrf_token_in(page)
    done = client.post(action, data={"csrf_token": token, "email": officer.email, "password": factories.PASSWORD})
    assert (done.status_code, done.location) == (302, "/petugas/klarifikasi/?q=air")


def test_it_opens_the_queue_for_ppid_utama_and_for_a_unit_what_is_its_own(app: APIFlask, officer: Officer) -> None:
    unit_officer = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    for person, first in ((officer, "/petugas/"), (unit_officer, "/petugas/untuk-anda")):
        browser = app.test_client()
        done = factories.submit_form(browser, PATH, email=person.email, password=factories.PASSWORD)
        assert (done.status_code, done.location) == (302, "/petugas/mulai")
        assert browser.get("/petugas/mulai").location == first
        assert browser.get(first).status_code == 200
    assert 'href="/petugas/mulai"' in app.test_client().get("/").get_data(as_text=True)


@pytest.mark.parametrize("elsewhere", ["https://situs.example/", "//situs.example/"])
def test_it_leads_to_no_other_site(client: FlaskClient, officer: Officer, elsewhere: str) -> None:
    page = client.get(PATH).get_data(as_text=True)
    fields = {"csrf_token": factories.csrf_token_in(page), "email": officer.email, "password": factories.PASSWORD}
    done = client.post(PATH, query_string={"next": elsewhere}, data=fields)
    assert "situs.example" not in str(done.location)


def test_signing_out_ends_the_session(officer: Officer, sign_in: Callable[[Officer], FlaskClient]) -> None:
    browser = sign_in(officer)
    assert browser.get("/petugas/klarifikasi/").status_code == 200
    assert browser.get("/petugas/keluar").status_code == 405
    out = factories.submit_form(browser, "/petugas/keluar", "/petugas/klarifikasi/")
    assert out.status_code == 302
    assert browser.get("/petugas/klarifikasi/").status_code == 302


@pytest.mark.usefixtures("one_moment")
def test_guessing_is_slowed_down(settings: Settings) -> None:
    app = create_app(replace(settings, sign_ins_per_quarter_hour=2))
    with app.app_context():
        factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        browser = app.test_client()
        for _ in range(2):
            attempt(browser, "petugas@kupang.example", "salah-sama-sekali")
        refused = factories.submit_form(browser, PATH, email="petugas@kupang.example", password=factories.PASSWORD)
        assert refused.status_code == 429
        assert int(refused.headers["Retry-After"]) > 0
        db.session.remove()
        db.engine.dispose()


def test_officers_forms_work_over_https_though_their_pages_send_no_referrer(settings: Settings) -> None:
    app = create_app(replace(settings, base_url="https://kabas.example"))
    with app.app_context():
        person = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        browser = app.test_client()
        secure = {"base_url": "https://kabas.example"}
        page = browser.get(PATH, **secure)  # type: ignore[arg-type]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        fields = {"csrf_token": factories.csrf_token_in(page.get_data(as_text=True)), "email": person.email}
        done = browser.post(PATH, data=fields | {"password": factories.PASSWORD}, **secure)  # type: ignore[arg-type]
        assert done.status_code == 302
        db.session.remove()
        db.engine.dispose()


def test_guessing_a_password_from_its_hash_is_slow(settings: Settings) -> None:
    """What RFC 9106 asks for where memory is short: 64 MiB, three times. Other tests hash with less."""
    app = create_app(settings)
    with app.app_context():
        assert hash_password("kata sandi").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
