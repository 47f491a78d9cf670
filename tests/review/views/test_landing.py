"""Where an officer lands after signing in, whichever way they came."""

from __future__ import annotations

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.models import ClarificationStatus, Officer, RoleName, db
from tests import factories

DESK, SIGN_IN = "/petugas/", "/petugas/masuk"


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
    first = factories.make_clarification(officer, None, status=ClarificationStatus.AWAITING_APPROVAL)
    assert landing_of(app, approver) == f"/petugas/klarifikasi/{first.id}"
    assert landing_of(app, officer) == "/petugas/", "its author has nothing to approve"
    factories.make_clarification(officer, None, status=ClarificationStatus.AWAITING_APPROVAL)
    assert landing_of(app, approver) == "/petugas/klarifikasi/", "of several they choose"


def test_a_proposed_change_awaits_approval_too(app: APIFlask, officer: Officer, approver: Officer) -> None:
    page = factories.make_clarification(officer, approver)
    page.proposed_kind, page.proposed_by_id = ClarificationStatus.RETRACTED, officer.id
    page.proposed_note, page.proposed_at = "Ternyata benar.", factories.NOW
    db.session.commit()
    assert landing_of(app, approver) == f"/petugas/klarifikasi/{page.id}"


def test_who_approves_and_decides_begins_with_what_awaits(app: APIFlask, officer: Officer) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    own = factories.make_clarification(both, None, status=ClarificationStatus.AWAITING_APPROVAL)
    assert landing_of(app, both) == "/petugas/", "nobody approves their own text"
    own.author_id = officer.id
    db.session.commit()
    assert landing_of(app, both) == f"/petugas/klarifikasi/{own.id}"


def test_a_page_that_was_asked_for_comes_first(app: APIFlask, officer: Officer, approver: Officer) -> None:
    factories.make_clarification(officer, None, status=ClarificationStatus.AWAITING_APPROVAL)
    claim = factories.make_claim()
    assert landing_of(app, approver, f"/petugas/klaim/{claim.id}") == f"/petugas/klaim/{claim.id}"
    assert landing_of(app, approver, "/petugas/?q=air") == "/petugas/"
