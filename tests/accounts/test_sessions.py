"""Attacks on officers' sessions: planted, copied, idle and overlong ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import officer_acts, sessions
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, RoleName
from tests import factories
from tests.browser import open_app

SignIn = Callable[[Officer], FlaskClient]
QUEUE = "/petugas/"
TLS = {"base_url": "https://kabas.example"}


def cookie_of(browser: FlaskClient, name: str = "sesi") -> str:
    found = browser.get_cookie(name)
    assert found is not None
    return found.value


def with_cookie(app: APIFlask, value: str) -> FlaskClient:
    """A browser of somebody who has a copy of the cookie."""
    thief = app.test_client()
    thief.set_cookie("sesi", value)
    return thief


# Cookies and sessions


def test_the_cookie_is_for_this_host_and_tls_only(settings: Settings) -> None:
    with open_app(replace(settings, base_url="https://kabas.example")) as app:
        person = factories.make_officer("petugas@kupang.example", RoleName.OFFICER)
        browser = app.test_client()
        page = browser.get("/petugas/masuk", **TLS)
        fields = {"csrf_token": factories.csrf_token_in(page.get_data(as_text=True)), "email": person.email}
        done = browser.post("/petugas/masuk", data=fields | {"password": factories.PASSWORD, "remember": "y"}, **TLS)
        assert done.status_code == 302
        for cookie in done.headers.getlist("Set-Cookie"):
            name, _, rest = cookie.partition("=")
            assert name in ("__Host-sesi", "__Host-peramban"), "nothing else is set, no 'remember me' either"
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(rest.split("; "))
            assert "Domain" not in rest
            assert ("Expires" in rest) == (name == "__Host-peramban"), "the session goes with the browser"
        language = browser.get("/bahasa/en", **TLS).headers["Set-Cookie"]
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(language.split("; "))


def test_a_planted_cookie_is_not_signed_in_with_its_victim(app: APIFlask, officer: Officer) -> None:
    attacker = app.test_client()
    attacker.get("/petugas/masuk")
    planted = cookie_of(attacker)
    victim = with_cookie(app, planted)
    factories.submit_form(victim, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert victim.get(QUEUE).status_code == 200
    assert cookie_of(victim) != planted
    assert attacker.get(QUEUE).status_code == 302


def test_signing_out_makes_every_copy_of_the_cookie_worthless(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    thief = with_cookie(app, cookie_of(browser))
    assert thief.get(QUEUE).status_code == 200
    goodbye = factories.submit_form(browser, "/petugas/keluar", QUEUE)
    assert goodbye.headers["Clear-Site-Data"] == '"cache"', (
        "what the back button shows goes; alarms and known browser stay"
    )
    assert "Clear-Site-Data" not in thief.get("/").headers
    assert thief.get(QUEUE).status_code == 302
    assert sign_in(officer).get(QUEUE).status_code == 200


@pytest.mark.parametrize("act", ["propose_password_reset", "disable_officer_account"])
def test_a_new_password_or_a_closed_account_ends_every_session(
    app: APIFlask, officer: Officer, administrator: Officer, sign_in: SignIn, act: str
) -> None:
    browser = sign_in(officer)
    assert browser.get(QUEUE).status_code == 200
    getattr(officer_acts, act)(officer.id, by=administrator, now=utc_now())
    factories.confirm_waiting()
    assert browser.get(QUEUE).status_code == 302


@pytest.mark.parametrize(
    ("moved", "by", "inside"),
    [
        ((sessions.SEEN_AT_KEY,), sessions.MAX_IDLE_TIME - timedelta(minutes=1), True),
        ((sessions.SEEN_AT_KEY,), sessions.MAX_IDLE_TIME + timedelta(minutes=1), False),
        ((sessions.SIGNED_IN_AT_KEY,), sessions.MAX_SESSION_TIME - timedelta(minutes=1), True),
        ((sessions.SIGNED_IN_AT_KEY,), sessions.MAX_SESSION_TIME + timedelta(minutes=1), False),
        (
            (sessions.SIGNED_IN_AT_KEY, sessions.SEEN_AT_KEY),
            timedelta(minutes=-30),
            True,
        ),  # the clock was set back since
        (
            (sessions.SIGNED_IN_AT_KEY, sessions.SEEN_AT_KEY),
            timedelta(days=-30),
            False,
        ),  # a session for a month would be left
    ],
)
def test_a_session_ends_when_left_alone_and_after_a_day(
    officer: Officer, sign_in: SignIn, moved: tuple[str, ...], by: timedelta, inside: bool
) -> None:
    browser = sign_in(officer)
    with browser.session_transaction() as session:
        for name in moved:
            session[name] -= int(by.total_seconds())
    assert browser.get(QUEUE).status_code == (200 if inside else 302)
    with browser.session_transaction() as session:
        assert ("_user_id" in session) is inside
        if inside and by > timedelta(0):
            assert utc_now().timestamp() - session[sessions.SEEN_AT_KEY] < 60, "it lives on"


def test_a_session_without_its_moments_is_over(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    with browser.session_transaction() as session:
        del session[sessions.SIGNED_IN_AT_KEY]
    assert browser.get(QUEUE).status_code == 302


def test_a_form_of_before_the_end_can_be_sent_again_after_signing_in(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    claim_id = factories.make_claim().id
    before = factories.csrf_token_in(browser.get(f"/petugas/klaim/{claim_id}").get_data(as_text=True))
    with browser.session_transaction() as session:
        session[sessions.SEEN_AT_KEY] -= int(sessions.MAX_IDLE_TIME.total_seconds()) + 60
    typed = {"version": "1", "reason": "Sudah saya periksa", "decision": "dismiss"}
    path = f"/petugas/klaim/{claim_id}/tutup"
    shown = browser.post(path, data=typed | {"csrf_token": before}, headers={"Sec-Fetch-Site": "same-origin"})
    page = shown.get_data(as_text=True)
    assert shown.status_code == 401
    assert "Sudah saya periksa" in page
    factories.submit_form(browser, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    again = browser.post(path, data=typed | {"csrf_token": factories.csrf_token_in(page)})
    assert again.status_code == 303


def test_no_token_opens_the_desk(app: APIFlask, officer: Officer) -> None:
    browser = app.test_client()
    page = browser.get("/petugas/masuk").get_data(as_text=True)
    fields = {"email": officer.email, "password": factories.PASSWORD}
    headers = {"X-CSRFToken": factories.csrf_token_in(page), "Accept": "application/json"}
    answer = browser.post("/petugas/masuk?include_auth_token", json=fields, headers=headers).get_json() or {}
    token = str(answer.get("response", {}).get("user", {}).get("authentication_token", "x"))
    stranger = app.test_client()
    for sent in ({"Authentication-Token": token}, {"Authorization": "Basic cGV0dWdhczp4"}):
        assert stranger.get(QUEUE, headers=sent).status_code in (302, 401)
        assert stranger.get(f"{QUEUE}?auth_token={token}", headers=sent).status_code in (302, 401)
