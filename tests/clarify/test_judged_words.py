"""No officer alone has a message or a link told the city's verdict, nor takes an answer back from who got it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from hoax_tracker.authority import proposals
from hoax_tracker.check.answers.service import answer_as_json, answer_message
from hoax_tracker.check.reports.status import ReportStage, report_status
from hoax_tracker.clarify import corrections, service
from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Clarification,
    DecisionKind,
    Item,
    Officer,
    ProposalOutcome,
    RoleName,
    Source,
    db,
)
from hoax_tracker.review.decisions import merge, split, undo
from hoax_tracker.review.decisions.service import DecisionChoice, DecisionOutcome, decide_claim
from tests import factories
from tests.clarify.conftest import Drafting
from tests.review.decisions.test_service import make_report

FRIEND = "Pasar malam di Oepura buka setiap Sabtu sampai jam sepuluh malam, parkir gratis"
NEWS = "https://berita.example/2026/pasar-malam?id=7"


def is_stamped(text: str, now: datetime) -> bool:
    """Tell whether a message is told a verdict because officers judged its words."""
    answer = answer_message(text, now)
    return answer.stamped or any(one["judged_wording"] for one in answer_as_json(answer)["matches"])


def make_harmless_claim(now: datetime, **fields: object) -> Claim:
    """A claim about something else, opened from a news page."""
    claim = factories.make_claim(FRIEND, **fields)
    item = Item(source=Source(name="Berita", created_at=now), entry_key="1", url=NEWS, content_key="x", fetched_at=now)
    db.session.add(item)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=now, opens=True))
    db.session.commit()
    return claim


def link(claim: Claim, page: Clarification, officer: Officer, now: datetime) -> DecisionOutcome:
    choice = DecisionChoice(DecisionKind.LINK, clarification_id=page.id)
    return decide_claim(claim.id, claim.version, choice, officer=officer, now=now)


def join(claim: Claim, into: Claim, officer: Officer, now: datetime) -> DecisionOutcome:
    return merge.merge_claims(claim.id, claim.version, into.id, officer=officer, now=now)


@pytest.mark.parametrize("way", ["link", "merge"])
def test_linking_or_merging_to_a_published_page_stamps_nothing_alone(
    way: str, claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = published(claim), make_harmless_claim(now)
    fresh = factories.make_officer("baru@kupang.example", RoleName.OFFICER)
    outcome = link(harmless, page, fresh, now) if way == "link" else join(harmless, claim, fresh, now)
    assert outcome.is_proposed
    assert (is_stamped(FRIEND, now), is_stamped(NEWS, now)) == (False, False)
    assert harmless.status is ClaimStatus.NEW
    for person in (fresh, officer):
        with pytest.raises(NotAllowedError):
            proposals.confirm_open(proposals.list_open()[0], by=person, now=now)
        db.session.rollback()
    factories.confirm_waiting(approver, now)
    assert is_stamped(FRIEND, now)


def test_what_joins_after_submission_is_answered_but_its_words_are_not_judged(
    claim: Claim, submitted: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = submitted(claim), make_harmless_claim(now)
    join(harmless, claim, officer, now)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert page.is_public
    assert (is_stamped(FRIEND, now), is_stamped(NEWS, now)) == (False, False)


def test_what_joined_before_submission_is_shown_to_the_approver(
    claim: Claim,
    drafted: Drafting,
    officer: Officer,
    approver: Officer,
    now: datetime,
    sign_in: Callable[[Officer], object],
) -> None:
    page, harmless = drafted(claim), make_harmless_claim(now)
    join(harmless, claim, officer, now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert not is_stamped(FRIEND, now)
    [row] = proposals.list_open()
    assert row.values["claims"] == sorted([claim.id, harmless.id])
    shown = sign_in(approver).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)  # type: ignore[attr-defined]
    assert FRIEND in shown, "the approver reads whose words will be told the verdict"
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert is_stamped(FRIEND, now)


def test_a_claim_whose_page_awaits_approval_joins_no_other(
    claim: Claim, submitted: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = submitted(claim), make_harmless_claim(now)
    with pytest.raises(InvalidInputError, match="awaits approval"):
        join(claim, harmless, officer, now)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert page.claims == [claim]


def test_what_left_before_the_approval_is_not_judged(
    claim: Claim, drafted: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = drafted(claim), make_harmless_claim(now)
    join(harmless, claim, officer, now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    split.unmerge_claim(harmless.id, harmless.version, officer=officer, now=now)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert not is_stamped(FRIEND, now)


def test_nobody_alone_takes_an_answer_from_who_got_it(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    harmless = make_harmless_claim(now)
    reports = [make_report(claim), make_report(harmless)]
    page = published(claim)
    link(harmless, page, officer, now)
    factories.confirm_waiting(approver, now)

    def stages() -> list[ReportStage]:
        return [report_status(report).stage for report in reports]

    assert stages() == [ReportStage.CLARIFIED] * 2
    decide_claim(harmless.id, harmless.version, DecisionChoice(DecisionKind.REOPEN, "x"), officer=officer, now=now)
    assert stages() == [ReportStage.CLARIFIED] * 2
    [row] = proposals.list_open()
    proposals.refuse(row.id, "Jawabannya benar.", by=approver, now=now)
    assert stages() == [ReportStage.CLARIFIED] * 2
    assert (row.outcome, harmless.status) == (ProposalOutcome.REFUSED, ClaimStatus.CLARIFIED)
    decide_claim(harmless.id, harmless.version, DecisionChoice(DecisionKind.REOPEN), officer=officer, now=now)
    factories.confirm_waiting(approver, now)
    assert stages() == [ReportStage.CLARIFIED, ReportStage.EXAMINED]
    assert not is_stamped(FRIEND, now)


def test_a_confirmed_answer_is_not_undone_by_one(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = published(claim), make_harmless_claim(now)
    join(harmless, claim, officer, now)
    factories.confirm_waiting(approver, now)
    row = harmless.decisions[-1]
    assert (row.kind, row.officer_id) == (DecisionKind.MERGE, officer.id)
    with pytest.raises(InvalidInputError, match="undone"):
        undo.undo_decision(row.id, officer=officer, now=now)
    outcome = split.unmerge_claim(harmless.id, harmless.version, officer=officer, now=now)
    assert outcome.is_proposed
    assert (harmless.status, is_stamped(FRIEND, now)) == (ClaimStatus.MERGED, True)
    factories.confirm_waiting(approver, now)
    assert (harmless.status, is_stamped(FRIEND, now)) == (ClaimStatus.TRIAGED, False)
    assert page.claims == [claim]


def test_another_units_claim_and_an_accusation_are_not_answered_by_who_is_accused(
    claim: Claim, published: Drafting, officer: Officer, now: datetime
) -> None:
    page = published(claim)
    dinkes = factories.load_unit("dinkes").id
    accusing = make_harmless_claim(now, accused_unit_id=dinkes, unit_id=factories.load_unit("pdam").id)
    own = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, RoleName.APPROVER, unit_code="dinkes")
    with pytest.raises(NotAllowedError):
        link(accusing, page, own, now)
    link(accusing, page, officer, now)
    with pytest.raises(NotAllowedError):
        factories.confirm_waiting(own, now)
    assert not is_stamped(FRIEND, now)


def test_the_accused_do_not_read_what_waits(
    claim: Claim,
    published: Drafting,
    officer: Officer,
    approver: Officer,
    now: datetime,
    sign_in: Callable[..., object],
) -> None:
    page = published(claim)
    accusing = make_harmless_claim(now, accused_unit_id=factories.load_unit("dinkes").id)
    link(accusing, page, officer, now)
    own = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    for settled in (False, True):
        shown = sign_in(own).get("/petugas/menunggu").get_data(as_text=True)  # type: ignore[attr-defined]
        assert FRIEND[:40] not in shown, settled
        assert FRIEND[:40] in sign_in(approver).get("/petugas/menunggu").get_data(as_text=True)  # type: ignore[attr-defined]
        if not settled:
            factories.confirm_waiting(approver, now)


def test_a_claim_that_changed_since_is_not_answered_by_an_old_proposal(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = published(claim), make_harmless_claim(now)
    link(harmless, page, officer, now)
    decide_claim(harmless.id, harmless.version, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=now)
    with pytest.raises(EditConflictError, match="out of date"):
        factories.confirm_waiting(approver, now)
    assert harmless.status is ClaimStatus.INVESTIGATING


def test_a_withdrawn_page_keeps_no_judged_words(
    claim: Claim, published: Drafting, officer: Officer, approver: Officer, now: datetime
) -> None:
    page, harmless = published(claim), make_harmless_claim(now)
    link(harmless, page, officer, now)
    factories.confirm_waiting(approver, now)
    assert is_stamped(FRIEND, now)
    corrections.propose_retraction(page.id, page.version, "Keliru.", officer=officer, now=now)
    factories.confirm_waiting(approver, now)
    assert not is_stamped(FRIEND, now)
    assert harmless.status is ClaimStatus.INVESTIGATING


def test_a_reporter_reads_no_reason_that_one_person_wrote(
    claim: Claim, officer: Officer, approver: Officer, now: datetime
) -> None:
    report = make_report(claim)
    numbered = DecisionChoice(DecisionKind.DISMISS, "Hubungi 0812 0000 0222 untuk ganti rugi.")
    with pytest.raises(InvalidInputError, match="contact"):
        decide_claim(claim.id, claim.version, numbered, officer=officer, now=now)
    reason, waits = (
        "Hubungi Budi untuk ganti rugi.",
        "Alasannya ditulis di halaman tiket begitu orang kedua menyetujuinya.",
    )
    decide_claim(claim.id, claim.version, DecisionChoice(DecisionKind.DISMISS, reason), officer=officer, now=now)
    status = report_status(report)
    assert (status.stage, status.reason) == (ReportStage.CLOSED, waits)
    [row] = proposals.list_open()
    proposals.refuse(row.id, "Siapa ini?", by=approver, now=now)
    assert report_status(report).reason == waits
    other = factories.make_claim("Kabar lain")
    second = make_report(other)
    decide_claim(other.id, 1, DecisionChoice(DecisionKind.DISMISS, "Sudah dijawab dinas."), officer=officer, now=now)
    factories.confirm_waiting(approver, now)
    assert report_status(second).reason == "Sudah dijawab dinas."
