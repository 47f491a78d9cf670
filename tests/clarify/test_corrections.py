"""Changes of a public page stay visible and take two people."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.clarify import corrections
from hoax_tracker.core.audit import chain_check
from hoax_tracker.errors import EditConflictError, FieldFaultsError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    DecisionKind,
    Officer,
    RoleName,
    db,
)
from tests import factories
from tests.clarify.conftest import Drafting, complete

LATER = timedelta(hours=2)


def propose(page: Clarification, officer: Officer, now: datetime, title: str = "Air mengalir, kecuali Oebufu") -> None:
    """Propose a correction."""
    content = complete(page, title=title)
    corrections.propose_correction(page.id, page.version, content, "Oebufu ditambahkan.", officer=officer, now=now)


def test_a_correction_waits_then_stays_visible(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    slug = page.slug
    propose(page, officer, now)
    assert (page.title, page.status) == ("Air PDAM tetap mengalir di seluruh kota", ClarificationStatus.PUBLISHED)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now + LATER)
    assert (page.title, page.status, page.slug) == ("Air mengalir, kecuali Oebufu", ClarificationStatus.CORRECTED, slug)
    assert [(one.number, one.kind.value, one.note) for one in page.revisions] == [
        (1, "published", ""),
        (2, "corrected", "Oebufu ditambahkan."),
    ]
    assert [one.content["title"] for one in page.revisions] == [
        "Air PDAM tetap mengalir di seluruh kota",
        "Air mengalir, kecuali Oebufu",
    ]
    assert (page.proposed, page.proposed_kind, page.proposed_by_id) == (None, None, None)
    assert (page.changed_at, page.published_at) == (now + LATER, now)
    assert claim.status is ClaimStatus.CLARIFIED
    assert chain_check.verify_chain().broken_at is None


def test_a_second_correction_is_a_third_revision(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    for title in ("Koreksi satu", "Koreksi dua"):
        propose(page, officer, now, title)
        corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert [one.number for one in page.revisions] == [1, 2, 3]


def test_all_three_are_confirmed_from_the_list_of_what_waits(
    claim: Claim, submitted: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    """As one of many proposals, without the page's own form."""
    page = submitted(claim)
    factories.confirm_waiting(approver, now, acts=["clarification"])
    assert page.status is ClarificationStatus.PUBLISHED
    propose(page, officer, now, "Air PDAM mengalir sejak pagi")
    factories.confirm_waiting(approver, now, acts=["correction"])
    assert page.title == "Air PDAM mengalir sejak pagi"
    corrections.propose_retraction(page.id, page.version, "Pipanya memang pecah.", officer=officer, now=now)
    factories.confirm_waiting(approver, now, acts=["retraction"])
    assert page.status is ClarificationStatus.RETRACTED


def test_the_proposer_does_not_approve(claim: Claim, published: Drafting, approver: Officer, now: datetime) -> None:
    page = published(claim)
    both = factories.make_officer("dua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    propose(page, both, now)
    with pytest.raises(NotAllowedError):
        corrections.approve_proposal(page.id, page.version, "", officer=both, now=now)
    assert page.title == "Air PDAM tetap mengalir di seluruh kota"
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert page.revisions[-1].author_id == both.id


def test_the_database_refuses_a_revision_by_one_person(claim: Claim, published: Drafting) -> None:
    page = published(claim)
    with pytest.raises(sa.exc.IntegrityError, match="two_people"):
        db.session.execute(
            sa.text("update clarification_revision set approver_id = author_id where clarification_id = :id"),
            {"id": page.id},
        )


def test_the_accused_unit_does_not_approve_a_correction(
    claim: Claim, published: Drafting, officer: Officer, now: datetime
) -> None:
    page = published(claim, accused_unit_id=factories.load_unit("dinkes").id)
    own = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    content = complete(page, title="Tidak ada yang dituduh", accused_unit_id=None)
    corrections.propose_correction(page.id, page.version, content, "Tuduhan dihapus.", officer=officer, now=now)
    with pytest.raises(NotAllowedError):
        corrections.approve_proposal(page.id, page.version, "", officer=own, now=now)


@pytest.mark.parametrize("changes", [{"note": " "}, {"title": ""}, {"sources": ()}, {"same": True}])
def test_a_correction_needs_a_note_a_change_and_the_checklist(
    claim: Claim, published: Drafting, officer: Officer, now: datetime, changes: dict[str, object]
) -> None:
    page = published(claim)
    note = str(changes.pop("note", "Alasan"))
    changed = {} if changes.pop("same", False) else {"title": "Berubah"} | changes
    with pytest.raises(InvalidInputError):
        corrections.propose_correction(page.id, page.version, complete(page, **changed), note, officer=officer, now=now)
    assert page.proposed_kind is None


def test_what_readers_are_told_has_an_end(claim: Claim, published: Drafting, officer: Officer, now: datetime) -> None:
    page = published(claim)
    content = complete(page, title="Berubah")
    for note in ("Panjang " * 750, "x" * 1_001):
        with pytest.raises(FieldFaultsError) as correction:
            corrections.propose_correction(page.id, page.version, content, note, officer=officer, now=now)
        with pytest.raises(InvalidInputError) as retraction:
            corrections.propose_retraction(page.id, page.version, note, officer=officer, now=now)
        assert correction.value.faults == {"note": "Paling banyak 1000 huruf."}
        assert (retraction.value.field, retraction.value.user_message) == ("reason", "Paling banyak 1000 huruf.")
    assert page.proposed_kind is None
    as_typed = "x" * 499 + "\r\n" + "x" * 500 + "  "  # a browser counts the line break once
    corrections.propose_retraction(page.id, page.version, as_typed, officer=officer, now=now)


def test_a_retraction_stays_visible_and_reopens_the_claim(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    with pytest.raises(InvalidInputError):
        corrections.propose_retraction(page.id, page.version, "", officer=officer, now=now)
    corrections.propose_retraction(page.id, page.version, "Sumber kami keliru.", officer=officer, now=now)
    assert (page.is_public, claim.status) == (True, ClaimStatus.CLARIFIED)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now + LATER)
    assert (page.status, page.is_public) == (ClarificationStatus.RETRACTED, False)
    last = page.revisions[-1]
    assert (last.kind, last.note, last.approver_id) == (
        ClarificationStatus.RETRACTED,
        "Sumber kami keliru.",
        approver.id,
    )
    assert (claim.status, claim.decisions[-1].kind) == (ClaimStatus.INVESTIGATING, DecisionKind.REOPEN)
    with pytest.raises(InvalidInputError):
        propose(page, officer, now)
    assert chain_check.verify_chain().broken_at is None


def test_a_claim_that_another_page_answers_stays_answered(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    factories.make_clarification(officer, approver, claims=[claim], slug="lain", number=77)
    corrections.propose_retraction(page.id, page.version, "Digabung.", officer=officer, now=now)
    corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)
    assert claim.status is ClaimStatus.CLARIFIED


def test_one_proposal_at_a_time_and_only_on_public_pages(
    claim: Claim, published: Drafting, submitted: Drafting, officer: Officer, now: datetime
) -> None:
    page = published(claim)
    propose(page, officer, now)
    with pytest.raises(InvalidInputError):
        propose(page, officer, now, "Lain lagi")
    with pytest.raises(InvalidInputError):
        corrections.propose_retraction(page.id, page.version, "x", officer=officer, now=now)
    waiting = submitted(factories.make_claim("Klaim lain tentang pasar"))
    with pytest.raises(InvalidInputError):
        propose(waiting, officer, now)


def test_a_declined_proposal_keeps_what_was_written(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    propose(page, officer, now)
    stranger = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    with pytest.raises(NotAllowedError):
        corrections.decline_proposal(page.id, page.version, "Tidak", officer=stranger, now=now)
    with pytest.raises(InvalidInputError):
        corrections.decline_proposal(page.id, page.version, "", officer=approver, now=now)
    corrections.decline_proposal(page.id, page.version, "Buktinya belum cukup.", officer=approver, now=now)
    assert (page.proposed_kind, page.returned_reason) == (None, "Buktinya belum cukup.")
    assert page.proposed is not None
    assert page.proposed["title"] == "Air mengalir, kecuali Oebufu"
    with pytest.raises(InvalidInputError):
        corrections.approve_proposal(page.id, page.version, "", officer=approver, now=now)


def test_a_stale_approval_is_told(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    propose(page, officer, now)
    seen = page.version
    corrections.decline_proposal(page.id, page.version, "Salah ketik", officer=officer, now=now)
    propose(page, officer, now, "Isi yang lain")
    with pytest.raises(EditConflictError):
        corrections.approve_proposal(page.id, seen, "", officer=approver, now=now)
    assert page.status is ClarificationStatus.PUBLISHED
