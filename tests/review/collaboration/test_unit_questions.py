"""The desk asks, a unit answers; each step also by somebody who is late or not allowed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from hoax_tracker.errors import EditConflictError, InvalidInputError, NotAllowedError
from hoax_tracker.models import Claim, ClaimStatus, NoticeKind, Officer, Question, db
from hoax_tracker.notifications import notices
from hoax_tracker.review.collaboration import unit_questions
from tests import factories


def ask(claim: Claim, officer: Officer, now: datetime, code: str = "dinkes") -> Question:
    """Ask a unit."""
    key = unit_questions.ask_unit(claim.id, factories.load_unit(code).id, "Benarkah?", officer=officer, now=now)
    return db.session.get_one(Question, key)


def test_asked_answered_and_told(officer: Officer, nurse: Officer, claim: Claim, now: datetime) -> None:
    row = ask(claim, officer, now)
    assert row.due_at == now + timedelta(hours=24), "as pressing as the claim"
    assert [one.kind for one in notices.list_unseen_notices(nurse)] == [NoticeKind.ASKED]
    unit_questions.answer_question(
        row.id, 1, "  Tidak ada pekerjaan pipa.\r\nMenurut bidang produksi. ", officer=nurse, now=now
    )
    assert row.answer == "Tidak ada pekerjaan pipa.\nMenurut bidang produksi."
    assert (row.answered_by_id, row.is_open, row.version) == (nurse.id, False, 2)
    assert notices.list_unseen_notices(nurse) == []
    [told] = notices.list_unseen_notices(officer)
    assert (told.kind, told.text) == (NoticeKind.ANSWERED, row.answer)
    with pytest.raises(EditConflictError):
        unit_questions.answer_question(row.id, 2, "Lagi.", officer=nurse, now=now)


def test_who_was_late_is_told_who_answered(officer: Officer, nurse: Officer, claim: Claim, now: datetime) -> None:
    row = ask(claim, officer, now)
    unit_questions.answer_question(row.id, 1, "Tidak.", officer=nurse, now=now)
    with pytest.raises(EditConflictError) as late:
        unit_questions.decline_question(row.id, 1, "Bukan kami.", officer=officer, now=now)
    assert "Dinkes lebih dulu: «Menjawab pertanyaan»" in str(late.value.user_message)


def test_sent_back_handed_on_and_withdrawn(officer: Officer, nurse: Officer, claim: Claim, now: datetime) -> None:
    row = ask(claim, officer, now)
    with pytest.raises(InvalidInputError):
        unit_questions.decline_question(row.id, 1, " ", officer=nurse, now=now)
    unit_questions.pass_on_question(
        row.id, 1, factories.load_unit("pdam").id, "PDAM yang tahu.", officer=nurse, now=now
    )
    assert row.unit.code == "pdam"
    with pytest.raises(NotAllowedError):
        unit_questions.answer_question(row.id, 2, "Bukan lagi kami.", officer=nurse, now=now)
    with pytest.raises(NotAllowedError):
        unit_questions.withdraw_question(row.id, 2, officer=nurse, now=now)
    with pytest.raises(InvalidInputError) as unsourced:
        unit_questions.answer_question(row.id, 2, "Dijawab PDAM lewat telepon.", officer=officer, now=now)
    assert unsourced.value.field == "source"
    by_call = {"source": " Telepon  humas PDAM, 1 Desember ", "officer": officer, "now": now}
    unit_questions.answer_question(row.id, 2, "Tidak ada yang pecah.", **by_call)  # type: ignore[arg-type]
    assert row.closed_reason == "Telepon humas PDAM, 1 Desember"
    second = ask(claim, officer, now)
    unit_questions.decline_question(second.id, 1, "Kami tidak tahu.", officer=nurse, now=now)
    assert (second.closed_reason, second.answer) == ("Kami tidak tahu.", None)
    third = ask(claim, officer, now)
    unit_questions.withdraw_question(third.id, 1, officer=officer, now=now)
    assert not third.is_open


def test_a_closed_claim_and_a_closed_unit_are_not_asked(officer: Officer, claim: Claim, now: datetime) -> None:
    unit = factories.load_unit("dinkes")
    unit.is_active = False
    claim.status = ClaimStatus.DISMISSED
    db.session.commit()
    with pytest.raises(InvalidInputError):
        ask(claim, officer, now, "pdam")
    claim.status = ClaimStatus.NEW
    db.session.commit()
    with pytest.raises(InvalidInputError) as refused:
        ask(claim, officer, now)
    assert refused.value.field == "unit_id"


def test_who_asks_where_nobody_has_an_account_is_told(
    officer: Officer, claim: Claim, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    desk, page = sign_in(officer), f"/petugas/klaim/{claim.id}"
    sent = {"unit_id": factories.load_unit("pdam").id, "reason": "Benarkah pipa pecah?"}
    assert factories.submit_form(desk, f"{page}/tanya", page=page, **sent).status_code == 303
    assert "Di sana belum ada yang punya akun" in desk.get(page).get_data(as_text=True)


def test_on_the_pages_what_was_typed_is_never_lost(
    officer: Officer, nurse: Officer, claim: Claim, sign_in: Callable[[Officer], FlaskClient]
) -> None:
    desk, unit, key = sign_in(officer), sign_in(nurse), claim.id
    path, page = f"/petugas/klaim/{key}/tanya", f"/petugas/klaim/{key}"
    wrong = factories.submit_form(desk, path, page=page, unit_id="", reason="Benarkah pipa pecah?")
    assert wrong.status_code == 422
    assert "Benarkah pipa pecah?" in wrong.get_data(as_text=True)
    dinkes = factories.load_unit("dinkes").id
    sent = factories.submit_form(desk, path, page=page, unit_id=dinkes, reason="Benarkah pipa pecah?")
    assert sent.status_code == 303
    assert "Pertanyaan terkirim." in desk.get(page).get_data(as_text=True)
    row = db.session.scalars(db.select(Question)).one()
    page = unit.get("/petugas/untuk-anda").get_data(as_text=True)
    assert "Benarkah pipa pecah?" in page
    answers = f"/petugas/pertanyaan/{row.id}"
    sent = factories.submit_form(unit, f"{answers}/jawab", page=answers, version="1", text="<b>Tidak</b> ada.")
    assert sent.status_code == 303
    late = factories.submit_form(
        desk, f"{answers}/kembalikan", page="/petugas/untuk-anda", version="1", reason="Salah unit"
    )
    assert late.status_code == 409
    assert "Salah unit" in late.get_data(as_text=True)
    shown = desk.get(f"/petugas/klaim/{key}").get_data(as_text=True)
    assert "&lt;b&gt;Tidak&lt;/b&gt; ada." in shown
