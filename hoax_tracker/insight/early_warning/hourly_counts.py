"""Hourly counts of topics and places, kept by the worker so that nobody counts four weeks anew.

Hours are numbered since 1970. Each appearance is counted once, in the order of the ids. Questions have no time but a
day: today's are counted anew, and of them once more those that were forwarded in a chat. Behind an alarm's number
stands the list of claims that it counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import day_in_kupang, start_of_day
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.insight.early_warning.significance import DAYS_COMPARED
from hoax_tracker.insight.figures.month_figures import PlaceNames, count_places, load_place_names
from hoax_tracker.models import (
    Alarm,
    CheckQuery,
    Claim,
    ClaimAppearance,
    Demand,
    EarlyWarningState,
    HourlyCount,
    Item,
    Measure,
    RisingKind,
    Topic,
    db,
)

HOUR_S = 3600


def hour_of(moment: datetime) -> int:
    """Return the hour of a moment."""
    return int(moment.timestamp()) // HOUR_S


def first_hour_of(day: date) -> int:
    """Return the first hour of a day in Kupang, in which its questions are counted."""
    return hour_of(start_of_day(day))


KEPT_HOURS = (DAYS_COMPARED + 2) * 24
APPEARANCES_AT_ONCE = 2_000
GROUPS_READ = 2_000
"""Of the questions of a day the most asked groups: more cannot stand out."""
CountKey = tuple[str, Measure, int]
QUESTION_COUNTS: Mapping[Measure, sa.ColumnElement[int]] = {
    Measure.ASKED: sa.func.sum(CheckQuery.count),
    Measure.FORWARDED: sa.func.sum(CheckQuery.forwarded + CheckQuery.often_forwarded),
}
"""How many questions there were. A message that went from hand to hand was forwarded often: it counts twice."""
QUESTIONS_COUNTED: Mapping[Measure, sa.ColumnElement[bool]] = {
    Measure.ASKED: sa.true(),
    Measure.FORWARDED: CheckQuery.forwarded > 0,
}
"""Of which questions."""


def load_state(now: datetime) -> EarlyWarningState:
    """Return what was looked at, in the current transaction; at first nothing, known since the first item came."""
    state = db.session.get(EarlyWarningState, 1)
    if state is None:
        first_read_at = db.session.scalar(sa.select(sa.func.min(Item.fetched_at))) or now
        state = EarlyWarningState(id=1, counted_to=0, since_hour=hour_of(first_read_at))
        db.session.add(state)
    return state


def count_new_appearances(state: EarlyWarningState, now: datetime) -> int:
    """Count the next appearances, in the current transaction; return how many. It is the turn in which they come."""
    oldest = now - timedelta(hours=KEPT_HOURS)
    query = (
        sa.select(ClaimAppearance.id, ClaimAppearance.seen_at, ClaimAppearance.report_id, ClaimAppearance.claim_id)
        .where(ClaimAppearance.id > state.counted_to, ClaimAppearance.seen_at > oldest)
        .order_by(ClaimAppearance.id)
        .limit(APPEARANCES_AT_ONCE)
    )
    rows = db.session.execute(query).all()
    subjects = load_subjects_of_claims({row.claim_id for row in rows}, load_place_names()) if rows else {}
    counts: Counter[CountKey] = Counter()
    for row in rows:
        measures = [Measure.SEEN] if row.report_id is None else [Measure.SEEN, Measure.REPORTED]
        counts.update((name, m, hour_of(row.seen_at)) for name in subjects[row.claim_id] for m in measures)
    _add_counts(counts)
    if rows:
        state.counted_to = rows[-1].id
    return len(rows)


def load_subjects_of_claims(claim_ids: Iterable[int], places: PlaceNames) -> dict[int, list[str]]:
    """Return the topic and the places of each claim."""
    query = sa.select(Claim.id, Claim.topic, Claim.title, Claim.text).where(Claim.id.in_(list(claim_ids)))
    rows = db.session.execute(query)
    return {row.id: name_subjects(row.topic, f"{row.title} {row.text}", places) for row in rows}


def name_subjects(topic: Topic | None, text: str, places: PlaceNames) -> list[str]:
    """Return the names of a topic and of the places in a text."""
    topics = [f"{RisingKind.TOPIC}:{topic.value}"] if topic else []
    return [*topics, *(f"{RisingKind.PLACE}:{code}" for code in count_places([text], places))]


def recount_lately(state: EarlyWarningState, now: datetime) -> None:
    """Count the questions of today, and of the days since the last comparison; at first of four weeks."""
    today = day_in_kupang(now)
    last_day = today - timedelta(days=DAYS_COMPARED)
    if state.looked_at is not None:
        last_day = max(last_day, min(today, day_in_kupang(state.looked_at)))
    for number in range((today - last_day).days + 1):
        for measure in QUESTION_COUNTS:
            _recount_questions(today - timedelta(days=number), measure)


def _recount_questions(day: date, measure: Measure) -> None:
    """Count the questions of a day, in the current transaction: the newest count replaces the one before."""
    # By what is made of the column, as in review/public_questions.py: else SQLite reads all questions in its order.
    group = sa.cast(CheckQuery.demand_id, sa.Integer)
    asked = QUESTION_COUNTS[measure]
    query = (
        sa.select(group.label("demand_id"), asked)
        .where(CheckQuery.day == day, CheckQuery.demand_id.is_not(None), QUESTIONS_COUNTED[measure])
        .group_by(group)
        .order_by(asked.desc())
        .limit(GROUPS_READ)
    )
    often = dict(db.session.execute(query).all())
    hour, counts = first_hour_of(day), Counter[CountKey]()
    for demand_id, names in _load_subjects_of_groups(often).items():
        for name in names:
            counts[name, measure, hour] += int(often[demand_id])
    db.session.execute(sa.delete(HourlyCount).where(HourlyCount.hour == hour, HourlyCount.measure == measure))
    _add_counts(counts)


def _load_subjects_of_groups(demand_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the topic (of the claim that it counts for) and the places of each group of questions."""
    if not demand_ids:
        return {}
    query = sa.select(Demand.id, Demand.text, Claim.topic).outerjoin(Claim, Claim.id == Demand.claim_id)
    rows, places = db.session.execute(query.where(Demand.id.in_(demand_ids))), load_place_names()
    return {row.id: name_subjects(row.topic, row.text, places) for row in rows}


def _add_counts(counts: Counter[CountKey]) -> None:
    if not counts:
        return
    rows: Sequence[dict[str, Any]] = [
        {"subject": subject, "measure": measure, "hour": hour, "count": count}
        for (subject, measure, hour), count in counts.items()
    ]
    added = insert_into(HourlyCount)
    both = HourlyCount.count + added.excluded.count
    statement = added.on_conflict_do_update(index_elements=["subject", "measure", "hour"], set_={"count": both})
    db.session.execute(statement, rows)


def forget_old_counts(now: datetime) -> None:
    """Delete the counts of hours that nothing is compared with any more."""
    db.session.execute(sa.delete(HourlyCount).where(HourlyCount.hour < hour_of(now) - KEPT_HOURS))


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
