"""A report that is none goes with one key; what stood in a feed stays; a mistake is taken back by opening again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.database import writing
from hoax_tracker.errors import Conflict, Invalid, NotAllowed
from hoax_tracker.models import (
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
from hoax_tracker.review.junk import reject_junk
from hoax_tracker.review.service import Choice, decide
from tests import factories


def reported(now: datetime, count: int = 2, **fields: object) -> int:
    """A claim that so many reports opened; its id."""
    claim = factories.make_claim("Jual cepat pulsa murah", **fields)
    with writing():
        for number in range(count):
            report = Report(ticket_digest=f"{claim.id}-{number}", text="Jual cepat pulsa murah", received_at=now)
            db.session.add(report)
            db.session.flush()
            db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=now))
    return claim.id


def reports() -> list[tuple[bool, bool, str | None]]:
    """Of each report whether it was rejected, whether as junk, and why."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(Report).order_by(Report.id))
    return [(row.rejected_at is not None, row.is_junk, row.rejected_reason) for row in rows]


REJECTED = (True, True, "Aduan ini tidak memuat kabar yang dapat diperiksa.")


def test_reports_are_rejected_and_their_claim_closed(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now)
    outcome = reject_junk(key, 1, officer=officer, now=now)
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
    with writing():
        source = Source(name="s", created_at=now)
        db.session.add(source)
        db.session.flush()
        item = Item(source_id=source.id, entry_key="1", content_key="1", fetched_at=now)
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=key, item_id=item.id, seen_at=now))
    assert not reject_junk(key, 1, officer=officer, now=now).closed
    assert reports() == [REJECTED]
    claim = db.session.get_one(Claim, key)
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 2)
    with pytest.raises(Invalid):
        reject_junk(key, 2, officer=officer, now=now)


def test_opening_again_takes_it_back(app: APIFlask, officer: Officer, now: datetime) -> None:
    key = reported(now, 1)
    reject_junk(key, 1, officer=officer, now=now)
    decide(key, 2, Choice(DecisionKind.REOPEN), officer=officer, now=now)
    assert reports() == [(False, False, None)]


def test_who_may_not(app: APIFlask, officer: Officer, approver: Officer, now: datetime) -> None:
    key = reported(now, 1, accused_unit_id=factories.unit("pdam").id)
    accused = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    for person in (approver, accused):
        with pytest.raises(NotAllowed):
            reject_junk(key, 1, officer=person, now=now)
    with pytest.raises(Conflict):
        reject_junk(key, 7, officer=officer, now=now)
    assert reports() == [(False, False, None)]


def test_one_key_at_the_desk(
    app: APIFlask, officer: Officer, sign_in: Callable[[Officer], FlaskClient], now: datetime
) -> None:
    key, other = reported(now, 1), factories.make_claim("Air mati").id
    desk = sign_in(officer)
    path = f"/petugas/klaim/{key}"
    assert 'data-key="M"' in desk.get(path).text
    assert 'data-key="M"' not in desk.get(f"/petugas/klaim/{other}").text, "no report, no junk"
    assert factories.submit(desk, f"{path}/sampah", path, version="1").status_code == 303
    assert reports() == [REJECTED]
    assert factories.submit(desk, f"{path}/sampah", path, version="1").status_code == 409
