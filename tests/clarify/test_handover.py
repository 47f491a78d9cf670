"""The draft of a departed author passes to others, and none of its authors approves it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from hoax_tracker.clarify import corrections, publication, service
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.core.audit import chain_check
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import AuditEvent, Claim, Clarification, ClarificationStatus, Officer, Role, RoleName, db
from tests import factories
from tests.clarify.conftest import Drafting, complete

SignIn = Callable[[Officer], FlaskClient]
TITLE = "Air mengalir, kecuali Oebufu"


@pytest.fixture
def second(claim: Claim) -> Officer:
    """Another officer, who comes after the one who left."""
    return factories.make_officer("kedua@kupang.example", RoleName.OFFICER)


def disable(person: Officer) -> None:
    """Close the account."""
    person.active = False
    db.session.commit()


def only_approves(person: Officer) -> None:
    """Take the role that drafts, and give the one that approves."""
    person.roles = list(db.session.scalars(db.select(Role).where(Role.name == RoleName.APPROVER.value)))
    db.session.commit()


@pytest.mark.parametrize("leave", [disable, only_approves])
def test_drafting_goes_on_with_what_somebody_left(
    leave: Callable[[Officer], None],
    claim: Claim,
    drafted: Drafting,
    officer: Officer,
    second: Officer,
    approver: Officer,
    now: datetime,
) -> None:
    page = drafted(claim)
    seen = page.version
    leave(officer)
    assert service.draft_from_claim(claim.id, claim.version, officer=second, now=now) == page.id
    assert (page.author_id, page.version, page.summary) == (second.id, seen + 1, "Tidak ada pipa induk yang pecah.")
    event = db.session.scalars(db.select(AuditEvent).filter_by(action=publication.TAKEN_OVER_ACTION)).one()
    assert (event.officer_id, event.subject, event.detail) == (
        second.id,
        f"clarification:{page.id}",
        {"from": officer.id},
    )
    service.submit_draft(page.id, page.version, officer=second, now=now)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert page.is_public
    assert page.revisions[0].author_id == second.id
    assert chain_check.verify_chain().broken_at is None


def test_nothing_is_taken_from_an_author_who_is_there(
    claim: Claim, drafted: Drafting, officer: Officer, second: Officer, approver: Officer, now: datetime
) -> None:
    page = drafted(claim)
    with pytest.raises(InvalidInputError, match="nobody left"):
        service.take_over(page.id, page.version, officer=second, now=now)
    disable(officer)
    with pytest.raises(NotAllowedError):
        service.take_over(page.id, page.version, officer=approver, now=now)
    with pytest.raises(EditConflictError):
        service.take_over(page.id, page.version - 1, officer=second, now=now)
    service.take_over(page.id, page.version, officer=second, now=now)
    third = factories.make_officer("ketiga@kupang.example", RoleName.OFFICER)
    with pytest.raises(InvalidInputError, match="nobody left"):
        service.take_over(page.id, page.version, officer=third, now=now)
    with pytest.raises(InvalidInputError, match="already drafted"):
        service.draft_from_claim(claim.id, claim.version, officer=third, now=now)
    assert page.author_id == second.id


def test_the_accused_unit_takes_nothing_over(
    claim: Claim, drafted: Drafting, officer: Officer, second: Officer, now: datetime
) -> None:
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    page = drafted(claim)
    disable(officer)
    accused = factories.make_officer(
        "dinkes@kupang.example", RoleName.OFFICER, RoleName.ADMINISTRATOR, unit_code="dinkes"
    )
    disable(second)  # nobody else is left, and still
    with pytest.raises(NotAllowedError):
        service.take_over(page.id, page.version, officer=accused, now=now)
    with pytest.raises(NotAllowedError):
        service.draft_from_claim(claim.id, claim.version, officer=accused, now=now)
    assert page.author_id == officer.id


def test_who_wrote_before_does_not_approve(
    claim: Claim, submitted: Drafting, officer: Officer, second: Officer, now: datetime
) -> None:
    page = submitted(claim)
    only_approves(officer)
    service.take_over(page.id, page.version, officer=second, now=now)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL
    with pytest.raises(NotAllowedError, match="own"):
        service.approve_draft(page.id, page.version, "", officer=officer, now=now)
    service.withdraw_draft(page.id, page.version, officer=second, now=now)
    service.save_draft(page.id, page.version, complete(page, title=TITLE), officer=second, now=now)
    service.submit_draft(page.id, page.version, officer=second, now=now)
    with pytest.raises(NotAllowedError, match="own"):
        service.approve_draft(page.id, page.version, "", officer=officer, now=now)
    third = factories.make_officer("ketiga@kupang.example", RoleName.APPROVER)
    service.approve_draft(page.id, page.version, "", officer=third, now=now)
    assert page.is_public


def test_what_came_back_to_somebody_who_left_goes_on(
    claim: Claim, submitted: Drafting, officer: Officer, second: Officer, approver: Officer, now: datetime
) -> None:
    page = submitted(claim)
    disable(officer)
    service.return_draft(page.id, page.version, "Sumbernya kurang.", officer=approver, now=now)
    service.take_over(page.id, page.version, officer=second, now=now)
    assert (page.status, page.returned_reason) == (ClarificationStatus.DRAFT, "Sumbernya kurang.")
    service.submit_draft(page.id, page.version, officer=second, now=now)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_a_change_that_somebody_left_goes_on(
    claim: Claim, published: Drafting, officer: Officer, second: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    content = complete(page, title=TITLE)
    proposer = factories.make_officer("usul@kupang.example", RoleName.OFFICER)
    corrections.propose_correction(page.id, page.version, content, "Oebufu ditambahkan.", officer=proposer, now=now)
    only_approves(proposer)
    changed_at = page.changed_at
    service.take_over(page.id, page.version, officer=second, now=now)
    assert (page.author_id, page.proposed_by_id, page.changed_at) == (officer.id, second.id, changed_at)
    for person in (second, proposer):
        with pytest.raises(NotAllowedError, match="own"):
            corrections.approve_proposal(page.id, page.version, "", officer=person, now=now)
    corrections.decline_proposal(page.id, page.version, "Saya perbaiki dulu.", officer=second, now=now)
    corrections.propose_correction(page.id, page.version, content, "Oebufu ditambahkan.", officer=second, now=now)
    with pytest.raises(NotAllowedError, match="own"):
        corrections.approve_proposal(page.id, page.version, "", officer=proposer, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert (page.title, page.revisions[-1].author_id) == (TITLE, second.id)
    # What waits next is not theirs.
    corrections.propose_retraction(page.id, page.version, "Keliru.", officer=second, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=proposer, now=now)


def test_a_page_that_is_public_is_nobodys_to_take(
    claim: Claim, published: Drafting, officer: Officer, second: Officer, now: datetime
) -> None:
    page = published(claim)
    disable(officer)
    with pytest.raises(InvalidInputError, match="nobody left"):
        service.take_over(page.id, page.version, officer=second, now=now)


def test_the_page_says_who_left_and_offers_to_go_on(
    claim: Claim, drafted: Drafting, officer: Officer, second: Officer, approver: Officer, sign_in: SignIn
) -> None:
    page = drafted(claim)
    address = f"/petugas/klarifikasi/{page.id}"
    browser = sign_in(second)
    shown = browser.get(address).get_data(as_text=True)
    assert "ambil-alih" not in shown
    assert "Hanya penulisnya" in shown
    disable(officer)
    shown = browser.get(address).get_data(as_text=True)
    assert f"{officer.name} tidak lagi menyusun klarifikasi." in shown
    assert "Hanya penulisnya" not in shown
    response = factories.submit_form(browser, f"{address}/ambil-alih", address, version=page.version)
    assert response.status_code == 303
    shown = browser.get(address).get_data(as_text=True)
    assert "Tulisan ini sekarang tulisan Anda." in shown
    assert f"{address}/sunting" in shown
    db.session.expire_all()
    assert db.session.get_one(Clarification, page.id).author_id == second.id


def test_drafting_by_form_says_that_it_goes_on(
    claim: Claim, drafted: Drafting, officer: Officer, second: Officer, sign_in: SignIn
) -> None:
    page = drafted(claim)
    said = clarification_content(page).title
    disable(officer)
    browser = sign_in(second)
    response = factories.submit_form(
        browser, f"/petugas/klarifikasi/klaim/{claim.id}/rancangan", "/petugas/klarifikasi/", version=claim.version
    )
    assert str(response.location).endswith(f"/petugas/klarifikasi/{page.id}")
    shown = browser.get(response.location).get_data(as_text=True)
    assert "ditinggalkan penulisnya" in shown
    assert said in shown
