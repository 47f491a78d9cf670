"""Which claims the alarm of a topic or place counted: the list behind its number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang
from hoax_tracker.insight.early_warning.hourly_counts import (
    QUESTION_COUNTS,
    QUESTIONS_COUNTED,
    load_subjects_of_claims,
)
from hoax_tracker.insight.early_warning.hours import hour_of
from hoax_tracker.insight.figures.breakdown import load_place_names
from hoax_tracker.models import Alarm, CheckQuery, Claim, ClaimAppearance, Demand, Measure, db


@dataclass(frozen=True)
class CountedClaim:
    """A claim and how many of the alarm's appearances, reports or questions are its."""

    claim_id: int
    title: str
    count: int


def list_counted_claims(alarms: Sequence[Alarm]) -> dict[int, list[CountedClaim]]:
    """Return by the id of each alarm of a topic or place the claims that it counted, the most counted first.

    As when it was counted (rising_subjects.py), without claims that have an alarm of their own.
    """
    wide = [alarm for alarm in alarms if alarm.claim_id is None]
    seen = _load_appearances(wide)
    counts = {alarm.id: _count_by_claim(alarm, seen) for alarm in wide}
    ids = {claim_id for by_claim in counts.values() for claim_id in by_claim}
    if not ids:
        return {alarm.id: [] for alarm in wide}
    subjects = load_subjects_of_claims(ids, load_place_names())
    own = sa.select(Alarm.claim_id).where(Alarm.calmed_at.is_(None), Alarm.claim_id.is_not(None))
    titles = dict(
        db.session.execute(sa.select(Claim.id, Claim.title).where(Claim.id.in_(ids), Claim.id.not_in(own))).all()
    )
    return {
        alarm.id: [
            CountedClaim(claim_id, titles[claim_id], count)
            for claim_id, count in counts[alarm.id].most_common()
            if claim_id in titles and alarm.subject in subjects[claim_id]
        ]
        for alarm in wide
    }


def _load_appearances(alarms: Sequence[Alarm]) -> Sequence[sa.Row[int, datetime, int | None]]:
    """Return (claim, time, report) of what was seen in the hours of any of the alarms."""
    if not alarms:
        return []
    since = min(alarm.last_sign_at - timedelta(hours=alarm.hours) for alarm in alarms)
    seen = sa.select(ClaimAppearance.claim_id, ClaimAppearance.seen_at, ClaimAppearance.report_id)
    return db.session.execute(seen.where(ClaimAppearance.seen_at > since)).all()


def _count_by_claim(alarm: Alarm, seen: Sequence[sa.Row[int, datetime, int | None]]) -> Counter[int]:
    """Return what was counted of every claim in the hours of the alarm, whatever its topic and place."""
    if alarm.measure in QUESTION_COUNTS:
        asked = (
            sa.select(Demand.claim_id, QUESTION_COUNTS[alarm.measure])
            .join(CheckQuery, CheckQuery.demand_id == Demand.id)
            .where(Demand.claim_id.is_not(None), CheckQuery.day == day_in_kupang(alarm.last_sign_at))
            .where(QUESTIONS_COUNTED[alarm.measure])
            .group_by(Demand.claim_id)
        )
        return Counter({claim_id: int(count) for claim_id, count in db.session.execute(asked) if claim_id})
    last, is_any = hour_of(alarm.last_sign_at), alarm.measure is Measure.SEEN
    return Counter(
        claim_id
        for claim_id, seen_at, report_id in seen
        if last - alarm.hours < hour_of(seen_at) <= last and (is_any or report_id is not None)
    )
