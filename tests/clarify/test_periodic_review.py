"""Published pages are due for review after the set months, and when their claim recurs."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.clarify import periodic_review
from hoax_tracker.clarify.answered_claims import prefill_draft
from hoax_tracker.errors import EditConflictError, NotAllowedError
from hoax_tracker.models import (
    Claim,
    ClaimAppearance,
    Clarification,
    Item,
    Officer,
    OfficeRules,
    PageMatch,
    Question,
    Source,
    SourceKind,
    TextTemplate,
    Topic,
    db,
)
from hoax_tracker.models.organisation import WEEK
from hoax_tracker.organisation.office_hours import DEFAULT_OFFICE_RULES
from tests import factories


def due(now: datetime) -> list[Clarification]:
    """The pages that are to be read again; each of them says so itself."""
    found = list(db.session.scalars(sa.select(Clarification).where(*periodic_review.review_due_conditions(now))))
    assert [
        page for page in db.session.scalars(sa.select(Clarification)) if periodic_review.is_review_due(page, now)
    ] == found
    return found


def test_after_the_months_that_are_set(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    assert due(now + timedelta(days=180)) == []
    later = now + timedelta(days=190)
    assert due(later) == [page]
    db.session.add(OfficeRules(id=1, hours=[*WEEK], **(DEFAULT_OFFICE_RULES | {"review_months": 12})))
    db.session.commit()
    assert due(later) == []


def test_who_reads_it_says_that_it_holds(officer: Officer, approver: Officer, now: datetime) -> None:
    page, later = factories.make_clarification(officer, approver), now + timedelta(days=400)
    changed = page.changed_at
    with pytest.raises(NotAllowedError):
        periodic_review.confirm_page(page.id, page.version, officer=approver, now=later)
    with pytest.raises(EditConflictError):
        periodic_review.confirm_page(page.id, page.version + 1, officer=officer, now=later)
    periodic_review.confirm_page(page.id, page.version, officer=officer, now=later)
    assert (page.reviewed_at, page.changed_at) == (later, changed)
    assert due(later + timedelta(days=100)) == []


def test_who_changes_it_has_read_it_too(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    periodic_review.confirm_page(page.id, page.version, officer=officer, now=now + timedelta(days=10))
    page.changed_at = now + timedelta(days=100)
    db.session.commit()
    assert due(now + timedelta(days=200)) == []
    assert due(now + timedelta(days=290)) == [page]


def test_a_new_claim_that_it_answers_brings_it_back(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    factories.make_claim(page.claim_quote)
    factories.make_claim("Jadwal pendaftaran sekolah dasar dibuka bulan depan", topic=Topic.EDUCATION)
    soon = now + timedelta(hours=1)
    assert periodic_review.match_new_claims(soon) == 1
    assert periodic_review.match_new_claims(soon) == 0, "each claim once"
    assert db.session.query(PageMatch).count() == 2
    assert due(soon) == [page]
    periodic_review.confirm_page(page.id, page.version, officer=officer, now=soon + timedelta(minutes=1))
    assert due(soon + timedelta(minutes=2)) == []


def test_a_draft_begins_with_the_topics_text_and_what_units_answered(officer: Officer, now: datetime) -> None:
    claim: Claim = factories.make_claim(topic=Topic.WATER)
    db.session.add(TextTemplate(topic=Topic.OTHER, findings="Umum «apa …».", conclusion="Selesai."))
    asked = {"unit_id": factories.load_unit("pdam").id, "asked_by_id": officer.id, "asked_at": now, "due_at": now}
    asked["answered_by_id"] = factories.make_officer("pdam@kupang.example", unit_code="pdam").id
    db.session.add(
        Question(claim_id=claim.id, text="Benarkah?", answer="Tidak.", answered_at=now, closed_at=now, **asked)
    )
    db.session.commit()
    page = prefill_draft(claim, officer, now)
    assert page.findings == "Menurut Perumda Air Minum Kota Kupang pada 24 November 2026: Tidak.\n\nUmum «apa …»."
    db.session.add(TextTemplate(topic=Topic.WATER, findings="Air.", conclusion="Mengalir."))
    db.session.commit()
    assert prefill_draft(claim, officer, now).conclusion == "Mengalir."


def test_a_draft_says_where_it_went_round_and_nothing_of_files_of_ours(officer: Officer, now: datetime) -> None:
    claim: Claim = factories.make_claim()
    kinds = {"file:/srv/kabas/umpan.xml": SourceKind.FILE, "Warta Timor": SourceKind.FEED}
    for at, (name, kind) in enumerate(kinds.items()):
        source = Source(name=name, kind=kind, is_active=False, created_at=now)
        item = Item(source=source, entry_key=str(at), content_key=str(at), text=claim.text, fetched_at=now)
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=now, similarity=1.0))
    db.session.commit()
    assert prefill_draft(claim, officer, now).circulated_where == "Warta Timor"
