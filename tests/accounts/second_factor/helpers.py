"""An officer's phone for tests: it shows the codes of an app, with a wrong clock where a test wants one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pyotp
from flask import current_app
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.accounts.second_factor import code_app, factors
from hoax_tracker.accounts.second_factor.code_app import generate_secret, seal_secret
from hoax_tracker.clock import utc_now
from hoax_tracker.models import AuditEvent, Officer, SecondFactor, db
from tests import factories

SIGN_IN, STEP, OWN = "/petugas/masuk", "/petugas/masuk/kode", "/petugas/akun/faktor-kedua"


def code_at(secret: str, moment: datetime | None = None, **off: int) -> str:
    """The code that a phone shows whose clock is wrong by this difference."""
    return pyotp.TOTP(secret).at((moment or utc_now()) + timedelta(**off))


def contact_key() -> str:
    """The key that secrets are sealed with."""
    key: str = current_app.extensions["settings"].contact_key
    return key


def give_code_app(person: Officer, now: datetime | None = None) -> tuple[str, list[str]]:
    """Enable a code app; return its secret and the recovery codes. The code used for it counts as unused."""
    now, secret = now or utc_now(), generate_secret()
    sealed = seal_secret(secret, person.id, contact_key()).decode()
    codes = factors.add_code_app(person.id, sealed, code_at(secret, now), key=contact_key(), now=now)
    forget_used_codes(person)
    return secret, codes


def forget_used_codes(person: Officer) -> None:
    """Simulate that half a minute passed: no current code counts as used."""
    db.session.get_one(SecondFactor, person.id).last_step = None
    db.session.commit()


def give_password(browser: FlaskClient, person: Officer) -> TestResponse:
    """Take the first step of signing in, the password."""
    return factories.submit_form(browser, SIGN_IN, email=person.email, password=factories.PASSWORD)


def give_code(browser: FlaskClient, code: str, path: str = STEP) -> TestResponse:
    """Take the second step of signing in, the code."""
    return factories.submit_form(browser, path, second_factor_code=code)


def fault_in(response: TestResponse) -> str:
    """Return the error that a page shows; fail where it shows none."""
    found = re.search(r'<p id="salah">(.*?)</p>|role="alert">([^<]+)</p>', response.get_data(as_text=True), re.DOTALL)
    assert found, "the page tells of no fault"
    return found.group(1) or found.group(2)


def hidden_field(response: TestResponse, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(f'name="{name}" value="([^"]*)"', response.get_data(as_text=True))
    assert found, name
    return found.group(1)


def age_session(browser: FlaskClient, **ages: timedelta) -> None:
    """Move the times in a browser's session into the past."""
    with browser.session_transaction() as session:
        for name, age in ages.items():
            session[name] = int((utc_now() - age).timestamp())


__all__ = ["AuditEvent", "code_app", "factors"]
