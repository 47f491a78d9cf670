"""How what rises was seen in the last day, every two hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.insight.early_warning.hourly_counts import hour_of
from hoax_tracker.models import Alarm, ClaimAppearance, HourlyCount, Measure, RisingKind, db

HOURS, HOURS_A_STEP = 24, 2


def count_last_day(alarms: Sequence[Alarm], now: datetime) -> dict[int, list[int]]:
    """Return by the id of each alarm its appearances (of a place or topic too) by two hours, oldest first."""
    first = hour_of(now) - HOURS + 1
    steps = {alarm.id: [0] * (HOURS // HOURS_A_STEP) for alarm in alarms}
    by_claim = {alarm.claim_id: alarm.id for alarm in alarms if alarm.claim_id is not None}
    by_subject = {alarm.subject: alarm.id for alarm in alarms if alarm.kind is not RisingKind.CLAIM}
    rows: list[tuple[int, int, int]] = []
    if by_claim:
        seen = sa.select(ClaimAppearance.claim_id, ClaimAppearance.seen_at).where(
            ClaimAppearance.claim_id.in_(by_claim),
            ClaimAppearance.seen_at > now - timedelta(hours=HOURS),
            ClaimAppearance.seen_at <= now,
        )
        rows += [(by_claim[claim_id], hour_of(seen_at), 1) for claim_id, seen_at in db.session.execute(seen)]
    if by_subject:
        stored = sa.select(HourlyCount.subject, HourlyCount.hour, HourlyCount.count).where(
            HourlyCount.subject.in_(by_subject), HourlyCount.measure == Measure.SEEN, HourlyCount.hour >= first
        )
        rows += [(by_subject[subject], hour, count) for subject, hour, count in db.session.execute(stored)]
    for alarm_id, hour, count in rows:
        if first <= hour < first + HOURS:
            steps[alarm_id][(hour - first) // HOURS_A_STEP] += count
    return steps
