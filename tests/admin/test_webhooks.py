"""The administrator's page of webhooks: add, read the secret once, change, renew, send again, remove."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, WebhookDelivery, WebhookEndpoint, db
from hoax_tracker.notifications import webhooks
from hoax_tracker.notifications.webhooks import events
from tests import factories
from tests.browser import read_form_fields
from tests.factories import only_row
from tests.feed_server import FeedServer, Reply

SignIn = Callable[[Officer], FlaskClient]
PAGE = "/petugas/kelola/webhook"


def add(browser: FlaskClient, url: str) -> str:
    """Add an endpoint by the form; return the page that follows."""
    fields = read_form_fields(browser, f"{PAGE}/baru") | {"name": "Situs", "url": url, "events": ["report.received"]}
    return browser.post(f"{PAGE}/baru", data=fields).text


def secret_in(page: str) -> str:
    """The secret on a page."""
    return re.findall(r"whsec_[A-Za-z0-9+/=]{44}", page.replace("&#43;", "+"))[0]


def test_an_endpoint_is_added_told_and_removed(
    browser: FlaskClient, server: FeedServer, settings: Settings, now: datetime
) -> None:
    url = server.answer("/hook", Reply(b"<b>tidak</b>", 500), Reply(b"ok"))
    secret = secret_in(add(browser, url))
    page = f"{PAGE}/{only_row(WebhookEndpoint).id}"
    assert secret not in browser.get(page).text
    claim = factories.make_claim()
    with write_transaction():
        webhooks.enqueue_report_event(claim, now)
    webhooks.send_due_deliveries(settings, now)
    shown = browser.get(page).text
    assert "HTTP 500" in shown
    assert "&lt;b&gt;tidak&lt;/b&gt;" in shown
    message = db.session.scalars(sa.select(WebhookDelivery)).one().id
    assert factories.submit_form(browser, f"{PAGE}/pesan/{message}/kirim-ulang", page).status_code == 303
    assert webhooks.send_due_deliveries(settings, datetime.now(now.tzinfo)) == 1
    assert "Diterima" in browser.get(page).text
    renewed = secret_in(factories.submit_form(browser, f"{page}/rahasia", page).text)
    assert renewed != secret
    assert factories.submit_form(browser, f"{page}/hapus", page).status_code == 303
    db.session.rollback()
    assert db.session.scalars(sa.select(WebhookEndpoint)).all() == []
    query = sa.select(AuditEvent.action).where(AuditEvent.action.startswith("webhook"))
    acts = list(db.session.scalars(query.order_by(AuditEvent.id)))
    assert acts == ["webhook_added", "webhook_resent", "webhook_secret_renewed", "webhook_removed"]


def test_a_private_address_and_one_listed_before_are_refused(browser: FlaskClient) -> None:
    assert "alamat publik" in add(browser, "https://192.168.1.5/hook")
    assert "whsec_" in add(browser, "https://kantor.example/hook")
    assert "sudah terdaftar" in add(browser, "https://kantor.example/hook")
    assert only_row(WebhookEndpoint).url == "https://kantor.example/hook"


def test_two_administrators_do_not_overwrite_each_other(browser: FlaskClient) -> None:
    add(browser, "https://kantor.example/hook")
    page = f"{PAGE}/{only_row(WebhookEndpoint).id}"
    first, second = read_form_fields(browser, page), read_form_fields(browser, page)
    assert browser.post(page, data=first | {"name": "Kantor A"}).status_code == 303
    assert browser.post(page, data=second | {"name": "Kantor B"}).status_code == 409
    assert only_row(WebhookEndpoint).name == "Kantor A"


def test_nobody_else_opens_the_pages(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    assert [browser.get(path).status_code for path in (PAGE, f"{PAGE}/baru", f"{PAGE}/1")] == [403, 403, 403]


def test_an_endpoint_that_was_turned_off_is_said_where_its_administrator_looks(
    browser: FlaskClient, officer: Officer, sign_in: SignIn, now: datetime
) -> None:
    add(browser, "https://kantor.example/hook")
    with write_transaction():
        events.turn_endpoint_off(only_row(WebhookEndpoint).id, "HTTP 410", now)
    notice = browser.get("/petugas/untuk-anda").text
    assert "Satu webhook dimatikan" in notice
    assert f'href="{PAGE}"' in notice
    assert "HTTP 410" in browser.get(PAGE).text
    assert "webhook" not in sign_in(officer).get("/petugas/untuk-anda").text
