"""Rows of claims that rise, for the tests of the early warning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hoax_tracker.insight.early_warning.alarms import LOOK_EVERY, watch_for_waves
from hoax_tracker.models import CheckDecision, CheckQuery, Claim, ClaimAppearance, Demand, Item, Source, db
from tests import factories

OPEN_HOUR = datetime.fromisoformat("2026-11-24T10:05:00+08:00")
"""Tuesday morning in Kupang: the offices are open."""
NIGHT = datetime.fromisoformat("2026-11-24T22:05:00+08:00")


def add_seen(claim: Claim, moments: Iterable[datetime]) -> None:
    """Let feeds show a claim at these moments."""
    source = db.session.query(Source).first()
    if source is None:
        source = Source(name="Kabar", url="https://kabar.example/feed", created_at=factories.NOW)
        db.session.add(source)
        db.session.flush()
    for number, moment in enumerate(moments):
        key = f"{claim.id} {moment} {number}"
        item = Item(source_id=source.id, entry_key=key[:64], content_key=key[:64], text=claim.text, fetched_at=moment)
        db.session.add(item)
        db.session.flush()
        db.session.add(ClaimAppearance(claim_id=claim.id, item_id=item.id, seen_at=moment))
    db.session.commit()


def make_wave(claim: Claim, now: datetime, count: int = 12) -> None:
    """Let a claim be seen every ten minutes up to now."""
    claim.first_seen_at = min(claim.first_seen_at, now - timedelta(minutes=10 * count))
    add_seen(claim, [now - timedelta(minutes=10 * number) for number in range(count)])


def add_asked(claim: Claim | None, now: datetime, count: int, text: str = "apakah benar") -> None:
    """Let residents ask about a claim today."""
    day = factories.NOW.date()
    demand = Demand(text=text, first_day=day, last_day=day, claim_id=claim.id if claim else None)
    db.session.add(demand)
    db.session.flush()
    query = CheckQuery(day=day, digest=f"{demand.id}", text=text, decision=CheckDecision.NONE, count=count)
    query.demand_id = demand.id
    db.session.add(query)
    db.session.commit()


def look_again(now: datetime, times: int = 1) -> datetime:
    """Let the worker look so often, as soon as it does; return the moment of its last look."""
    for _ in range(times):
        now += LOOK_EVERY + timedelta(seconds=1)
        watch_for_waves(now)
    return now
