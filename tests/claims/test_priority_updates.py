"""Priorities are stored with their parts, updated by residents' questions, and only while a claim waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from apiflask import APIFlask

from hoax_tracker import pipeline
from hoax_tracker.claims import priority
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.models import (
    Assessment,
    CheckDecision,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    Item,
    ModelVersion,
    Report,
    Source,
    Topic,
    db,
    rank_of_claim,
)
from tests import factories


def seen(claim: Claim, now: datetime, source: str | None) -> None:
    """Let a claim appear once more, in a source (None: a resident's report)."""
    appearance = ClaimAppearance(claim_id=claim.id, seen_at=now)
    if source is None:
        appearance.report = Report(ticket_digest=f"{claim.id}-{now.timestamp()}", text="pesan", received_at=now)
    else:
        feed = db.session.scalar(sa.select(Source).filter_by(name=source)) or Source(name=source, created_at=now)
        key = str(now.timestamp())
        appearance.item = Item(source=feed, entry_key=key, content_key=key, text=claim.text, fetched_at=now)
    db.session.add(appearance)
    db.session.commit()


def test_spread_counts_appearances_sources_and_hours(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(first_seen_at=now - timedelta(hours=36))
    for hours, source in ((36, "satu"), (20, "satu"), (5, "dua"), (1, None), (0, None)):
        seen(claim, now - timedelta(hours=hours), source)
    assert priority.spread_of_claim(claim) == priority.ClaimSpread(5, 3, 36.0)


def test_what_residents_ask_raises_a_claim_that_waits(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(
        status=ClaimStatus.INVESTIGATING,
        priority=0.6,
        priority_parts=priority.PriorityParts(0.9, 0.7, harm=0.7).as_json(),
        sightings=7,
    )
    due_at, version, before = claim.due_at, claim.version, claim.priority
    assert pipeline.refresh_priorities() == 1
    assert pipeline.refresh_priorities() == 0
    db.session.expire_all()
    assert claim.priority > before
    assert claim.priority_parts is not None
    assert claim.priority_parts["demand"] == priority.saturating_share(7, priority.MANY_SIGHTINGS) > 0
    assert claim.rank == rank_of_claim(claim.priority, claim.last_seen_at)
    assert (claim.due_at, claim.version) == (due_at, version)


def test_questions_grouped_for_a_claim_count(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(priority_parts=priority.PriorityParts(0.9, 0.7).as_json(), sightings=2, demand=2)
    assert pipeline.refresh_priorities() == 0
    group = Demand(text="air mati", first_day=now.date(), last_day=now.date(), claim_id=claim.id)
    db.session.add(group)
    db.session.flush()
    question = {"day": now.date(), "text": "air mati", "decision": CheckDecision.NONE, "demand_id": group.id}
    db.session.add_all([CheckQuery(digest=str(n), count=3, **question) for n in range(2)])
    db.session.commit()
    assert (pipeline.refresh_priorities(), claim.demand) == (1, 8)
    assert pipeline.refresh_priorities() == 0


def test_a_closed_claim_keeps_its_priority(app: APIFlask) -> None:
    claim = factories.make_claim(status=ClaimStatus.DISMISSED, priority=0.6, sightings=7)
    assert pipeline.refresh_priorities() == 0
    assert (claim.priority, claim.priority_parts) == (0.6, None)


def test_claims_of_an_older_program_get_their_parts_from_their_assessments(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(priority=0.1)
    seen(claim, now, None)
    version = ModelVersion(digest="d" * 64, name="m", file_name="m", registered_at=now)
    db.session.add(version)
    db.session.flush()
    report_id = db.session.scalars(sa.select(ClaimAppearance.report_id)).one()
    scores = {"relevance": 0.9, "misinformation": 0.8, "priority": 0.7, "topic": Topic.WATER, "flagged": True}
    db.session.add(Assessment(report_id=report_id, model_version_id=version.id, assessed_at=now, **scores))
    db.session.commit()
    assert pipeline.refresh_priorities() == 1
    db.session.expire_all()
    assert claim.priority_parts is not None
    assert (claim.priority_parts["misinformation"], claim.priority_parts["reported"]) == (0.8, True)


def test_many_outdated_claims_are_counted_batch_by_batch(app: APIFlask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(priority, "BATCH", 2)
    for number in range(5):
        factories.make_claim(str(number), sightings=1)
    assert pipeline.refresh_priorities() == 5


def test_the_order_of_the_queue_follows_every_change_of_a_row(app: APIFlask, now: datetime) -> None:
    claim = factories.make_claim(priority=0.5)
    with write_transaction():
        claim = db.session.get_one(Claim, claim.id)
        claim.priority, claim.last_seen_at = 0.9, now + timedelta(days=3)
    assert claim.rank == rank_of_claim(0.9, now + timedelta(days=3))
