"""One way to sign in leaves nothing that another way accepts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_security.utils import hash_password

from hoax_tracker.accounts import officers, passwords, sessions
from hoax_tracker.accounts.passwords import normalize_password
from hoax_tracker.accounts.second_factor.freshness import PASSED_AT_KEY
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import AuditEvent, Officer, OfficerIdentity, OfficerSession, RoleName, db
from tests import factories
from tests.accounts.second_factor import helpers
from tests.accounts.second_factor.helpers import OWN, STEP, code_at, give_code, give_code_app, give_password
from tests.accounts.views.test_sign_on import (  # noqa: F401 - fixtures
    BEGIN,
    SIGN_IN,
    UNKNOWN,
    come_back,
    go_to_provider,
    is_signed_in,
    provider,
    settings,
)
from tests.factories import count_rows
from tests.identity_provider import IdentityProvider, Person

SignIn = Callable[[Officer], FlaskClient]


def begin_code_app(browser: FlaskClient, person: Officer) -> int:
    """Try to set a code app up at an open desk; return the status."""
    page = browser.get(OWN)
    sealed = helpers.hidden_field(page, "sealed")
    secret = helpers.code_app.open_secret(sealed.encode(), person.id, helpers.contact_key())
    return factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=sealed, code=code_at(secret)).status_code


def test_ending_other_sessions_proves_nothing(officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    helpers.age_session(browser, **{sessions.SIGNED_IN_AT_KEY: timedelta(hours=2)})
    assert begin_code_app(browser, officer) == 401
    factories.submit_form(browser, "/petugas/akun/sesi/keluarkan-lain", "/petugas/akun")
    assert begin_code_app(browser, officer) == 401
    with browser.session_transaction() as session:
        assert utc_now().timestamp() - session[sessions.SIGNED_IN_AT_KEY] > 7000, "twelve hours stay twelve hours"


def test_a_provider_asks_who_it_is_each_time(client: FlaskClient, officer: Officer, provider: IdentityProvider) -> None:  # noqa: F811
    assert "prompt=login" in go_to_provider(client)


def test_a_reset_forgets_joined_identities(app: APIFlask, officer: Officer, provider: IdentityProvider) -> None:  # noqa: F811
    browser = app.test_client()
    come_back(browser, provider.approve(go_to_provider(browser)))
    with write_transaction():
        passwords.send_password_link(db.session.get_one(Officer, officer.id), by=None, now=utc_now())
    assert not is_signed_in(browser)
    assert count_rows(OfficerIdentity) == 0


def test_nobody_is_joined_before_the_second_factor(
    app: APIFlask,
    officer: Officer,
    provider: IdentityProvider,  # noqa: F811
) -> None:
    secret, _ = give_code_app(officer)
    provider.person = Person("sub-lain", officer.email)
    stranger = app.test_client()
    come_back(stranger, provider.approve(go_to_provider(stranger)))
    assert count_rows(OfficerIdentity) == 0
    provider.person = Person("sub-1", officer.email)
    owner = app.test_client()
    come_back(owner, provider.approve(go_to_provider(owner)))
    assert give_code(owner, code_at(secret)).status_code == 303
    assert db.session.scalars(sa.select(OfficerIdentity.subject)).all() == ["sub-1"]
    assert UNKNOWN not in come_back(owner, "/petugas/akun")


def test_a_page_elsewhere_uses_up_no_sign_ons(
    app: APIFlask,
    officer: Officer,
    provider: IdentityProvider,  # noqa: F811
) -> None:
    attacker, browser = app.test_client(), app.test_client()
    for _ in range(2 * app.extensions["settings"].sign_ins_per_quarter_hour + 1):
        attacker.get(f"{BEGIN}/kembali")
    assert is_signed_in(browser) is False
    come_back(browser, provider.approve(go_to_provider(browser)))
    assert is_signed_in(browser)


def test_a_half_finished_sign_in_of_another_does_not_stay(
    app: APIFlask,
    officer: Officer,
    provider: IdentityProvider,  # noqa: F811
) -> None:
    other = factories.make_officer("dua@kupang.example", RoleName.OFFICER)
    give_code_app(other)
    browser = app.test_client()
    address = go_to_provider(browser)
    give_password(browser, other)
    come_back(browser, provider.approve(address))
    assert is_signed_in(browser)
    assert str(browser.get(STEP).location).startswith("/petugas/mulai"), "signed in is signed in"
    factories.submit_form(browser, "/petugas/keluar", "/petugas/untuk-anda")
    assert str(browser.get(STEP).location).startswith(SIGN_IN)
    assert count_rows(OfficerSession) == 0


@pytest.mark.parametrize("path", ["/petugas/kelola/petugas/{other}/tutup", "/petugas/kelola/unit/{unit}"])
def test_closing_accounts_and_units_asks_for_the_second_factor(
    app: APIFlask, administrator: Officer, officer: Officer, path: str
) -> None:
    secret, _ = give_code_app(administrator)
    browser = app.test_client()
    give_password(browser, administrator)
    give_code(browser, code_at(secret))
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(hours=3)})
    page = browser.get("/petugas/akun").get_data(as_text=True)
    wanted = path.format(other=officer.id, unit=factories.load_unit("dinkes").id)
    assert browser.post(wanted, data={"csrf_token": factories.csrf_token_in(page)}).status_code == 401
    assert db.session.get_one(Officer, officer.id).active


def test_the_last_administrator_who_can_sign_in_stays(administrator: Officer) -> None:
    other = factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR, unit_code="dinkes")
    other.unit.is_active = False
    db.session.commit()
    with pytest.raises(EditConflictError), write_transaction():
        officers.disable_officer(db.session.get_one(Officer, administrator.id), by=None, now=utc_now())


def test_what_is_written_into_an_address_is_not_kept_in_the_log(sign_in: SignIn, app: APIFlask) -> None:
    browser = sign_in(factories.make_officer("auditor@kupang.example", RoleName.AUDITOR))
    asked = "/petugas/audit/unduh.csv?tentang=Ibu+Maria+081234567890&apa=terserah&unit=3"
    browser.get(asked).get_data()
    browser.head(asked)
    kept = db.session.scalars(sa.select(AuditEvent.detail).filter_by(action="audit_exported")).all()
    assert kept == [{"format": "csv", "unit": "3"}]


def test_letters_with_accents_prove_the_same_as_they_sign_in(app: APIFlask, officer: Officer) -> None:
    password = "kuda-e\u0301-lontar-Sesawi-99-gunung"
    with app.test_request_context():
        officer.password = hash_password(normalize_password(password))
    db.session.commit()
    browser = app.test_client()
    factories.submit_form(browser, SIGN_IN, email=officer.email, password=password)
    helpers.age_session(browser, **{sessions.SIGNED_IN_AT_KEY: timedelta(hours=2)})
    done = factories.submit_form(browser, f"{OWN}/kunci/pilihan", OWN, second_factor_password=password)
    assert done.status_code == 200
