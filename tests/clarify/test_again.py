"""Published pages are read again: after the months that are set, and when what they answer comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from hoax_tracker.clarify import again
from hoax_tracker.clarify.claims import prefilled
from hoax_tracker.errors import Conflict, NotAllowed
from hoax_tracker.models import Claim, Clarification, Officer, OfficeRules, PageMatch, Question, TextTemplate, Topic, db
from hoax_tracker.models.office import WEEK
from hoax_tracker.targets import DEFAULTS
from tests import factories


def due(now: datetime) -> list[Clarification]:
    """The pages that are to be read again; each of them says so itself."""
    found = list(db.session.scalars(sa.select(Clarification).where(*again.due(now))))
    assert [page for page in db.session.scalars(sa.select(Clarification)) if again.is_due(page, now)] == found
    return found


def test_after_the_months_that_are_set(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    assert due(now + timedelta(days=180)) == []
    later = now + timedelta(days=190)
    assert due(later) == [page]
    db.session.add(OfficeRules(id=1, hours=[*WEEK], **(DEFAULTS | {"review_months": 12})))
    db.session.commit()
    assert due(later) == []


def test_who_reads_it_says_that_it_holds(officer: Officer, approver: Officer, now: datetime) -> None:
    page, later = factories.make_clarification(officer, approver), now + timedelta(days=400)
    changed = page.changed_at
    with pytest.raises(NotAllowed):
        again.confirm(page.id, page.version, officer=approver, now=later)
    with pytest.raises(Conflict):
        again.confirm(page.id, page.version + 1, officer=officer, now=later)
    again.confirm(page.id, page.version, officer=officer, now=later)
    assert (page.reviewed_at, page.changed_at) == (later, changed)
    assert due(later + timedelta(days=100)) == []


def test_who_changes_it_has_read_it_too(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    again.confirm(page.id, page.version, officer=officer, now=now + timedelta(days=10))
    page.changed_at = now + timedelta(days=100)
    db.session.commit()
    assert due(now + timedelta(days=200)) == []
    assert due(now + timedelta(days=290)) == [page]


def test_a_new_claim_that_it_answers_brings_it_back(officer: Officer, approver: Officer, now: datetime) -> None:
    page = factories.make_clarification(officer, approver)
    factories.make_claim(page.claim_quote)
    factories.make_claim("Jadwal pendaftaran sekolah dasar dibuka bulan depan", topic=Topic.EDUCATION)
    soon = now + timedelta(hours=1)
    assert again.look_at_new_claims(soon) == 1
    assert again.look_at_new_claims(soon) == 0, "each claim once"
    assert db.session.query(PageMatch).count() == 2
    assert due(soon) == [page]
    again.confirm(page.id, page.version, officer=officer, now=soon + timedelta(minutes=1))
    assert due(soon + timedelta(minutes=2)) == []


def test_a_draft_begins_with_the_topics_text_and_what_units_answered(officer: Officer, now: datetime) -> None:
    claim: Claim = factories.make_claim(topic=Topic.WATER)
    db.session.add(TextTemplate(topic=Topic.OTHER, findings="Umum «apa …».", conclusion="Selesai."))
    asked = {"unit_id": factories.unit("pdam").id, "asked_by_id": officer.id, "asked_at": now, "due_at": now}
    db.session.add(
        Question(claim_id=claim.id, text="Benarkah?", answer="Tidak.", answered_at=now, closed_at=now, **asked)
    )
    db.session.commit()
    page = prefilled(claim, officer, now)
    assert page.findings == "Menurut Perumda Air Minum Kota Kupang pada 24 November 2026: Tidak.\n\nUmum «apa …»."
    db.session.add(TextTemplate(topic=Topic.WATER, findings="Air.", conclusion="Mengalir."))
    db.session.commit()
    assert prefilled(claim, officer, now).conclusion == "Mengalir."
