"""The picker in a real Chromium, with the keyboard alone: a combobox beside the claim, also where the line is slow."""

from __future__ import annotations

from typing import Any

import pytest

from hoax_tracker.models import Claim, Officer, Question, db
from tests import factories
from tests.chrome import axe_violations_both_schemes
from tests.review.views.test_browser import enter


def active_option(page: Any) -> str:
    """The words of the option that a screen reader would say."""
    option = page.evaluate("document.activeElement.getAttribute('aria-activedescendant')")
    return " ".join(page.locator(f"[id='{option}']").inner_text().split())


@pytest.mark.slow
def test_a_claim_is_merged_and_a_unit_chosen_with_the_keyboard(address: str, chromium: Any, officer: Officer) -> None:
    target = factories.make_claim("Besok pasar Oeba ditutup satu minggu karena perbaikan atap", priority=0.1).id
    claim = factories.make_claim("Jalan Frans Seda rusak berat", priority=0.9).id
    answering = str(factories.load_unit("dinkes").id)
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    enter(page, address, officer)
    page.goto(f"{address}/petugas/klaim/{claim}")

    page.keyboard.press("t")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "combobox"
    page.keyboard.type("kesehatan")
    page.wait_for_selector(".offers:visible [role=option] >> text=Dinas Kesehatan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('#teruskan select').value") == answering
    assert page.evaluate("document.activeElement.value") == "Dinas Kesehatan"

    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/pilih/gabung" in request.url else None)
    page.goto(f"{address}/petugas/klaim/{claim}#gabung")
    page.focus("#gabung-cari")
    page.keyboard.type("penutupan pasar", delay=20)
    page.wait_for_selector(".offers:visible [role=option]")
    assert len(requests) <= 3, requests  # one for what is near, one for what was typed; one more on a busy machine
    found = axe_violations_both_schemes(page)
    page.keyboard.press("ArrowDown")
    assert f"Klaim {target}" in active_option(page)
    page.keyboard.press("Escape")
    assert page.locator(".offers:visible").count() == 0
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".offers:visible")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"[data-chosen] >> text=Klaim {target}")
    found += axe_violations_both_schemes(page)
    page.focus("#gabung textarea")
    page.keyboard.type("Sama.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast >> text=Urungkan")
    db.session.rollback()
    assert db.session.get_one(Claim, claim).merged_into_id == target
    assert found == []
    assert faults == []


def test_a_broken_line_is_told_and_the_list_of_units_comes_back(address: str, chromium: Any, officer: Officer) -> None:
    claim = factories.make_claim().id
    page = chromium.new_context(viewport={"width": 360, "height": 740}).new_page()
    enter(page, address, officer)
    page.route("**/petugas/pilih/**", lambda route: route.abort())
    page.goto(f"{address}/petugas/klaim/{claim}#gabung")
    page.focus("#gabung-cari")
    page.wait_for_selector("#gabung [role=status] >> text=Sambungan terputus")
    page.goto(f"{address}/petugas/klaim/{claim}#teruskan")
    page.locator("#teruskan [role=combobox]").press("ArrowDown")
    page.wait_for_selector("#teruskan select[name=unit_id]:visible")


def test_what_was_typed_and_not_chosen_is_never_sent_as_another_unit(
    address: str, chromium: Any, officer: Officer
) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit().id).id
    dinkes = str(factories.load_unit("dinkes").id)
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    enter(page, address, officer)
    page.goto(f"{address}/petugas/klaim/{claim}#teruskan")
    for typed, sent in (("kesehatan", dinkes), ("dinas", ""), ("Dinas Kesehatan", dinkes), ("Kantor entah apa", "")):
        page.fill("#teruskan [role=combobox]", typed)
        page.keyboard.press("Tab")
        assert page.input_value("#teruskan select[name=unit_id]") == sent, typed
    page.fill("#teruskan textarea", "Benarkah ada yang dirawat?")
    page.click("#teruskan button >> text=Tanya")
    page.wait_for_selector("[role=alert]")
    db.session.rollback()
    assert db.session.query(Question).count() == 0
