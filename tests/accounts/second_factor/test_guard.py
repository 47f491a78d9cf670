"""The guard of the desk and the fresh factor: new roles, a week without a code, irreversible acts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hoax_tracker.accounts import sessions
from hoax_tracker.accounts.second_factor.freshness import PASSED_AT_KEY
from hoax_tracker.check.reports.submission import submit_report
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import read_settings
from hoax_tracker.errors import SettingsError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    Clarification,
    ClarificationStatus,
    Officer,
    Report,
    Role,
    RoleName,
    db,
)
from tests import factories
from tests.accounts.second_factor import helpers
from tests.accounts.second_factor.helpers import OWN, code_at, fault_in, give_code_app
from tests.clarify.conftest import Drafting, claim, drafted, submitted
from tests.shared_app import change_settings

__all__ = ["claim", "drafted", "submitted"]
SignIn = Callable[[Officer], FlaskClient]
QUEUE = "/petugas/"


@pytest.fixture
def required(app: APIFlask) -> None:
    """The setting as it is where nobody sets it."""
    change_settings(app, second_factor="required")


def sign_in_with_code(app: APIFlask, person: Officer, secret: str) -> FlaskClient:
    browser = app.test_client()
    helpers.give_password(browser, person)
    assert helpers.give_code(browser, code_at(secret)).status_code == 303
    helpers.forget_used_codes(person)
    return browser


def let_week_pass(person: Officer) -> None:
    db.session.get_one(Officer, person.id).second_factor_due_at = utc_now() - timedelta(minutes=1)
    db.session.commit()


# The setting


def test_without_a_setting_it_is_required(tmp_path: Any) -> None:
    env = {"HOAX_TRACKER_DATA": str(tmp_path)}
    assert read_settings(env).second_factor == "required"
    assert read_settings(env | {"HOAX_TRACKER_SECOND_FACTOR": " Offered "}).second_factor == "offered"
    with pytest.raises(SettingsError, match="HOAX_TRACKER_SECOND_FACTOR must be required or offered"):
        read_settings(env | {"HOAX_TRACKER_SECOND_FACTOR": "off"})


@pytest.mark.usefixtures("required")
@pytest.mark.parametrize("role", [RoleName.APPROVER, RoleName.ADMINISTRATOR])
def test_a_week_from_the_first_page_in_which_the_desk_reminds(sign_in: SignIn, role: RoleName) -> None:
    person = factories.make_officer("wajib@kupang.example", role)
    browser = sign_in(person)
    page = browser.get(QUEUE)
    assert page.status_code == 200
    assert "Akun Anda memerlukan kode kedua" in page.get_data(as_text=True)
    due = db.session.get_one(Officer, person.id).second_factor_due_at
    assert due is not None
    assert abs(due - utc_now() - timedelta(days=7)) < timedelta(minutes=1)
    assert browser.get(QUEUE).status_code == 200
    assert db.session.get_one(Officer, person.id).second_factor_due_at == due, "it does not begin anew"


@pytest.mark.usefixtures("required")
def test_an_officer_is_offered_it_and_not_reminded(sign_in: SignIn, officer: Officer) -> None:
    browser = sign_in(officer)
    assert "memerlukan kode kedua" not in browser.get(QUEUE).get_data(as_text=True)
    assert "Nyalakan kode kedua" in browser.get(OWN).get_data(as_text=True)
    assert db.session.get_one(Officer, officer.id).second_factor_due_at is None


def test_where_it_is_offered_nobody_has_to(sign_in: SignIn, administrator: Officer) -> None:
    let_week_pass(administrator)
    browser = sign_in(administrator)
    assert "memerlukan kode kedua" not in browser.get(QUEUE).get_data(as_text=True)


@pytest.mark.usefixtures("required")
def test_after_the_week_the_desk_opens_on_the_set_up_page_only(sign_in: SignIn, administrator: Officer) -> None:
    let_week_pass(administrator)
    browser = sign_in(administrator)
    for path in (
        QUEUE,
        "/petugas/mulai",
        "/petugas/kelola/",
        "/petugas/klarifikasi/",
        "/petugas/sumber/",
        "/petugas/cari",
    ):
        answer = browser.get(path)
        assert (answer.status_code, answer.location) == (302, OWN), path
    page = browser.get(OWN)
    assert page.status_code == 200
    assert "Meja petugas terbuka lagi begitu kode kedua nyala." in page.get_data(as_text=True)
    sealed = helpers.hidden_field(page, "sealed")
    secret = helpers.code_app.open_secret(sealed.encode(), administrator.id, helpers.contact_key())
    done = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=sealed, code=code_at(secret))
    assert done.get_data(as_text=True).count("<li><code>") == 10
    assert browser.get("/petugas/kelola/").status_code == 200


@pytest.mark.usefixtures("required")
def test_a_form_sent_to_a_closed_desk_does_nothing_and_loses_nothing(sign_in: SignIn, administrator: Officer) -> None:
    browser = sign_in(administrator)
    page = browser.get("/petugas/kelola/program/baru").get_data(as_text=True)
    let_week_pass(administrator)
    fields = {"csrf_token": factories.csrf_token_in(page), "name": "Kartu <Rindu>"}
    answer = browser.post("/petugas/kelola/program/baru", data=fields)
    assert answer.status_code == 403
    assert helpers.hidden_field(answer, "name") == "Kartu &lt;Rindu&gt;"
    helpers.give_code_app(db.session.get_one(Officer, administrator.id))


@pytest.mark.usefixtures("required")
def test_a_role_gained_while_signed_in_begins_the_week(sign_in: SignIn, officer: Officer) -> None:
    browser = sign_in(officer)
    assert "memerlukan kode kedua" not in browser.get(QUEUE).get_data(as_text=True)
    person = db.session.get_one(Officer, officer.id)
    person.roles.append(db.session.scalars(sa.select(Role).filter_by(name=RoleName.APPROVER.value)).one())
    db.session.commit()
    assert "memerlukan kode kedua" in browser.get(QUEUE).get_data(as_text=True)
    let_week_pass(officer)
    assert browser.get(QUEUE).location == OWN


@pytest.mark.usefixtures("required")
def test_a_week_that_a_wrong_clock_gave_is_no_year(sign_in: SignIn, administrator: Officer) -> None:
    administrator.second_factor_due_at = utc_now() + timedelta(days=300)
    db.session.commit()
    sign_in(administrator).get(QUEUE)
    due = db.session.get_one(Officer, administrator.id).second_factor_due_at
    assert due is not None
    assert due <= utc_now() + timedelta(days=7)


# A fresh factor before what cannot be taken back


def approve(browser: FlaskClient, page: Clarification, **more: str) -> TestResponse:
    path = f"/petugas/klarifikasi/{page.id}"
    return factories.submit_form(
        browser, f"{path}/setujui", path, version=str(page.version), reason="Sudah dibaca.", **more
    )


def status_of(page: Clarification) -> ClarificationStatus:
    return db.session.get_one(Clarification, page.id).status


@pytest.fixture
def waiting(claim: Claim, submitted: Drafting) -> Clarification:
    """A page that waits for its approval."""
    return submitted(claim)


def test_publishing_asks_for_it_and_goes_on_with_what_was_typed(
    app: APIFlask, approver: Officer, waiting: Clarification
) -> None:
    secret, _ = give_code_app(approver)
    browser = sign_in_with_code(app, approver, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=16)})
    asked = approve(browser, waiting)
    assert asked.status_code == 401
    assert status_of(waiting) is ClarificationStatus.AWAITING_APPROVAL
    assert helpers.hidden_field(asked, "reason") == "Sudah dibaca."
    assert "Sudah dibaca." in asked.get_data(as_text=True).split("Isi yang akan dikirim")[1]
    wrong = approve(browser, waiting, second_factor_code="000000")
    assert wrong.status_code == 422
    assert "tidak cocok" in fault_in(wrong)
    assert helpers.hidden_field(wrong, "reason") == "Sudah dibaca."
    assert status_of(waiting) is ClarificationStatus.AWAITING_APPROVAL
    done = approve(browser, waiting, second_factor_code=code_at(secret))
    assert done.status_code == 303
    assert status_of(waiting) is ClarificationStatus.PUBLISHED


def test_a_code_that_comes_with_the_act_is_used_once_for_door_and_act(
    app: APIFlask, sign_in: SignIn, approver: Officer, waiting: Clarification
) -> None:
    """A session of the password alone, whose owner turned the second factor on elsewhere."""
    browser = sign_in(approver)
    path = f"/petugas/klarifikasi/{waiting.id}"
    token = factories.csrf_token_in(browser.get(path).get_data(as_text=True))
    secret, _ = give_code_app(approver)
    fields = {"csrf_token": token, "version": str(waiting.version), "second_factor_code": code_at(secret)}
    assert browser.post(f"{path}/setujui", data=fields).status_code == 303
    assert status_of(waiting) is ClarificationStatus.PUBLISHED


def test_within_a_quarter_of_an_hour_it_is_not_asked_again(
    app: APIFlask, approver: Officer, waiting: Clarification
) -> None:
    secret, _ = give_code_app(approver)
    browser = sign_in_with_code(app, approver, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=14)})
    assert approve(browser, waiting).status_code == 303


def test_who_has_none_is_not_asked(sign_in: SignIn, approver: Officer, waiting: Clarification) -> None:
    assert approve(sign_in(approver), waiting).status_code == 303


def test_the_code_of_another_officer_publishes_nothing(
    app: APIFlask, approver: Officer, administrator: Officer, waiting: Clarification
) -> None:
    secret, _ = give_code_app(approver)
    other, spare = give_code_app(administrator)
    browser = sign_in_with_code(app, approver, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=16)})
    for code in (code_at(other), spare[0]):
        assert approve(browser, waiting, second_factor_code=code).status_code == 422
    assert status_of(waiting) is ClarificationStatus.AWAITING_APPROVAL


ACTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "withdraw": ("klarifikasi/{page}/penarikan", "klarifikasi/{page}", {"version": "1", "reason": "Keliru sekali"}),
    "approve a change": ("klarifikasi/{page}/setujui-usulan", "klarifikasi/{page}", {"version": "1"}),
    "change roles": ("kelola/petugas/{other}", "kelola/petugas/{other}", {"name": "Lain", "roles": "approver"}),
    "add an officer": ("kelola/petugas/baru", "kelola/petugas/baru", {"name": "Baru", "email": "b@kupang.example"}),
    "give a password": ("kelola/petugas/{other}/sandi", "kelola/petugas/{other}", {}),
    "open an account": ("kelola/petugas/{other}/buka", "kelola/petugas/{other}", {}),
    "reset a factor": (
        "kelola/petugas/{other}/faktor-kedua",
        "kelola/petugas/{other}",
        {"reason": "HP hilang"},
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_each_act_that_asks(app: APIFlask, officer: Officer, approver: Officer, act: str) -> None:
    page = factories.make_clarification(officer, approver)
    person = factories.make_officer("semua@kupang.example", *(set(RoleName) - {RoleName.AUDITOR}))
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER)
    give_code_app(other)
    secret, _ = give_code_app(person)
    browser = sign_in_with_code(app, person, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=16)})
    path, form, fields = ACTS[act]
    values = {"page": page.id, "other": other.id}
    before = len(db.session.scalars(sa.select(helpers.AuditEvent)).all())
    asked = factories.submit_form(
        browser, f"/petugas/{path.format(**values)}", f"/petugas/{form.format(**values)}", **fields
    )
    assert asked.status_code == 401
    assert "Kode kedua dulu, lalu lanjut" in asked.get_data(as_text=True)
    for name, value in fields.items():
        assert helpers.hidden_field(asked, name) == value
    assert len(db.session.scalars(sa.select(helpers.AuditEvent)).all()) == before, "nothing was done"


def test_opening_a_contact_asks_for_it(app: APIFlask, officer: Officer) -> None:
    settings, address = app.extensions["settings"], "warga@contoh.example"
    submit_report("Info air PDAM mati total", "", "WhatsApp", address, True, factories.NOW, settings)
    report, claim = db.session.scalars(sa.select(Report)).one(), factories.make_claim(unit_id=officer.unit_id)
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW))
    db.session.commit()
    path = f"/petugas/klaim/{claim.id}/aduan/{report.id}/kontak"
    secret, _ = give_code_app(officer)
    browser = sign_in_with_code(app, officer, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=16)})
    reason = "Menanyakan kapan pesan itu diterima"
    asked = factories.submit_form(browser, path, reason=reason)
    assert asked.status_code == 401
    assert address not in asked.get_data(as_text=True)
    assert helpers.hidden_field(asked, "reason") == reason
    shown = factories.submit_form(browser, path, reason=reason, second_factor_code=code_at(secret))
    assert address in shown.get_data(as_text=True)


def test_a_form_without_its_token_is_refused_before_anything_is_shown(app: APIFlask, approver: Officer) -> None:
    secret, _ = give_code_app(approver)
    browser = sign_in_with_code(app, approver, secret)
    helpers.age_session(browser, **{PASSED_AT_KEY: timedelta(minutes=16)})
    answer = browser.post("/petugas/klarifikasi/1/setujui", data={"reason": "dari situs lain"})
    assert answer.status_code == 400
    assert "dari situs lain" not in answer.get_data(as_text=True)


# Factors themselves


def test_the_first_factor_asks_who_signed_in_long_ago_for_the_password(sign_in: SignIn, officer: Officer) -> None:
    browser = sign_in(officer)
    page = browser.get(OWN)
    sealed = helpers.hidden_field(page, "sealed")
    secret = helpers.code_app.open_secret(sealed.encode(), officer.id, helpers.contact_key())
    fields = {"sealed": sealed, "code": code_at(secret)}
    helpers.age_session(browser, **{sessions.SIGNED_IN_AT_KEY: timedelta(minutes=16)})
    asked = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, **fields)
    assert asked.status_code == 401
    assert "Kata sandi Anda dulu" in asked.get_data(as_text=True)
    wrong = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, **fields, second_factor_password="salah-sekali")
    assert "Kata sandi tidak cocok" in fault_in(wrong)
    assert "salah-sekali" not in wrong.get_data(as_text=True)
    done = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, **fields, second_factor_password=factories.PASSWORD)
    with browser.session_transaction() as session:
        assert utc_now().timestamp() - session[sessions.SIGNED_IN_AT_KEY] > 900, "the session lasts no longer for it"
    assert done.get_data(as_text=True).count("<li><code>") == 10


def test_the_password_is_not_guessed_there(sign_in: SignIn, officer: Officer) -> None:
    browser = sign_in(officer)
    helpers.age_session(browser, **{sessions.SIGNED_IN_AT_KEY: timedelta(minutes=16)})
    statuses = [
        factories.submit_form(browser, f"{OWN}/aplikasi", OWN, second_factor_password="salah").status_code
        for _ in range(11)
    ]
    assert statuses == [422] * 10 + [429]


def test_an_app_is_set_up_shows_its_codes_once_and_is_removed(app: APIFlask, officer: Officer, sign_in: SignIn) -> None:
    browser = sign_in(officer)
    page = browser.get(OWN)
    sealed = helpers.hidden_field(page, "sealed")
    secret = helpers.code_app.open_secret(sealed.encode(), officer.id, helpers.contact_key())
    assert helpers.code_app.group_letters(secret) in page.get_data(as_text=True)
    wrong = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=sealed, code="000000")
    assert wrong.status_code == 422
    assert helpers.hidden_field(wrong, "sealed") == sealed, "the same QR code: it was scanned already"
    off = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=sealed, code=code_at(secret, minutes=5))
    assert "Jam HP Anda meleset" in fault_in(off)
    done = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=sealed, code=code_at(secret))
    assert done.get_data(as_text=True).count("<li><code>") == 10
    assert done.headers["Cache-Control"] == "no-store"
    again = browser.get(OWN).get_data(as_text=True)
    assert "<li><code>" not in again
    assert secret not in again
    assert "Masih 10." in again
    gone = factories.submit_form(browser, f"{OWN}/aplikasi/hapus", OWN)
    assert gone.status_code == 303
    assert not db.session.get_one(Officer, officer.id).has_second_factor
    assert browser.get(QUEUE).status_code == 200


def test_the_set_up_of_another_officer_is_refused(sign_in: SignIn, officer: Officer, approver: Officer) -> None:
    """An attacker has the victim's browser send a secret that the attacker knows."""
    secret = helpers.code_app.generate_secret()
    sealed = helpers.code_app.seal_secret(secret, approver.id, helpers.contact_key()).decode()
    browser = sign_in(officer)
    for given in (sealed, "gAAAA", ""):
        refused = factories.submit_form(browser, f"{OWN}/aplikasi", OWN, sealed=given, code=code_at(secret))
        assert refused.status_code == 422
        assert "terlalu lama terbuka" in fault_in(refused)
    assert not db.session.get_one(Officer, officer.id).has_second_factor


@pytest.mark.usefixtures("required")
def test_who_needs_one_does_not_remove_the_last(app: APIFlask, administrator: Officer) -> None:
    secret, _ = give_code_app(administrator)
    browser = sign_in_with_code(app, administrator, secret)
    refused = factories.submit_form(browser, f"{OWN}/aplikasi/hapus", OWN)
    assert refused.status_code == 403
    assert db.session.get_one(Officer, administrator.id).has_second_factor


def test_new_recovery_codes_end_the_former(app: APIFlask, officer: Officer) -> None:
    secret, spare = give_code_app(officer)
    browser = sign_in_with_code(app, officer, secret)
    page = factories.submit_form(browser, f"{OWN}/cadangan", OWN).get_data(as_text=True)
    assert page.count("<li><code>") == 10
    assert not [code for code in spare if code in page]
    second = app.test_client()
    helpers.give_password(second, officer)
    assert helpers.give_code(second, spare[0]).status_code == 422
