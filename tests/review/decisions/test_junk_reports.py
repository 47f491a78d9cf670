"""Junk reports are rejected with one key; claims from feeds stay; reopening undoes a mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.status_mail import notify_reporters
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    UNDO_WITHIN,
    AuditEvent,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    Item,
    Officer,
    Report,
    RoleName,
    Source,
    db,
)
from hoax_tracker.review.decisions import undo
from hoax_tracker.review.decisions.junk_reports import reject_junk_reports
from hoax_tracker.review.decisions.service import DecisionChoice, decide_claim
from tests import factories


def reported(now: datetime, count: int = 2, **fields: object) -> int:
    """A claim that so many reports opened; its id."""
    claim = factories.make_claim("Jual cepat pulsa murah", **fields)
    with write_transaction():
        for number in range(count):
            report = Report(ticket_digest=f"{claim.id}-{number}", text="Jual cepat pulsa murah", received_at=now)
            db.session.add(report)
            db.session.flush()
            db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))
    return claim.id


def waiting(key: int) -> list[int]:
    """The ids of the reports that wait on a claim: what its page shows."""
    query = sa.select(Report.id).join(ClaimAppearance, ClaimAppearance.report_id == Report.id)
    here = query.where(ClaimAppearance.claim_id == key, Report.rejected_at.is_(None))
    found = list(db.session.scalars(here.order_by(Report.id)))
    db.session.rollback()
    return found


def reports() -> list[tuple[bool, bool, str | None]]:
    """Of each report whether it was rejected, whether as junk, and why."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Report).order_by(Report.id))
    return [(row.rejected_at is not None, row.is_junk, row.rejected_reason) for row in rows]


REJECTED = (True, True, "Aduan ini tidak memuat kabar yang dapat diperiksa.")


def test_reports_are_rejected_and_their_claim_closed(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now)
    outcome = reject_junk_reports(key, 1, waiting(key), officer=officer, now=now)
    assert outcome.closed
    assert reports() == [REJECTED, REJECTED]
    claim = db.session.get_one(Claim, key)
    assert (claim.status, claim.version) == (ClaimStatus.DISMISSED, 2)
    (decision,) = db.session.scalars(sa.select(Decision))
    assert (decision.kind, decision.reason) == (DecisionKind.DISMISS, REJECTED[2])
    (event,) = db.session.scalars(sa.select(AuditEvent))
    assert event.detail["junk"] == 2


def test_what_stood_in_a_feed_stays(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now, 1)
    with write_transaction():
        source = Source(name="s", created_at=now)
        db.session.add(source)
        db.session.flush()
        item = Item(source_id=source.id, entry_key="1", content_key="1", fetched_at=now)
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=key, item_id=item.id, seen_at=now))
    assert not reject_junk_reports(key, 1, waiting(key), officer=officer, now=now).closed
    assert reports() == [REJECTED]
    claim = db.session.get_one(Claim, key)
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 2)
    with pytest.raises(InvalidInputError):
        reject_junk_reports(key, 2, waiting(key), officer=officer, now=now)


def test_opening_again_takes_it_back(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now, 1)
    reject_junk_reports(key, 1, waiting(key), officer=officer, now=now)
    decide_claim(key, 2, DecisionChoice(DecisionKind.REOPEN), officer=officer, now=now)
    assert reports() == [(False, False, None)]


def test_who_may_not(app: APIFlask, officer: Officer, approver: Officer, now: datetime) -> None:
    key = reported(now, 1, accused_unit_id=factories.load_unit("pdam").id)
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    for person in (approver, accused):
        with pytest.raises(NotAllowedError):
            reject_junk_reports(key, 1, waiting(key), officer=person, now=now)
    with pytest.raises(EditConflictError):
        reject_junk_reports(key, 7, waiting(key), officer=officer, now=now)
    assert reports() == [(False, False, None)]


def test_one_key_at_the_desk(
    app: APIFlask, officer: Officer, sign_in: Callable[[Officer], FlaskClient], now: datetime
) -> None:
    key, other = reported(now, 1), factories.make_claim("Air mati").id
    desk = sign_in(officer)
    path = f"/petugas/klaim/{key}"
    assert 'data-key="M"' in desk.get(path).text
    assert 'data-key="M"' not in desk.get(f"/petugas/klaim/{other}").text, "no report, no junk"
    (seen,) = waiting(key)
    assert f'<input type="hidden" name="report" value="{seen}">' in desk.get(path).text
    assert factories.submit_form(desk, f"{path}/sampah", path, version="1").status_code == 422
    assert factories.submit_form(desk, f"{path}/sampah", path, version="1", report="x").status_code == 422
    assert factories.submit_form(desk, f"{path}/sampah", path, version="1", report=str(seen)).status_code == 303
    assert reports() == [REJECTED]
    assert factories.submit_form(desk, f"{path}/sampah", path, version="1", report=str(seen)).status_code == 409


def test_a_report_that_came_since_is_not_rejected(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now, 2)
    seen, later = waiting(key)
    outcome = reject_junk_reports(key, 1, [seen, 999], officer=officer, now=now)
    assert (outcome.closed, outcome.kind) == (False, DecisionKind.JUNK)
    assert (waiting(key), reports()) == ([later], [REJECTED, (False, False, None)])
    assert db.session.get_one(Claim, key).status is ClaimStatus.NEW


@pytest.mark.parametrize("of_all", [True, False])
def test_undone_and_nobody_was_told(
    app: APIFlask, officer: Officer, settings: Settings, now: datetime, of_all: bool
) -> None:
    key = reported(now, 2)
    with write_transaction():
        for report in db.session.scalars(sa.select(Report)):
            report.contact_encrypted = encrypt_contact("pelapor@kupang.example", settings.contact_key)
            report.consent_at = report.told_at = now - timedelta(hours=1)
    outcome = reject_junk_reports(key, 1, waiting(key)[: 2 if of_all else 1], officer=officer, now=now)
    later = now + timedelta(minutes=9)
    notify_reporters(settings, later)
    assert letters() == []
    undo.undo_decision(outcome.decision_id, officer=officer, now=later)
    notify_reporters(settings, later + timedelta(hours=1))
    assert (set(letters()), reports()) == ({"received"}, [(False, False, None)] * 2)  # as before
    assert db.session.get_one(Claim, key).status is ClaimStatus.NEW


def test_what_was_not_undone_is_told(app: APIFlask, officer: Officer, settings: Settings, now: datetime) -> None:
    key = reported(now, 1)
    with write_transaction():
        report = db.session.scalars(sa.select(Report)).one()
        report.contact_encrypted = encrypt_contact("pelapor@kupang.example", settings.contact_key)
        report.consent_at = report.told_at = now - timedelta(hours=1)
    reject_junk_reports(key, 1, waiting(key), officer=officer, now=now)
    notify_reporters(settings, now + UNDO_WITHIN + timedelta(seconds=1))
    assert letters() == ["rejected"]


def letters() -> list[str | None]:
    """The steps that reporters were told."""
    told = list(db.session.scalars(sa.select(Report.told).where(Report.told.is_not(None)).order_by(Report.id)))
    db.session.rollback()
    return told
