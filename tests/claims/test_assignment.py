"""A claim belongs to its answering unit, whose officers are told once; closed units keep no work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.claims import assignment
from hoax_tracker.core.audit import chain_check
from hoax_tracker.core.audit.tracked_edits import values_digest
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.errors import EditConflictError
from hoax_tracker.models import Claim, ClaimStatus, DecisionKind, Notice, NoticeKind, Officer, Question, RoleName, db
from hoax_tracker.notifications import notices
from hoax_tracker.organisation import units
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.review.decisions import merge, service, undo
from hoax_tracker.review.decisions.service import DecisionChoice
from tests import factories


def told(officer: Officer) -> list[tuple[NoticeKind, int | None]]:
    """What an officer has not seen: kind and claim."""
    db.session.rollback()
    return [(one.kind, one.claim_id) for one in notices.list_unseen_notices(officer)]


def mailed(now: datetime) -> list[int | None]:
    """The claims that a letter would soon be about."""
    return [one.claim_id for one in db.session.scalars(notices.notices_due_for_mail(now + timedelta(minutes=11)))]


def test_the_unit_that_the_model_suggests_is_told_once(officer: Officer, nurse: Officer, now: datetime) -> None:
    theirs = factories.make_claim(unit_id=factories.load_unit("dinkes").id).id
    factories.make_claim("Tidak jelas untuk siapa", unit_id=factories.load_unit().id)
    assert assignment.notify_waiting_units(now) == 1
    assert assignment.notify_waiting_units(now + timedelta(minutes=1)) == 0
    assert told(nurse) == [(NoticeKind.ROUTED, theirs)]
    assert told(officer) == [], "PPID Utama reads what is unsure in its queue"


def test_for_a_unit_without_officers_ppid_utama_is_told_of_what_somebody_gives_it(
    officer: Officer, approver: Officer, now: datetime
) -> None:
    suggested = factories.make_claim(unit_id=factories.load_unit("pdam").id).id
    assert assignment.notify_waiting_units(now) == 0
    assert told(officer) == [], "what the model suggests is in the queue"
    with write_transaction():
        assignment.notify_unit(db.session.get_one(Claim, suggested), now, by=approver, reason="Mohon dicek.")
    assert told(officer) == [(NoticeKind.ROUTED, suggested)]
    [notice] = notices.list_unseen_notices(officer)
    assert notice.text == "Perumda Air Minum Kota Kupang belum punya petugas di sini. Mohon dicek."


def test_the_first_officer_of_a_unit_is_told_of_what_waits(officer: Officer, now: datetime) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit("pdam").id).id
    assert assignment.notify_waiting_units(now) == 0
    first = factories.make_officer("pdam@kupang.example", RoleName.OFFICER, unit_code="pdam")
    assert assignment.notify_waiting_units(now) == 1
    assert told(first) == [(NoticeKind.ROUTED, claim)]


def test_a_unit_sends_a_claim_back_and_ppid_utama_is_told_why(
    officer: Officer, nurse: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    claim = factories.make_claim(
        unit_id=factories.load_unit("dinkes").id, told_unit_id=factories.load_unit("dinkes").id
    ).id
    browser = sign_in(nurse)
    path = f"/petugas/klaim/{claim}/kembalikan"
    empty = factories.submit_form(browser, path, version="1", reason="  ")
    assert empty.status_code == 422
    assert "Tulis mengapa unit Anda tidak menjawabnya." in empty.get_data(as_text=True)
    sent = factories.submit_form(browser, path, version="1", reason="Ini urusan air, tanya PDAM.")
    assert sent.status_code == 303
    row = db.session.get_one(Claim, claim)
    assert (row.unit_id, row.status) == (factories.load_unit().id, ClaimStatus.TRIAGED)
    [notice] = notices.list_unseen_notices(officer)
    assert (notice.kind, notice.text) == (NoticeKind.RETURNED, "Ini urusan air, tanya PDAM.")
    late = factories.submit_form(browser, path, version="1", reason="Sekali lagi.")
    assert late.status_code == 409
    assert "Sekali lagi." in late.get_data(as_text=True)


@pytest.mark.parametrize("kind", [DecisionKind.ASSIGN, DecisionKind.NOT_A_CLAIM])
def test_what_goes_elsewhere_or_is_done_waits_for_nobody_and_undone_it_waits_again(
    officer: Officer, nurse: Officer, now: datetime, kind: DecisionKind
) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit("dinkes").id)
    other = factories.make_claim("Lain", unit_id=factories.load_unit("dinkes").id).id
    assignment.notify_waiting_units(now)
    claim_id, version = claim.id, claim.version
    later = now + timedelta(minutes=1)
    done = service.decide_claim(
        claim_id, version, DecisionChoice(kind, unit_id=factories.load_unit().id), officer=officer, now=later
    )
    assert told(nurse) == [(NoticeKind.ROUTED, other)]
    undo.undo_decision(done.decision_id, officer=officer, now=later + timedelta(seconds=10))
    assert sorted(told(nurse)) == sorted([(NoticeKind.ROUTED, claim_id), (NoticeKind.ROUTED, other)])
    assert told(officer) == []
    assert assignment.notify_waiting_units(later + timedelta(minutes=1)) == 0


@pytest.mark.parametrize("kind", [DecisionKind.INVESTIGATE, DecisionKind.ASSIGN])
def test_what_stays_with_the_unit_still_waits_and_is_mailed(
    officer: Officer, nurse: Officer, now: datetime, kind: DecisionKind
) -> None:
    dinkes = factories.load_unit("dinkes").id
    claim = factories.make_claim(unit_id=dinkes)
    assignment.notify_waiting_units(now)
    service.decide_claim(claim.id, claim.version, DecisionChoice(kind, unit_id=dinkes), officer=officer, now=now)
    assert told(nurse) == [(NoticeKind.ROUTED, claim.id)]
    assert mailed(now) == [claim.id]


def test_a_claim_that_is_opened_again_waits_for_its_unit_again(officer: Officer, nurse: Officer, now: datetime) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit("dinkes").id)
    assignment.notify_waiting_units(now)
    for kind, left in ((DecisionKind.NOT_A_CLAIM, 0), (DecisionKind.REOPEN, 1)):
        service.decide_claim(claim.id, claim.version, DecisionChoice(kind), officer=officer, now=now)
        assert len(told(nurse)) == left


def test_the_accused_and_who_lost_a_claim_otherwise_are_told_nothing_any_more(
    officer: Officer, nurse: Officer, now: datetime
) -> None:
    dinkes = factories.load_unit("dinkes").id
    accusing, same, kept = (factories.make_claim(text, unit_id=dinkes) for text in ("Menuduh", "Sama", "Tetap"))
    assignment.notify_waiting_units(now)
    assert len(told(nurse)) == 3
    service.note_accused_unit(accusing.id, accusing.version, dinkes, officer=officer, now=now)
    by = {"reason": "", "officer": officer, "now": now}
    merge.merge_claims(same.id, same.version, kept.id, into_version=kept.version, **by)
    assert told(nurse) == [(NoticeKind.ROUTED, kept.id)]
    assert mailed(now) == [kept.id]


def test_ppid_utama_is_told_for_a_unit_without_officers_until_it_has_one(officer: Officer, now: datetime) -> None:
    other = factories.make_officer("lain@kupang.example", RoleName.OFFICER)
    waiting = factories.make_claim("Lain")
    choice = DecisionChoice(DecisionKind.ASSIGN, unit_id=factories.load_unit("dinkes").id)
    service.decide_claim(waiting.id, waiting.version, choice, officer=officer, now=now)
    assert told(other) == [(NoticeKind.ROUTED, waiting.id)]
    factories.make_officer("dinkes@kupang.example", RoleName.OFFICER, unit_code="dinkes")
    assert told(other) == []


def test_people_of_the_accused_unit_are_not_told(nurse: Officer, now: datetime) -> None:
    dinkes = factories.load_unit("dinkes").id
    factories.make_claim(unit_id=dinkes, accused_unit_id=dinkes)
    assignment.notify_waiting_units(now)
    assert told(nurse) == []


def close(code: str, by: Officer, now: datetime) -> None:
    """Let an administrator close a unit in the app, and an approver confirm that."""
    unit = factories.load_unit(code)
    values = units.UNITS.read_values(unit)
    units.UNITS.propose(unit.id, values | {"is_active": False}, values_digest(values), by=by, now=now)
    factories.confirm_waiting(factories.make_officer(f"{code}@penyetuju.example", RoleName.APPROVER))


def test_a_unit_that_closes_leaves_no_work_behind(
    officer: Officer, nurse: Officer, administrator: Officer, now: datetime
) -> None:
    dinkes, root = factories.load_unit("dinkes").id, factories.load_unit().id
    waiting = factories.make_claim(unit_id=dinkes)
    done = factories.make_claim("Sudah selesai", unit_id=dinkes, status=ClaimStatus.DISMISSED).id
    asked = unit_questions.ask_unit(waiting.id, dinkes, "Benarkah?", officer=officer, now=now)
    assert assignment.count_open_work(dinkes) == (1, 1)
    seen = waiting.version
    close("dinkes", administrator, now)
    assert (waiting.unit_id, db.session.get_one(Claim, done).unit_id) == (root, dinkes)
    row = db.session.get_one(Question, asked)
    assert not row.is_open
    assert row.closed_reason is not None
    assert "tidak aktif lagi" in row.closed_reason
    assert {kind for kind, _claim in told(officer)} == {NoticeKind.RETURNED, NoticeKind.DECLINED}
    with pytest.raises(EditConflictError):
        service.decide_claim(waiting.id, seen, DecisionChoice(DecisionKind.INVESTIGATE), officer=nurse, now=now)
    assert chain_check.verify_chain().broken_at is None


def test_work_that_lies_with_a_closed_unit_anyway_is_found(officer: Officer, now: datetime) -> None:
    unit = factories.load_unit("dinkes")
    unit.is_active = False
    db.session.commit()
    claim = factories.make_claim(unit_id=unit.id)
    assert assignment.reassign_closed_units_work(now) == 1
    assert assignment.reassign_closed_units_work(now) == 0
    assert claim.unit_id == factories.load_unit().id


def test_a_closed_units_claim_never_goes_to_the_accused(
    administrator: Officer, officer: Officer, now: datetime
) -> None:
    claim = factories.make_claim(unit_id=factories.load_unit("dinkes").id, accused_unit_id=factories.load_unit().id)
    close("dinkes", administrator, now)
    assert claim.unit_id is None


def test_a_closed_units_claim_goes_past_who_stands_above_the_accused(administrator: Officer, now: datetime) -> None:
    accused = factories.make_unit("puskesmas", "dinkes")
    factories.make_unit("posyandu", "dinkes")
    claim = factories.make_claim(unit_id=factories.load_unit("posyandu").id, accused_unit_id=accused.id)
    close("posyandu", administrator, now)
    assert claim.unit_id == factories.load_unit().id


def test_notices_are_marked_as_seen_up_to_the_page(
    nurse: Officer, now: datetime, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    for number in range(3):
        factories.make_claim(f"Klaim {number}", unit_id=factories.load_unit("dinkes").id)
    assignment.notify_waiting_units(now)
    rows = notices.list_unseen_notices(nurse)
    browser = sign_in(nurse)
    page = browser.get("/petugas/untuk-anda").get_data(as_text=True)
    assert page.count("Klaim untuk perangkat daerah Anda<") == 3
    factories.submit_form(browser, "/petugas/untuk-anda/dibaca", page="/petugas/untuk-anda", newest=rows[1].id)
    assert [one.id for one in notices.list_unseen_notices(nurse)] == [rows[0].id]


def test_the_clock_that_jumps_tells_nothing_twice(nurse: Officer, now: datetime) -> None:
    factories.make_claim(unit_id=factories.load_unit("dinkes").id)
    assignment.notify_waiting_units(now)
    assignment.notify_waiting_units(now + timedelta(days=400))
    assignment.notify_waiting_units(now - timedelta(days=400))
    assert db.session.query(Notice).count() == 1
    with write_transaction():
        assert notices.notify_officers([nurse], NoticeKind.ROUTED, now, but=nurse) == 0
