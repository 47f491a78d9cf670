"""Officers are added, changed and disabled; the last administrator stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hoax_tracker.accounts import officers
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotFoundError
from hoax_tracker.models import Officer, RoleName, db
from tests import factories

SignIn = Callable[[Officer], FlaskClient]


def add(email: str, now: datetime, password: str = factories.PASSWORD, by: Officer | None = None) -> Officer:
    with write_transaction():
        return officers.add_officer(
            email, "Nama", [RoleName.OFFICER], unit=factories.load_unit(), password=password, by=by, now=now
        )


def test_an_officer_is_added_once_whatever_the_case(administrator: Officer, now: datetime) -> None:
    person = add("Baru@Kupang.example", now, by=administrator)
    assert person.email == "baru@kupang.example"
    assert "kata-sandi" not in (person.password or "")
    with pytest.raises(InvalidInputError, match="that address"):
        add("baru@kupang.example", now)
    assert chain_check.verify_chain().broken_at is None


@pytest.mark.parametrize(("email", "password"), [("bukan email", "kata-sandi-panjang"), ("a@kupang.example", "pendek")])
def test_a_bad_address_or_password_is_refused(administrator: Officer, now: datetime, email: str, password: str) -> None:
    with pytest.raises(InvalidInputError):
        add(email, now, password)


def test_the_last_administrator_can_be_neither_disabled_nor_demoted(administrator: Officer, now: datetime) -> None:
    with pytest.raises(EditConflictError), write_transaction():
        officers.disable_officer(administrator, by=administrator, now=now)
    with pytest.raises(EditConflictError), write_transaction():
        officers.change_officer(
            administrator, name="x", roles=[RoleName.OFFICER], unit=factories.load_unit(), by=None, now=now
        )
    assert db.session.get_one(Officer, administrator.id).active


def test_a_disabled_officer_is_signed_out_at_once(
    officer: Officer, administrator: Officer, now: datetime, sign_in: SignIn
) -> None:
    browser = sign_in(officer)
    assert browser.get("/petugas/").status_code == 200
    with write_transaction():
        officers.disable_officer(officer, by=administrator, now=now)
    assert browser.get("/petugas/").status_code == 302


def test_a_new_password_ends_the_old_one_and_its_sessions(
    officer: Officer, now: datetime, sign_in: SignIn, client: FlaskClient
) -> None:
    browser = sign_in(officer)
    with write_transaction():
        password = officers.renew_password(officer, now=now)
    assert browser.get("/petugas/").status_code == 302
    factories.submit_form(client, "/petugas/masuk", email=officer.email, password=factories.PASSWORD)
    assert client.get("/petugas/").status_code == 302
    factories.submit_form(client, "/petugas/masuk", email=officer.email, password=password)
    assert client.get("/petugas/").status_code == 200


def test_passwords_carry_eighty_bits_and_differ() -> None:
    made = {officers.generate_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one.replace("-", "")) == 16 for one in made)  # 16 of 31 letters: 79 bits


def test_an_unknown_officer_is_not_found(administrator: Officer) -> None:
    with pytest.raises(NotFoundError):
        officers.require_officer_by_email("tidak@ada.example")
