"""Targets of what came in while the clock was far ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from hoax_tracker import setback
from hoax_tracker.models import ClaimStatus, Officer, db
from hoax_tracker.review import questions
from tests import factories

AHEAD = timedelta(days=90)


def test_claims_and_questions_of_a_clock_far_ahead_are_due_soon(officer: Officer, now: datetime) -> None:
    noted = {"created_at": now + AHEAD, "due_at": now + AHEAD + timedelta(hours=24)}
    claim, closed = factories.make_claim(**noted), factories.make_claim(status=ClaimStatus.DISMISSED, **noted)
    right = factories.make_claim(due_at=now + timedelta(days=20))
    questions.ask(claim.id, factories.unit("pdam").id, "Benarkah?", officer=officer, now=now + AHEAD)
    assert setback.mend(now) == 2
    question = db.session.query(questions.Question).one()
    assert claim.due_at == question.due_at == now + timedelta(hours=24)
    assert closed.due_at == noted["due_at"]
    assert right.due_at == now + timedelta(days=20)
    assert setback.mend(now + timedelta(minutes=10)) == 0, "it is late when its time is over, not put off for ever"
