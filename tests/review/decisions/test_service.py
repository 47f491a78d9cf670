"""Decisions: each rule with somebody who tries to break it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask
from flask.testing import FlaskClient
from flask_babel import force_locale

from hoax_tracker.claims import assignment
from hoax_tracker.claims.public_words.closing_reasons import CLOSING_GROUNDS
from hoax_tracker.claims.recusal import first_accused_unit_id
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.errors import EditConflictError, HoaxTrackerError, InvalidInputError, NotAllowedError, NotFoundError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Decision,
    DecisionKind,
    NoticeKind,
    Officer,
    Question,
    Report,
    RoleName,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.review.claim_page import reporter_contact
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.decisions import service
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories


def decide(
    claim: Claim, kind: DecisionKind, officer: Officer, now: datetime, **fields: object
) -> service.DecisionOutcome:
    """Take a decision on the claim as it is."""
    choice = DecisionChoice(kind, **fields)  # type: ignore[arg-type]
    return service.decide_claim(claim.id, claim.version, choice, officer=officer, now=now)


def make_report(claim: Claim, contact: bytes | None = None, text: str = "Saya terima pesan ini") -> Report:
    """A resident's report on the claim."""
    report = Report(
        ticket_digest=f"{claim.id}-{db.session.query(Report).count()}",
        text=text,
        received_at=factories.NOW,
        contact_encrypted=contact,
        consent_at=factories.NOW if contact else None,
    )
    db.session.add(report)
    db.session.flush()
    db.session.add(ClaimAppearance(claim_id=claim.id, report_id=report.id, seen_at=factories.NOW))
    db.session.commit()
    return report


def test_a_dismissal_needs_a_reason_and_keeps_it(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    with pytest.raises(InvalidInputError) as refused:
        decide(claim, DecisionKind.DISMISS, officer, now, reason="  ")
    assert refused.value.field == "reason"
    assert (claim.status, claim.version, db.session.query(Decision).count()) == (ClaimStatus.NEW, 1, 0)
    outcome = decide(claim, DecisionKind.DISMISS, officer, now, reason="Tidak dapat diperiksa.")
    assert outcome.closed
    assert (claim.status, claim.version) == (ClaimStatus.DISMISSED, 2)
    [row] = claim.decisions
    assert (row.kind, row.reason, row.officer_id, row.decided_at) == (
        DecisionKind.DISMISS,
        "Tidak dapat diperiksa.",
        officer.id,
        now,
    )


@pytest.mark.parametrize("kind", [DecisionKind.NOT_A_CLAIM, DecisionKind.OUT_OF_SCOPE])
def test_criticism_and_complaints_close_without_a_reason(kind: DecisionKind, officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    decide(claim, kind, officer, now)
    assert claim.status is ClaimStatus.DISMISSED
    assert claim.examined_since is None


def test_every_decision_is_audited_and_the_chain_holds(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    decide(claim, DecisionKind.INVESTIGATE, officer, now)
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("pdam").id)
    decide(claim, DecisionKind.DISMISS, officer, now, reason=CLOSING_GROUNDS[-1].kept)
    decide(claim, DecisionKind.REOPEN, officer, now)
    events = db.session.scalars(db.select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [event.action for event in events] == [
        "claim_investigate",
        "claim_assign",
        "claim_dismiss",
        "claim_reopen",
    ]
    assert {event.subject for event in events} == {f"claim:{claim.id}"}
    assert claim.version == 5
    assert chain_check.verify_chain().broken_at is None
    assert db.session.query(Decision).count() == 4


def test_examined_since_is_the_first_time(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("pdam").id)
    assert (claim.status, claim.examined_since) == (ClaimStatus.TRIAGED, now)
    decide(claim, DecisionKind.INVESTIGATE, officer, now + timedelta(hours=1))
    assert (claim.status, claim.examined_since) == (ClaimStatus.INVESTIGATING, now)
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("dinkes").id)
    assert claim.status is ClaimStatus.INVESTIGATING


def test_a_claim_is_never_given_to_the_unit_it_accuses(officer: Officer, now: datetime) -> None:
    dinkes = factories.load_unit("dinkes").id
    claim = factories.make_claim()
    with pytest.raises(InvalidInputError) as refused:
        decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=dinkes, accused_unit_id=dinkes)
    assert refused.value.field == "unit_id"
    assert (claim.unit_id, first_accused_unit_id(claim), claim.version) == (None, None, 1)
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("pdam").id, accused_unit_id=dinkes)
    assert (claim.unit.code, first_accused_unit_id(claim)) == ("pdam", dinkes)


def test_an_unknown_or_closed_unit_is_refused(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    factories.load_unit("pdam").is_active = False
    db.session.commit()
    for unit_id in (None, 999, factories.load_unit("pdam").id):
        with pytest.raises(InvalidInputError):
            decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=unit_id)
    assert claim.version == 1


def test_noting_the_accused_unit_moves_the_claim_away_from_it(officer: Officer, now: datetime) -> None:
    dinkes = factories.load_unit("dinkes").id
    claim = factories.make_claim(unit_id=dinkes)
    assert service.note_accused_unit(claim.id, claim.version, dinkes, officer=officer, now=now)
    assert (claim.unit.code, first_accused_unit_id(claim), claim.version) == ("diskominfo", dinkes, 2)
    assert [row.kind for row in claim.decisions] == [DecisionKind.ASSIGN]
    root = factories.load_unit("diskominfo").id
    assert service.note_accused_unit(claim.id, claim.version, root, officer=officer, now=now)
    assert claim.unit_id is None
    assert chain_check.verify_chain().broken_at is None


def test_a_claim_is_not_given_to_who_stands_above_the_accused_unit(officer: Officer, now: datetime) -> None:
    puskesmas, dinkes = factories.make_unit("puskesmas", "dinkes").id, factories.load_unit("dinkes").id
    claim = factories.make_claim(unit_id=dinkes)
    assert service.note_accused_unit(claim.id, claim.version, puskesmas, officer=officer, now=now)
    assert claim.unit.code == "diskominfo"
    with pytest.raises(InvalidInputError):
        decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=dinkes, accused_unit_id=puskesmas)
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=factories.load_unit("pdam").id, accused_unit_id=puskesmas)


def test_the_accused_unit_does_not_clear_itself(administrator: Officer, now: datetime) -> None:
    dinkes = factories.load_unit("dinkes").id
    own = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    claim = factories.make_claim(accused_unit_id=dinkes)
    with pytest.raises(NotAllowedError):
        service.lift_accusations(claim.id, claim.version, "Bukan", officer=own, now=now)
    with pytest.raises(NotAllowedError):
        decide(claim, DecisionKind.ASSIGN, own, now, unit_id=factories.load_unit("pdam").id, accused_unit_id=None)
    assert (first_accused_unit_id(claim), claim.version) == (dinkes, 1)
    other = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    with pytest.raises(NotAllowedError):  # of a unit that has nothing to do with it
        service.lift_accusations(claim.id, claim.version, "Bukan", officer=other, now=now)
    service.note_accused_unit(claim.id, claim.version, None, officer=other, now=now)
    assert first_accused_unit_id(claim) == dinkes, "a form without a unit takes none away"


def test_ppid_utama_lifts_an_accusation_and_the_others_of_it_are_told(officer: Officer, now: datetime) -> None:
    dinkes, pdam = factories.load_unit("dinkes").id, factories.load_unit("pdam").id
    nurse = factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    colleague = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    claim = factories.make_claim(accused_unit_id=dinkes)
    service.note_accused_unit(claim.id, claim.version, pdam, officer=officer, now=now)
    with pytest.raises(InvalidInputError):
        service.lift_accusations(claim.id, claim.version, "  ", officer=officer, now=now)
    kept = next(row for row in claim.accusations if row.unit_id == pdam)
    chosen = {row.id for row in claim.accusations} - {kept.id}
    service.lift_accusations(claim.id, claim.version, "Hanya disebut", officer=officer, now=now, chosen=chosen)
    assert first_accused_unit_id(claim) == pdam
    [told] = notices.list_unseen_notices(colleague)
    assert told.text.endswith("Dinas Kesehatan. Alasannya: Hanya disebut")
    assert notices.list_unseen_notices(nurse) == notices.list_unseen_notices(officer) == []
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == service.ACCUSATION_LIFTED_ACTION)).one()
    assert event.detail == {"accused": ["dinkes"], "reason": "Hanya disebut"}
    decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=dinkes)
    assert claim.unit_id == dinkes
    with pytest.raises(InvalidInputError):
        decide(claim, DecisionKind.ASSIGN, officer, now, unit_id=pdam)


def test_who_answers_from_outside_lifts_it_unless_they_took_the_claim_themselves(
    officer: Officer, now: datetime
) -> None:
    claim = factories.make_claim(accused_unit_id=factories.load_unit("dinkes").id)
    taker, colleague = (
        factories.make_officer(f"pdam{n}@kupang.example", RoleName.OFFICER, unit_code="pdam") for n in (1, 2)
    )
    decide(claim, DecisionKind.ASSIGN, taker, now, unit_id=factories.load_unit("pdam").id)
    with pytest.raises(NotAllowedError):
        service.lift_accusations(claim.id, claim.version, "Bukan", officer=taker, now=now)
    service.lift_accusations(claim.id, claim.version, "Bukan", officer=colleague, now=now)
    assert first_accused_unit_id(claim) is None


def test_a_link_answers_the_claim_and_every_waiting_report(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    claim = factories.make_claim()
    make_report(claim)
    rejected = make_report(claim)
    rejected.rejected_at, rejected.rejected_reason = now, "Kosong"
    db.session.commit()
    outcome = decide(claim, DecisionKind.LINK, officer, now, clarification_id=page.id)
    assert (outcome.is_proposed, outcome.closed, claim.status) == (True, False, ClaimStatus.NEW)
    factories.confirm_waiting(approver, now)
    assert claim.status is ClaimStatus.CLARIFIED
    assert page.claims == [claim]
    [row] = claim.decisions
    assert (row.kind, row.officer_id) == (DecisionKind.LINK, officer.id)
    event = db.session.scalars(db.select(AuditEvent).filter_by(action="claim_link")).one()
    assert event.detail["reports"] == 1


def test_only_a_published_clarification_answers(officer: Officer, now: datetime) -> None:
    draft = factories.make_clarification(officer, None)
    claim = factories.make_claim()
    for key in (None, 999, draft.id):
        with pytest.raises(InvalidInputError):
            decide(claim, DecisionKind.LINK, officer, now, clarification_id=key)
    assert (claim.status, claim.version) == (ClaimStatus.NEW, 1)


def test_reopening_gives_a_deadline_and_unlinks(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    claim = factories.make_claim()
    with pytest.raises(InvalidInputError):
        decide(claim, DecisionKind.REOPEN, officer, now)
    decide(claim, DecisionKind.LINK, officer, now, clarification_id=page.id)
    factories.confirm_waiting(approver, now)
    assert decide(claim, DecisionKind.REOPEN, officer, now, reason="Ternyata lain").is_proposed
    assert (claim.status, page.claims) == (ClaimStatus.CLARIFIED, [claim])
    factories.confirm_waiting(approver, now)
    assert (claim.status, claim.due_at) == (ClaimStatus.TRIAGED, now + timedelta(hours=24))
    assert page.claims == []


def test_a_closed_claim_takes_no_other_decision(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim(status=ClaimStatus.DISMISSED)
    for kind in set(DecisionKind) - {DecisionKind.REOPEN}:
        with pytest.raises(InvalidInputError):
            decide(claim, kind, officer, now, reason="x", unit_id=factories.load_unit("pdam").id)
    assert claim.version == 1


@pytest.mark.parametrize("roles", [(), (RoleName.APPROVER,), (RoleName.ADMINISTRATOR,)])
def test_only_the_role_officer_decides(roles: tuple[RoleName, ...], app: APIFlask, now: datetime) -> None:
    person = factories.make_officer("lain@kupang.example", *roles)
    claim = factories.make_claim()
    report = make_report(claim)
    with pytest.raises(NotAllowedError):
        decide(claim, DecisionKind.INVESTIGATE, person, now)
    with pytest.raises(NotAllowedError):
        service.note_accused_unit(claim.id, 1, None, officer=person, now=now)
    with pytest.raises(NotAllowedError):
        reporter_contact.open_report(claim.id, report.id, "x", key="x", officer=person, now=now)
    assert claim.version == 1


def test_the_second_officer_is_told_who_was_first(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim()
    second = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    decide(claim, DecisionKind.DISMISS, officer, now, reason="Sudah lewat.")
    with pytest.raises(EditConflictError) as late:
        service.decide_claim(claim.id, 1, DecisionChoice(DecisionKind.INVESTIGATE), officer=second, now=now)
    words = str(late.value.user_message)
    assert officer.name in words
    assert "Tutup tanpa klarifikasi" in words
    assert "24 November 2026, 16.05 WITA" in words
    assert (claim.status, len(claim.decisions)) == (ClaimStatus.DISMISSED, 1)


def test_a_claim_that_is_not_there(officer: Officer, now: datetime) -> None:
    with pytest.raises(NotFoundError):
        service.decide_claim(999, 1, DecisionChoice(DecisionKind.INVESTIGATE), officer=officer, now=now)


def test_two_officers_at_once_and_nothing_is_overwritten(app: APIFlask, officer: Officer, now: datetime) -> None:
    second = factories.make_officer("kedua@kupang.example", RoleName.OFFICER)
    claim_id = factories.make_claim().id
    people = {officer.id: DecisionKind.NOT_A_CLAIM, second.id: DecisionKind.OUT_OF_SCOPE}
    db.session.remove()
    start = threading.Barrier(2)
    results: dict[int, object] = {}

    def work(person_id: int) -> None:
        with app.app_context():
            person = db.session.get(Officer, person_id)
            assert person is not None
            db.session.rollback()
            start.wait()
            try:
                choice = DecisionChoice(people[person_id])
                results[person_id] = service.decide_claim(claim_id, 1, choice, officer=person, now=now)
            except HoaxTrackerError as error:
                results[person_id] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, args=(key,)) for key in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [key for key, result in results.items() if isinstance(result, service.DecisionOutcome)]
    lost = [result for result in results.values() if isinstance(result, EditConflictError)]
    assert (len(won), len(lost)) == (1, 1)
    claim = db.session.get(Claim, claim_id)
    assert claim is not None
    assert (claim.version, [row.officer_id for row in claim.decisions]) == (2, won)
    winner = db.session.get(Officer, won[0])
    assert winner is not None
    assert winner.name in str(lost[0].user_message)
    assert chain_check.verify_chain().rows == 1


def test_a_change_that_slips_in_between_is_a_conflict(app: APIFlask, officer: Officer, now: datetime) -> None:
    """Where the database lets two write at once, the version in the row still tells (StaleDataError)."""
    from hoax_tracker.core.database.transactions import write_transaction

    claim = factories.make_claim()
    claim_id = claim.id
    with pytest.raises(EditConflictError), write_transaction():
        held = db.session.get(Claim, claim_id)
        assert held is not None
        db.session.execute(db.text("update claim set version = 7 where id = :id"), {"id": claim_id})
        held.version += 1
    assert db.session.get_one(Claim, claim_id).version == 1


def test_a_contact_is_shown_once_asked_and_audited_without_itself(
    app: APIFlask, officer: Officer, now: datetime
) -> None:
    why = " Kapan pesan itu\n diterima? "
    key = app.extensions["settings"].contact_key
    claim = factories.make_claim()
    report = make_report(claim, encrypt_contact("warga@contoh.example", key))
    silent = make_report(claim)
    stranger = make_report(factories.make_claim("lain"), encrypt_contact("lain@contoh.example", key))
    opened = reporter_contact.open_report(claim.id, report.id, why, key=key, officer=officer, now=now)
    assert (opened.contact, opened.pictures) == ("warga@contoh.example", [])
    [event] = db.session.scalars(db.select(AuditEvent))
    assert (event.action, event.subject, event.officer_id) == ("contact_shown", f"report:{report.id}", officer.id)
    assert event.detail == {"claim": claim.id, "reason": "Kapan pesan itu diterima?", "contact": True, "pictures": 0}
    for other in (silent, stranger):
        with pytest.raises(NotFoundError):
            reporter_contact.open_report(claim.id, other.id, why, key=key, officer=officer, now=now)
    assert chain_check.verify_chain().rows == 1


def test_what_others_read_is_kept_in_indonesian(
    officer: Officer, administrator: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    dinkes, pdam = factories.load_unit("dinkes"), factories.load_unit("pdam").id
    accusing, routed = (factories.make_claim(text, unit_id=dinkes.id) for text in ("Obat palsu", "Antrean panjang"))
    asked = [unit_questions.ask_unit(routed.id, unit, "Benar?", officer=officer, now=now) for unit in (dinkes.id, pdam)]
    browser = sign_in(officer)
    browser.get("/bahasa/en?next=/")
    page = browser.get(f"/petugas/klaim/{routed.id}").get_data(as_text=True)
    assert '<html lang="en">' in page
    for ground in CLOSING_GROUNDS:
        assert f'name="reason" value="{ground.reason}"' in page
    with force_locale("en"):
        service.note_accused_unit(accusing.id, accusing.version, dinkes.id, officer=officer, now=now)
        unit_questions.withdraw_question(asked[1], 1, officer=officer, now=now)
        with write_transaction():
            assignment.reassign_open_work(dinkes, now, by=administrator)
    assert accusing.decisions[0].reason == "Klaim menuduh perangkat daerah itu."
    closed = [db.session.get_one(Question, key).closed_reason or "" for key in asked]
    assert closed[0].endswith(" tidak aktif lagi. Tanyakan ke perangkat daerah lain.")
    assert closed[1].startswith("Ditarik oleh ")
    told = [one.text for one in notices.list_unseen_notices(officer) if one.kind is NoticeKind.RETURNED]
    assert told == [f"{dinkes.name} tidak aktif lagi."]
