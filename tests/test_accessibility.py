"""What axe says of every page that anybody opens: the public and the four roles, both widths, day and night."""

from __future__ import annotations

from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.models import RoleName
from tests import factories, walk
from tests.chrome import axe_violations_both_schemes

ADDRESSES_A_ROUTE = 3
"""So many addresses of one route are opened: a claim's page with an answer and one without, not each."""
TALL = 4000  # so tall that the bar at the bottom lies over nothing
ENDS_THE_SESSION = {"security.logout"}


@pytest.mark.long
@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("role", [None, *RoleName])
def test_axe_finds_nothing_on_any_page(
    app: APIFlask, address: str, chromium: Any, role: RoleName | None, width: int
) -> None:
    known = walk.fill_instance(app, walk.make_people())
    email = factories.make_officer("pembaca@kupang.example", role).email if role else ""
    paths = list_pages(app, known, email)
    page = chromium.new_context(viewport={"width": width, "height": TALL}, bypass_csp=True).new_page()
    if role:
        page.goto(f"{address}/petugas/masuk?next=/petugas/")
        page.fill("#surel", email)
        page.fill("#sandi", factories.PASSWORD)
        with page.expect_navigation():
            page.keyboard.press("Enter")
    found = []
    for path in paths:
        page.goto(address + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{path}: {rule} {element}" for rule, element in axe_violations_both_schemes(page)]
        found += [f"{path}: {wide} px wide"] if wide > width else []
    assert not found, "\n".join(found)


def list_pages(app: APIFlask, known: walk.Values, email: str) -> list[str]:
    """Return the addresses that show a page to whoever signs in with the address, or to the public without one."""
    browser = app.test_client()
    if email:
        factories.submit_form(browser, "/petugas/masuk", email=email, password=factories.PASSWORD)
    paths: dict[str, list[str]] = {}
    for rule, path in walk.iterate_addresses(app, known):
        if len(paths.setdefault(rule.endpoint, [])) < ADDRESSES_A_ROUTE and rule.endpoint not in ENDS_THE_SESSION:
            answer = browser.get(path)
            is_page = answer.mimetype == "text/html" and answer.text.startswith("<!doctype html>")  # no part of one
            if answer.status_code == 200 and is_page:
                paths[rule.endpoint].append(path)
    assert len(paths) > 30, "the walk found few pages"
    return [path for opened in paths.values() for path in opened]
