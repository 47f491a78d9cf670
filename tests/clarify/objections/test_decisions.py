"""An objection is decided by two people outside the page; what they decide changes the page or says why not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.authority import proposals
from hoax_tracker.authority.confirmers import list_allowed, tie_officer
from hoax_tracker.check.objections import ObjectionAnswers, submit_objection
from hoax_tracker.claims.awaiting_approval import proposals_to_confirm
from hoax_tracker.claims.public_words.objections import list_public_objections, list_unsettled
from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.clarify import corrections
from hoax_tracker.clarify.objections import propose_decision
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    JudgedClaim,
    Objection,
    ObjectionOutcome,
    Officer,
    ProposalOutcome,
    RoleName,
    db,
)
from hoax_tracker.organisation.named_units import NamedUnits
from tests import factories
from tests.clarify.conftest import complete

TUESDAY_AFTER_HOURS = datetime(2026, 11, 24, 8, 5, tzinfo=UTC)  # 16.05 WITA
REASON = "Perumda menunjukkan catatan pipa yang pecah."
Deciding = Callable[..., None]


@pytest.fixture
def decided(objection: Objection, decider: Officer, judge: Officer, now: datetime) -> Deciding:
    """Return a function that lets the two people outside decide, a week after it came."""

    def go(outcome: ObjectionOutcome, at: datetime = now + timedelta(days=7)) -> None:
        propose_decision(objection.id, outcome, REASON, officer=decider, now=at)
        factories.confirm_waiting(judge, at, acts=["objection"])

    return go


def test_a_refusal_says_why_and_changes_nothing(decided: Deciding, objection: Objection, page: Clarification) -> None:
    before = (page.title, page.version, page.status)
    objection.received_at = TUESDAY_AFTER_HOURS
    db.session.commit()
    decided(ObjectionOutcome.REFUSED, at=TUESDAY_AFTER_HOURS + timedelta(days=7))
    assert (objection.outcome, objection.reason) == (ObjectionOutcome.REFUSED, REASON)
    assert objection.working_days == 4  # from Wednesday, as it came after hours, to Tuesday
    assert (page.title, page.version, page.status) == before
    assert list_unsettled() == []
    assert chain_check.verify_chain().broken_at is None


def test_an_upheld_objection_stands_on_the_page_until_it_is_corrected(
    decided: Deciding, page: Clarification, officer: Officer, approver: Officer, now: datetime
) -> None:
    decided(ObjectionOutcome.CORRECT)
    assert [one.awaits_correction for one in list_public_objections(page)] == [True]
    assert len(list_unsettled()) == 1
    later = now + timedelta(days=8)
    content = complete(page, title="Pipa di Oebufu pecah, air mati dua hari", unit_id=page.unit_id)
    corrections.propose_correction(page.id, page.version, content, "Pipanya memang pecah.", officer=officer, now=later)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=later)
    assert [one.awaits_correction for one in list_public_objections(page)] == [False]
    assert list_unsettled() == []


def test_a_withdrawal_takes_effect_with_the_decision(
    decided: Deciding, page: Clarification, claim: Claim, officer: Officer, now: datetime
) -> None:
    content = complete(page, title="Judul lain", unit_id=page.unit_id)
    corrections.propose_correction(page.id, page.version, content, "Judul lain.", officer=officer, now=now)
    factories.find_outsider()
    proposed = proposals.find_open_of(f"clarification:{page.id}")
    decided(ObjectionOutcome.WITHDRAW)
    assert page.status is ClarificationStatus.RETRACTED
    assert (page.revisions[-1].kind, page.revisions[-1].note) == (ClarificationStatus.RETRACTED, REASON)
    assert (page.proposed, page.proposed_kind, page.proposed_by_id) == (None, None, None)
    assert [row.outcome for row in proposed] == [ProposalOutcome.REFUSED]
    assert claim.status is ClaimStatus.INVESTIGATING
    assert not db.session.scalars(sa.select(JudgedClaim).where(JudgedClaim.ended_at.is_(None))).all()
    assert chain_check.verify_chain().broken_at is None


def test_nobody_who_had_a_hand_in_the_page_decides(
    objection: Objection, officer: Officer, approver: Officer, decider: Officer, now: datetime
) -> None:
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    for person in (officer, both):  # its author, and a colleague of its author
        with pytest.raises(NotAllowedError):
            propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=person, now=now)
    propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)
    (row,) = proposals.list_open(["objection"])
    for person in (approver, both):
        with pytest.raises(NotAllowedError):
            proposals.confirm(row.id, proposals.proposal_digest(row), by=person, now=now)
    with pytest.raises(NotAllowedError):
        proposals.withdraw(row.id, by=officer, now=now)
    assert objection.outcome is None


def test_neither_the_unit_that_is_named_nor_who_is_tied_to_the_page_decides(
    objection: Objection, decider: Officer, judge: Officer, approver: Officer, now: datetime
) -> None:
    source = factories.make_officer("air@kupang.example", RoleName.OFFICER, RoleName.APPROVER, unit_code="pdam")
    with pytest.raises(NotAllowedError):
        propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=source, now=now)
    propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)
    (row,) = proposals.list_open(["objection"])
    assert [person.id for person in list_allowed(row, now)] == [judge.id]
    assert _told_to_confirm(judge, now) == [row.id]
    assert _told_to_confirm(source, now) == []
    assert _told_to_confirm(approver, now) == []
    with write_transaction():
        tie_officer(approver, judge, "invited", now)
    assert list_allowed(row, now) == []
    assert _told_to_confirm(judge, now) == []


def test_an_accused_branch_decides_nothing(
    objection: Objection, claim: Claim, decider: Officer, judge: Officer, now: datetime
) -> None:
    with write_transaction():
        note_accusations(claim, NamedUnits(frozenset({decider.unit_id})), now)
    with pytest.raises(NotAllowedError):
        propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)


def _told_to_confirm(person: Officer, now: datetime) -> list[int]:
    return list(db.session.scalars(proposals_to_confirm(person, now)))


def test_who_objects_while_a_decision_waits_is_not_decided_with_it(
    objection: Objection, page: Clarification, decider: Officer, settings: Settings, now: datetime
) -> None:
    propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)
    submit_objection(
        page.id, ObjectionAnswers("fact", "Saya punya foto pipa itu."), now, settings, address="198.51.100.1"
    )
    assert [len(one.row.statements) for one in list_unsettled()] == [1, 1]
    with pytest.raises(EditConflictError):
        propose_decision(objection.id, ObjectionOutcome.CORRECT, REASON, officer=decider, now=now)


def test_a_decision_about_a_page_that_changed_is_made_anew(
    objection: Objection, page: Clarification, decider: Officer, judge: Officer, officer: Officer, approver: Officer,
    now: datetime,
) -> None:  # fmt: skip
    propose_decision(objection.id, ObjectionOutcome.REFUSED, REASON, officer=decider, now=now)
    content = complete(page, title="Pipa pecah", unit_id=page.unit_id)
    corrections.propose_correction(page.id, page.version, content, "Pecah.", officer=officer, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    with pytest.raises(EditConflictError):
        factories.confirm_waiting(judge, now, acts=["objection"])
    assert objection.outcome is None


@pytest.mark.parametrize(
    ("outcome", "reason"), [(None, REASON), (ObjectionOutcome.REFUSED, " "), (ObjectionOutcome.REFUSED, "a" * 1001)]
)
def test_a_decision_says_what_and_why(
    objection: Objection, decider: Officer, outcome: ObjectionOutcome | None, reason: str, now: datetime
) -> None:
    with pytest.raises(InvalidInputError):
        propose_decision(objection.id, outcome, reason, officer=decider, now=now)


def test_the_database_takes_no_outcome_that_nobody_confirmed(objection: Objection, now: datetime) -> None:
    objection.outcome, objection.reason = ObjectionOutcome.REFUSED, "Tidak."
    objection.decided_at, objection.working_days = now, 0
    with pytest.raises(sa.exc.DBAPIError, match="no second person confirmed this objection"):
        db.session.flush()
    db.session.rollback()
