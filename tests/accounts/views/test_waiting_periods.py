"""The list of what waits for a second person, its buttons, and what the officer concerned reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.accounts import password_links
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Clarification, ClarificationStatus, Officer, RoleName, WaitingPeriod, db
from tests import factories
from tests.accounts.second_factor.helpers import age_session, give_code_app
from tests.accounts.second_factor.test_guard import sign_in_with_code
from tests.accounts.waiting_periods.conftest import (
    claim,
    drafted,
    give_roles,
    only_period,
    second,
    submitted,
    third,
    waiting_page,
)

__all__ = ["claim", "drafted", "second", "submitted", "third", "waiting_page"]
LIST = "/petugas/konfirmasi"
SignIn = Callable[[Officer], FlaskClient]


def text_of(browser: FlaskClient, path: str, status: int = 200) -> str:
    answer = browser.get(path)
    assert answer.status_code == status
    return " ".join(answer.get_data(as_text=True).split())


def press(browser: FlaskClient, period: WaitingPeriod, act: str) -> int:
    return factories.submit_form(browser, f"{LIST}/{period.id}/{act}", LIST).status_code


def test_a_second_administrator_confirms_on_the_page_and_the_maker_is_told_why_not(
    administrator: Officer, second: Officer, officer: Officer, sign_in: SignIn
) -> None:
    give_roles(officer, {RoleName.OFFICER, RoleName.APPROVER}, by=administrator, now=utc_now())
    mine, theirs = sign_in(administrator), sign_in(second)
    page = text_of(mine, LIST)
    assert "Admin memberi Petugas peran Penyetuju." in page
    assert "Anda ikut melakukannya" in page
    assert f"{LIST}/{only_period().id}/konfirmasi" not in page
    assert press(mine, only_period(), "konfirmasi") == 403
    assert "Bila ditolak, peran itu dicabut." in text_of(theirs, LIST)
    assert press(theirs, only_period(), "konfirmasi") == 303
    assert "Tidak ada perubahan akun yang menunggu" in text_of(mine, LIST)


def test_it_asks_for_the_second_factor(app: object, administrator: Officer, second: Officer, officer: Officer) -> None:
    secret, _ = give_code_app(second)
    browser = sign_in_with_code(app, second, secret)  # type: ignore[arg-type]
    give_roles(officer, {RoleName.APPROVER}, by=administrator, now=utc_now())
    age_session(browser, second_factor_at=timedelta(hours=1))
    assert press(browser, only_period(), "konfirmasi") == 401
    assert press(browser, only_period(), "tolak") == 401
    assert only_period()


@pytest.mark.parametrize("role", [RoleName.OFFICER, RoleName.APPROVER, RoleName.AUDITOR])
def test_nobody_else_opens_it(role: RoleName, administrator: Officer, officer: Officer, sign_in: SignIn) -> None:
    give_roles(officer, {RoleName.APPROVER}, by=administrator, now=utc_now())
    browser = sign_in(factories.make_officer("lain@kupang.example", role))
    assert browser.get(LIST).status_code == 403
    token = factories.csrf_token_in(text_of(browser, "/petugas/akun"))
    sent = browser.post(f"{LIST}/{only_period().id}/konfirmasi", data={"csrf_token": token})
    assert sent.status_code == 403
    assert only_period()


def test_the_named_second_finds_it_and_closes_an_account(
    administrator: Officer, approver: Officer, officer: Officer, sign_in: SignIn
) -> None:
    officer.is_named_second = True
    db.session.commit()
    with write_transaction():
        password_links.send_password_link(approver, by=administrator, now=utc_now())
    browser = sign_in(officer)
    assert f'href="{LIST}"' in text_of(browser, "/petugas/akun")
    page = text_of(browser, LIST)
    assert "Bila ditolak, akunnya ditutup" in page
    assert "/petugas/kelola/" not in page, "no link to what the second may not open"
    assert press(browser, only_period(), "tolak") == 303
    assert not db.session.get_one(Officer, approver.id).active


def test_the_officer_concerned_reads_why_and_until_when(
    administrator: Officer, waiting_page: Clarification, sign_in: SignIn
) -> None:
    person = factories.make_officer("baru@kupang.example", RoleName.OFFICER)
    give_roles(person, {RoleName.APPROVER}, by=administrator, now=utc_now())
    browser, path = sign_in(person), f"/petugas/klarifikasi/{waiting_page.id}"
    for page in (text_of(browser, path), text_of(browser, "/petugas/akun")):
        assert "Anda belum dapat menyetujui dan menarik klarifikasi, karena peran Anda diubah" in page
    token = factories.csrf_token_in(text_of(browser, path))
    sent = {"csrf_token": token, "version": waiting_page.version, "reason": ""}
    assert browser.post(f"{path}/setujui", data=sent).status_code == 403
    assert db.session.get_one(Clarification, waiting_page.id).status is ClarificationStatus.AWAITING_APPROVAL
