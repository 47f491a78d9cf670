"""Who may open a reporter's contact and pictures: the answering unit or PPID Utama, with a reason, twenty a day."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from apiflask import APIFlask

from hoax_tracker.accounts import officer_acts
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import InvalidInputError, NotAllowedError, RateLimitedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAppearance,
    DecisionKind,
    NoticeKind,
    Officer,
    Report,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.claim_page import reporter_contact
from hoax_tracker.review.decisions import merge, service
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories

CONTACT = "warga@contoh.example"
WHY = "Menanyakan kapan pesan itu diterima"
Show = Callable[[Claim, Officer], str]


@pytest.fixture
def key(app: APIFlask) -> str:
    """The key of contacts."""
    return str(app.extensions["settings"].contact_key)


@pytest.fixture
def show(key: str, now: datetime) -> Show:
    """Return a function that opens the contact of a claim's only report."""

    def go(claim: Claim, officer: Officer) -> str:
        found = db.session.scalars(db.select(ClaimAppearance).where(ClaimAppearance.claim_id == claim.id))
        report_id = found.one().report_id
        assert report_id is not None
        opened = reporter_contact.open_report(claim.id, report_id, WHY, key=key, officer=officer, now=now)
        assert opened.contact is not None
        return opened.contact

    return go


def reported(key: str, text: str = "Air mati total", unit: str | None = "pdam", accused: str | None = None) -> Claim:
    """A claim with one report that left a contact."""
    at = {"unit_id": factories.load_unit(unit).id if unit else None}
    claim = factories.make_claim(text, accused_unit_id=factories.load_unit(accused).id if accused else None, **at)
    row = Report(
        ticket_digest=secrets.token_hex(32),
        text=text,
        received_at=factories.NOW,
        consent_at=factories.NOW,
        contact_encrypted=encrypt_contact(CONTACT, key),
    )
    db.session.add(row)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=row.id, seen_at=factories.NOW))
    db.session.commit()
    return claim


def person(unit: str, *more: RoleName, name: str = "dia") -> Officer:
    """An officer of a unit."""
    return factories.make_officer(f"{name}@kupang.example", RoleName.OFFICER, *more, unit_code=unit)


@pytest.mark.parametrize(
    ("unit", "opens"), [("pdam", True), ("diskominfo", True), ("dinkes", False), ("loket", False), ("puskesmas", False)]
)
def test_the_answering_unit_and_ppid_utama_alone(unit: str, opens: bool, key: str, show: Show) -> None:
    factories.make_unit("loket", "pdam")
    factories.make_unit("puskesmas", "dinkes")
    claim, officer = reported(key), person(unit)
    assert reporter_contact.may_open_reports(claim, officer) is opens
    if opens:
        assert show(claim, officer) == CONTACT
        return
    with pytest.raises(NotAllowedError):
        show(claim, officer)
    assert db.session.query(AuditEvent).count() == 0


def test_a_claim_that_nobody_answers_yet_is_ppid_utamas(key: str, show: Show, officer: Officer) -> None:
    claim = reported(key, unit=None)
    with pytest.raises(NotAllowedError):
        show(claim, person("pdam"))
    assert show(claim, officer) == CONTACT


@pytest.mark.parametrize("unit", ["puskesmas", "dinkes"])
def test_no_role_opens_it_for_the_accused(unit: str, key: str, show: Show, officer: Officer, now: datetime) -> None:
    factories.make_unit("puskesmas", "dinkes")
    claim = reported(key, unit=unit, accused="puskesmas")
    chief = person(unit, RoleName.APPROVER, RoleName.ADMINISTRATOR)
    with pytest.raises(NotAllowedError):
        show(claim, chief)
    officer.active = False  # where nobody else is left they decide, but do not clear the note first
    db.session.commit()
    with pytest.raises(NotAllowedError):
        service.lift_accusations(claim.id, claim.version, "Bukan", officer=chief, now=now)
    with pytest.raises(NotAllowedError):
        show(claim, chief)


def test_an_administrator_of_an_accused_ppid_utama_opens_nothing(key: str, show: Show) -> None:
    claim = reported(key, unit=None, accused="diskominfo")
    with pytest.raises(NotAllowedError):
        show(claim, person("diskominfo", RoleName.ADMINISTRATOR))


def test_who_moves_away_from_the_accused_unit_stays_accused(key: str, show: Show, now: datetime) -> None:
    claim, mover = reported(key, unit="diskominfo", accused="pdam"), person("pdam", RoleName.ADMINISTRATOR)
    before = officer_acts.officer_values(mover)
    moved = before | {"unit_id": factories.load_unit().id}
    officer_acts.edit_officer_account(mover.id, moved, values_digest(before), by=mover, now=now)
    factories.confirm_waiting(now=now)
    assert mover.unit.parent_id is None
    with pytest.raises(NotAllowedError) as refused:
        show(claim, mover)
    assert "pernah bertugas" in str(refused.value.user_message)
    assert show(reported(key, "Obat habis", unit="dinkes"), mover) == CONTACT


def test_who_gives_the_claim_to_their_own_unit_asks_a_colleague(key: str, show: Show, now: datetime) -> None:
    claim, curious, colleague = reported(key, unit=None), person("pdam"), person("pdam", name="rekan")
    choice = DecisionChoice(DecisionKind.ASSIGN, unit_id=factories.load_unit("pdam").id)
    service.decide_claim(claim.id, claim.version, choice, officer=curious, now=now)
    with pytest.raises(NotAllowedError) as refused:
        show(claim, curious)
    assert "Anda sendiri" in str(refused.value.user_message)
    assert show(claim, colleague) == CONTACT


def test_who_merges_it_into_their_own_claim_asks_a_colleague(key: str, show: Show, now: datetime) -> None:
    theirs, curious, colleague = reported(key, unit=None), person("pdam"), person("pdam", name="rekan")
    own = factories.make_claim("Air mati lagi", unit_id=factories.load_unit("pdam").id)
    merge.merge_claims(theirs.id, theirs.version, own.id, into_version=own.version, officer=curious, now=now)
    with pytest.raises(NotAllowedError):
        show(own, curious)
    assert show(own, colleague) == CONTACT


def test_a_reason_is_asked_for_kept_and_told_to_ppid_utama(
    key: str, show: Show, officer: Officer, now: datetime
) -> None:
    claim, asker = reported(key), person("pdam")
    report_id = claim.appearances[0].report_id
    assert report_id is not None
    for reason in (" \n", "x" * 301):
        with pytest.raises(InvalidInputError):
            reporter_contact.open_report(claim.id, report_id, reason, key=key, officer=asker, now=now)
    assert notices.list_unseen_notices(officer) == []
    assert show(claim, asker) == CONTACT
    [event] = db.session.scalars(db.select(AuditEvent))
    assert event.detail == {"claim": claim.id, "reason": WHY, "contact": True, "pictures": 0}
    [told] = notices.list_unseen_notices(officer)
    assert (told.kind, told.claim_id) == (NoticeKind.CONTACT_SHOWN, claim.id)
    assert WHY in told.text
    assert CONTACT not in told.text
    assert notices.list_unseen_notices(asker) == []
    assert chain_check.verify_chain().broken_at is None


def test_the_accused_of_ppid_utama_are_not_told(key: str, show: Show, officer: Officer) -> None:
    claim = reported(key, unit="pdam", accused="diskominfo")
    assert show(claim, person("pdam")) == CONTACT
    assert notices.list_unseen_notices(officer) == []


def test_twenty_a_day_and_no_more(key: str, officer: Officer, now: datetime) -> None:
    claim = reported(key)
    report_id = claim.appearances[0].report_id
    assert report_id is not None
    opened: dict[str, Any] = {"key": key, "officer": officer}
    for minute in range(20):
        reporter_contact.open_report(claim.id, report_id, WHY, now=now + timedelta(minutes=minute), **opened)
    late = now + timedelta(hours=23)
    assert reporter_contact.reports_left_today(officer, late) == 0
    with pytest.raises(RateLimitedError):
        reporter_contact.open_report(claim.id, report_id, WHY, now=late, **opened)
    tomorrow = reporter_contact.open_report(claim.id, report_id, WHY, now=now + timedelta(days=1), **opened)
    assert tomorrow.contact == CONTACT
    other = reporter_contact.open_report(claim.id, report_id, WHY, key=key, officer=person("pdam"), now=late)
    assert other.contact == CONTACT
