"""Subscribing by the real pages, and the letters that a real mail server took."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.subscriptions.daily_letters import enqueue_daily_letters
from hoax_tracker.clarify.publication import add_revision
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, Subscription, db
from hoax_tracker.notifications import mail
from tests import factories
from tests.mail_server import Postman, plain_text
from tests.notifications.mail.conftest import mail_at, settings_with_mail

__all__ = ["mail_at", "settings_with_mail"]

ADDRESS = "maria@surel.example"
DAY = timedelta(days=1)
Publish = Callable[..., Clarification]


@pytest.fixture
def publish(officer: Officer, approver: Officer) -> Publish:
    """Return a function that publishes a page, with its first revision."""

    def go(title: str, **fields: object) -> Clarification:
        page = factories.make_clarification(officer, approver, title=title, **fields)
        return revise(page, ClarificationStatus.PUBLISHED, approver)

    return go


def revise(page: Clarification, kind: ClarificationStatus, approver: Officer) -> Clarification:
    """Change a public page in the open."""
    page.status = kind
    add_revision(page, "Alasan", page.author_id, approver.id, factories.NOW)
    db.session.commit()
    return page


def ask(client: FlaskClient, address: str = ADDRESS, choice: str = "semua") -> str:
    """Fill in the form; return the page that follows."""
    return client.post("/kabari", data={"surel": address, "tentang": choice}).text


def letters_to(postman: Postman, settings: Settings, now: datetime, address: str = ADDRESS) -> list[EmailMessage]:
    """Send what waits; return everything that the address got so far."""
    mail.send_due_letters(settings, now)
    return [letter for letter in postman.letters if letter["To"] == address]


def path_in(letter: EmailMessage, act: str) -> str:
    """The path of a link in the letter: ``ya`` or ``berhenti``."""
    return re.findall(rf"http://127\.0\.0\.1:8000(/kabari/[\w-]+/{act})", plain_text(letter))[0]


@pytest.fixture
def subscribe(app: APIFlask, postman: Postman, settings_with_mail: Settings) -> Callable[..., None]:
    """Return a function that subscribes an address, confirmed."""

    def go(address: str = ADDRESS, choice: str = "semua") -> None:
        client = app.test_client()
        ask(client, address, choice)
        letter = letters_to(postman, settings_with_mail, utc_now(), address)[-1]
        assert client.post(path_in(letter, "ya")).status_code == 200

    return go


def round_at(settings: Settings, moment: datetime) -> int:
    """A worker's round: queue and send; return how many letters were queued."""
    queued = enqueue_daily_letters(settings, moment)
    mail.send_due_letters(settings, moment)
    return queued


def subscriptions() -> list[Subscription]:
    """All rows."""
    db.session.rollback()
    return list(db.session.scalars(sa.select(Subscription).order_by(Subscription.id)))
