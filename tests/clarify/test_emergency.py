"""Where lives are in danger an approver publishes alone: marked, told to all, confirmed in a day or withdrawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.authority import proposals
from hoax_tracker.check.answers.service import answer_message
from hoax_tracker.check.reports.status import ReportStage, report_status
from hoax_tracker.check.sharing.card_facts import page_card_facts, share_text
from hoax_tracker.claims.claim_review_markup import has_claim_review
from hoax_tracker.clarify import corrections, service
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.errors import InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationStatus,
    NoticeKind,
    Officer,
    ProposalOutcome,
    RoleName,
    Topic,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.worker import jobs
from tests import factories
from tests.clarify.conftest import Drafting
from tests.review.decisions.test_service import make_report

SignIn = Callable[[Officer], FlaskClient]
Alone = Callable[..., Clarification]
WHY = "Warga menuju titik kumpul yang salah."
NOTE = "Diterbitkan dalam keadaan darurat, menunggu konfirmasi orang kedua sampai 25 November 2026, 16.05 WITA."
DAY = timedelta(hours=24)


@pytest.fixture
def alone(submitted: Drafting, approver: Officer, now: datetime) -> Alone:
    """Return a function that drafts about a disaster, and publishes without a second person."""

    def go(claim: Claim, at: datetime = now, **changes: object) -> Clarification:
        page = submitted(claim, **({"topic": Topic.DISASTER} | changes))
        service.publish_in_emergency(page.id, page.version, WHY, officer=approver, now=at)
        return page

    return go


@pytest.fixture
def second(claim: Claim) -> Officer:
    """Another approver, who is independent of all."""
    return factories.make_officer("penyetuju2@kupang.example", RoleName.APPROVER)


def test_everything_residents_read_says_so(
    claim: Claim, alone: Alone, second: Officer, client: FlaskClient, settings: Settings, now: datetime
) -> None:
    page = alone(claim)
    assert (page.is_public, page.approver_id, page.emergency_until) == (True, None, now + DAY)
    public = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert f"<b>{NOTE}</b>" in public
    assert NOTE in share_text(page)
    assert page_card_facts(page).note == NOTE
    assert NOTE in json.loads(client.get("/feed.json").data)["items"][0]["content_text"]
    assert NOTE in client.get("/feed.atom").get_data(as_text=True)
    [item] = json.loads(client.get("/api/v1/clarifications").data)["items"]
    assert item["unconfirmed_until"] == (now + DAY).isoformat(timespec="seconds")
    assert NOTE in client.post("/cek", data={"teks": page.claim_quote}).get_data(as_text=True)
    assert not has_claim_review(page, settings), "search engines get what two people stand for"
    factories.confirm_waiting(second, now + timedelta(hours=1))
    public = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert "keadaan darurat" not in public
    assert "keadaan darurat" not in client.get("/feed.atom").get_data(as_text=True)
    assert (page.approver_id, [one.approver_id for one in page.revisions]) == (second.id, [second.id])
    assert has_claim_review(page, settings)
    assert answer_message(page.claim_quote, now).stamped


def test_all_who_decide_are_told(
    claim: Claim, alone: Alone, officer: Officer, approver: Officer, second: Officer, administrator: Officer
) -> None:
    alone(claim)
    for person in (second, administrator):
        texts = [one.text for one in notices.list_unseen_notices(person) if one.kind is NoticeKind.PROPOSED]
        assert any("Terbit sendirian dalam keadaan darurat" in text and WHY in text for text in texts), person.email
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "proposal_stands")).one()
    assert (event.officer_id, event.detail["reason"]) == (approver.id, WHY)


def test_who_published_it_alone_does_not_confirm_it(
    claim: Claim, alone: Alone, officer: Officer, approver: Officer, now: datetime
) -> None:
    page = alone(claim)
    both = factories.make_officer("dua@kupang.example", RoleName.ADMINISTRATOR)
    for person in (approver, officer, both):
        with pytest.raises(NotAllowedError):
            service.approve_draft(page.id, page.version, "", officer=person, now=now)
    assert page.emergency_until is not None


@pytest.mark.parametrize("how", ["lapse", "refuse", "withdraw"])
def test_it_goes_where_nobody_confirms_it(
    how: str, claim: Claim, alone: Alone, approver: Officer, second: Officer, settings: Settings, now: datetime
) -> None:
    report = make_report(claim)
    page = alone(claim)
    [row] = proposals.list_open()
    assert report_status(report).stage is ReportStage.CLARIFIED
    job = next(job for job in jobs.JOBS if job.name == "unconfirmed emergency pages")
    job.run(settings, now + DAY - timedelta(minutes=1), lambda: None)  # type: ignore[arg-type]
    assert page.is_public
    if how == "lapse":
        job.run(settings, now + DAY, lambda: None)  # type: ignore[arg-type]
    elif how == "refuse":
        proposals.refuse(row.id, "Titik kumpulnya benar.", by=second, now=now)
    else:
        proposals.withdraw(row.id, by=approver, now=now)
    db.session.expire_all()
    expected = ProposalOutcome.WITHDRAWN if how == "withdraw" else ProposalOutcome.REFUSED
    assert (row.outcome, page.status, page.emergency_until) == (expected, ClarificationStatus.RETRACTED, None)
    assert [one.kind for one in page.revisions] == [ClarificationStatus.PUBLISHED, ClarificationStatus.RETRACTED]
    note = "Titik kumpulnya benar." if how == "refuse" else "tidak dikonfirmasi orang kedua"
    assert note in page.revisions[-1].note
    assert claim.status is ClaimStatus.INVESTIGATING
    assert report_status(report).stage is ReportStage.EXAMINED
    assert not answer_message(page.claim_quote, now).stamped
    job.run(settings, now + 2 * DAY, lambda: None)  # type: ignore[arg-type]
    assert len(page.revisions) == 2, "a second run changes nothing"


def test_it_is_for_disaster_and_health_for_approvers_and_with_a_reason(
    claim: Claim, submitted: Drafting, officer: Officer, approver: Officer, administrator: Officer, now: datetime
) -> None:
    page = submitted(claim, topic=Topic.WATER)
    with pytest.raises(NotAllowedError):
        service.publish_in_emergency(page.id, page.version, WHY, officer=approver, now=now)
    service.withdraw_draft(page.id, page.version, officer=officer, now=now)
    urgent = submitted(factories.add_unit_answer(factories.make_claim("Banjir", topic=Topic.HEALTH), "pdam"),
                       topic=Topic.HEALTH)  # fmt: skip
    for person in (officer, administrator):
        with pytest.raises(NotAllowedError):
            service.publish_in_emergency(urgent.id, urgent.version, WHY, officer=person, now=now)
    with pytest.raises(InvalidInputError):
        service.publish_in_emergency(urgent.id, urgent.version, " ", officer=approver, now=now)
    assert (page.is_public, urgent.is_public) == (False, False)


def test_the_accused_unit_publishes_nothing_alone(claim: Claim, submitted: Drafting, now: datetime) -> None:
    page = submitted(claim, topic=Topic.DISASTER, accused_unit_id=factories.load_unit("dinkes").id)
    own = factories.make_officer("dinkes@kupang.example", RoleName.APPROVER, unit_code="dinkes")
    with pytest.raises(NotAllowedError):
        service.publish_in_emergency(page.id, page.version, WHY, officer=own, now=now)


def test_nobody_goes_on_alone_day_after_day(
    claim: Claim, alone: Alone, submitted: Drafting, officer: Officer, approver: Officer, second: Officer, now: datetime
) -> None:
    alone(claim)
    service.withdraw_unconfirmed_pages(now + DAY)
    db.session.expire_all()
    again = submitted(claim, topic=Topic.DISASTER)
    for person in (approver, second):  # neither the same person, nor anybody for the same claim
        with pytest.raises(NotAllowedError):
            service.publish_in_emergency(again.id, again.version, WHY, officer=person, now=now + DAY)
    other = factories.add_unit_answer(factories.make_claim("Gempa susulan", unit_id=claim.unit_id), "pdam")
    page = submitted(other, topic=Topic.DISASTER, title="Tidak ada gempa susulan")
    with pytest.raises(NotAllowedError):
        service.publish_in_emergency(page.id, page.version, WHY, officer=approver, now=now + DAY)
    service.publish_in_emergency(page.id, page.version, WHY, officer=second, now=now + DAY)
    service.approve_draft(again.id, again.version, "", officer=second, now=now + DAY)
    assert (page.is_public, again.is_public) == (True, True)


def test_nothing_else_is_proposed_until_it_is_confirmed(
    claim: Claim, alone: Alone, officer: Officer, second: Officer, now: datetime
) -> None:
    page = alone(claim)
    with pytest.raises(InvalidInputError, match="not confirmed yet"):
        corrections.propose_retraction(page.id, page.version, "Keliru.", officer=officer, now=now)
    factories.confirm_waiting(second, now)
    corrections.propose_retraction(page.id, page.version, "Keliru.", officer=officer, now=now)


def test_the_database_lets_nobody_lengthen_or_confirm_it_alone(claim: Claim, alone: Alone, approver: Officer) -> None:
    page = alone(claim)
    [row] = proposals.list_open()
    for statement in (
        f"update clarification set title = 'Lain' where id = {page.id}",  # noqa: S608
        f"update proposal set outcome = 'confirmed', settled_by_id = {approver.id}, "  # noqa: S608
        f"settled_at = '2026-11-24' where id = {row.id}",
    ):
        with pytest.raises(sa.exc.DatabaseError):
            db.session.execute(sa.text(statement))
        db.session.rollback()


def test_the_form_is_offered_where_it_may_be_used(
    claim: Claim, submitted: Drafting, approver: Officer, second: Officer, sign_in: SignIn
) -> None:
    page = submitted(claim, topic=Topic.DISASTER)
    path = f"/petugas/klarifikasi/{page.id}"
    assert f"{path}/darurat" not in sign_in(page.author).get(path).get_data(as_text=True)
    browser = sign_in(approver)
    assert f"{path}/darurat" in browser.get(path).get_data(as_text=True)
    answer = factories.submit_form(browser, f"{path}/darurat", path, version=page.version, reason=WHY)
    assert answer.status_code == 303
    shown = browser.get(path).get_data(as_text=True)
    assert "Terbit sendirian dalam keadaan darurat." in shown
    assert f"{path}/penarikan" not in shown
    other = sign_in(second)
    db.session.expire_all()
    assert factories.submit_form(other, f"{path}/setujui", path, version=page.version).status_code == 303
    assert "keadaan darurat" not in other.get(path).get_data(as_text=True)
