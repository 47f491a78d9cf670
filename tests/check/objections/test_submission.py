"""A resident objects to a page: once per connection, alike ones together, with a deadline, and erased on wish."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.check import objections
from hoax_tracker.check.objections import ObjectionAnswers, find_statement, submit_objection, withdraw_statement
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_contact
from hoax_tracker.errors import InvalidInputError, NotFoundError
from hoax_tracker.models import (
    Clarification,
    ClarificationStatus,
    Holiday,
    Objection,
    ObjectionGround,
    ObjectionOutcome,
    ObjectionStatement,
    Officer,
    OutgoingMail,
    db,
)
from hoax_tracker.notifications import mail
from hoax_tracker.privacy.retention import purge_expired_data
from tests import factories
from tests.check.conftest import Publish
from tests.factories import count_rows
from tests.mail_server import Postman

SAID = "Karcis di gerbang timur sudah tertulis 2.000 sejak 1 November."


def objected(page_id: int, now: datetime, settings: Settings, address: str = "203.0.113.7", **fields: object) -> str:
    """Object to the page from an address, and return the ticket."""
    given = ObjectionAnswers(**({"ground": "fact", "text": SAID} | fields))  # type: ignore[arg-type]
    return submit_objection(page_id, given, now, settings, address=address)


def rows() -> list[tuple[ObjectionGround, int]]:
    """The objections, each with the number of its statements."""
    return [
        (row.ground, len(row.statements)) for row in db.session.scalars(sa.select(Objection).order_by(Objection.id))
    ]


def test_alike_objections_are_one_and_others_are_not(publish: Publish, settings: Settings, now: datetime) -> None:
    page = publish()
    for address, ground in (("203.0.113.7", "fact"), ("203.0.113.8", "fact"), ("203.0.113.9", "verdict")):
        objected(page, now, settings, address, ground=ground)
    objected(publish(), now, settings, "203.0.113.7")
    assert rows() == [(ObjectionGround.FACT, 2), (ObjectionGround.VERDICT, 1), (ObjectionGround.FACT, 1)]


def test_a_connection_objects_to_a_page_once(publish: Publish, settings: Settings, now: datetime) -> None:
    page = publish()
    objected(page, now, settings)
    with pytest.raises(InvalidInputError, match="a second objection"):
        objected(page, now + timedelta(days=3), settings, ground="verdict")
    row = db.session.scalars(sa.select(Objection)).one()
    row.outcome, row.reason, row.decided_at, row.working_days = ObjectionOutcome.REFUSED, "Tetap.", now, 0
    db.session.commit()
    objected(page, now + timedelta(days=3), settings, ground="verdict")
    assert len(rows()) == 2


def test_the_same_form_sent_twice_is_one_statement(publish: Publish, settings: Settings, now: datetime) -> None:
    page, key = publish(), "k" * 22
    assert objected(page, now, settings, key=key) == objected(page, now, settings, key=key)
    assert rows() == [(ObjectionGround.FACT, 1)]


def test_the_deadline_counts_working_days_only(publish: Publish, settings: Settings) -> None:
    page = publish()
    db.session.add(Holiday(day=datetime(2026, 12, 25, tzinfo=UTC).date(), name="Natal", is_kept=True, is_verified=True))
    db.session.commit()
    objected(page, datetime(2026, 11, 3, 2, 0, tzinfo=UTC), settings)  # Tuesday, 10.00 in Kupang
    objected(page, datetime(2026, 11, 24, 2, 0, tzinfo=UTC), settings, "203.0.113.8", ground="verdict")
    due = [row.due_at.date().isoformat() for row in db.session.scalars(sa.select(Objection).order_by(Objection.id))]
    assert due == ["2026-12-15", "2027-01-06"]


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("ground", {"ground": "lain"}),
        ("text", {"text": " .. "}),
        ("text", {"text": "kata " * 2_000}),
        ("contact", {"contact": "0812 0000 7777", "consent": True}),
        ("consent", {"contact": "warga@contoh.example"}),
    ],
)
def test_a_fault_names_its_field(
    publish: Publish, settings: Settings, now: datetime, field: str, fields: dict[str, object]
) -> None:
    page = publish()
    with pytest.raises(InvalidInputError) as fault:
        objected(page, now, settings, **fields)  # type: ignore[arg-type]
    assert fault.value.field == field
    assert not rows()


def test_only_what_is_public_is_objected_to(
    officer: Officer, approver: Officer, settings: Settings, now: datetime
) -> None:
    row = factories.make_clarification(officer, approver, status=ClarificationStatus.RETRACTED)
    for page_id in (row.id, factories.make_clarification(officer, None).id, 999):
        with pytest.raises(NotFoundError):
            objected(page_id, now, settings)


def test_the_address_is_sealed_and_goes_in_time(publish: Publish, settings: Settings, now: datetime) -> None:
    ticket = objected(publish(), now, settings, contact="warga@contoh.example", consent=True)
    row = db.session.scalars(sa.select(ObjectionStatement)).one()
    assert b"warga" not in (row.contact_encrypted or b"")
    assert decrypt_contact(row.contact_encrypted or b"", settings.contact_key) == "warga@contoh.example"
    assert decrypt_contact(row.ticket_encrypted or b"", settings.contact_key) == ticket
    purge_expired_data(settings, now + timedelta(days=15))
    assert (row.sender_digest, row.contact_encrypted is None) == (None, False)
    counts = purge_expired_data(settings, now + settings.contact_retention + timedelta(days=1))
    assert counts["contacts"] == 1
    assert (row.contact_encrypted, row.ticket_encrypted, row.text) == (None, None, SAID)
    assert row.contact_purged_at


def test_what_is_withdrawn_is_erased(publish: Publish, mailing: Settings, now: datetime) -> None:
    page = publish()
    first = objected(page, now, mailing, contact="warga@contoh.example", consent=True)
    second = objected(page, now, mailing, "203.0.113.8")
    withdraw_statement(first, now)
    assert rows() == [(ObjectionGround.FACT, 1)]
    assert count_rows(OutgoingMail) == 0
    withdraw_statement(second, now)
    assert not rows()
    assert find_statement(first) is None


def test_what_is_decided_is_not_withdrawn(publish: Publish, settings: Settings, now: datetime) -> None:
    ticket = objected(publish(), now, settings)
    decide(now)
    with pytest.raises(InvalidInputError, match="already decided"):
        withdraw_statement(ticket, now)
    assert rows() == [(ObjectionGround.FACT, 1)]


def test_who_left_an_address_is_told_twice_and_no_more(
    publish: Publish, mailing: Settings, postman: Postman, now: datetime
) -> None:
    page = publish()
    ticket = objected(page, now, mailing, contact="warga@contoh.example", consent=True)
    objected(page, now, mailing, "203.0.113.8")
    for _round in range(2):
        objections.notify_objectors(mailing, now)
        mail.send_due_letters(mailing, now)
    decide(now)
    for _round in range(2):
        objections.notify_objectors(mailing, now + timedelta(minutes=5))
        mail.send_due_letters(mailing, now + timedelta(minutes=5))
    texts = [letter.get_body(("plain",)).get_content() for letter in postman.letters]  # type: ignore[union-attr]
    assert [letter["Subject"] for letter in postman.letters] == [
        "Keberatan Anda sudah masuk",
        "Keberatan Anda sudah diputuskan",
    ]
    assert all(ticket in text and SAID not in text for text in texts)
    assert "Foto itu diambil di luar kota." in texts[1]


def decide(now: datetime) -> None:
    """Let the first objection be refused, past the services."""
    row = db.session.scalars(sa.select(Objection).order_by(Objection.id)).first()
    assert row is not None
    row.outcome, row.reason = ObjectionOutcome.REFUSED, "Foto itu diambil di luar kota."
    row.decided_at, row.working_days = now, 2
    db.session.commit()
    assert db.session.get(Clarification, row.clarification_id)
