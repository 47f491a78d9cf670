"""One officer works on a claim at a time; locks end, can be taken over, and never lose text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.claims import locks
from hoax_tracker.clock import utc_now
from hoax_tracker.errors import ClaimLockedError, NotAllowedError
from hoax_tracker.models import AuditEvent, Claim, ClaimLock, ClaimStatus, DecisionKind, Officer, RoleName, db
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions.merge import merge_claims
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


def test_nobody_works_on_a_claim_that_was_merged(
    officer: Officer, other: Officer, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    now = utc_now()
    claim, into = factories.make_claim("Air mati"), factories.make_claim("Air PDAM mati")
    for each in (claim, into):
        locks.lock_claim(each.id, officer=officer, now=now)
    merge_claims(claim.id, claim.version, into.id, officer=officer, now=now)
    assert locks.find_lock_holder(claim.id, now) is None
    assert locks.find_lock_holder(into.id, now) is not None, "the other one still waits"
    db.session.add(ClaimLock(claim_id=claim.id, officer_id=officer.id, taken_at=now, ends_at=now + locks.LOCK_DURATION))
    db.session.commit()
    for person in (officer, other):
        page = sign_in(person).get(f"/petugas/klaim/{claim.id}").get_data(as_text=True)
        assert "mengerjakan klaim ini" not in page, "nor does a lock from before it was closed say so"
