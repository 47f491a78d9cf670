"""One letter each morning to officers with work, across restarts and clock jumps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from apiflask import APIFlask

from hoax_tracker.claims import assignment
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import Officer, OutgoingMail, RoleName, db
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.mail import outbox
from hoax_tracker.worker import daily_digest
from tests import factories
from tests.browser import open_app
from tests.mail_server import turn_mail_on

MORNING = datetime.fromisoformat("2026-11-25T07:10:00+08:00")


@pytest.fixture
def app(settings: Settings) -> Iterator[APIFlask]:
    """An instance with a mail server; nothing leaves it here."""
    with open_app(settings) as app:
        turn_mail_on(app)
        yield app


def letters(app: APIFlask) -> list[tuple[str, str]]:
    """To whom and what, of all letters posted."""
    rows = db.session.scalars(db.select(OutgoingMail).order_by(OutgoingMail.id)).all()
    read = [outbox.decrypt_letter(row, app.extensions["settings"]) for row in rows]
    return [(one.to, one.text) for one in read]


def test_one_letter_a_morning_with_what_waits(app: APIFlask, officer: Officer, approver: Officer) -> None:
    factories.make_claim(due_at=MORNING - timedelta(hours=1))
    factories.make_claim("Yang lain", due_at=MORNING + timedelta(hours=3))
    assert daily_digest.send_digests(MORNING) == 1
    [(to, text)] = letters(app)
    assert to == officer.email
    assert "1 klaim terlambat." in text
    assert "1 klaim jatuh tempo hari ini." in text
    assert "Mulai Senin" not in text, "nothing of what circulates is quoted"


def test_once_a_day_over_restarts_and_a_clock_that_jumps(app: APIFlask, officer: Officer) -> None:
    factories.make_claim(due_at=MORNING - timedelta(days=30))
    jumps = [timedelta(0), timedelta(minutes=5), timedelta(days=1), timedelta(0), timedelta(days=1), -timedelta(days=1)]
    assert [daily_digest.send_digests(MORNING + jump) for jump in jumps] == [1, 0, 1, 0, 0, 1]


@pytest.mark.parametrize("hour", [3, 13, 23])
def test_a_letter_of_the_morning_leaves_in_the_morning(app: APIFlask, officer: Officer, hour: int) -> None:
    factories.make_claim(due_at=MORNING - timedelta(days=1))
    assert daily_digest.send_digests(MORNING.replace(hour=hour)) == 0


def test_a_unit_reads_of_its_own_claims_alone(app: APIFlask) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    factories.make_claim("Milik orang lain", due_at=MORNING - timedelta(days=1))
    assert daily_digest.count_pending_work(nurse, MORNING).is_empty
    assert daily_digest.send_digests(MORNING) == 0
    nurse.active = False
    db.session.commit()
    factories.make_claim("Milik Dinkes", unit_id=nurse.unit_id, due_at=MORNING - timedelta(days=1))
    assert daily_digest.send_digests(MORNING + timedelta(days=1)) == 0, "a closed account gets no letter"


def test_what_was_told_by_a_clock_that_was_ahead_is_mailed_once_it_is_right(app: APIFlask, now: datetime) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    factories.make_claim(unit_id=nurse.unit_id)
    assignment.notify_waiting_units(now + timedelta(days=90))
    assert [notices.mail_unseen_notices(now), notices.mail_unseen_notices(now)] == [1, 0]


def test_what_is_not_seen_in_the_app_is_mailed_once(app: APIFlask, now: datetime) -> None:
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    for number in range(2):
        factories.make_claim(f"Klaim {number}", unit_id=nurse.unit_id)
    assignment.notify_waiting_units(now)
    assert notices.mail_unseen_notices(now + timedelta(minutes=1)) == 0, "what may still be undone waits"
    assert notices.mail_unseen_notices(now + timedelta(minutes=11)) == 1
    assert notices.mail_unseen_notices(now + timedelta(minutes=12)) == 0
    [(to, text)] = letters(app)
    assert to == nurse.email
    assert text.count("Klaim untuk perangkat daerah Anda") == 2


def test_administrators_and_auditors_get_the_head_of_the_log_each_morning(app: APIFlask, now: datetime) -> None:
    keepers = [
        factories.make_officer(f"{role.value}@kupang.example", role)
        for role in (RoleName.ADMINISTRATOR, RoleName.AUDITOR, RoleName.APPROVER)
    ]
    assert daily_digest.send_digests(MORNING) == 0, "nothing is recorded yet"
    with write_transaction():
        audit_log.record_event("purged", "retention", officer=None, now=now)
    head = audit_log.read_head()
    assert daily_digest.send_digests(MORNING + timedelta(days=1)) == 2
    assert {to for to, _ in letters(app)} == {person.email for person in keepers[:2]}
    for _to, text in letters(app):
        assert str(head) in text
        assert "Simpan email ini" in text
    assert daily_digest.send_digests(MORNING + timedelta(days=1)) == 0
    assert daily_digest.send_digests(MORNING + timedelta(days=2)) == 2, "each morning, also where nothing happened"
