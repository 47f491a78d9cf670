"""Where an officer lands after signing in, whichever way they came."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.clarify import corrections, service
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, RoleName
from tests import factories

DESK, SIGN_IN = "/petugas/", "/petugas/masuk"


def await_approval(author: Officer) -> Clarification:
    """Return a clarification of the author's that awaits approval."""
    page = factories.make_clarification(author, None, status=ClarificationStatus.AWAITING_APPROVAL)
    with write_transaction():
        service.propose_publication(page, author, factories.NOW)
    return page


def landing_of(app: APIFlask, person: Officer, opened: str = DESK) -> str:
    """Open an address signed out, sign in, and return where that leads in the end."""
    browser: FlaskClient = app.test_client()
    asked = browser.get(opened)
    form = browser.get(str(asked.location)).get_data(as_text=True)
    action = form.split('action="', 1)[1].split('"', 1)[0].replace("&amp;", "&")
    fields = {"csrf_token": factories.csrf_token_in(form), "email": person.email, "password": factories.PASSWORD}
    answer = browser.post(action, data=fields, follow_redirects=True)
    assert answer.status_code == 200
    assert "Peran Anda" not in answer.get_data(as_text=True)
    return answer.request.path


@pytest.mark.parametrize(
    ("role", "unit", "path"),
    [
        (RoleName.OFFICER, "diskominfo", "/petugas/"),
        (RoleName.OFFICER, "pdam", "/petugas/untuk-anda"),
        (RoleName.APPROVER, "diskominfo", "/petugas/klarifikasi/"),
        (RoleName.ADMINISTRATOR, "diskominfo", "/petugas/kelola/"),
        (RoleName.AUDITOR, "diskominfo", "/petugas/audit"),
    ],
)
def test_each_lands_on_their_own_work(app: APIFlask, role: RoleName, unit: str, path: str) -> None:
    factories.make_claim()
    person = factories.make_officer("lain@kupang.example", role, unit_code=unit)
    assert landing_of(app, person) == path


def test_an_approver_lands_on_what_awaits_approval(app: APIFlask, officer: Officer, approver: Officer) -> None:
    first = await_approval(officer)
    assert landing_of(app, approver) == f"/petugas/klarifikasi/{first.id}"
    assert landing_of(app, officer) == "/petugas/", "its author has nothing to approve"
    await_approval(officer)
    assert landing_of(app, approver) == "/petugas/menunggu", "of several they choose"


def test_a_proposed_change_awaits_approval_too(app: APIFlask, officer: Officer, approver: Officer) -> None:
    page = factories.make_clarification(officer, approver)
    corrections.propose_retraction(page.id, page.version, "Ternyata benar.", officer=officer, now=factories.NOW)
    assert landing_of(app, approver) == f"/petugas/klarifikasi/{page.id}"


def test_who_approves_and_decides_begins_with_what_awaits(app: APIFlask, officer: Officer) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    await_approval(both)
    assert landing_of(app, both) == "/petugas/", "nobody approves their own text"
    other = await_approval(officer)
    assert landing_of(app, both) == f"/petugas/klarifikasi/{other.id}"


def test_what_else_awaits_leads_to_the_list(app: APIFlask, officer: Officer, approver: Officer) -> None:
    with write_transaction():
        values = {"kind": "domain", "value": "pajak.example", "owner": "Kota", "is_listed": True}
        proposals.propose("channel", "channel:new:1", values, by=officer, now=factories.NOW)
    assert landing_of(app, approver) == "/petugas/menunggu"


def test_a_page_that_was_asked_for_comes_first(app: APIFlask, officer: Officer, approver: Officer) -> None:
    await_approval(officer)
    claim = factories.make_claim()
    assert landing_of(app, approver, f"/petugas/klaim/{claim.id}") == f"/petugas/klaim/{claim.id}"
    assert landing_of(app, approver, "/petugas/?q=air") == "/petugas/"
