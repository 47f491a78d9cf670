"""What the desk shows each role: menu entries, kinds of pages, buttons on a claim: ``python -m benchmarks menus``.

An instance with rows of every kind (tests/walk.py) is walked from *Pagi ini* along its links, as somebody of each role.
A kind of page is a template that was shown in answer to a link, however many addresses it has. ``buttons`` are those on
the page of a waiting claim, links that look like one included; ``in_sight`` are those of them outside folded parts.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from apiflask import APIFlask
from flask import template_rendered
from flask.testing import FlaskClient

from hoax_tracker.authority import guards
from hoax_tracker.models import RoleName, db

START, CLAIM = "/petugas/untuk-anda", "/petugas/klaim/"
VISITS_A_ROUTE = 3
"""Addresses of one route that are opened: enough for its states here."""
ROLES = {
    "officer": (RoleName.OFFICER,),
    "unit officer": (RoleName.OFFICER,),
    "approver": (RoleName.APPROVER,),
    "administrator": (RoleName.ADMINISTRATOR,),
    "auditor": (RoleName.AUDITOR,),
}
FILE = re.compile(r"\.(csv|xlsx|json|pdf|jpg|opml|xml)$|/berkas$|/masuk|/keluar")


class PageReader(HTMLParser):
    """Collects a page's links, the entries of its menu, and its buttons."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.menu = self.buttons = self.in_sight = 0
        self._folded, self._in_menu, self._in_main = 0, False, False
        self._sections: list[bool] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count an element."""
        given = dict(attrs)
        is_panel = "panel" in (given.get("class") or "").split()
        if tag == "section":
            self._sections.append(is_panel)
        self._folded += tag == "details" or (tag == "section" and is_panel)
        self._in_menu = self._in_menu or (tag == "nav" and given.get("aria-label") == "Utama")
        self._in_main = self._in_main or tag == "main"
        if tag == "a":
            self.links.append(given.get("href") or "")
            self.menu += self._in_menu
        is_button = tag == "button" or (tag == "a" and "btn" in (given.get("class") or "").split())
        if self._in_main and is_button:
            self.buttons += 1
            self.in_sight += not self._folded

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._folded -= tag == "details" or (tag == "section" and self._sections.pop())
        self._in_menu = self._in_menu and tag != "nav"
        self._in_main = self._in_main and tag != "main"


@contextmanager
def _shown_templates(app: APIFlask) -> Iterator[list[str]]:
    """Collect the names of the templates that are rendered."""
    shown: list[str] = []

    def note(_sender: Any, template: Any, **_more: Any) -> None:
        shown.append(template.name)

    with template_rendered.connected_to(note, app):
        yield shown


def walk_desk(app: APIFlask, browser: FlaskClient, claim_id: int) -> dict[str, Any]:
    """Follow all links of the desk from its first page on; return what was counted."""
    adapter = app.url_map.bind("localhost")
    waiting, seen, visits = deque([START, f"{CLAIM}{claim_id}"]), {START, f"{CLAIM}{claim_id}"}, Counter[str]()
    kinds: set[str] = set()
    counts: dict[str, Any] = {}
    while waiting:
        address = waiting.popleft()
        endpoint = adapter.match(urlsplit(address).path, method="GET", return_rule=True)[0].endpoint
        visits[endpoint] += 1
        if visits[endpoint] > VISITS_A_ROUTE:
            continue
        with _shown_templates(app) as shown:
            answer = browser.get(address)
        if answer.status_code != 200 or not shown:
            continue
        kinds.add(shown[-1])
        page = PageReader(answer.get_data(as_text=True))
        if address == START:
            counts["menu_entries"] = page.menu
        if address == f"{CLAIM}{claim_id}":
            counts |= {"buttons": page.buttons, "in_sight": page.in_sight}
        for link in page.links:
            path = urlsplit(link)._replace(fragment="", scheme="", netloc="").geturl()
            if path.startswith("/petugas/") and path not in seen and not FILE.search(urlsplit(path).path):
                seen.add(path)
                waiting.append(path)
    return {"menu_entries": counts["menu_entries"], "page_kinds": len(kinds)} | counts | {"kinds": sorted(kinds)}


def measure() -> dict[str, dict[str, Any]]:
    """Return by role how many menu entries, kinds of pages and buttons under a claim there are."""
    from hoax_tracker.app import create_app

    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"HOAX_TRACKER_DATA": folder, "DATABASE_URL": f"sqlite:///{folder}/menus.db"}
        app = create_app()
        with app.app_context():
            claim_id, emails = _fill_instance(app)
        return {name: _walk_as(app, email, claim_id) for name, email in emails.items()}


def _fill_instance(app: APIFlask) -> tuple[int, dict[str, str]]:
    """Fill the instance; return a waiting claim, and the address of somebody of each role."""
    from tests import factories, walk

    factories.migrate_database()
    guards.drop_guards(db.session.connection())
    factories.seed_reference()
    walk.fill_instance(app, walk.make_people())
    claim = factories.add_unit_answer(factories.make_claim("Air PDAM mati total tiga hari"), "dinkes")
    people = {}
    for name, roles in ROLES.items():
        unit, email = "dinkes" if name == "unit officer" else "diskominfo", f"{name.replace(' ', '-')}@jalan.example"
        people[name] = factories.make_officer(email, *roles, unit_code=unit).email
    claim_id = claim.id
    db.session.remove()
    return claim_id, people


def _walk_as(app: APIFlask, email: str, claim_id: int) -> dict[str, Any]:
    """Sign somebody in and walk the desk."""
    from tests import factories

    browser = app.test_client()
    factories.submit_form(browser, "/petugas/masuk", email=email, password=factories.PASSWORD)
    return walk_desk(app, browser, claim_id)
