"""In a real browser: the account page offers to tell it, by keyboard and in both schemes, and it shows an alarm."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.accounts.own_account import MOST_BROWSERS
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.insight.early_warning.alarms import render_alarm
from hoax_tracker.models import AlarmBrowser, Officer, OfficerSession, db
from tests import factories
from tests.chrome import axe_violations_both_schemes
from tests.feed_server import FeedServer
from tests.notifications.push.push_service import Browser
from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("secure")
SHOWN = (
    "navigator.serviceWorker.ready.then(one => one.getNotifications())"
    ".then(all => all.map(one => [one.title, one.body, one.tag]))"
)


SUBSCRIBE_HERE = """fields => {
  const own = {toJSON: () => ({endpoint: fields.endpoint, keys: fields}), unsubscribe: async () => true};
  PushManager.prototype.subscribe = async () => own;
}"""
"""Chromium without Google's push service has nothing to subscribe to: it gets an address of ours."""


def open_account(chromium: Any, address: str, email: str) -> Any:
    """Sign in on a phone that allows notifications, and show the account."""
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.grant_permissions(["notifications"], origin=address)
    page = context.new_page()
    page.goto(f"{address}/petugas/masuk?next=/petugas/akun")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Kabari di browser ini").wait_for()
    return page


def test_the_account_offers_it_and_an_alarm_is_shown(
    app: APIFlask, address: str, officer: Officer, whole_chromium: Any
) -> None:
    email = officer.email
    with app.test_request_context():
        payload = render_alarm("id").decode()
    db.session.commit()
    page = open_account(whole_chromium, address, email)
    assert axe_violations_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    session = page.context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: page.evaluate("1") and registrations, "the browser names its service worker")
    delivery = {"origin": address, "registrationId": registrations[0], "data": payload}

    def is_shown_once_sent() -> bool:
        # A loaded Chromium was seen to load the icon and to keep no notification; sent again, it replaces itself.
        session.send("ServiceWorker.deliverPushMessage", delivery)
        with suppress(TimeoutError):
            wait_until(lambda: page.evaluate(SHOWN), "the browser shows the alarm", limit_s=15)
            return True
        return False

    wait_until(is_shown_once_sent, "the browser shows the alarm, sent more than once")
    assert page.evaluate(SHOWN) == [["Ada yang naik", "Buka meja petugas untuk melihatnya.", "meja"]]


def test_a_refusal_says_what_to_do_and_who_is_signed_out_is_not_told_that_it_is_done(
    address: str, server: FeedServer, officer: Officer, settings: Settings, chromium: Any
) -> None:
    email = officer.email
    for number in range(MOST_BROWSERS):
        more = {"added_at": factories.NOW, "told_notice_id": 0, "sealed": b"", "endpoint_digest": str(number)}
        db.session.add(AlarmBrowser(officer_id=officer.id, browser="chrome/android", **more))
    db.session.commit()
    page = open_account(chromium, address, email)
    page.evaluate(SUBSCRIBE_HERE, Browser(server, "/push/6").fields())
    said = page.locator("#ponsel [role=status]")
    page.get_by_role("button", name="Kabari di browser ini").click()
    wait_until(lambda: said.inner_text() == "Paling banyak 5 browser. Cabut salah satunya dulu.", "the reason is told")
    db.session.execute(sa.delete(OfficerSession))
    db.session.commit()
    page.get_by_role("button", name="Kabari di browser ini").click()
    wait_until(lambda: said.inner_text() == "Belum jadi. Muat ulang halaman ini, lalu coba lagi.", "it was not stored")
