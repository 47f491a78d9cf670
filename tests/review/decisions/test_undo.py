"""Undoing decisions: by whom, for how long, and never over a later decision of others."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import UNDO_WITHIN, Claim, ClaimStatus, Decision, DecisionKind, Notice, Officer, RoleName, db
from hoax_tracker.review.decisions import undo
from hoax_tracker.review.decisions.service import DecisionChoice, DecisionOutcome, decide_claim
from tests import factories


def take(claim: Claim, kind: DecisionKind, officer: Officer, now: datetime, **fields: object) -> DecisionOutcome:
    """Take a decision on the claim as it is."""
    return decide_claim(claim.id, claim.version, DecisionChoice(kind, **fields), officer=officer, now=now)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind",
    [
        DecisionKind.DISMISS,
        DecisionKind.NOT_A_CLAIM,
        DecisionKind.OUT_OF_SCOPE,
        DecisionKind.INVESTIGATE,
        DecisionKind.ASSIGN,
    ],
)
def test_every_decision_goes_back(kind: DecisionKind, officer: Officer, now: datetime) -> None:
    factories.make_unit("puskesmas", "diskominfo")
    claim = factories.make_claim(unit_id=factories.load_unit("dinkes").id)
    # Whom a claim accuses stays noted, whatever is undone.
    names = [column.name for column in Claim.__table__.columns if column.name not in ("version", "accused_unit_id")]
    before = [getattr(claim, name) for name in names]
    given = {
        "reason": "x",
        "unit_id": factories.load_unit("pdam").id,
        "accused_unit_id": factories.load_unit("puskesmas").id,
    }
    outcome = take(claim, kind, officer, now, **given)
    assert [getattr(claim, name) for name in names] != before
    undone = undo.undo_decision(outcome.decision_id, officer=officer, now=now + timedelta(seconds=61))
    assert (undone.claim_id, undone.kind) == (claim.id, kind)
    assert [getattr(claim, name) for name in names] == before
    assert [row.kind for row in claim.decisions] == [kind, DecisionKind.UNDO]
    assert claim.version == 3


@pytest.mark.parametrize("kind", [DecisionKind.LINK, DecisionKind.REOPEN])
def test_nobody_undoes_alone_what_two_decided(
    kind: DecisionKind, officer: Officer, approver: Officer, now: datetime
) -> None:
    answered = kind is DecisionKind.REOPEN
    claim = factories.make_claim(status=ClaimStatus.CLARIFIED if answered else ClaimStatus.NEW)
    page = factories.make_clarification(officer, approver, claims=[claim] if answered else [])
    take(claim, kind, officer, now, clarification_id=page.id)
    factories.confirm_waiting(approver, now)
    [row] = claim.decisions
    assert undo.find_undoable_decision([row], officer, now) is None
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row.id, officer=officer, now=now)
    assert page.claims == ([] if answered else [claim])


def test_who_decided_since_is_not_overruled(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    outcome = take(claim, DecisionKind.INVESTIGATE, officer, now)
    take(claim, DecisionKind.NOT_A_CLAIM, other, now)
    with pytest.raises(EditConflictError) as late:
        undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert other.name in str(late.value.user_message)
    assert claim.status is ClaimStatus.DISMISSED


def test_only_for_some_minutes_only_one_s_own_and_only_as_officer(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    demoted = factories.make_officer("mantan@kupang.example")
    row = take(claim, DecisionKind.NOT_A_CLAIM, officer, now).decision_id
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row, officer=officer, now=now + UNDO_WITHIN + timedelta(seconds=1))
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row, officer=other, now=now)
    with pytest.raises(NotAllowedError):
        undo.undo_decision(row, officer=demoted, now=now)
    with pytest.raises(NotFoundError):
        undo.undo_decision(999, officer=officer, now=now)
    assert (claim.status, db.session.query(Decision).count()) == (ClaimStatus.DISMISSED, 1)
    undo.undo_decision(row, officer=officer, now=now - timedelta(hours=1))  # a clock that jumps back
    assert claim.status is ClaimStatus.NEW


def test_what_a_clock_far_ahead_noted_can_not_be_undone_for_months(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    row = take(claim, DecisionKind.NOT_A_CLAIM, officer, now + timedelta(days=90)).decision_id
    newest = db.session.scalars(sa.select(Decision)).all()
    assert undo.find_undoable_decision(newest, officer, now) is None
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row, officer=officer, now=now)


def test_what_was_published_is_not_taken_back_here(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    row = Decision(claim_id=claim.id, officer_id=officer.id, kind=DecisionKind.LINK, reason="terbit", decided_at=now)
    db.session.add(row)
    db.session.commit()
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row.id, officer=officer, now=now)


def test_nobody_gets_a_letter_about_what_was_taken_back(officer: Officer, now: datetime) -> None:
    for unit in ("pdam", "dinkes"):
        factories.make_officer(f"{unit}@kupang.example", RoleName.OFFICER, unit_code=unit)
    claim = factories.make_claim()
    kept = take(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("pdam").id)
    later = now + timedelta(minutes=2)
    taken = take(claim, DecisionKind.ASSIGN, officer, later, unit_id=factories.load_unit("dinkes").id)
    undo.undo_decision(taken.decision_id, officer=officer, now=later)
    unseen = db.session.scalars(sa.select(Notice).where(Notice.seen_at.is_(None))).all()
    assert [row.officer.email for row in unseen] == ["pdam@kupang.example"]
    assert kept.decision_id
    assert claim.told_unit_id == factories.load_unit("pdam").id
