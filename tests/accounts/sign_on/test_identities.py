"""Joined accounts at identity providers on the pages: unlinked by their owner or an administrator, by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.sign_on_client import join_identity
from hoax_tracker.authority import proposals
from hoax_tracker.core.config.sign_on_providers import SignOnProvider
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import AuditEvent, Officer, OfficerIdentity, OfficerTie, db
from tests import factories
from tests.accounts.second_factor.helpers import age_session
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
OWN = "/petugas/akun"
ISSUER = "https://sso.kota.example"


def join(person: Officer, issuer: str = ISSUER) -> int:
    with write_transaction():
        join_identity(person, issuer, f"sub-{person.id}", factories.NOW)
    return db.session.scalars(db.select(OfficerIdentity.id).filter_by(officer_id=person.id, issuer=issuer)).one()


def test_the_owner_sees_the_provider_and_since_when_and_unlinks_it(
    app: APIFlask, officer: Officer, sign_in: SignIn
) -> None:
    provider = SignOnProvider("kota", "Akun Pemkot", ISSUER, "kabas", "rahasia")
    change_settings(app, sign_on=(provider,))
    key, browser = join(officer), sign_in(officer)
    join(officer, "https://lama.example")
    page = browser.get(OWN).get_data(as_text=True)
    assert "Akun Pemkot" in page
    assert "24 November 2026" in page
    assert "https://lama.example" in page, "a provider that is set no longer"
    assert factories.submit_form(browser, f"{OWN}/akun-kantor/{key}/lepas", OWN).status_code == 303
    assert "Akun Pemkot" not in browser.get(OWN).get_data(as_text=True)
    event = db.session.scalars(db.select(AuditEvent).filter_by(action="identity_removed")).one()
    assert (event.officer_id, event.detail) == (officer.id, {"issuer": ISSUER})
    assert proposals.list_open() == [], "one's own act waits for nobody"


def test_a_desk_left_open_unlinks_nothing(officer: Officer, sign_in: SignIn) -> None:
    key, browser = join(officer), sign_in(officer)
    age_session(browser, **{sessions.SIGNED_IN_AT_KEY: timedelta(hours=1)})
    assert factories.submit_form(browser, f"{OWN}/akun-kantor/{key}/lepas", OWN).status_code == 401
    assert db.session.get(OfficerIdentity, key)


def test_nobody_unlinks_another_officers(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    key, browser = join(approver), sign_in(officer)
    assert factories.submit_form(browser, f"{OWN}/akun-kantor/{key}/lepas", OWN).status_code == 404
    token = factories.csrf_token_in(browser.get(OWN).get_data(as_text=True))
    path = f"/petugas/kelola/petugas/{approver.id}/akun-kantor/{key}/lepas"
    assert browser.post(path, data={"csrf_token": token}).status_code == 403
    assert db.session.get(OfficerIdentity, key)


def test_an_administrator_unlinks_it_and_that_waits(
    administrator: Officer, approver: Officer, officer: Officer, sign_in: SignIn
) -> None:
    key, browser = join(approver), sign_in(administrator)
    page = f"/petugas/kelola/petugas/{approver.id}"
    assert ISSUER in browser.get(page).get_data(as_text=True)
    wrong = f"/petugas/kelola/petugas/{officer.id}/akun-kantor/{key}/lepas"
    assert factories.submit_form(browser, wrong, page).status_code == 404
    assert factories.submit_form(browser, f"{page}/akun-kantor/{key}/lepas", page).status_code == 303
    assert db.session.get(OfficerIdentity, key), "not before a second person confirmed it"
    factories.confirm_waiting()
    assert db.session.get(OfficerIdentity, key) is None
    [tie] = db.session.scalars(db.select(OfficerTie))
    assert (tie.maker_id, tie.officer_id) == (administrator.id, approver.id)
