"""In a real browser: the page offers to tell it, and its service worker shows what a push brings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.waiting import wait_until

pytestmark = pytest.mark.usefixtures("secure")
READY = "navigator.serviceWorker.ready.then(one => one.active.state)"
SHOWN = (
    "navigator.serviceWorker.ready.then(one => one.getNotifications())"
    ".then(all => all.map(one => [one.title, one.body, one.data.url]))"
)
PUSHED = '{"title": "Air tetap mengalir", "body": "Baru", "url": "https://kabas.example/klarifikasi/air"}'


def test_the_page_offers_it_and_a_push_is_shown(address: str, whole_chromium: Any) -> None:
    context = whole_chromium.new_context(viewport={"width": 360, "height": 740})
    context.grant_permissions(["notifications"], origin=address)
    page = context.new_page()
    page.goto(f"{address}/kabari")
    page.evaluate(READY)
    page.get_by_role("button", name="Kabari di sini").wait_for()
    assert page.get_by_role("button", name="Berhenti di sini").count() == 0
    session = context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    wait_until(lambda: page.evaluate("1") and registrations, "the browser names its service worker")
    delivery = {"origin": address, "registrationId": registrations[0], "data": PUSHED}
    session.send("ServiceWorker.deliverPushMessage", delivery)
    wait_until(lambda: page.evaluate(SHOWN), "the browser shows the push")
    assert page.evaluate(SHOWN) == [["Air tetap mengalir", "Baru", "https://kabas.example/klarifikasi/air"]]
