"""In a real browser: the account page offers to tell it, by keyboard and in both schemes, and it shows an alarm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Officer, db
from hoax_tracker.insight.early_warning.alarm_pushes import render_alarm
from tests import factories
from tests.chrome import NEEDS_CHROMIUM, axe_violations_both_schemes, serve_app
from tests.waiting import wait_until

pytestmark = NEEDS_CHROMIUM

SHOWN = (
    "navigator.serviceWorker.ready.then(one => one.getNotifications())"
    ".then(all => all.map(one => [one.title, one.body, one.tag]))"
)


@pytest.fixture
def served(app: APIFlask, settings: Settings) -> Iterator[str]:
    """The app on loopback, as one whose public address is https."""
    app.extensions["settings"] = replace(settings, base_url="https://kabas.kota.example")
    with serve_app(app) as address:
        yield address


def test_the_account_offers_it_and_an_alarm_is_shown(
    app: APIFlask, served: str, officer: Officer, chromium: Any
) -> None:
    email = officer.email
    with app.test_request_context():
        payload = render_alarm("id").decode()
    db.session.commit()
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.grant_permissions(["notifications"], origin=served)
    page = context.new_page()
    page.goto(f"{served}/petugas/masuk?next=/petugas/akun")
    page.fill("#surel", email)
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Kabari di browser ini")
    button.wait_for()
    assert axe_violations_both_schemes(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    session = context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: page.evaluate("1") and registrations, "the browser names its service worker")
    delivery = {"origin": served, "registrationId": registrations[0], "data": payload}
    session.send("ServiceWorker.deliverPushMessage", delivery)
    wait_until(lambda: page.evaluate(SHOWN), "the browser shows the alarm")
    assert page.evaluate(SHOWN) == [["Ada yang naik", "Buka meja petugas untuk melihatnya.", "meja"]]
