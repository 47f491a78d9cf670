"""«Menurut» needs a unit's answer; otherwise PPID Utama states the fact with a reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient

from hoax_tracker.clarify import answered_claims, corrections, prefill, service
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import AuditEvent, Claim, ClarificationStatus, Officer, Question, RoleName, db
from hoax_tracker.review.collaboration import unit_questions
from tests import factories
from tests.clarify.conftest import Drafting

WHY = "Dukcapil libur sampai Senin; datanya dari laman resminya."


@pytest.fixture
def unasked(app: APIFlask) -> Claim:
    """A claim that lies with PDAM, about which nobody was asked."""
    return factories.make_claim(unit_id=factories.load_unit("pdam").id)


def test_a_unit_that_was_not_asked_is_not_named_as_source(
    unasked: Claim, submitted: Drafting, approver: Officer, now: datetime, client: FlaskClient
) -> None:
    page = submitted(unasked)
    for reason in ("", " \n"):
        with pytest.raises(InvalidInputError) as refused:
            service.approve_draft(page.id, page.version, reason, officer=approver, now=now)
        assert "PDAM belum menjawab" in str(refused.value.user_message)
    assert (page.status, page.unit.code) == (ClarificationStatus.AWAITING_APPROVAL, "pdam")
    service.approve_draft(page.id, page.version, WHY, officer=approver, now=now)
    assert (page.unit.code, page.approval_reason) == ("diskominfo", WHY)
    assert page.revisions[0].content["unit_id"] == page.unit_id
    event = db.session.scalars(db.select(AuditEvent).where(AuditEvent.action == "clarification_published")).one()
    assert (event.detail["unheard"], event.detail["reason"]) == ("pdam", WHY)
    shown = client.get(f"/klarifikasi/{page.slug}").get_data(as_text=True)
    assert "Menurut <b>PPID Utama (Dinas Komunikasi dan Informatika)</b>" in shown
    assert "Perumda Air Minum Kota Kupang</b>" not in shown


def test_a_unit_that_answered_is_named(claim: Claim, submitted: Drafting, approver: Officer, now: datetime) -> None:
    page = submitted(claim)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert page.unit.code == "pdam"


def test_only_an_answer_of_that_unit_about_that_claim_counts(
    unasked: Claim, drafted: Drafting, officer: Officer, now: datetime
) -> None:
    page, pdam = drafted(unasked), factories.load_unit("pdam").id
    factories.add_unit_answer(factories.make_claim("Klaim lain"), "pdam")
    factories.add_unit_answer(unasked, "dinkes")
    withdrawn = unit_questions.ask_unit(unasked.id, pdam, "Benarkah?", officer=officer, now=now)
    unit_questions.withdraw_question(withdrawn, 1, officer=officer, now=now)
    source = answered_claims.find_named_unit(page, pdam)
    assert source is not None
    assert not source.has_answered
    pipes = factories.make_officer("pipa@kupang.example", RoleName.OFFICER, unit_code="pdam")
    asked = unit_questions.ask_unit(unasked.id, pdam, "Benarkah?", officer=officer, now=now)
    unit_questions.answer_question(asked, 1, "Tidak ada pipa yang pecah.", officer=pipes, now=now)
    source = answered_claims.find_named_unit(page, pdam)
    assert source is not None
    assert source.has_answered
    assert answered_claims.find_named_unit(page, factories.load_unit().id) is None, "PPID Utama speaks for itself"


def test_a_correction_names_no_unit_that_was_not_asked(
    claim: Claim, published: Drafting, officer: Officer, now: datetime
) -> None:
    page = published(claim)
    for code, is_heard in (("dinkes", False), ("diskominfo", True)):
        content = replace(clarification_content(page), unit_id=factories.load_unit(code).id)
        if not is_heard:
            with pytest.raises(InvalidInputError) as refused:
                corrections.propose_correction(
                    page.id, page.version, content, "Sumbernya lain", officer=officer, now=now
                )
            assert "Dinkes belum menjawab" in str(refused.value.user_message)
            continue
        corrections.propose_correction(page.id, page.version, content, "Sumbernya lain", officer=officer, now=now)


def test_officers_read_what_is_missing_and_what_to_do(
    unasked: Claim,
    submitted: Drafting,
    approver: Officer,
    officer: Officer,
    sign_in: Callable[[Officer], FlaskClient],
) -> None:
    page = submitted(unasked)
    path = f"/petugas/klarifikasi/{page.id}"
    text = sign_in(officer).get(path).get_data(as_text=True)
    assert "<b>Belum:</b> PDAM, yang disebut sesudah «Menurut», sudah menjawab pertanyaan" in text
    assert "Tanyakan dulu ke PDAM dari halaman klaimnya." in text
    assert "Menurut <b>PPID Utama (Dinas Komunikasi dan Informatika)</b>" in text, "as readers will see it"
    browser = sign_in(approver)
    text = browser.get(path).get_data(as_text=True)
    assert "Mengapa terbit tanpa jawaban PDAM" in text
    refused = factories.submit_form(browser, f"{path}/setujui", path, version=page.version, reason="")
    assert refused.status_code == 422
    factories.submit_form(browser, f"{path}/setujui", path, version=page.version, reason=WHY)
    assert page.status is ClarificationStatus.PUBLISHED


def test_what_ppid_utama_writes_for_a_unit_says_so_on_the_page(
    unasked: Claim, drafted: Drafting, officer: Officer, now: datetime
) -> None:
    pdam = factories.load_unit("pdam").id
    asked = unit_questions.ask_unit(unasked.id, pdam, "Benarkah?", officer=officer, now=now)
    with pytest.raises(InvalidInputError) as refused:
        unit_questions.answer_question(asked, 1, "Tidak ada pipa yang pecah.", officer=officer, now=now)
    assert refused.value.field == "source"
    page = drafted(unasked)
    waiting = answered_claims.find_named_unit(page, pdam)
    assert waiting is not None
    assert not waiting.has_answered
    by_letter = {"source": "surat PDAM 12/2026", "officer": officer, "now": now}
    unit_questions.answer_question(asked, 1, "Tidak ada pipa yang pecah.", **by_letter)  # type: ignore[arg-type]
    heard = answered_claims.find_named_unit(page, pdam)
    assert heard is not None
    assert (heard.has_answered, heard.outside) == (True, "surat PDAM 12/2026")
    [asked_unit] = prefill.list_asked_units([unasked.id])
    sentence = prefill.begin_findings("", [asked_unit])
    assert "(dijawab di luar program: surat PDAM 12/2026): Tidak ada pipa yang pecah." in sentence


def test_an_answer_of_somebody_else_is_not_the_units(unasked: Claim, drafted: Drafting, officer: Officer) -> None:
    pdam = factories.load_unit("pdam").id
    row = Question(
        claim_id=unasked.id,
        unit_id=pdam,
        text="Benarkah?",
        answer="Menunggu jawaban tertulis",
        asked_by_id=officer.id,
        answered_by_id=officer.id,
        **dict.fromkeys(("asked_at", "due_at", "answered_at", "closed_at"), factories.NOW),
    )
    db.session.add(row)
    db.session.commit()
    page = drafted(unasked)
    source = answered_claims.find_named_unit(page, pdam)
    assert source is not None
    assert not source.has_answered
    assert "Menunggu jawaban tertulis" not in page.findings
