"""The tenth edition is answered from the ninth: a draft with gaps for what changed, published by two people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from hoax_tracker.claims.earlier_answers import list_earlier_answers
from hoax_tracker.clarify import corrections, service
from hoax_tracker.clarify.checklist import IncompleteError
from hoax_tracker.clarify.content import clarification_content
from hoax_tracker.clarify.prefill import find_draft_basis
from hoax_tracker.errors import EditConflictError, FieldFaultsError, InvalidInputError, NotAllowedError
from hoax_tracker.models import (
    AuditEvent,
    Claim,
    ClaimStatus,
    Clarification,
    ClarificationBasis,
    ClarificationRevision,
    ClarificationStatus,
    Evidence,
    EvidenceKind,
    Officer,
    RoleName,
    db,
)
from tests import factories
from tests.clarify.conftest import complete
from tests.review.narratives.stories import JULY, MARCH, make_edition

SignIn = Callable[[Officer], FlaskClient]


@pytest.fixture
def ninth(officer: Officer, approver: Officer) -> Clarification:
    """The published answer to the ninth edition, with a source."""
    page = factories.make_clarification(
        officer,
        approver,
        title="Gaji honorer tetap dibayar",
        claim_quote=MARCH,
        summary="Tidak ada penghapusan mulai 1 Maret.",
        findings="BKPPD menjelaskan pada 24 Februari 2026 bahwa gaji Rp500.000 tetap dibayar [1].",
        conclusion="Kabar itu tidak benar.",
        unit_id=factories.load_unit("diskominfo").id,
    )
    db.session.add(Evidence(clarification_id=page.id, kind=EvidenceKind.LINK, title="Surat edaran",
                            url="https://bkppd.example/surat", added_at=factories.NOW))  # fmt: skip
    claim = make_edition(MARCH, 120, status=ClaimStatus.CLARIFIED)
    claim.clarifications.append(page)
    db.session.commit()
    return page


@pytest.fixture
def tenth(ninth: Clarification, officer: Officer) -> Claim:
    """The next edition, in one narrative with the ninth."""
    claim = make_edition(JULY, unit_id=factories.load_unit("diskominfo").id)
    factories.make_narrative(officer, ninth.claims[0], claim)
    return claim


def draft(claim: Claim, earlier: Clarification, officer: Officer, now: datetime) -> Clarification:
    """Begin a draft from the earlier answer."""
    key = service.draft_from_claim(claim.id, claim.version, earlier_id=earlier.id, officer=officer, now=now)
    return db.session.get_one(Clarification, key)


def test_the_draft_holds_the_earlier_text_with_gaps(
    tenth: Claim, ninth: Clarification, officer: Officer, now: datetime
) -> None:
    page = draft(tenth, ninth, officer, now)
    assert (page.status, page.title, page.verdict) == (ClarificationStatus.DRAFT, "", None)
    assert (page.claim_quote, page.author_id, page.approver_id) == (JULY, officer.id, None)
    assert page.summary == "Tidak ada penghapusan mulai «dulu 1 Maret, sekarang …»."
    assert page.findings == (
        "«dulu BKPPD, sekarang …» menjelaskan pada «dulu 24 Februari 2026, sekarang …» bahwa gaji «dulu Rp500.000, "
        "sekarang …» tetap dibayar [1]."
    )
    assert page.conclusion == "Kabar itu tidak benar."
    assert [(one.title, one.url) for one in page.sources] == [
        ("Surat edaran", "https://bkppd.example/surat"),
        (
            f"Klarifikasi nomor {ninth.number}: Gaji honorer tetap dibayar",
            f"http://127.0.0.1:8000/klarifikasi/{ninth.slug}",
        ),
    ]
    assert [claim.id for claim in page.claims] == [tenth.id]
    event = db.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "clarification_drafted")).one()
    assert event.detail == {"claim": tenth.id, "earlier": ninth.id}


def test_units_that_answered_this_time_stand_first(
    tenth: Claim, ninth: Clarification, officer: Officer, now: datetime
) -> None:
    factories.add_unit_answer(tenth, "dinkes")
    page = draft(tenth, ninth, officer, now)
    first, second = page.findings.split("\n\n")
    assert first.startswith("Menurut Dinas Kesehatan")
    assert second.startswith("«dulu BKPPD")


def test_nobody_publishes_the_old_date(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, now: datetime
) -> None:
    """Not unseen: as long as a gap is left the draft is no more than a draft, and then it takes two people."""
    page = draft(tenth, ninth, officer, now)
    old = {"summary": page.summary, "findings": page.findings, "conclusion": page.conclusion}
    content = complete(page, title="Gaji honorer tetap dibayar penuh", **old)
    service.save_draft(page.id, page.version, content, officer=officer, now=now)
    with pytest.raises(IncompleteError) as refused:
        service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert set(refused.value.faults) == {"summary", "findings"}
    assert "«dulu 1 Maret, sekarang …»" in str(refused.value.user_message)
    service.save_draft(page.id, page.version, complete(page), officer=officer, now=now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    with pytest.raises(NotAllowedError):
        service.approve_draft(page.id, page.version, "", officer=officer, now=now)
    service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert (tenth.status, page.status) == (ClaimStatus.CLARIFIED, ClarificationStatus.PUBLISHED)


def test_author_and_approver_see_what_differs(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    page = draft(tenth, ninth, officer, now)
    basis = find_draft_basis(page)
    assert basis is not None
    assert [(one.now, one.before) for one in basis.differences] == [("1 Juli", "1 Maret"), ("Rp750.000", "Rp500.000")]
    assert basis.unchanged == []
    written = complete(
        page, summary="Gaji Rp. 500.000,- tetap dibayar pada 3/7.", title="Gaji honorer tetap dibayar penuh"
    )
    service.save_draft(page.id, page.version, written, officer=officer, now=now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    for person in (officer, approver):
        shown = sign_in(person).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)
        assert f"Disusun dari klarifikasi nomor {ninth.number}:" in shown
        assert 'pastikan masih berlaku: <b lang="id">Rp. 500.000,-</b></p>' in shown


def test_the_form_shows_it_too(
    tenth: Claim, ninth: Clarification, officer: Officer, sign_in: SignIn, now: datetime
) -> None:
    page = draft(tenth, ninth, officer, now)
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page.id}/sunting").get_data(as_text=True)
    assert f"Disusun dari klarifikasi nomor {ninth.number}:" in shown


def test_an_accusation_of_the_earlier_edition_keeps_that_unit_from_approving(
    tenth: Claim, ninth: Clarification, officer: Officer, now: datetime
) -> None:
    ninth.accused_unit_id = factories.load_unit("dinkes").id
    db.session.commit()
    assert draft(tenth, ninth, officer, now).accused_unit_id == factories.load_unit("dinkes").id


def test_only_an_answer_of_the_same_narrative_is_taken(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, now: datetime
) -> None:
    stranger = factories.make_clarification(officer, approver)
    unpublished = factories.make_clarification(officer, None)
    ninth.claims[0].clarifications.append(unpublished)
    db.session.commit()
    for page in (stranger, unpublished):
        with pytest.raises(InvalidInputError, match="no earlier answer"):
            draft(tenth, page, officer, now)
    assert tenth.status is ClaimStatus.NEW
    assert [page.id for page in list_earlier_answers(tenth.id)] == [ninth.id]


def test_a_withdrawn_answer_is_offered_no_more_and_a_draft_from_it_says_so(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    page = draft(tenth, ninth, officer, now)
    corrections.propose_retraction(ninth.id, ninth.version, "Keliru", officer=officer, now=now)
    corrections.approve_proposal(ninth.id, ninth.version, "", officer=approver, now=now)
    assert list_earlier_answers(tenth.id) == []
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)
    assert f"({ClarificationStatus.RETRACTED.label})" in shown


def test_a_draft_from_an_answer_that_was_withdrawn_since_does_not_cite_it(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    """Not even where it already awaited approval."""
    page = draft(tenth, ninth, officer, now)
    cited = complete(page, sources=clarification_content(page).sources)
    service.save_draft(page.id, page.version, cited, officer=officer, now=now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    corrections.propose_retraction(ninth.id, ninth.version, "Keliru", officer=officer, now=now)
    corrections.approve_proposal(ninth.id, ninth.version, "", officer=approver, now=now)
    with pytest.raises(IncompleteError) as refused:
        service.approve_draft(page.id, page.version, "", officer=approver, now=now)
    assert set(refused.value.faults) == {"sources"}
    shown = sign_in(approver).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)
    assert "Klarifikasi itu ditarik sejak rancangan ini dimulai:" in shown
    service.return_draft(page.id, page.version, "Periksa lagi", officer=approver, now=now)
    service.save_draft(page.id, page.version, complete(page), officer=officer, now=now)
    service.submit_draft(page.id, page.version, officer=officer, now=now)
    assert page.status is ClarificationStatus.AWAITING_APPROVAL


@pytest.mark.slow
def test_a_correction_of_the_earlier_answer_is_shown_and_what_it_took_out(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, sign_in: SignIn, now: datetime
) -> None:
    earlier = now - timedelta(days=1)
    ninth.revisions.append(
        ClarificationRevision(
            number=1,
            kind=ClarificationStatus.PUBLISHED,
            content=clarification_content(ninth).as_json(),
            author_id=officer.id,
            approver_id=approver.id,
            confirmation_id=ninth.confirmation_id,
            made_at=earlier,
        )
    )
    db.session.commit()
    page = draft(tenth, ninth, officer, now)
    basis = find_draft_basis(page)
    assert basis is not None
    assert basis.changed_at is None
    written = complete(page, summary="Dijelaskan pada 24-2-2026.")
    service.save_draft(page.id, page.version, written, officer=officer, now=now)
    corrected = replace(clarification_content(ninth), findings="Tanpa tanggal [1].")
    corrections.propose_correction(ninth.id, ninth.version, corrected, "Tanggal keliru", officer=officer, now=now)
    corrections.approve_proposal(ninth.id, ninth.version, "", officer=approver, now=now)
    basis = find_draft_basis(page)
    assert basis is not None
    assert basis.unchanged == ["24-2-2026"]
    shown = sign_in(officer).get(f"/petugas/klarifikasi/{page.id}").get_data(as_text=True)
    assert "Klarifikasi itu dikoreksi sejak rancangan ini dimulai:" in shown


def test_the_numbers_of_twenty_sources_still_lead_to_them(
    tenth: Claim, ninth: Clarification, officer: Officer, now: datetime
) -> None:
    shared = {"kind": EvidenceKind.LINK, "added_at": factories.NOW, "clarification_id": ninth.id}
    lines = [shared | {"title": f"Surat {n}", "url": f"https://bkppd.example/{n}"} for n in range(2, 21)]
    db.session.execute(sa.insert(Evidence), lines)
    db.session.commit()
    page = draft(tenth, ninth, officer, now)
    assert [one.title for one in page.sources] == ["Surat edaran", *(f"Surat {n}" for n in range(2, 21))]


def test_the_claims_own_answer_is_no_earlier_one(tenth: Claim, ninth: Clarification) -> None:
    tenth.clarifications.append(ninth)  # type: ignore[attr-defined]
    db.session.commit()
    assert list_earlier_answers(tenth.id) == []


def test_residents_read_no_old_answer_to_the_new_claim(
    tenth: Claim, ninth: Clarification, officer: Officer, client: FlaskClient, now: datetime
) -> None:
    page = draft(tenth, ninth, officer, now)
    assert client.post("/api/v1/check", json={"text": JULY}).get_json()["decision"] != "match"
    assert client.post("/api/v1/check", json={"text": MARCH}).get_json()["decision"] == "match"
    assert [(tenth.status, tenth.clarifications)] == [(ClaimStatus.INVESTIGATING, [page])]  # type: ignore[attr-defined]


def test_two_officers_draft_it_once(tenth: Claim, ninth: Clarification, officer: Officer, now: datetime) -> None:
    draft(tenth, ninth, officer, now)
    colleague = factories.make_officer("rekan@kupang.example", RoleName.OFFICER)
    with pytest.raises(EditConflictError):
        service.draft_from_claim(tenth.id, 1, earlier_id=ninth.id, officer=colleague, now=now)
    assert len(db.session.scalars(sa.select(ClarificationBasis)).all()) == 1


def test_a_text_that_gaps_make_too_long_is_kept_whole_and_the_form_says_so(
    tenth: Claim, ninth: Clarification, officer: Officer, approver: Officer, now: datetime
) -> None:
    ninth.confirmation_id = factories.make_confirmation(officer, approver, "correction").id
    ninth.summary = ("1 Maret, " * 110).strip()
    db.session.commit()
    page = draft(tenth, ninth, officer, now)
    assert page.summary.count("«dulu 1 Maret, sekarang …»") == 110
    with pytest.raises(FieldFaultsError) as refused:
        service.save_draft(page.id, page.version, clarification_content(page), officer=officer, now=now)
    assert set(refused.value.faults) == {"summary"}


def test_a_draft_that_began_empty_has_no_basis(tenth: Claim, officer: Officer, now: datetime) -> None:
    by: Any = {"officer": officer, "now": now}
    page = db.session.get_one(Clarification, service.draft_from_claim(tenth.id, tenth.version, **by))
    assert find_draft_basis(page) is None
