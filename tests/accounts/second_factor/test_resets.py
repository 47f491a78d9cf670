"""Reset of a lost second factor: by two administrators, or by one with a reason; never one's own, and once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from click.testing import CliRunner
from flask.testing import FlaskClient

from hoax_tracker.accounts.second_factor import resets
from hoax_tracker.cli.officers import officer as officer_commands
from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, Officer, OutgoingMail, Passkey, RecoveryCode, RoleName, SecondFactor, db
from hoax_tracker.notifications.mail.outbox import decrypt_letter
from tests import factories
from tests.accounts.second_factor.helpers import OWN, give_code_app

SignIn = Callable[[Officer], FlaskClient]
REASON = "HP hilang, orangnya datang sendiri ke kantor"


@pytest.fixture
def second(app: APIFlask) -> Officer:
    """A second administrator."""
    return factories.make_officer("admin2@kupang.example", RoleName.ADMINISTRATOR)


@pytest.fixture
def posting(app: APIFlask) -> None:
    """A mail server is set, so letters are written."""
    server = MailServer("smtp.example", 25, "smtp", "Kabas", "kabas@kupang.example")
    app.extensions["settings"] = replace(app.extensions["settings"], mail=server)


def has_factor(person: Officer) -> bool:
    return db.session.get_one(Officer, person.id).has_second_factor


def events(action: str) -> list[AuditEvent]:
    return list(db.session.scalars(sa.select(AuditEvent).filter_by(action=action)))


def letters_to(app: APIFlask, person: Officer) -> list[str]:
    rows = db.session.scalars(sa.select(OutgoingMail).order_by(OutgoingMail.id))
    opened = [decrypt_letter(row, app.extensions["settings"]) for row in rows]
    return [letter.text for letter in opened if letter.to == person.email]


@pytest.mark.usefixtures("posting")
def test_one_with_a_reason(app: APIFlask, officer: Officer, administrator: Officer, sign_in: SignIn) -> None:
    thief = sign_in(officer)
    give_code_app(officer)
    path = f"/petugas/kelola/petugas/{officer.id}/faktor-kedua"
    done = factories.submit_form(sign_in(administrator), path, reason=REASON)
    assert done.status_code == 303
    assert not has_factor(officer)
    for table in (SecondFactor, RecoveryCode, Passkey):
        assert db.session.scalars(sa.select(table)).all() == []
    assert thief.get("/petugas/").status_code == 302, "every session of the account ended"
    event = events("second_factor_reset")[0]
    assert (event.officer_id, event.subject, event.detail["reason"]) == (
        administrator.id, f"officer:{officer.id}", REASON
    )  # fmt: skip
    assert any("disetel ulang: aplikasi kode" in letter for letter in letters_to(app, officer))


@pytest.mark.usefixtures("posting")
def test_two_without_a_reason(
    app: APIFlask, officer: Officer, administrator: Officer, second: Officer, now: datetime
) -> None:
    give_code_app(officer)
    assert resets.reset_second_factor(officer.id, "", by=administrator, now=now) is False
    assert resets.reset_second_factor(officer.id, "", by=administrator, now=now) is False, "twice is not two people"
    assert has_factor(officer)
    assert "meminta kode kedua" in letters_to(app, second)[0]
    assert resets.reset_second_factor(officer.id, "", by=second, now=now) is True
    assert not has_factor(officer)
    assert events("second_factor_reset")[0].detail == {"asked_by": administrator.id}


def test_nobody_resets_their_own(administrator: Officer, second: Officer, sign_in: SignIn, now: datetime) -> None:
    give_code_app(administrator)
    for reason in ("", REASON):
        with pytest.raises(NotAllowedError):
            resets.reset_second_factor(administrator.id, reason, by=administrator, now=now)
    assert has_factor(administrator)
    assert resets.reset_second_factor(administrator.id, "", by=second, now=now) is False
    with pytest.raises(NotAllowedError):
        resets.reset_second_factor(administrator.id, "", by=administrator, now=now)


@pytest.mark.parametrize("reason", ["x", "hp hilang", "y" * 501])
def test_a_reason_of_a_word_is_none(officer: Officer, administrator: Officer, now: datetime, reason: str) -> None:
    give_code_app(officer)
    with pytest.raises(InvalidInputError):
        resets.reset_second_factor(officer.id, reason, by=administrator, now=now)
    assert has_factor(officer)


def test_what_was_asked_ends_after_three_days_and_with_the_role(
    officer: Officer, administrator: Officer, second: Officer, now: datetime
) -> None:
    give_code_app(officer)
    resets.reset_second_factor(officer.id, "", by=administrator, now=now)
    later = now + timedelta(days=3, minutes=1)
    assert resets.reset_second_factor(officer.id, "", by=second, now=later) is False
    db.session.get_one(Officer, second.id).active = False
    db.session.commit()
    assert resets.reset_second_factor(officer.id, "", by=administrator, now=later) is False, "the other is gone"


def test_two_at_once_reset_it_once(app: APIFlask, officer: Officer, administrator: Officer, second: Officer) -> None:
    give_code_app(officer)
    told: list[str] = []
    start, people = threading.Barrier(2), (administrator.id, second.id)
    key = officer.id
    db.session.rollback()

    def press(by_id: int) -> None:
        with app.app_context():
            start.wait(timeout=60)
            by = db.session.get_one(Officer, by_id)
            try:
                told.append(str(resets.reset_second_factor(key, REASON, by=by, now=utc_now())))
            except EditConflictError as error:
                told.append(str(error.user_message))
            db.session.remove()

    threads = [threading.Thread(target=press, args=(one,)) for one in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(events("second_factor_reset")) == 1
    assert "True" in told
    assert any("baru saja menyetelnya ulang" in one for one in told)


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
    app.extensions["settings"] = replace(app.extensions["settings"], second_factor="required")
    give_code_app(administrator)
    resets.reset_second_factor(administrator.id, REASON, by=second, now=utc_now())
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
    assert not has_factor(administrator)
    assert events("second_factor_reset")[0].officer_id is None
