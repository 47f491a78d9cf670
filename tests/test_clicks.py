"""How many clicks lead from signing in to a published page: counted in a real Chromium, with two people."""

from __future__ import annotations

from typing import Any

import pytest

from hoax_tracker.models import Clarification, ClarificationStatus, Officer, db
from tests import factories

MOST_CLICKS = 5
WRITTEN = {
    "#title": "Air tetap mengalir di seluruh kota",
    "#summary": "Tidak ada pipa induk yang pecah.",
    "#findings": "Perumda memeriksa pipa induk [1].",
    "#conclusion": "Warga tidak perlu menampung air.",
    "#sources-0-title": "Jadwal pengaliran",
    "#sources-0-url": "https://pdam.example/jadwal",
}


class Mouse:
    """Two people's mouse: counts every click; fields are reached with Tab, as one does while writing."""

    def __init__(self, chromium: Any, address: str) -> None:
        self.chromium, self.address, self.clicks = chromium, address, 0

    def sign_in(self, email: str) -> Any:
        """Open the desk in a browser of one's own, and sign in."""
        view = {"width": 1280, "height": 800}
        page = self.chromium.new_context(viewport=view, base_url=self.address).new_page()
        page.goto("/petugas/")
        page.fill("#surel", email)
        page.fill("#sandi", factories.PASSWORD)
        self.follow(page, "button >> text='Masuk'")
        return page

    def follow(self, page: Any, selector: str) -> None:
        """Click what leads to another page."""
        self.clicks += 1
        with page.expect_navigation():
            page.click(selector)


@pytest.mark.slow
def test_five_clicks_lead_from_signing_in_to_a_published_page(
    address: str, chromium: Any, officer: Officer, approver: Officer
) -> None:
    claim = factories.make_claim()
    factories.add_unit_answer(claim, "pdam")
    emails = [officer.email, approver.email]
    db.session.rollback()
    mouse = Mouse(chromium, address)
    desk = mouse.sign_in(emails[0])
    mouse.follow(desk, ".keys button >> text=Susun")
    desk.select_option("#verdict", "hoaks")
    for selector, text in WRITTEN.items():
        desk.fill(selector, text)
    mouse.follow(desk, "button[value=ajukan]")
    assert desk.inner_text("[aria-current=step]") == "Menunggu persetujuan"
    assert desk.locator("form[action$='/setujui']").count() == 0, "no person publishes alone"
    second = mouse.sign_in(emails[1])
    approve = second.locator("text=Setujui dan terbitkan").bounding_box()
    assert approve["y"] + approve["height"] <= 800, "in the first screen"
    if second.locator("#setujui-alasan[required]").count():
        second.fill("#setujui-alasan", "Jadwalnya ada di laman resmi.")
    mouse.follow(second, "text=Setujui dan terbitkan")
    assert second.inner_text("[aria-current=step]") == "Terbit"
    row = db.session.scalars(db.select(Clarification)).one()
    assert (row.status, row.author_id != row.approver_id) == (ClarificationStatus.PUBLISHED, True)
    assert mouse.clicks == MOST_CLICKS
