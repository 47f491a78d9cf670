"""Reset of a lost second factor: one proposes it with a reason, another confirms it; never one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from click.testing import CliRunner
from flask.testing import FlaskClient

from hoax_tracker.accounts import officer_acts
from hoax_tracker.authority import proposals
from hoax_tracker.cli.officers import officer as officer_commands
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, Officer, OutgoingMail, Passkey, RecoveryCode, RoleName, SecondFactor, db
from hoax_tracker.notifications.mail.outbox import decrypt_letter
from tests import factories
from tests.accounts.second_factor.helpers import OWN, give_code_app
from tests.mail_server import turn_mail_on
from tests.shared_app import change_settings

SignIn = Callable[[Officer], FlaskClient]
REASON = "HP hilang, orangnya datang sendiri ke kantor"


@pytest.fixture
def second(app: APIFlask) -> Officer:
    """A second administrator."""
    return factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR)


@pytest.fixture
def posting(app: APIFlask) -> None:
    """A mail server is set, so letters are written."""
    turn_mail_on(app)


def has_factor(person: Officer) -> bool:
    return db.session.get_one(Officer, person.id).has_second_factor


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).filter_by(action=action)))


def letters_to(app: APIFlask, person: Officer) -> list[str]:
    rows = db.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id))
    opened = [decrypt_letter(row, app.extensions["settings"]) for row in rows]
    return [letter.text for letter in opened if letter.to == person.email]


@pytest.mark.usefixtures("posting")
def test_a_second_person_reads_the_reason_and_confirms(
    app: APIFlask, officer: Officer, administrator: Officer, second: Officer, sign_in: SignIn
) -> None:
    thief = sign_in(officer)
    give_code_app(officer)
    path = f"/petugas/kelola/petugas/{officer.id}/faktor-kedua"
    assert factories.submit_form(sign_in(administrator), path, reason=REASON).status_code == 303
    assert has_factor(officer), "not before it is confirmed"
    assert thief.get("/petugas/").status_code in (200, 302)
    page = sign_in(second).get("/petugas/menunggu").get_data(as_text=True)
    assert REASON in page
    factories.confirm_waiting(second)
    assert not has_factor(officer)
    for table in (SecondFactor, RecoveryCode, Passkey):
        assert db.session.scalars(sa.select(table)).all() == []
    assert thief.get("/petugas/").status_code == 302, "every session of the account ended"
    event = events("second_factor_reset")[0]
    assert (event.officer_id, event.subject, event.detail["reason"]) == (second.id, f"officer:{officer.id}", REASON)
    told = letters_to(app, officer)
    assert any("disetel ulang: aplikasi kode" in letter for letter in told)
    assert any("Orang kedua menyetujui atau menolaknya" in letter for letter in told), "already when it was proposed"
    assert letters_to(app, second), "and so are administrators"


def test_nobody_resets_their_own(administrator: Officer, second: Officer, now: datetime) -> None:
    give_code_app(administrator)
    with pytest.raises(NotAllowedError):
        officer_acts.propose_second_factor_reset(administrator.id, REASON, by=administrator, now=now)
    officer_acts.propose_second_factor_reset(administrator.id, REASON, by=second, now=now)
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(second, now)
    assert has_factor(administrator)


@pytest.mark.parametrize("reason", ["", "x", "hp hilang", "y" * 501])
def test_a_reason_of_a_word_is_none(officer: Officer, administrator: Officer, now: datetime, reason: str) -> None:
    give_code_app(officer)
    with pytest.raises(InvalidInputError):
        officer_acts.propose_second_factor_reset(officer.id, reason, by=administrator, now=now)
    assert proposals.list_open() == []


def test_two_who_ask_share_one_proposal_and_who_has_none_needs_none(
    officer: Officer, administrator: Officer, second: Officer, now: datetime
) -> None:
    give_code_app(officer)
    for person in (administrator, second):
        officer_acts.propose_second_factor_reset(officer.id, REASON, by=person, now=now)
    [row] = proposals.list_open()
    assert row.hand_ids == {administrator.id, second.id}
    factories.confirm_waiting(now=now)
    with pytest.raises(EditConflictError):
        officer_acts.propose_second_factor_reset(officer.id, REASON, by=second, now=now)


def test_only_administrators_reach_it(officer: Officer, approver: Officer, sign_in: SignIn) -> None:
    give_code_app(officer)
    browser = sign_in(approver)
    assert browser.get(f"/petugas/kelola/petugas/{officer.id}/faktor-kedua").status_code == 403
    answer = factories.submit_form(browser, f"/petugas/kelola/petugas/{officer.id}/faktor-kedua", OWN, reason=REASON)
    assert answer.status_code == 403
    assert has_factor(officer)


def test_who_needs_one_sets_a_new_one_up_before_the_desk_opens(
    app: APIFlask, administrator: Officer, second: Officer, sign_in: SignIn
) -> None:
    change_settings(app, second_factor="required")
    give_code_app(administrator)
    officer_acts.propose_second_factor_reset(administrator.id, REASON, by=second, now=utc_now())
    factories.confirm_waiting()
    browser = sign_in(administrator)
    assert browser.get("/petugas/kelola/").location == OWN


def test_the_command_line_is_for_the_only_administrator(
    app: APIFlask, administrator: Officer, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_code_app(administrator)
    monkeypatch.setenv("HOAX_TRACKER_DATA", str(app.extensions["settings"].data_folder))
    monkeypatch.setenv("DATABASE_URL", app.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", ""))
    asked = ["reset-second-factor", administrator.email]
    db.session.rollback()
    assert CliRunner().invoke(officer_commands, asked).exit_code == 2, "not without a reason"
    done = CliRunner().invoke(officer_commands, [*asked, "--reason", REASON], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "berlaku sesudah 24 jam" in done.output, "there is nobody else"
    assert has_factor(administrator)
    assert proposals.take_effect_alone(utc_now() + timedelta(hours=23)) == 0
    assert proposals.take_effect_alone(utc_now() + timedelta(hours=25)) == 1
    assert not has_factor(administrator)
    assert events("second_factor_reset")[0].officer_id is None
