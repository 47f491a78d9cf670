"""What rises now: the strongest sign of each claim, topic and place that has one.

A claim is counted from its own appearances, which officers move and merge; topics and places from the hourly counts,
without what claims explain that rise themselves: the same wave is told once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang
from hoax_tracker.insight.early_warning.hourly_counts import (
    QUESTION_COUNTS,
    first_hour_of,
    hour_of,
    load_subjects_of_claims,
)
from hoax_tracker.insight.early_warning.significance import (
    DAYS_COMPARED,
    LEAST_COUNT,
    LONG_HOURS,
    HourCounts,
    Sign,
    find_strongest_sign,
    is_alarming,
    is_calm,
    subtract_counts,
)
from hoax_tracker.insight.figures.month_figures import load_place_names
from hoax_tracker.models import (
    WAITING_STATUSES,
    Alarm,
    CheckQuery,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Demand,
    HourlyCount,
    Measure,
    RisingKind,
    db,
)

MOST_CLAIMS = 200
"""So many claims are looked at, those most seen and most asked about first: the work of a round has a bound.

Claims whose alarm goes on are looked at besides: a flood of others does not calm them.
"""
WATCHED_STATUSES = (*WAITING_STATUSES, ClaimStatus.CLARIFIED)
"""A clarified claim that comes back is told too: its answer can be shared again. A dismissed one is none of ours."""
Counts = dict[Measure, dict[int, int]]


@dataclass(frozen=True)
class RisingSubject:
    """What rises or goes on rising ("claim:7"), and its strongest sign."""

    name: str
    sign: Sign

    @property
    def kind(self) -> RisingKind:
        """Whether it is a claim, a topic or a place."""
        return RisingKind(self.name.partition(":")[0])

    @property
    def key(self) -> str:
        """The id of the claim, the value of the topic or the code of the place."""
        return self.name.partition(":")[2]

    @property
    def is_alarming(self) -> bool:
        """Whether it begins an alarm; else it only keeps one going."""
        return is_alarming(self.kind, self.sign)


def find_rising_subjects(now: datetime, since_hour: int, alarmed: Iterable[str]) -> dict[str, RisingSubject]:
    """Return what is not calm, by name. ``alarmed`` are the names of those whose alarm goes on."""
    hour, today = hour_of(now), first_hour_of(day_in_kupang(now))
    claims = _load_claim_counts(now)
    rising: dict[str, RisingSubject] = {}
    for claim_id, (first_hour, counts) in claims.items():
        name = f"{RisingKind.CLAIM}:{claim_id}"
        _add_rising(rising, name, find_strongest_sign(RisingKind.CLAIM, counts, hour, today, first_hour))
    told_claims = [key for key in claims if _is_told(f"{RisingKind.CLAIM}:{key}", rising, set(alarmed))]
    explained = defaultdict[str, list[Counts]](list)
    if told_claims:
        for claim_id, names in load_subjects_of_claims(told_claims, load_place_names()).items():
            for name in names:
                explained[name].append(claims[claim_id][1])
    for name, own_counts in _load_subject_counts(hour).items():
        unexplained = subtract_counts(own_counts, explained[name], hour - LONG_HOURS)
        kind = RisingKind(name.partition(":")[0])
        _add_rising(rising, name, find_strongest_sign(kind, unexplained, hour, today, since_hour))
    return rising


def _add_rising(rising: dict[str, RisingSubject], name: str, sign: Sign | None) -> None:
    if sign is not None and not is_calm(sign):
        rising[name] = RisingSubject(name, sign)


def _is_told(name: str, rising: Mapping[str, RisingSubject], alarmed: set[str]) -> bool:
    """Tell whether a claim has an alarm, or gets one now."""
    return name in alarmed or (name in rising and rising[name].is_alarming)


def _load_claim_counts(now: datetime) -> dict[int, tuple[int, Counts]]:
    """Return the first hour and the counts of each claim that may have a sign."""
    candidates = _list_candidates(now)
    query = sa.select(Claim.id, Claim.first_seen_at).where(Claim.id.in_(candidates), Claim.status.in_(WATCHED_STATUSES))
    claims = {row.id: (hour_of(row.first_seen_at), Counts()) for row in db.session.execute(query)}
    if not claims:
        return {}
    since = now - timedelta(days=DAYS_COMPARED + 2)
    seen = sa.select(ClaimAppearance.claim_id, ClaimAppearance.seen_at, ClaimAppearance.report_id).where(
        ClaimAppearance.claim_id.in_(claims), ClaimAppearance.seen_at > since, ClaimAppearance.seen_at <= now
    )
    for claim_id, seen_at, report_id in db.session.execute(seen):
        _add_count(claims[claim_id][1], Measure.SEEN, hour_of(seen_at), 1)
        if report_id is not None:
            _add_count(claims[claim_id][1], Measure.REPORTED, hour_of(seen_at), 1)
    asked = (
        sa.select(Demand.claim_id, CheckQuery.day, *QUESTION_COUNTS.values())
        .join(Demand, Demand.id == CheckQuery.demand_id)
        .where(Demand.claim_id.in_(claims), CheckQuery.day > since.date())
        .group_by(Demand.claim_id, CheckQuery.day)
    )
    for asked_id, day, *numbers in db.session.execute(asked):
        for measure, count in zip(QUESTION_COUNTS, numbers, strict=True):
            _add_count(claims[asked_id][1], measure, first_hour_of(day), int(count))
    return claims


def _list_candidates(now: datetime) -> list[int]:
    """Return the ids of claims with an alarm, five appearances in a day, or five questions today."""
    seen_count = sa.func.count()
    seen = (
        sa.select(ClaimAppearance.claim_id)
        .where(ClaimAppearance.seen_at > now - timedelta(hours=LONG_HOURS), ClaimAppearance.seen_at <= now)
        .group_by(ClaimAppearance.claim_id)
        .having(seen_count >= LEAST_COUNT)
        .order_by(seen_count.desc())
        .limit(MOST_CLAIMS)
    )
    asked_count = QUESTION_COUNTS[Measure.ASKED]
    asked = (
        sa.select(Demand.claim_id)
        .join(CheckQuery, CheckQuery.demand_id == Demand.id)
        .where(CheckQuery.day == day_in_kupang(now), Demand.claim_id.is_not(None))
        .group_by(Demand.claim_id)
        .having(sa.or_(*(count >= LEAST_COUNT for count in QUESTION_COUNTS.values())))
        .order_by(asked_count.desc())
        .limit(MOST_CLAIMS)
    )
    alarmed = sa.select(Alarm.claim_id).where(Alarm.calmed_at.is_(None), Alarm.claim_id.is_not(None))
    ids = {*db.session.scalars(seen), *db.session.scalars(asked), *db.session.scalars(alarmed)}
    return [claim_id for claim_id in ids if claim_id is not None]


def _load_subject_counts(hour: int) -> Mapping[str, Mapping[Measure, HourCounts]]:
    """Return the kept counts of the topics and places that were counted at least five times in the last day."""
    lately = (
        sa.select(HourlyCount.subject)
        .where(HourlyCount.hour > hour - LONG_HOURS, HourlyCount.hour <= hour)
        .group_by(HourlyCount.subject)
        .having(sa.func.sum(HourlyCount.count) >= LEAST_COUNT)
    )
    query = sa.select(HourlyCount.subject, HourlyCount.measure, HourlyCount.hour, HourlyCount.count)
    counts = defaultdict[str, Counts](Counts)
    for subject, measure, counted_hour, count in db.session.execute(query.where(HourlyCount.subject.in_(lately))):
        _add_count(counts[subject], measure, counted_hour, count)
    return counts


def _add_count(counts: Counts, measure: Measure, hour: int, count: int) -> None:
    hours = counts.setdefault(measure, {})
    hours[hour] = hours.get(hour, 0) + count
