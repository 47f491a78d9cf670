"""One officer works on a claim at a time; locks end, can be taken over, and never lose text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.claims import locks
from hoax_tracker.errors import ClaimLockedError, NotAllowedError
from hoax_tracker.models import AuditEvent, Claim, ClaimStatus, DecisionKind, Officer, RoleName, db
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories


@pytest.fixture
def other(officer: Officer) -> Officer:
    """A second officer."""
    return factories.make_officer("rekan@kupang.example", RoleName.OFFICER)


def dismiss(claim: Claim, officer: Officer, now: datetime) -> service.DecisionOutcome:
    """Close the claim as it is."""
    choice = DecisionChoice(DecisionKind.DISMISS, "Sudah lewat.")
    return service.decide_claim(claim.id, claim.version, choice, officer=officer, now=now)


def test_the_second_officer_is_told_who_works_on_it(officer: Officer, other: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    locks.lock_claim(claim.id, officer=officer, now=now)
    with pytest.raises(ClaimLockedError) as refused:
        dismiss(claim, other, now + timedelta(minutes=1))
    assert officer.name in str(refused.value.user_message)
    assert claim.status is ClaimStatus.NEW
    with pytest.raises(ClaimLockedError):
        locks.lock_claim(claim.id, officer=other, now=now + timedelta(minutes=1))
    assert dismiss(claim, officer, now + timedelta(minutes=2)).closed
    assert locks.find_lock_holder(claim.id, now + timedelta(minutes=2)) is None


def test_it_ends_by_itself_and_going_on_extends_it(officer: Officer, other: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    locks.lock_claim(claim.id, officer=officer, now=now)
    later = now + timedelta(minutes=8)
    held = locks.lock_claim(claim.id, officer=officer, now=later)
    assert (held.since, held.until) == (now, later + locks.LOCK_DURATION)
    assert locks.find_lock_holder(claim.id, now + timedelta(minutes=12)) is not None
    dismiss(claim, other, later + locks.LOCK_DURATION)
    assert claim.status is ClaimStatus.DISMISSED


def test_it_can_be_taken_over_and_the_audit_keeps_that(officer: Officer, other: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    locks.lock_claim(claim.id, officer=officer, now=now)
    locks.lock_claim(claim.id, officer=other, now=now, over=True)
    with pytest.raises(ClaimLockedError):
        dismiss(claim, officer, now)
    event = db.session.scalars(db.select(AuditEvent).filter_by(action="claim_taken_over")).one()
    assert (event.officer_id, event.detail) == (other.id, {"from": officer.id})
    dismiss(claim, other, now)


def test_a_clock_that_is_set_back_locks_nobody_out(officer: Officer, other: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    locks.lock_claim(claim.id, officer=officer, now=now + timedelta(days=365))
    assert locks.find_lock_holder(claim.id, now) is None
    dismiss(claim, other, now)


def test_an_officer_who_is_demoted_holds_nothing(officer: Officer, other: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    locks.lock_claim(claim.id, officer=officer, now=now)
    officer.roles = []
    db.session.commit()
    assert locks.find_lock_holder(claim.id, now) is None
    with pytest.raises(NotAllowedError):
        locks.lock_claim(claim.id, officer=officer, now=now)
    dismiss(claim, other, now)


def test_who_is_refused_reads_their_own_words(
    officer: Officer, other: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    claim = factories.make_claim().id
    first, second = sign_in(officer), sign_in(other)
    path = f"/petugas/klaim/{claim}"
    assert factories.submit_form(first, f"{path}/kerjakan", page=path).status_code == 303
    page = second.get(path).get_data(as_text=True)
    assert f"{officer.name} sedang mengerjakan klaim ini" in page
    typed = {"decision": "dismiss", "reason": "Panjang dan penting.", "version": "1"}
    answer = factories.submit_form(second, f"{path}/tutup", page=path, **typed)
    assert answer.status_code == 423
    assert "Panjang dan penting." in answer.get_data(as_text=True)
    factories.submit_form(second, f"{path}/ambil-alih", page=path)
    assert factories.submit_form(second, f"{path}/tutup", page=path, **typed).status_code == 303
    assert db.session.get_one(Claim, claim).status is ClaimStatus.DISMISSED
