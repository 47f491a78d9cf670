"""Other wordings in a Chromium: by keyboard, on a phone and a desktop, with scripts and without."""

from __future__ import annotations

from typing import Any

import pytest

from hoax_tracker.models import Claim, Clarification, Officer, db
from tests import factories
from tests.chrome import axe_violations_both_schemes
from tests.clarify.conftest import Drafting
from tests.clarify.test_wordings import WORDING
from tests.keyboard import Typist
from tests.review.decisions.test_service import make_report


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
def test_wordings_are_chosen_with_the_keyboard(
    claim: Claim, drafted: Drafting, officer: Officer, address: str, chromium: Any, width: int, scripts: bool
) -> None:
    make_report(claim, text="Aer ledeng mati satu minggu dari hari Senin ni")
    make_report(claim, text="Kran kering samua tujuh hari, tampung aer dari skarang, mulai hari Senin")
    page = drafted(claim)
    key, email = page.id, officer.email
    db.session.rollback()
    how: dict[str, Any] = {"java_script_enabled": scripts, "base_url": address}
    desk = chromium.new_context(viewport={"width": width, "height": 800}, **how).new_page()
    typist = Typist(desk)
    desk.goto("/petugas/masuk")
    desk.fill("[name=email]", email)
    desk.fill("[name=password]", factories.PASSWORD)
    with desk.expect_navigation():
        desk.press("[name=password]", "Enter")
    desk.goto(f"/petugas/klarifikasi/{key}/sunting")
    assert desk.locator(".wording").count() == 3, "two suggestions and a row of one's own"
    assert [box.is_checked() for box in desk.locator(".wording input[type=checkbox]").all()] == [False, False, True]
    typist.tab_to("#wordings-0-used")
    typist.press("Space")
    typist.tab_to("#wordings-2-text")
    typist.type("Aer ledeng mati tiga hari dari Senin")
    last = desk.locator(".source").count() - 1
    desk.fill(f"#sources-{last}-url", "https://berita.example/1")
    assert desk.locator(".source").count() == last + (2 if scripts else 1), "the next box appears once one is filled"
    assert desk.locator("button[value=rujukan]").is_visible() is not scripts
    typist.tab_to("button[value=ajukan]")
    typist.go()
    assert "Menyebut «tiga hari», kutipannya «tujuh hari»" in desk.inner_text("#wordings-2-text-salah")
    assert desk.get_attribute("#wordings-2-text", "aria-invalid") == "true"
    assert desk.locator("#wordings-0-text-salah").count() == 0
    assert desk.is_checked("#wordings-0-used")
    if scripts:
        assert axe_violations_both_schemes(desk) == []
    assert desk.locator("body").evaluate("body => body.scrollWidth") <= width
    typist.tab_to("#wordings-2-text")
    typist.press("Control+A")
    typist.type(WORDING)
    typist.tab_to("button[value=ajukan]")
    typist.go()
    assert WORDING in desk.inner_text("ul.wordings")
    db.session.rollback()
    kept = db.session.get_one(Clarification, key).wordings
    db.session.rollback()
    assert (len(kept), kept[1]) == (2, WORDING)
