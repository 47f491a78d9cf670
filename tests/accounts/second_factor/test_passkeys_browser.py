"""Passkeys in a real Chromium with a virtual authenticator: registration, sign-in, and forged answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask import session
from flask.testing import FlaskClient
from webauthn.helpers import bytes_to_base64url

from hoax_tracker.accounts.second_factor import freshness, passkeys, verification
from hoax_tracker.accounts.second_factor.verification import CHALLENGE_KEY
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, Officer, Passkey, db
from tests import factories
from tests.accounts.second_factor import helpers
from tests.accounts.second_factor.helpers import OWN, code_at, give_code_app
from tests.chrome import axe_violations
from tests.shared_app import change_settings

QUEUE = "/petugas/"
ANSWER = """options => navigator.credentials.get({publicKey: Object.assign(options, {
    challenge: Uint8Array.from(options.challenge).buffer})}).then(made => {
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
  const given = made.response;
  return JSON.stringify({id: made.id, rawId: text(made.rawId), type: made.type, response: {
    clientDataJSON: text(given.clientDataJSON), authenticatorData: text(given.authenticatorData),
    signature: text(given.signature), userHandle: given.userHandle && text(given.userHandle)}});
})"""


@pytest.fixture
def site(app: APIFlask, address: str) -> str:
    """The address under which browsers know passkeys: a name, not a number."""
    named = f"http://localhost:{urlsplit(address).port}"
    change_settings(app, base_url=named)
    return named


@pytest.fixture
def page(site: str, chromium: Any) -> Any:
    """A page of a browser whose device makes passkeys, unlocked by a finger."""
    context = chromium.new_context(base_url=site, viewport={"width": 360, "height": 740})
    page = context.new_page()
    add_authenticator(page)
    return page


def add_authenticator(page: Any, *, verified: bool = True) -> tuple[Any, str]:
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    made = cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return cdp, made["authenticatorId"]


def sign_in(page: Any, person: Officer) -> None:
    email = person.email
    db.session.rollback()
    page.goto("/petugas/masuk")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/petugas/masuk" not in url or "/kode" in url)


def add_passkey(page: Any, person: Officer) -> None:
    sign_in(page, person)
    page.goto(OWN)
    page.fill("#nama-kunci", "HP kantor")
    page.click("text=Tambah kunci di perangkat ini")
    page.wait_for_selector("ol.codes")


def sign_out(page: Any) -> None:
    page.goto(QUEUE)
    page.locator(".foot button", has_text="Keluar").click()
    page.wait_for_url(lambda url: url.endswith("/"))


def test_a_passkey_is_added_and_signs_in_without_a_password(page: Any, officer: Officer, site: str) -> None:
    add_passkey(page, officer)
    assert page.locator("ol.codes code").count() == 10
    sign_out(page)
    page.goto("/petugas/masuk?next=/petugas/klarifikasi/")
    page.click("text=Masuk dengan kunci sandi")
    page.wait_for_url(f"{site}/petugas/klarifikasi/")
    row = db.session.scalars(sa.select(Passkey)).one()
    assert (row.name, row.officer_id) == ("HP kantor", officer.id)
    assert row.used_at is not None
    assert db.session.scalars(sa.select(AuditEvent.detail).filter_by(action="second_factor_added")).one() == {
        "kind": "passkey",
        "name": "HP kantor",
    }
    db.session.rollback()
    page.goto(OWN)
    page.get_by_role("button", name="Hapus kunci HP kantor").click()
    page.wait_for_selector("text=Belum ada.")
    assert not db.session.get_one(Officer, officer.id).has_second_factor


@pytest.mark.slow
def test_it_is_the_second_step_and_the_fresh_factor(
    page: Any, officer: Officer, administrator: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_passkey(page, administrator)
    sign_out(page)
    sign_in(page, administrator)
    page.click("text=Pakai kunci sandi")
    page.wait_for_url(lambda url: "/petugas/masuk" not in url)
    monkeypatch.setattr(freshness, "FRESH_TIME", timedelta(0))
    key = officer.id
    db.session.rollback()
    page.goto(f"/petugas/kelola/petugas/{key}")
    page.click("button:text-is('Setel ulang')")
    page.wait_for_selector("text=Kode kedua dulu, lalu lanjut")
    page.click("text=Pakai kunci sandi")
    page.wait_for_selector("text=Diusulkan; orang kedua yang mengonfirmasi.")


def test_a_device_without_finger_or_pin_makes_none(chromium: Any, site: str, officer: Officer) -> None:
    page = chromium.new_context(base_url=site).new_page()
    add_authenticator(page, verified=False)
    sign_in(page, officer)
    page.goto(OWN)
    page.click("text=Tambah kunci di perangkat ini")
    page.wait_for_selector("text=Perangkat ini tidak membuat kunci sandi")
    assert db.session.scalars(sa.select(Passkey)).all() == []


# Answers that must not count


@pytest.fixture
def answer(page: Any, officer: Officer) -> Callable[[bytes, str], str]:
    """Return a function that lets the officer's device answer a challenge for a site that it is told."""
    add_passkey(page, officer)
    db.session.rollback()

    def go(challenge: bytes, site_name: str) -> str:
        given = {"challenge": list(challenge), "rpId": site_name, "userVerification": "required"}
        return str(page.evaluate(ANSWER, given))

    return go


def verify(
    app: APIFlask,
    answer: str,
    made: bytes,
    *,
    purpose: str = "sign in",
    at: datetime | None = None,
    settings: Settings | None = None,
    officer_id: int | None = None,
) -> Officer:
    """Judge an answer as a request to sign in would whose session holds the challenge."""
    settings, moment = settings or app.extensions["settings"], at or utc_now()
    waiting = {"value": bytes_to_base64url(made), "for": purpose, "made": int(moment.timestamp() * 1_000_000)}
    with app.test_request_context():
        session[CHALLENGE_KEY] = waiting
        return passkeys.verify_passkey("sign in", answer, officer_id=officer_id, settings=settings, now=utc_now())


def test_an_answer_counts_once(app: APIFlask, officer: Officer, answer: Callable[[bytes, str], str]) -> None:
    """Somebody kept the cookie with the challenge, and the answer: a device that does not count says nothing."""
    given, at = answer(b"c" * 32, "localhost"), utc_now()
    assert verify(app, given, b"c" * 32, at=at).id == officer.id
    db.session.execute(sa.update(Passkey).values(sign_count=0))
    db.session.commit()
    with pytest.raises(InvalidInputError, match="came before"):
        verify(app, given, b"c" * 32, at=at)


def test_a_wrong_challenge_purpose_or_moment(
    app: APIFlask, officer: Officer, answer: Callable[[bytes, str], str]
) -> None:
    given = answer(b"c" * 32, "localhost")
    with pytest.raises(InvalidInputError, match="challenge"):
        verify(app, given, b"d" * 32)
    with pytest.raises(InvalidInputError, match="no challenge waits for this"):
        verify(app, given, b"c" * 32, purpose="confirm")
    with pytest.raises(InvalidInputError, match="too old"):
        verify(app, given, b"c" * 32, at=utc_now() - timedelta(minutes=6))
    with app.test_request_context(), pytest.raises(InvalidInputError, match="no challenge"):
        passkeys.verify_passkey("sign in", given, officer_id=None, settings=app.extensions["settings"], now=utc_now())


def test_a_passkey_of_another_site(app: APIFlask, officer: Officer, answer: Callable[[bytes, str], str]) -> None:
    """The answer was made for localhost; a site of another name, or on another port, does not take it."""
    given = answer(b"c" * 32, "localhost")
    settings = app.extensions["settings"]
    for base_url in ("https://kabas.example", settings.base_url.replace("localhost", "lain.localhost")):
        with pytest.raises(InvalidInputError, match="passkey: "):
            verify(app, given, b"c" * 32, settings=replace(settings, base_url=base_url))
    port = urlsplit(settings.base_url).port or 0
    with pytest.raises(InvalidInputError, match="origin"):
        verify(app, given, b"c" * 32, settings=replace(settings, base_url=f"http://localhost:{port + 1}"))


def test_a_page_of_another_site_gets_no_answer_for_ours(
    app: APIFlask, chromium: Any, page: Any, officer: Officer, site: str
) -> None:
    add_passkey(page, officer)
    page.goto(site.replace("localhost", "127.0.0.1") + "/petugas/masuk")
    given = {"challenge": [1] * 32, "rpId": "localhost", "userVerification": "required"}
    with pytest.raises(Exception, match=r"SecurityError|relying party"):
        page.evaluate(ANSWER, given)


def test_a_passkey_of_another_officer_an_altered_one_and_a_closed_account(
    app: APIFlask, officer: Officer, approver: Officer, answer: Callable[[bytes, str], str]
) -> None:
    given = answer(b"c" * 32, "localhost")
    with pytest.raises(InvalidInputError, match="another officer"):
        verify(app, given, b"c" * 32, officer_id=approver.id)
    altered = json.loads(given)
    altered["response"]["signature"] = altered["response"]["signature"][::-1]
    with pytest.raises(InvalidInputError):
        verify(app, json.dumps(altered), b"c" * 32)
    for rubbish in ("", "[]", "{}", "null", '{"rawId": 7}', '{"rawId": "AA"}', "x" * 30_000):
        with pytest.raises(InvalidInputError):
            verify(app, rubbish, b"c" * 32)
    officer.active = False
    db.session.commit()
    with pytest.raises(NotAllowedError):
        verify(app, given, b"c" * 32)


def test_a_made_up_registration_is_refused(app: APIFlask, officer: Officer, client: FlaskClient) -> None:
    helpers.give_password(client, officer)
    for credential in ("", "{}", '{"rawId": "AA", "id": "AA", "response": {}, "type": "public-key"}'):
        refused = factories.submit_form(client, f"{OWN}/kunci", OWN, passkey=credential, name="x")
        assert refused.status_code == 422
    assert db.session.scalars(sa.select(Passkey)).all() == []


# Looks


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_fit_and_axe_finds_nothing(
    app: APIFlask, chromium: Any, site: str, officer: Officer, administrator: Officer, width: int
) -> None:
    secret, _ = give_code_app(administrator)
    give_code_app(officer)
    key = officer.id
    context = chromium.new_context(base_url=site, viewport={"width": width, "height": 800}, bypass_csp=True)
    page = context.new_page()
    page.goto("/petugas/masuk")
    assert axe_violations(page) == []
    sign_in(page, administrator)
    assert axe_violations(page) == []
    page.fill("#kode", code_at(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/masuk" not in url)
    for path in (OWN, f"/petugas/kelola/petugas/{key}/faktor-kedua"):
        page.goto(path)
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_with_scripts_off_codes_work_and_passkeys_say_why_not(chromium: Any, site: str, officer: Officer) -> None:
    secret, _ = give_code_app(officer)
    page = chromium.new_context(base_url=site, java_script_enabled=False).new_page()
    page.goto("/petugas/masuk")
    assert page.locator("text=Masuk dengan kunci sandi memerlukan JavaScript.").is_visible()
    sign_in(page, officer)
    page.fill("#kode", code_at(secret))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/masuk" not in url)
    page.goto(OWN)
    assert page.locator("text=Kunci sandi memerlukan JavaScript").is_visible()
    assert not page.locator("text=Tambah kunci di perangkat ini").is_visible()


def test_where_the_site_has_no_name_passkeys_are_not_offered(client: FlaskClient, officer: Officer) -> None:
    assert "kunci sandi" not in client.get("/petugas/masuk").get_data(as_text=True)
    helpers.give_password(client, officer)
    assert "nama situs sendiri dengan https" in client.get(OWN).get_data(as_text=True)


@pytest.mark.parametrize(
    ("base_url", "possible"),
    [
        ("https://kabas.example", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False),
        ("https://203.0.113.7", False),
        ("http://kabas.example", False),
    ],
)
def test_where_passkeys_are_possible(app: APIFlask, base_url: str, possible: bool) -> None:
    settings = replace(app.extensions["settings"], base_url=base_url)
    assert verification.are_passkeys_possible(settings) is possible
