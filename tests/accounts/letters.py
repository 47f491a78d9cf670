"""Helpers for an app whose mail server never answers: letters stay in the outbox, and tests read them there."""

from __future__ import annotations

import re

import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.mail.outbox import RenderedLetter, decrypt_letter
from tests import factories

GOOD_PASSWORD = "sepeda lampu mangga awan"


def read_letters(app: APIFlask, to: str) -> list[RenderedLetter]:
    """Return the queued letters for an address, oldest first."""
    rows = db.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id)).all()
    return [one for row in rows if (one := decrypt_letter(row, app.extensions["settings"])).to == to]


def path_in(letter: RenderedLetter) -> str:
    """Return the path of the link in a letter."""
    found = re.search(r"https?://[^/\s]+(/petugas/(?:sandi|undangan)/\S+)", letter.text)
    assert found, letter.text
    return found.group(1)


def path_on(page: str) -> str:
    """Return the path of the link that a page shows."""
    found = re.search(r"https?://[^/\s<]+(/petugas/(?:sandi|undangan)/[^\s<]+)", page)
    assert found, page
    return found.group(1)


def choose(browser: FlaskClient, path: str, password: str = GOOD_PASSWORD, again: str | None = None) -> int:
    """Choose a password on the page of a link; return the status."""
    if browser.get(path).status_code != 200:
        return browser.get(path).status_code
    return factories.submit_form(browser, path, password=password, again=again or password).status_code
