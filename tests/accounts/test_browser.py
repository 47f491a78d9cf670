"""Account pages in a real Chromium: on a phone and a wide screen, by keyboard, without scripts."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.accounts import invitations, passwords
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, RoleName, db
from tests import factories
from tests.accounts.letters import GOOD_PASSWORD, path_on
from tests.chrome import axe_violations
from tests.mail_server import turn_mail_on

ACCOUNT, SIGN_IN = "/petugas/akun", "/petugas/masuk"
SMALL = """[...document.querySelectorAll('a, button, input:not([type=hidden]):not(.off), select')]
    .filter(one => one.offsetParent && one.closest('main') && !one.closest('p') && !one.closest('.fault'))
    .map(one => one.closest('label.tick') || (one.matches('.go') && one.closest('li')) || one)
    .filter(one => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 44)
    .map(one => one.outerHTML.slice(0, 120))"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def links(app: APIFlask, officer: Officer, administrator: Officer) -> dict[str, str]:
    """Where an invitation and a link to a password lead, and pages that need none."""
    turn_mail_on(app)
    with write_transaction():
        invitations.invite_officer(
            "rambu@kupang.example",
            "Rambu",
            [RoleName.OFFICER],
            unit=factories.load_unit(),
            by=administrator,
            now=utc_now(),
        )
    factories.confirm_waiting()
    confirmed = invitations.find_confirmed("rambu@kupang.example")
    assert confirmed is not None
    invited = invitations.hand_link(confirmed.id, by=administrator, now=utc_now())
    with write_transaction():
        reset = passwords.send_password_link(administrator, by=None, now=utc_now())
        administrator.password = officer.password
    db.session.rollback()
    return {"invitation": path_on(invited.url), "password": path_on(reset.url), "forgotten": "/petugas/lupa"}


def enter(page: Any, address: str, email: str = "petugas@kupang.example", password: str = factories.PASSWORD) -> None:
    """Sign in by keyboard alone."""
    db.session.rollback()
    page.goto(f"{address}{SIGN_IN}")
    page.focus("#surel")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: SIGN_IN not in url)  # each lands on their own work


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(360, "light", "id"), (360, "dark", "en"), (1280, "light", "en"), (1280, "dark", "id")],
)
def test_every_page_fits_can_be_touched_and_read(
    address: str, chromium: Any, links: dict[str, str], width: int, scheme: str, language: str
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{address}/bahasa/{language}")
    found: dict[str, Any] = {}

    def look(path: str) -> None:
        page.goto(f"{address}{path}")
        faults = page.evaluate(SMALL), page.evaluate(WIDER), axe_violations(page)
        if any(faults):
            found[path] = faults

    for path in (SIGN_IN, *links.values()):
        look(path)
    enter(page, address)
    look(ACCOUNT)
    look(links["invitation"])  # signed in as another
    context.clear_cookies()
    enter(page, address, "admin@kupang.example")
    look("/petugas/kelola/petugas")
    assert found == {}


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_faults_can_be_read_and_fit(address: str, chromium: Any, officer: Officer, width: int) -> None:
    page = chromium.new_context(viewport={"width": width, "height": 740}).new_page()
    enter(page, address)
    page.goto(f"{address}{ACCOUNT}")
    page.fill("#old", "salah-sama-sekali")
    page.fill("#password", GOOD_PASSWORD)
    page.fill("#again", GOOD_PASSWORD)
    page.get_by_role("button", name="Ganti kata sandi").click()
    page.wait_for_selector("#sandi-salah")
    assert page.input_value("#old") == page.input_value("#password") == ""
    assert not page.evaluate(WIDER)
    assert axe_violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_the_whole_way_by_keyboard_with_and_without_scripts(
    app: APIFlask, address: str, chromium: Any, links: dict[str, str], scripts: bool
) -> None:
    """An invitation is accepted, the account opened, the password changed, another browser signed out."""
    context = chromium.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{address}{links['invitation']}")
    for box in ("#password", "#again"):
        page.focus(box)
        page.keyboard.type(GOOD_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}{SIGN_IN}")
    assert "Akun Anda siap" in page.inner_text("main")
    enter(page, address, "rambu@kupang.example", GOOD_PASSWORD)
    other = chromium.new_context(java_script_enabled=scripts).new_page()
    enter(other, address, "rambu@kupang.example", GOOD_PASSWORD)
    page.goto(f"{address}{ACCOUNT}")
    page.get_by_role("button", name="Keluarkan semua yang lain").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice.is-done")
    other.goto(f"{address}{ACCOUNT}")
    assert SIGN_IN in other.url
    for box, typed in (
        ("#old", GOOD_PASSWORD),
        ("#password", "payung biru kursi sawah"),
        ("#again", "payung biru kursi sawah"),
    ):
        page.focus(box)
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    page.wait_for_selector(".notice.is-done")
    assert "Kata sandi diganti" in page.inner_text(".notice")
    db.session.rollback()
    person = db.session.scalars(sa.select(Officer).where(Officer.email == "rambu@kupang.example")).one()
    assert person.password_changed_at is not None
