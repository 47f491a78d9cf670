"""Claims are merged and split without loss in either direction, and forbidden merges are refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.check.reports.status import ReportStage, report_status
from hoax_tracker.claims.recusal import first_accused_unit_id, standing_accusations
from hoax_tracker.core.audit import chain_check
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    ClaimMove,
    ClaimStatus,
    Decision,
    DecisionKind,
    IndexChange,
    Officer,
    Report,
    RoleName,
    db,
)
from hoax_tracker.review.decisions import merge as merging, split, undo
from hoax_tracker.review.decisions.service import DecisionChoice, DecisionOutcome, decide_claim, note_accused_unit
from tests import factories
from tests.review.decisions.test_service import make_report

HOUR = timedelta(hours=1)


def merge(claim: Claim, into: Claim, officer: Officer, now: datetime) -> DecisionOutcome:
    """Join the claims as they are."""
    return merging.merge_claims(claim.id, claim.version, into.id, into_version=into.version, officer=officer, now=now)


def held(claim: Claim) -> list[int]:
    """The ids of the claim's appearances."""
    query = sa.select(ClaimAppearance.id).where(ClaimAppearance.claim_id == claim.id)
    return list(db.session.scalars(query.order_by(ClaimAppearance.id)))


def two(officer: Officer) -> tuple[Claim, Claim]:
    """Two claims with a report each, of which the second was seen later and is examined already."""
    first = factories.make_claim("Air mati tujuh hari", sightings=2, unit_id=factories.load_unit("pdam").id)
    second = factories.make_claim(
        "Tujuh hari air PDAM mati",
        status=ClaimStatus.INVESTIGATING,
        examined_since=factories.NOW,
        priority=0.4,
        sightings=3,
        first_seen_at=factories.NOW - HOUR,
        last_seen_at=factories.NOW + HOUR,
        due_at=factories.NOW + 9 * HOUR,
    )
    make_report(first)
    make_report(second)
    return first, second


def test_the_other_claim_gets_everything_and_tickets_follow(officer: Officer, approver: Officer, now: datetime) -> None:
    first, second = two(officer)
    draft = factories.make_clarification(officer, None, claims=[first])
    report = db.session.scalars(sa.select(Report).join(ClaimAppearance).filter_by(claim_id=first.id)).one()
    outcome = merge(first, second, officer, now)
    assert (outcome.closed, outcome.other_id) == (True, second.id)
    assert (first.status, first.merged_into_id, held(first)) == (ClaimStatus.MERGED, second.id, [])
    assert (len(held(second)), second.sightings, second.priority) == (2, 5, 0.7)
    assert (second.first_seen_at, second.last_seen_at, second.due_at) == (now - HOUR, now + HOUR, now)
    assert draft.claims == [second]
    assert report_status(report).stage is ReportStage.EXAMINED
    decide_claim(
        second.id, second.version, DecisionChoice(DecisionKind.DISMISS, "Sudah lewat."), officer=officer, now=now
    )
    assert (report_status(report).stage, report_status(report).reason) == (
        ReportStage.CLOSED,
        "Alasannya ditulis di halaman tiket begitu orang kedua menyetujuinya.",
    )
    factories.confirm_waiting(approver, now)
    assert report_status(report).reason == "Sudah lewat.", "once a second person has read the sentence"
    assert chain_check.verify_chain().broken_at is None


def test_an_answered_claim_answers_what_is_merged_into_it(officer: Officer, approver: Officer, now: datetime) -> None:
    answered = factories.make_claim(status=ClaimStatus.CLARIFIED)
    factories.make_clarification(officer, approver, claims=[answered])
    claim = factories.make_claim("Sama saja")
    report = make_report(claim)
    assert merge(claim, answered, officer, now).is_proposed
    assert report_status(report).stage is not ReportStage.CLARIFIED
    factories.confirm_waiting(approver, now)
    assert report_status(report).stage is ReportStage.CLARIFIED


def test_who_joined_what_is_kept_in_rows(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    ids = held(first)
    merge(first, second, officer, now)
    move = db.session.scalars(sa.select(ClaimMove)).one()
    assert [(move.appearance_id, move.from_claim_id, move.to_claim_id)] == [(ids[0], first.id, second.id)]
    row = move.decision
    assert (row.kind, row.officer_id, row.decided_at, row.other_claim_id) == (
        DecisionKind.MERGE,
        officer.id,
        now,
        second.id,
    )


def test_the_match_index_is_told(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    db.session.execute(sa.delete(IndexChange))
    db.session.commit()
    merge(second, first, officer, now)
    changed = set(db.session.scalars(sa.select(IndexChange.row_id).where(IndexChange.table_name == "claim")))
    assert changed == {first.id, second.id}  # the one is examined from now on, the other is not matched any more


def test_undoing_brings_back_both_as_they_were(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    draft = factories.make_clarification(officer, None, claims=[first])
    names = [column.name for column in Claim.__table__.columns if column.name != "version"]
    before = [[getattr(claim, name) for name in names] + held(claim) for claim in (first, second)]
    outcome = merge(first, second, officer, now)
    undone = undo.undo_decision(outcome.decision_id, officer=officer, now=now + timedelta(minutes=1))
    assert undone.claim_id == first.id
    assert [[getattr(claim, name) for name in names] + held(claim) for claim in (first, second)] == before
    assert draft.claims == [first]
    kinds = [row.kind for row in db.session.scalars(sa.select(Decision).order_by(Decision.id))]
    assert kinds == [DecisionKind.MERGE, DecisionKind.UNDO]
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)  # once more does nothing
    assert db.session.query(Decision).count() == 2
    assert chain_check.verify_chain().broken_at is None


@pytest.mark.parametrize(("known", "then"), [(None, "Akun Karangan"), ("Akun Lain", "Akun Lain")])
def test_who_states_it_goes_along_and_comes_back(known: str | None, then: str, officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    first.claimant, second.claimant = "Akun Karangan", known
    db.session.commit()
    outcome = merge(first, second, officer, now)
    assert second.claimant == then
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (first.claimant, second.claimant) == ("Akun Karangan", known)


def test_what_came_in_the_meantime_stays(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    outcome = merge(first, second, officer, now)
    second.sightings, second.last_seen_at = second.sightings + 4, now + 5 * HOUR
    later = make_report(second)
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (second.sightings, second.last_seen_at) == (7, now + 5 * HOUR)
    held_report = sa.select(ClaimAppearance.claim_id).where(ClaimAppearance.report_id == later.id)
    assert db.session.scalar(held_report) == second.id


def test_the_same_merge_twice(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    merge(first, second, officer, now)
    with pytest.raises(EditConflictError) as late:
        merging.merge_claims(first.id, 1, second.id, officer=officer, now=now)
    assert officer.name in str(late.value.user_message)
    with pytest.raises(InvalidInputError, match="merged"):
        merge(first, second, officer, now)
    assert (db.session.query(Decision).count(), second.sightings) == (1, 5)


def test_no_circle_and_no_claim_into_itself(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    third = factories.make_claim("Yang ketiga")
    merge(first, second, officer, now)
    merge(second, third, officer, now)
    for into in (first, second, third):
        with pytest.raises(InvalidInputError, match="into itself"):
            merge(third, into, officer, now)
    fourth = factories.make_claim("Yang keempat")
    assert merge(fourth, first, officer, now).other_id == third.id  # where the chosen one is found now
    with pytest.raises(InvalidInputError, match="no claim"):
        merging.merge_claims(third.id, third.version, 999, officer=officer, now=now)


def test_a_claim_that_changed_while_it_was_chosen(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    other = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    seen = second.version
    decide_claim(second.id, seen, DecisionChoice(DecisionKind.DISMISS, "Sudah lewat."), officer=other, now=now)
    with pytest.raises(EditConflictError) as late:
        merging.merge_claims(first.id, first.version, second.id, into_version=seen, officer=officer, now=now)
    assert other.name in str(late.value.user_message)
    assert (first.status, held(first) != []) == (ClaimStatus.NEW, True)


def test_the_accused_unit_neither_joins_nor_parts(officer: Officer, now: datetime) -> None:
    dinkes = factories.load_unit("dinkes").id
    own = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    accusing, other = factories.make_claim("Dinkes menjual obat", accused_unit_id=dinkes), factories.make_claim("Lain")
    make_report(accusing)
    kept = held(accusing)
    for one, into in ((accusing, other), (other, accusing)):
        with pytest.raises(NotAllowedError):
            merge(one, into, own, now)
    with pytest.raises(NotAllowedError):
        split.split_claim(accusing.id, accusing.version, kept, officer=own, now=now)
    other.unit_id = dinkes
    db.session.commit()
    outcome = merge(accusing, other, officer, now)
    assert (first_accused_unit_id(other), other.unit.code) == (dinkes, "diskominfo")  # noted, and moved away from it
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (first_accused_unit_id(other), first_accused_unit_id(accusing)) == (None, dinkes)
    assert other.unit.code == "dinkes", "each is as it was"


def accused_of(claim: Claim) -> set[str]:
    """The codes of the units that stand accused in a claim."""
    db.session.expire_all()
    return {row.unit.code for row in standing_accusations(claim) if row.unit}


def test_accusations_are_not_lost_in_another_claim(officer: Officer, now: datetime) -> None:
    accusing = factories.make_claim("Dinkes menjual obat", accused_unit_id=factories.load_unit("dinkes").id)
    another = factories.make_claim("PDAM menagih dua kali", accused_unit_id=factories.load_unit("pdam").id)
    closed = factories.make_claim("Sudah ditutup", status=ClaimStatus.DISMISSED)
    for claim in (accusing, another):
        make_report(claim)
    with pytest.raises(InvalidInputError, match="accusations") as refused:
        merge(accusing, closed, officer, now)
    assert "Dinas Kesehatan" in str(refused.value.user_message)
    assert accusing.status is ClaimStatus.NEW
    outcome = merge(accusing, another, officer, now)
    assert accused_of(another) == {"dinkes", "pdam"}
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (accused_of(another), accused_of(accusing)) == ({"pdam"}, {"dinkes"}), "as if it had never been"
    merge(accusing, another, officer, now)
    split.unmerge_claim(accusing.id, accusing.version, officer=officer, now=now)
    assert accused_of(accusing) == {"dinkes", "pdam"}, "either may be what its reports were joined to"


def test_an_undone_merge_gives_the_target_its_unit_back(officer: Officer, now: datetime) -> None:
    satpol = factories.load_unit("dinkes")
    target = factories.make_claim("Razia malam ini", unit_id=satpol.id)
    accusing = factories.make_claim("Mereka merazia kos", accused_unit_id=satpol.id)
    make_report(accusing)
    outcome = merge(accusing, target, officer, now)
    assert (target.unit_id, accused_of(target)) == (factories.load_unit().id, {"dinkes"})
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (target.unit_id, accused_of(target), accused_of(accusing)) == (satpol.id, set(), {"dinkes"})
    again = merge(accusing, target, officer, now)
    make_report(target).received_at = now + timedelta(seconds=1)
    db.session.commit()
    undo.undo_decision(again.decision_id, officer=officer, now=now)
    assert accused_of(target) == {"dinkes"}, "somebody reported it while it accused them"


def test_the_claim_that_is_further_along_takes_the_other_in(officer: Officer, now: datetime) -> None:
    first = factories.make_claim("Air mati tujuh hari")
    second = factories.make_claim("Tujuh hari air mati")
    examined = factories.make_claim("Air mati", status=ClaimStatus.INVESTIGATING)

    def join(claim: Claim, other: Claim) -> tuple[int, int | None]:
        outcome = merging.join_claims(
            claim.id, claim.version, other.id, into_version=other.version, officer=officer, now=now
        )
        undo.undo_decision(outcome.decision_id, officer=officer, now=now)
        db.session.expire_all()
        return outcome.claim_id, outcome.other_id

    assert join(first, second) == join(second, first) == (second.id, first.id), "the older one stays"
    assert join(examined, first) == join(first, examined) == (first.id, examined.id), "the examined one stays"
    drafted = factories.make_claim("Air tujuh hari")
    factories.make_clarification(officer, None, claims=[drafted])
    assert join(drafted, examined) == (examined.id, drafted.id), "the draft stays where it is"
    assert [page.status.value for page in drafted.clarifications] == ["draft"]  # type: ignore[attr-defined]


def test_what_is_split_off_accuses_whom_the_claim_accuses(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim("Dinkes menjual obat", accused_unit_id=factories.load_unit("dinkes").id)
    for _ in range(2):
        make_report(claim)
    outcome = split.split_claim(claim.id, claim.version, held(claim)[1:], officer=officer, now=now)
    other = db.session.get_one(Claim, outcome.other_id)
    assert accused_of(other) == {"dinkes"}
    note_accused_unit(other.id, other.version, factories.load_unit("pdam").id, officer=officer, now=now)
    merge(other, claim, officer, now)
    assert accused_of(claim) == {"dinkes", "pdam"}


def test_two_drafts_are_not_thrown_together(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    for claim in (first, second):
        factories.make_clarification(officer, None, claims=[claim])
    with pytest.raises(InvalidInputError) as refused:
        merge(first, second, officer, now)
    assert officer.name in str(refused.value.user_message)


def test_parting_opens_a_claim_of_its_own(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    merge(first, second, officer, now)
    report = db.session.scalars(sa.select(Report)).first()
    assert report is not None
    chosen = held(second)[:1]
    outcome = split.split_claim(second.id, second.version, chosen, officer=officer, now=now)
    other = db.session.get_one(Claim, outcome.other_id)
    assert (held(other), len(held(second))) == (chosen, 1)
    assert (other.text, other.status, other.examined_since) == (report.text, second.status, second.examined_since)
    assert (second.first_seen_at, second.last_seen_at) == (factories.NOW, factories.NOW)
    undo.undo_decision(outcome.decision_id, officer=officer, now=now)
    assert (other.status, other.merged_into_id, held(other), len(held(second))) == (
        ClaimStatus.MERGED,
        second.id,
        [],
        2,
    )


def test_what_cannot_be_parted(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    merge(first, second, officer, now)
    strange = factories.make_claim("Lain")
    make_report(strange)
    for chosen in ([], held(second), held(strange), [*held(second)[:1], 999]):
        with pytest.raises(InvalidInputError):
            split.split_claim(second.id, second.version, chosen, officer=officer, now=now)
    assert len(held(second)) == 2


def test_parting_from_an_answered_claim_waits_again(officer: Officer, approver: Officer, now: datetime) -> None:
    claim = factories.make_claim(status=ClaimStatus.CLARIFIED)
    factories.make_clarification(officer, approver, claims=[claim])
    reports = [make_report(claim), make_report(claim)]
    split.split_claim(claim.id, claim.version, held(claim)[1:], officer=officer, now=now)
    assert [report_status(report).stage for report in reports] == [ReportStage.CLARIFIED] * 2
    factories.confirm_waiting(approver, now)
    assert [report_status(report).stage for report in reports] == [ReportStage.CLARIFIED, ReportStage.EXAMINED]


def test_a_merged_claim_is_taken_out_long_after(officer: Officer, now: datetime) -> None:
    first, second = two(officer)
    mine, theirs = held(first), held(second)
    outcome = merge(first, second, officer, now)
    much_later = now + timedelta(days=3)
    with pytest.raises(InvalidInputError, match="cannot be undone"):
        undo.undo_decision(outcome.decision_id, officer=officer, now=much_later)
    taken = split.unmerge_claim(first.id, first.version, officer=officer, now=much_later)
    assert (held(first), held(second), second.sightings) == (mine, theirs, 3)
    assert (first.status, first.merged_into_id) == (ClaimStatus.TRIAGED, None)
    undo.undo_decision(taken.decision_id, officer=officer, now=much_later)
    assert (first.status, held(first), second.sightings) == (ClaimStatus.MERGED, [], 5)
    with pytest.raises(InvalidInputError, match="not merged"):
        split.unmerge_claim(second.id, second.version, officer=officer, now=now)


def test_two_officers_join_the_two_at_once(app: APIFlask, officer: Officer, now: datetime) -> None:
    """One joins the first to the second, the other the second to the first: one wins, and there is no circle."""
    second_officer = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    first, second = two(officer)
    work = {officer.id: (first.id, second.id), second_officer.id: (second.id, first.id)}
    db.session.remove()
    start, results = threading.Barrier(2), list[object]()

    def run(person_id: int) -> None:
        with app.app_context():
            person = db.session.get_one(Officer, person_id)
            db.session.rollback()
            start.wait()
            try:
                one, into = work[person_id]
                results.append(merging.merge_claims(one, 1, into, into_version=1, officer=person, now=now))
            except HoaxTrackerError as error:
                results.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(key,)) for key in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in results) == ["DecisionOutcome", "EditConflictError"]
    merged = db.session.scalars(sa.select(Claim).where(Claim.merged_into_id.is_not(None))).all()
    assert len(merged) == 1
    assert len(held(merging.follow_merges(merged[0]))) == 2


def test_what_a_merged_claim_accuses_is_noted_where_it_is_answered(
    officer: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    pdam = factories.load_unit("pdam").id
    first, second = two(officer)
    merge(first, second, officer, now)
    with pytest.raises(InvalidInputError, match="is merged") as refused:
        note_accused_unit(first.id, first.version, pdam, officer=officer, now=now)
    assert f"Klaim {second.id}" in str(refused.value.user_message)
    assert first_accused_unit_id(first) is None
    browser, form = sign_in(officer), 'id="tuduhan"'
    assert form not in browser.get(f"/petugas/klaim/{first.id}").get_data(as_text=True)
    assert form in browser.get(f"/petugas/klaim/{second.id}").get_data(as_text=True)


def test_a_parting_that_was_undone_leaves_nothing_to_take_out(
    officer: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    first, second = two(officer)
    merge(first, second, officer, now)
    parted = split.split_claim(second.id, second.version, held(second)[:1], officer=officer, now=now)
    other = db.session.get_one(Claim, parted.other_id)
    undo.undo_decision(parted.decision_id, officer=officer, now=now)
    with pytest.raises(InvalidInputError, match="nothing was brought") as refused:
        split.unmerge_claim(other.id, other.version, officer=officer, now=now)
    assert f"Klaim {second.id}" in str(refused.value.user_message)
    assert (other.status, other.merged_into_id) == (ClaimStatus.MERGED, second.id)
    browser, offer = sign_in(officer), "Pisahkan lagi"
    assert offer not in browser.get(f"/petugas/klaim/{other.id}").get_data(as_text=True)
    assert offer in browser.get(f"/petugas/klaim/{first.id}").get_data(as_text=True)
