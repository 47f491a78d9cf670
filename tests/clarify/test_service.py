"""From draft to published page: each rule with somebody who tries to break it."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker.authority.confirmers import tie_officer
from hoax_tracker.claims.recusal import first_accused_unit_id
from hoax_tracker.clarify import answered_claims, service
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    DecisionKind,
    NoticeKind,
    Officer,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration.unit_questions import ask_unit
from tests import factories
from tests.clarify.conftest import Drafting, complete


def test_a_draft_holds_all_that_is_known_but_no_title(claim: Claim, officer: Officer, now: datetime) -> None:
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    page = db.session.get_one(
        Clarification, service.draft_from_claim(claim.id, claim.version, officer=officer, now=now)
    )
    assert (page.status, page.title, page.verdict) == (ClarificationStatus.DRAFT, "", None)
    assert (page.claim_quote, page.topic, page.circulated_since) == (claim.text, claim.topic, date(2026, 11, 24))
    assert (page.unit.code, page.accused_unit_id, page.author_id) == ("pdam", first_accused_unit_id(claim), officer.id)
    assert (claim.status, claim.examined_since, claim.version) == (ClaimStatus.INVESTIGATING, now, 2)
    assert [row.kind for row in claim.decisions] == [DecisionKind.CLARIFY]


def test_a_claim_is_drafted_once_and_not_when_closed(claim: Claim, drafted: Drafting, now: datetime) -> None:
    drafted(claim)
    second = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    with pytest.raises(InvalidInputError, match="already drafted"):
        service.draft_from_claim(claim.id, claim.version, officer=second, now=now)
    with pytest.raises(EditConflictError) as late:
        service.draft_from_claim(claim.id, 1, officer=second, now=now)
    assert "Petugas" in str(late.value.user_message)
    closed = factories.make_claim(status=ClaimStatus.DISMISSED)
    with pytest.raises(InvalidInputError, match="closed"):
        service.draft_from_claim(closed.id, 1, officer=second, now=now)
    assert db.session.query(Clarification).count() == 1


def test_only_the_author_edits_and_submits(claim: Claim, drafted: Drafting, approver: Officer, now: datetime) -> None:
    page = drafted(claim)
    second = factories.make_officer("kedua@kupang.example", RoleName.OFFICER, RoleName.APPROVER)
    for person in (second, approver):
        with pytest.raises(NotAllowedError):
            service.save_draft(page.id, page.version, complete(page, title="Lain"), officer=person, now=now)
        with pytest.raises(NotAllowedError):
            service.submit_draft(page.id, page.version, officer=person, now=now)
    assert page.title == "Air PDAM tetap mengalir di seluruh kota"


def test_an_incomplete_draft_is_kept_but_not_submitted(
    claim: Claim, drafted: Drafting, officer: Officer, now: datetime
) -> None:
    page = drafted(claim, verdict=None, sources=())
    with pytest.raises(InvalidInputError) as refused:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert refused.value.field == "verdict"
    assert (page.status, page.findings != "") == (ClarificationStatus.DRAFT, True)


def test_the_claim_as_title_is_refused(claim: Claim, drafted: Drafting, officer: Officer, now: datetime) -> None:
    page = drafted(claim, title="Mulai Senin air PDAM mati total")
    with pytest.raises(InvalidInputError) as refused:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert refused.value.field == "title"


def test_sources_are_replaced_whole(claim: Claim, drafted: Drafting, officer: Officer, now: datetime) -> None:
    page = drafted(claim)
    first = [one.id for one in page.sources]
    service.save_draft(page.id, page.version, complete(page), officer=officer, now=now)
    assert [one.id for one in page.sources] == first
    service.save_draft(page.id, page.version, complete(page, sources=()), officer=officer, now=now)
    db.session.expire_all()
    assert page.sources == []


def test_publishing_gives_address_number_and_revision(
    claim: Claim, published: Drafting, approver: Officer, now: datetime
) -> None:
    page = published(claim)
    assert (page.status, page.slug, page.number) == (
        ClarificationStatus.PUBLISHED,
        "air-pdam-tetap-mengalir-di-seluruh-kota",
        1,
    )
    assert (page.published_at, page.changed_at, page.approver_id) == (now, now, approver.id)
    [revision] = page.revisions
    assert (revision.number, revision.kind, revision.note) == (1, ClarificationStatus.PUBLISHED, "")
    assert revision.content == clarification_content(page).as_json()
    assert revision.content["sources"] == [
        {"title": "Jadwal pekerjaan", "url": "https://pdam.example/jadwal", "dated": None}
    ]
    again = published(factories.make_claim("Air mati lagi tujuh hari"))
    assert (again.slug, again.number) == ("air-pdam-tetap-mengalir-di-seluruh-kota-2", 2)


def test_publishing_answers_the_claims(claim: Claim, published: Drafting, approver: Officer) -> None:
    page = published(claim)
    assert claim.status is ClaimStatus.CLARIFIED
    last = claim.decisions[-1]
    assert (last.kind, last.officer_id, last.reason) == (DecisionKind.LINK, approver.id, page.title)
    assert chain_check.verify_chain().broken_at is None


def test_the_author_never_approves_even_with_every_role(claim: Claim, submitted: Drafting, now: datetime) -> None:
    page = submitted(claim)
    page.author.roles = list(db.session.scalars(db.select(factories.Role)))
    db.session.commit()
    with pytest.raises(NotAllowedError):
        service.approve_draft(page.id, page.version, "tidak ada orang lain", officer=page.author, now=now)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_the_database_refuses_an_author_who_approves(claim: Claim, submitted: Drafting) -> None:
    page = submitted(claim)
    with pytest.raises(sa.exc.IntegrityError, match="two_people"):
        db.session.execute(sa.text("update clarification set approver_id = author_id where id = :id"), {"id": page.id})


def test_the_database_refuses_a_public_page_without_a_verdict(claim: Claim, published: Drafting) -> None:
    page = published(claim)
    again = factories.make_confirmation(page.author, page.approver, subject=f"clarification:{page.id}").id
    statement = sa.text("update clarification set verdict = null, confirmation_id = :again where id = :id")
    with pytest.raises(sa.exc.IntegrityError, match="public_needs_approval"):
        db.session.execute(statement, {"id": page.id, "again": again})


@pytest.mark.parametrize("change", ["title = 'Lain'", "verdict = 'benar'", "status = 'retracted'", "findings = 'x'"])
def test_the_database_refuses_a_change_that_nobody_confirmed(claim: Claim, published: Drafting, change: str) -> None:
    page = published(claim)
    with pytest.raises(sa.exc.DatabaseError, match="no second person"):
        db.session.execute(sa.text(f"update clarification set {change} where id = {page.id}"))  # noqa: S608


def test_approval_holds_to_the_checklist(claim: Claim, submitted: Drafting, approver: Officer, now: datetime) -> None:
    page = submitted(claim)
    page.verdict = None
    db.session.commit()
    with pytest.raises(InvalidInputError) as refused:
        service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert refused.value.field == "verdict"
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_an_officer_without_the_role_does_not_approve(claim: Claim, submitted: Drafting, now: datetime) -> None:
    page = submitted(claim)
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    with pytest.raises(NotAllowedError):
        service.approve_draft(page.id, page.version, "", officer=other, now=now)
    with pytest.raises(NotAllowedError):
        service.return_draft(page.id, page.version, "Kurang", officer=other, now=now)


def test_the_accused_unit_does_not_approve(claim: Claim, submitted: Drafting, approver: Officer, now: datetime) -> None:
    own = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    page = submitted(claim, accused_unit_id=factories.load_unit("dinkes").id)
    with pytest.raises(NotAllowedError) as refused:
        service.approve_draft(page.id, page.version, "alasan", officer=own, now=now)
    assert "perangkat daerah Anda" in str(refused.value.user_message)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)


def test_who_stands_above_the_accused_unit_does_not_approve(
    claim: Claim, submitted: Drafting, approver: Officer, now: datetime
) -> None:
    page = submitted(claim, accused_unit_id=factories.make_unit("puskesmas", "dinkes").id)
    head = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    with pytest.raises(NotAllowedError) as refused:
        service.approve_draft(page.id, page.version, "alasan", officer=head, now=now)
    assert "induknya" in str(refused.value.user_message)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)


def test_the_accused_unit_of_the_claim_counts_where_the_draft_forgot_it(
    claim: Claim, submitted: Drafting, now: datetime
) -> None:
    page = submitted(claim)
    factories.accuse_unit(claim, factories.load_unit("dinkes").id)
    db.session.commit()
    own = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    with pytest.raises(NotAllowedError):
        service.approve_draft(page.id, page.version, "", officer=own, now=now)


def test_an_administrator_never_steps_in(
    claim: Claim, submitted: Drafting, administrator: Officer, approver: Officer, now: datetime
) -> None:
    page = submitted(claim, accused_unit_id=factories.load_unit("dinkes").id)
    for active in (True, False):
        approver.active = active
        db.session.commit()
        with pytest.raises(NotAllowedError):
            service.approve_draft(page.id, page.version, "Mendesak", officer=administrator, now=now)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL
    second = factories.make_officer("provinsi@ntt.example")
    second.is_named_second = True
    db.session.commit()
    service.approve_draft(page.id, page.version, "", officer=second, now=now)
    assert (page.approver_id, page.is_public) == (second.id, True)


def test_who_made_or_was_made_by_the_author_does_not_approve(
    claim: Claim, submitted: Drafting, approver: Officer, officer: Officer, now: datetime
) -> None:
    page = submitted(claim)
    with write_transaction():
        tie_officer(officer, approver, "invited", now)
    with pytest.raises(NotAllowedError) as refused:
        service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert "90 hari" in str(refused.value.user_message)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now + timedelta(days=91))


def test_sent_back_with_what_is_missing_and_submitted_again(
    claim: Claim, submitted: Drafting, approver: Officer, officer: Officer, now: datetime
) -> None:
    page = submitted(claim)
    with pytest.raises(InvalidInputError):
        service.return_draft(page.id, page.version, "", officer=approver, now=now)
    service.return_draft(page.id, page.version, "Tambahkan rujukan.", officer=approver, now=now)
    assert (page.status, page.returned_reason) == (ClarificationStatus.DRAFT, "Tambahkan rujukan.")
    notice, settled = sorted(notices.list_unseen_notices(officer), key=lambda one: one.kind.value)
    assert (notice.kind, notice.clarification_id, notice.text) == (NoticeKind.SENT_BACK, page.id, "Tambahkan rujukan.")
    assert settled.kind is NoticeKind.SETTLED
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert [one.kind for one in notices.list_unseen_notices(officer)] == [NoticeKind.SETTLED]
    assert page.returned_reason is None
    service.withdraw_draft(page.id, page.version, officer=officer, now=now)
    assert page.status is ClarificationStatus.DRAFT


@pytest.mark.parametrize(("asked", "holds"), [("dinkes", True), ("pdam", False)])
def test_the_silence_of_the_accused_unit_holds_nothing_up(
    asked: str, holds: bool, claim: Claim, submitted: Drafting, approver: Officer, officer: Officer, now: datetime
) -> None:
    factories.accuse_unit(claim, factories.load_unit("pdam").id)
    claim.unit_id = None
    db.session.commit()
    page = submitted(claim)
    ask_unit(claim.id, factories.load_unit(asked).id, "Benarkah?", officer=officer, now=now)
    assert answered_claims.list_unanswered_units(page) == (["Dinkes"] if holds else [])
    if holds:
        with pytest.raises(InvalidInputError):
            service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    else:
        service.approve_draft(page.id, page.version, "", officer=approver, now=now)


def test_a_submitted_draft_is_not_edited(claim: Claim, submitted: Drafting, officer: Officer, now: datetime) -> None:
    page = submitted(claim)
    with pytest.raises(InvalidInputError):
        service.save_draft(page.id, page.version, complete(page, title="Lain"), officer=officer, now=now)


def test_the_approver_approves_what_they_saw(
    claim: Claim, submitted: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = submitted(claim)
    seen = page.version
    service.withdraw_draft(page.id, page.version, officer=officer, now=now)
    service.save_draft(page.id, page.version, complete(page, title="Diganti sesudah dibaca"), officer=officer, now=now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    with pytest.raises(EditConflictError) as late:
        service.approve_draft(page.id, seen, "", officer=approver, now=now)
    assert "Mengajukan untuk disetujui" in str(late.value.user_message)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


def test_two_approvers_at_once(
    app: APIFlask, claim: Claim, submitted: Drafting, approver: Officer, now: datetime
) -> None:
    page = submitted(claim)
    page_id, version = page.id, page.version
    second = factories.make_officer("penyetuju2@kupang.example", RoleName.APPROVER)
    people = (approver.id, second.id)
    db.session.remove()
    start, results = threading.Barrier(2), []

    def work(person_id: int) -> None:
        with app.app_context():
            person = db.session.get_one(Officer, person_id)
            db.session.rollback()
            start.wait()
            try:
                service.approve_draft(page_id, version, "", officer=person, now=now)
                results.append("published")
            except HoaxTrackerError as error:
                results.append(type(error).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(key,)) for key in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["EditConflictError", "published"]
    assert len(db.session.get_one(Clarification, page_id).revisions) == 1
    assert chain_check.verify_chain().broken_at is None


def test_a_unit_that_does_not_exist(claim: Claim, drafted: Drafting, officer: Officer, now: datetime) -> None:
    page = drafted(claim)
    for field in ("unit_id", "accused_unit_id"):
        with pytest.raises(InvalidInputError) as refused:
            service.save_draft(page.id, page.version, complete(page, **{field: 999}), officer=officer, now=now)
        assert refused.value.field == field
