"""Targets of what came in while the clock was far ahead."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.models import (
    ClaimStatus,
    Evidence,
    EvidenceCopy,
    EvidenceKind,
    HubSubscription,
    Item,
    LinkedPage,
    Officer,
    PageCopy,
    Source,
    db,
)
from hoax_tracker.review.collaboration import unit_questions
from hoax_tracker.worker import clock_repair
from tests import factories

AHEAD = timedelta(days=90)


def test_claims_and_questions_of_a_clock_far_ahead_are_due_soon(officer: Officer, now: datetime) -> None:
    noted = {"created_at": now + AHEAD, "due_at": now + AHEAD + timedelta(hours=24)}
    claim, closed = factories.make_claim(**noted), factories.make_claim(status=ClaimStatus.DISMISSED, **noted)
    right = factories.make_claim(due_at=now + timedelta(days=20))
    unit_questions.ask_unit(claim.id, factories.load_unit("pdam").id, "Benarkah?", officer=officer, now=now + AHEAD)
    assert clock_repair.repair_future_dates(now) == 2
    question = db.session.query(unit_questions.Question).one()
    assert claim.due_at == question.due_at == now + timedelta(hours=24)
    assert closed.due_at == noted["due_at"]
    assert right.due_at == now + timedelta(days=20)
    assert clock_repair.repair_future_dates(now + timedelta(minutes=10)) == 0, (
        "it is late when its time is over, not put off for ever"
    )


def test_pages_and_hubs_do_not_wait_for_a_clock_far_ahead(officer: Officer, now: datetime) -> None:
    for moment in (now, now + AHEAD):
        fill(moment)
    assert clock_repair.repair_future_dates(now) == 6
    assert moments(PageCopy.next_at) == [now, now + timedelta(days=30)]
    assert moments(EvidenceCopy.next_look_at) == [now, now + timedelta(days=30)]
    assert moments(LinkedPage.next_at) == [now, now + timedelta(days=1)]
    assert moments(LinkedPage.awaited_until) == [now + timedelta(minutes=30), None]
    assert moments(HubSubscription.next_at) == [now, now + timedelta(days=27)]
    assert moments(HubSubscription.sent_until) == [now + timedelta(days=30), None]
    assert clock_repair.repair_future_dates(now) == 0


def fill(now: datetime) -> None:
    """Add a row of every kind, all of which wait as long as a right clock lets them."""
    url, month = f"https://w.example/{now.timestamp()}", timedelta(days=30)
    source = Source(name=url, url=url, created_at=now)
    db.session.add(source)
    db.session.flush()
    item = Item(source_id=source.id, entry_key=url, content_key=url, title="Air", text="Air mati", fetched_at=now)
    copy, claim = EvidenceCopy(next_look_at=now + month), factories.make_claim()
    db.session.add_all(
        [
            PageCopy(item=item, url=url, next_at=now + month),
            LinkedPage(item=item, url=url, next_at=now + timedelta(days=1), awaited_until=now + timedelta(minutes=30)),
            HubSubscription(
                source_id=source.id,
                hub=url,
                topic=url,
                token=url,
                next_at=now + timedelta(days=27),
                sent_until=now + month,
            ),
            Evidence(kind=EvidenceKind.LINK, title="b", url=url, claim_id=claim.id, added_at=now, copy=copy),
        ]
    )
    db.session.commit()


def moments(column: Any) -> list[datetime | None]:
    """Return what stands in a column, the earliest first."""
    found = db.session.scalars(sa.select(column)).all()
    return sorted(found, key=lambda moment: (moment is None, moment))
