"""The administrator's pages in a browser: they fit a phone, and axe finds nothing, with a channel in every state."""

from __future__ import annotations

from typing import Any

import pytest

from hoax_tracker.models import Officer, db
from tests import factories
from tests.chrome import axe_violations
from tests.tipline.channels.conftest import PutInService


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_the_pages_fit_and_axe_finds_nothing(
    address: str, chromium: Any, administrator: Officer, put_in_service: PutInService, width: int, scheme: str
) -> None:
    put_in_service("telegram", last_fault="HTTP 401 Unauthorized", last_fault_at=factories.NOW)
    put_in_service("whatsapp", paused_at=factories.NOW, counted_replies=3)
    db.session.rollback()
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{address}/petugas/masuk?next=/petugas/kelola/saluran")
    page.fill("#surel", "admin@kupang.example")
    page.fill("#sandi", factories.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/petugas/kelola/saluran")
    for path in ("", "/telegram", "/whatsapp"):
        page.goto(f"{address}/petugas/kelola/saluran{path}")
        if path:
            page.click("#coba button")
            page.wait_for_selector("#coba .notice")
        assert axe_violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
