"""Attacks on sign-on with an identity provider: wrong, late, replayed and forged answers sign nobody in."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey

from hoax_tracker.accounts import sign_on_client
from hoax_tracker.accounts.sign_on_client import forget_identities
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.config.sign_on_providers import SignOnProvider
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, OfficerIdentity, RoleName, db
from tests import factories
from tests.accounts.second_factor.helpers import code_at, give_code, give_code_app
from tests.factories import count_rows
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, Person, new_key
from tests.shared_app import change_settings

SIGN_IN = "/petugas/masuk"
BEGIN = "/petugas/masuk/lewat/kota"
REFUSED = "tidak berhasil"
OVER = "Percobaan masuk itu sudah berakhir"
UNKNOWN = "tidak terdaftar sebagai petugas"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    """A provider that knows the officer."""
    with IdentityProvider() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, provider: IdentityProvider) -> Settings:
    """An instance with that provider."""
    kota = SignOnProvider("kota", "Akun Pemkot", provider.issuer, CLIENT_ID, CLIENT_SECRET)
    return replace(settings, sign_on=(kota, replace(kota, name="dinas", label="Akun Dinas")))


def go_to_provider(browser: FlaskClient, next_page: str = "", path: str = BEGIN) -> str:
    """Press the button, and return the provider's address that the browser is sent to."""
    page = browser.get(SIGN_IN).get_data(as_text=True)
    response = browser.post(path, data={"csrf_token": factories.csrf_token_in(page), "next": next_page})
    if response.status_code == 303:
        return str(response.location)
    leads = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', response.get_data(as_text=True))
    assert leads, response.status
    return unescape(leads[1])


def come_back(browser: FlaskClient, address: str) -> str:
    """Open the address that the provider sent the browser to; return the page that it ends at."""
    parts = urlsplit(address)
    response = browser.get(f"{parts.path}?{parts.query}", follow_redirects=True)
    return f"{response.request.path}\n{response.get_data(as_text=True)}"


def is_signed_in(browser: FlaskClient) -> bool:
    """Tell whether the desk opens."""
    return browser.get("/petugas/untuk-anda").status_code == 200


def changed(address: str, **fields: str) -> str:
    """Return the address with other arguments."""
    parts = urlsplit(address)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()} | fields
    return parts._replace(query=urlencode(query)).geturl()


def test_an_officer_signs_on_and_goes_where_they_wanted(
    client: FlaskClient, officer: Officer, provider: IdentityProvider
) -> None:
    address = go_to_provider(client, next_page="/petugas/untuk-anda")
    asked = parse_qs(urlsplit(address).query)
    assert asked["scope"] == ["openid email"]
    assert asked["redirect_uri"] == ["http://127.0.0.1:8000/petugas/masuk/lewat/kota/kembali"]
    assert CLIENT_SECRET not in address
    assert come_back(client, provider.approve(address)).startswith("/petugas/untuk-anda\n")
    assert is_signed_in(client)


def test_it_joins_once_by_address_and_then_by_subject(
    app: APIFlask, officer: Officer, provider: IdentityProvider
) -> None:
    first, second = app.test_client(), app.test_client()
    come_back(first, provider.approve(go_to_provider(first)))
    assert (
        db.session.scalar(sa.select(AuditEvent).filter_by(action="identity_joined")).subject == f"officer:{officer.id}"
    )
    provider.person = Person("sub-1", "nama.baru@kupang.example")
    come_back(second, provider.approve(go_to_provider(second)))
    assert is_signed_in(second)
    assert count_rows(OfficerIdentity) == 1


def test_another_account_with_the_address_gets_nothing(
    app: APIFlask, officer: Officer, provider: IdentityProvider
) -> None:
    """Addresses are given to the next person; the first account stays the officer's."""
    first, second = app.test_client(), app.test_client()
    come_back(first, provider.approve(go_to_provider(first)))
    provider.person = Person("sub-2", officer.email)
    assert UNKNOWN in come_back(second, provider.approve(go_to_provider(second)))
    assert not is_signed_in(second)


@pytest.mark.parametrize(
    "person", [Person("sub-9", "orang.lain@kupang.example"), Person("sub-9", "petugas@kupang.example", verified=False)]
)
def test_a_stranger_and_an_unverified_address_make_no_account(
    client: FlaskClient, officer: Officer, provider: IdentityProvider, person: Person
) -> None:
    provider.person = person
    assert UNKNOWN in come_back(client, provider.approve(go_to_provider(client)))
    assert not is_signed_in(client)
    assert count_rows(Officer) == 1
    assert not count_rows(OfficerIdentity)


@pytest.mark.parametrize("joined", [False, True])
def test_a_closed_account_stays_closed(
    app: APIFlask, officer: Officer, provider: IdentityProvider, joined: bool
) -> None:
    if joined:
        before = app.test_client()
        come_back(before, provider.approve(go_to_provider(before)))
    officer.active = False
    db.session.commit()
    browser = app.test_client()
    assert UNKNOWN in come_back(browser, provider.approve(go_to_provider(browser)))
    assert not is_signed_in(browser)


def test_no_role_comes_from_outside(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    provider.claims = {"roles": ["administrator"], "groups": ["administrator"]}
    come_back(client, provider.approve(go_to_provider(client)))
    assert is_signed_in(client)
    assert client.get("/petugas/kelola/petugas").status_code in (403, 404)
    assert [role.name for role in db.session.get_one(Officer, officer.id).roles] == [RoleName.OFFICER.value]


# What an answer may hold that is wrong; each gets its own provider and browser.
def wrong_nonce(provider: IdentityProvider) -> None:
    provider.claims = {"nonce": "von-gestern"}


def no_nonce(provider: IdentityProvider) -> None:
    provider.claims = {"nonce": None}


def expired(provider: IdentityProvider) -> None:
    provider.claims = {"exp": int(utc_now().timestamp()) - 600, "iat": int(utc_now().timestamp()) - 900}


def from_the_future(provider: IdentityProvider) -> None:
    provider.claims = {"iat": int(utc_now().timestamp()) + 3600, "nbf": int(utc_now().timestamp()) + 3600}


def wrong_issuer(provider: IdentityProvider) -> None:
    provider.claims = {"iss": "https://lain.example"}


def wrong_audience(provider: IdentityProvider) -> None:
    provider.claims = {"aud": "program-lain"}


def several_audiences(provider: IdentityProvider) -> None:
    provider.claims = {"aud": [CLIENT_ID, "program-lain"], "azp": "program-lain"}


def foreign_signature(provider: IdentityProvider) -> None:
    provider.sign_with = new_key()


def signed_with_the_secret(provider: IdentityProvider) -> None:
    provider.algorithm, provider.sign_with = "HS256", OctKey.import_key(CLIENT_SECRET)  # type: ignore[assignment]


def empty_subject(provider: IdentityProvider) -> None:
    provider.claims = {"sub": ""}


@pytest.mark.parametrize(
    "spoil",
    [
        wrong_nonce,
        no_nonce,
        expired,
        from_the_future,
        wrong_issuer,
        wrong_audience,
        several_audiences,
        foreign_signature,
        signed_with_the_secret,
        empty_subject,
    ],
)
def test_a_wrong_token_signs_nobody_in(
    client: FlaskClient, officer: Officer, provider: IdentityProvider, spoil: Callable[[IdentityProvider], None]
) -> None:
    address = go_to_provider(client)
    spoil(provider)
    assert REFUSED in come_back(client, provider.approve(address))
    assert not is_signed_in(client)
    assert not count_rows(OfficerIdentity)


def test_a_clock_two_minutes_off_is_forgiven(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    address, now = go_to_provider(client), int(utc_now().timestamp())
    provider.claims = {"exp": now - 60, "iat": now - 360}
    come_back(client, provider.approve(address))
    assert is_signed_in(client)


def test_an_answer_counts_once(app: APIFlask, officer: Officer, provider: IdentityProvider) -> None:
    thief, browser = app.test_client(), app.test_client()
    back = provider.approve(go_to_provider(browser))
    come_back(browser, back)
    assert is_signed_in(browser)
    assert OVER in come_back(thief, back)  # the browser that did not begin it
    browser.post(
        "/petugas/keluar",
        data={"csrf_token": factories.csrf_token_in(browser.get("/petugas/untuk-anda").get_data(as_text=True))},
    )
    assert OVER in come_back(browser, back)  # the state is used up
    assert not is_signed_in(browser)


def test_a_code_counts_once(app: APIFlask, officer: Officer, provider: IdentityProvider) -> None:
    """Somebody who saw a code cannot use it in an attempt of their own: it belongs to another verifier, and is used."""
    thief, browser = app.test_client(), app.test_client()
    back = provider.approve(go_to_provider(browser))
    code = parse_qs(urlsplit(back).query)["code"][0]
    stolen = changed(provider.approve(go_to_provider(thief)), code=code)
    assert REFUSED in come_back(thief, stolen)
    assert not is_signed_in(thief)
    assert REFUSED in come_back(browser, back)  # the provider gave it up when it was tried


def test_another_state_counts_for_nothing(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    back = changed(provider.approve(go_to_provider(client)), state=secrets.token_urlsafe(32))
    assert OVER in come_back(client, back)
    assert not is_signed_in(client)


def test_an_answer_comes_within_ten_minutes(
    client: FlaskClient, officer: Officer, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = provider.approve(go_to_provider(client))
    later = utc_now() + sign_on_client.ATTEMPT_LIFETIME * 1.1
    monkeypatch.setattr("hoax_tracker.accounts.views.sign_on.utc_now", lambda: later)
    assert OVER in come_back(client, back)
    assert not is_signed_in(client)


def test_another_provider_cannot_answer(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    """Mix-up: an answer is brought to the callback of another provider, or names another issuer."""
    back = provider.approve(go_to_provider(client))
    assert OVER in come_back(client, back.replace("/lewat/kota/", "/lewat/dinas/"))
    back = changed(provider.approve(go_to_provider(client)), iss="https://lain.example")
    assert REFUSED in come_back(client, back)
    assert not is_signed_in(client)


def test_rotated_keys_are_fetched(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    address = go_to_provider(client)
    provider.rotate_keys()
    come_back(client, provider.approve(address))
    assert is_signed_in(client)


def test_the_person_said_no(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    back = changed(provider.approve(go_to_provider(client)), error="access_denied")
    assert REFUSED in come_back(client, back)
    assert not is_signed_in(client)


def test_a_provider_that_is_down_leaves_the_password(
    client: FlaskClient, officer: Officer, provider: IdentityProvider
) -> None:
    provider.is_down = True
    assert go_to_provider(client).endswith(SIGN_IN)
    page = client.get(SIGN_IN).get_data(as_text=True)
    assert "sedang tidak dapat dihubungi" in page
    factories.submit_form(client, SIGN_IN, email=officer.email, password=factories.PASSWORD)
    assert is_signed_in(client)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://lain.example"},
        {"token_endpoint": "http://10.0.0.8/token"},
        {"token_endpoint": "http://169.254.169.254/latest"},
        {"jwks_uri": None},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_wrong_discovery_document_sends_nobody_anywhere(
    client: FlaskClient, officer: Officer, provider: IdentityProvider, metadata: dict[str, object]
) -> None:
    provider.metadata = metadata
    address = go_to_provider(client)
    if not address.endswith(SIGN_IN):  # the address is used when the person comes back
        assert REFUSED in come_back(client, provider.approve(address))
    assert not is_signed_in(client)


@pytest.mark.parametrize("wanted", ["https://jahat.example", "//jahat.example", "/\\jahat.example", "javascript:1"])
def test_no_open_redirect(client: FlaskClient, officer: Officer, provider: IdentityProvider, wanted: str) -> None:
    back = urlsplit(provider.approve(go_to_provider(client, next_page=wanted)))
    assert str(client.get(f"{back.path}?{back.query}").location).startswith("/petugas")


def test_beginning_needs_the_form_and_counts(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    assert client.get(BEGIN).status_code == 405
    assert client.post(BEGIN).status_code == 400
    assert client.post("/petugas/masuk/lewat/tidak-ada", data={}).status_code in (400, 404)
    assert provider.asked == []
    page = client.get(SIGN_IN).get_data(as_text=True)
    token = factories.csrf_token_in(page)
    statuses = {client.post(BEGIN, data={"csrf_token": token}).status_code for _ in range(50)}
    assert statuses == {200, 429}


def test_a_signed_in_officer_stays_who_they_are(
    app: APIFlask,
    officer: Officer,
    administrator: Officer,
    sign_in: Callable[[Officer], FlaskClient],
    provider: IdentityProvider,
) -> None:
    browser = app.test_client()
    back = provider.approve(go_to_provider(browser))
    factories.submit_form(browser, SIGN_IN, email=administrator.email, password=factories.PASSWORD)
    come_back(browser, back)
    assert browser.get("/petugas/kelola/petugas").status_code == 200
    assert not count_rows(OfficerIdentity)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_browser_goes_there_and_comes_back(
    app: APIFlask,
    address: str,
    chromium: Any,
    officer: Officer,
    provider: IdentityProvider,
    settings: Settings,
    scripts: bool,
) -> None:
    change_settings(app, base_url=address)
    db.session.rollback()
    page = chromium.new_context(base_url=address, java_script_enabled=scripts).new_page()
    page.goto(f"{SIGN_IN}?next=/petugas/untuk-anda")
    page.click("text=Masuk lewat Akun Pemkot")
    page.wait_for_url(f"{address}/petugas/untuk-anda")
    assert provider.asked.count("/token") == 1


def test_passwords_can_be_switched_off(
    client: FlaskClient, officer: Officer, settings: Settings, app: APIFlask, provider: IdentityProvider
) -> None:
    change_settings(app, passwords=False)
    page = client.get(SIGN_IN).get_data(as_text=True)
    assert 'type="password"' not in page
    assert "Masuk lewat Akun Pemkot" in page
    fields = {"email": officer.email, "password": factories.PASSWORD, "csrf_token": factories.csrf_token_in(page)}
    assert client.post(SIGN_IN, data=fields).status_code == 403
    assert client.post(SIGN_IN, json=fields).status_code in (400, 403)
    assert not is_signed_in(client)
    come_back(client, provider.approve(go_to_provider(client)))
    assert is_signed_in(client)


def test_a_second_factor_is_still_asked_for(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:
    secret, _ = give_code_app(officer)
    page = come_back(client, provider.approve(go_to_provider(client, next_page="/petugas/untuk-anda")))
    assert page.startswith("/petugas/masuk/kode\n")
    assert not is_signed_in(client)
    assert give_code(client, code_at(secret), "/petugas/masuk/kode?next=/petugas/untuk-anda").status_code == 303
    assert is_signed_in(client)
    signed_in = db.session.scalars(sa.select(AuditEvent).filter_by(action="signed_in")).one()
    assert signed_in.detail["method"] == "openid+code"


def test_an_unlinked_officer_joins_anew(app: APIFlask, officer: Officer, provider: IdentityProvider) -> None:
    first, second = app.test_client(), app.test_client()
    come_back(first, provider.approve(go_to_provider(first)))
    with write_transaction():
        assert forget_identities(officer, by=None, now=utc_now()) == 1
    provider.person = Person("sub-2", officer.email)
    come_back(second, provider.approve(go_to_provider(second)))
    assert is_signed_in(second)
