"""Items and reports are assessed once per model version; what is flagged becomes or joins a claim.

1. ``pending`` finds what the active model has not seen (a query on rows: nothing is lost when a process stops).
2. The model gives numbers and reasons; ``policy`` decides.
3. A flagged item joins the claim it repeats, or becomes a new one. A report always does: a person asks for an answer.
4. Only claims that no officer has touched change their priority, topic or unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from classifiers.artefact import Bundle
from classifiers.assess import Assessment as Scores
from classifiers.assess import assess, combined_score
from classifiers.text import normalise
from hoax_tracker.flag import models, policy
from hoax_tracker.flag.grouping import Grouper
from hoax_tracker.models import (
    Assessment,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    ModelVersion,
    Report,
    Topic,
    Unit,
    UnitTopic,
    db,
)
from hoax_tracker.subjects import text_of, title_of

BATCH = 500
JOIN_WITHIN = timedelta(days=90)
GROUPED_BY = 900  # characters: more than the words that grouping compares
REPORT_FLOOR = 0.4


def pending(version: ModelVersion, limit: int = BATCH) -> Sequence[Item]:
    """Return items that the version has not assessed, oldest first."""
    seen = sa.and_(Assessment.item_id == Item.id, Assessment.model_version_id == version.id)
    query = sa.select(Item).outerjoin(Assessment, seen).where(Assessment.id.is_(None)).order_by(Item.id).limit(limit)
    return db.session.scalars(query).all()


def learn_recent(grouper: Grouper, now: datetime) -> Grouper:
    """Make the grouper know the claims seen lately that it does not know yet (another process may have opened some)."""
    query = (
        sa.select(Claim.id, Claim.text)
        .where(Claim.last_seen_at >= now - JOIN_WITHIN, Claim.id > grouper.newest)
        .order_by(Claim.id)
    )
    for claim_id, text in db.session.execute(query):
        grouper.add(claim_id, normalise(text[:GROUPED_BY]))
    return grouper


def assess_items(items: Sequence[Item], version: ModelVersion, grouper: Grouper, now: datetime) -> int:
    """Assess items in the current transaction; return how many were flagged."""
    bundle = models.bundle_of(version)
    # Below its line on relevance the policy flags nothing, so such a text is not read further.
    scores = assess(bundle, [text_of(item) for item in items], skip_below=bundle.thresholds["relevance"])
    units = Units()
    rows = [assessment_row(score, bundle, version, units, now) for score in scores]
    for item, row in zip(items, rows, strict=True):
        row["item_id"] = item.id
    if rows:
        db.session.execute(sa.insert(Assessment), rows)
    flagged = [(item, row) for item, row in zip(items, rows, strict=True) if row["flagged"]]
    held = held_items([item.id for item, _ in flagged]) if flagged else set()
    for item, row in flagged:
        if item.id not in held:
            join_or_open(item, row, grouper, now)
    db.session.flush()
    return len(flagged)


def assess_report(report: Report, version: ModelVersion, grouper: Grouper, now: datetime) -> Claim:
    """Assess a resident's report in the current transaction and return the claim it joined or opened."""
    held = held_claim(report)
    if held is not None:
        return held
    bundle = models.bundle_of(version)
    row = assessment_row(assess(bundle, [text_of(report)])[0], bundle, version, Units(), now)
    row |= {"report_id": report.id, "priority": max(row["priority"], REPORT_FLOOR)}
    db.session.add(Assessment(**row))
    return join_or_open(report, row, grouper, now)


def assessment_row(score: Scores, bundle: Bundle, version: ModelVersion, units: Units, now: datetime) -> dict[str, Any]:
    """Return the row (columns of Assessment) for the model's numbers, with the policy's decision."""
    lines = policy.Thresholds(bundle.thresholds["relevance"], bundle.thresholds["misinformation"])
    parts = policy.parts_of(combined_score(score.relevance, score.misinformation), score.topic, appearances=1)
    return {
        "model_version_id": version.id,
        "relevance": score.relevance,
        "misinformation": score.misinformation,
        "priority": policy.priority(parts),
        "topic": Topic(score.topic),
        "unit_id": units.answering(score.unit, Topic(score.topic)),
        "flagged": policy.is_flagged(score.relevance, score.misinformation, lines),
        "reasons": [reason_of(reason) for reason in score.reasons],
        "assessed_at": now,
    }


def reason_of(reason: Any) -> dict[str, Any]:
    """Return a reason as it is stored: kind, label, weight, and the span in the text where there is one."""
    return {
        "kind": reason.kind,
        "label": reason.label,
        "weight": round(float(reason.weight), 4),
        "start": reason.start,
        "end": reason.end,
    }


class Units:
    """The units, read once a batch: which one answers, by code or by topic."""

    def __init__(self) -> None:
        self.by_code = dict(db.session.execute(sa.select(Unit.code, Unit.id).where(Unit.is_active)).all())
        self.by_topic = dict(db.session.execute(sa.select(UnitTopic.topic, UnitTopic.unit_id)).all())

    def answering(self, code: str | None, topic: Topic) -> int | None:
        """Return the id of the unit that the model names, else of the topic's default, else of PPID Utama."""
        return self.by_code.get(code or "") or self.by_topic.get(topic) or self.by_topic.get(Topic.OTHER)


def join_or_open(subject: Item | Report, row: dict[str, Any], grouper: Grouper, now: datetime) -> Claim:
    """Add the subject to the claim it repeats, or open a new claim; return the claim."""
    text = text_of(subject)
    head = normalise(text[:GROUPED_BY])
    found = grouper.find(head)
    seen_at = min(subject.seen_at if isinstance(subject, Item) else subject.received_at, now)
    appearance = ClaimAppearance(seen_at=seen_at, similarity=found[1] if found else 1.0)
    if isinstance(subject, Item):
        appearance.item_id = subject.id
    else:
        appearance.report_id = subject.id
    # Held until the batch is stored: an officer's change waits, instead of the batch being stored over it.
    claim = merged_claim(found[0]) if found else None
    if claim is None:
        claim = open_claim(subject, text, row, now)
        appearance.claim_id, appearance.similarity, appearance.opens = claim.id, 1.0, True
        db.session.add(appearance)
        grouper.add(claim.id, head)
    else:
        claim.appearances.append(appearance)
        spread(claim, row, seen_at, now)
    return claim


def merged_claim(claim_id: int) -> Claim | None:
    """Return the claim, or the one that officers merged it into: what repeats it belongs there."""
    claim = db.session.get(Claim, claim_id, with_for_update=True)
    while claim is not None and claim.merged_into_id is not None:
        claim = db.session.get(Claim, claim.merged_into_id, with_for_update=True)
    return claim


def held_items(ids: Sequence[int]) -> set[int]:
    """Return which items an earlier run (of another model version) gave to a claim."""
    query = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id.in_(ids))
    return {held for held in db.session.scalars(query) if held is not None}


def held_claim(report: Report) -> Claim | None:
    """Return the claim that holds the report already, if any."""
    return db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id))


def open_claim(subject: Item | Report, text: str, row: dict[str, Any], now: datetime) -> Claim:
    """Add a new claim to the queue."""
    seen_at = min(subject.seen_at, now) if isinstance(subject, Item) else subject.received_at
    is_report = isinstance(subject, Report)
    claim = Claim(
        title=title_of(subject),
        text=text,
        topic=row["topic"],
        unit_id=row["unit_id"],
        status=ClaimStatus.NEW,
        priority=row["priority"],
        first_seen_at=seen_at,
        last_seen_at=seen_at,
        due_at=policy.due(row["priority"], now, is_report),
        created_at=now,
    )
    db.session.add(claim)
    db.session.flush()
    return claim


def spread(claim: Claim, row: dict[str, Any], seen_at: datetime, now: datetime) -> None:
    """Let an appearance widen the claim's time.

    Its priority rises only while no officer has touched it; one that becomes more urgent is due sooner.
    """
    claim.first_seen_at = min(claim.first_seen_at, seen_at)
    claim.last_seen_at = max(claim.last_seen_at, seen_at)
    if claim.status is ClaimStatus.NEW:
        score = max([combined_score(row["relevance"], row["misinformation"]), *scores_of(claim)])
        parts = policy.parts_of(score, claim.topic.value, len(claim.appearances), claim.sightings)
        claim.priority = max(claim.priority, policy.priority(parts))
        claim.due_at = min(claim.due_at, policy.due(claim.priority, now))


def scores_of(claim: Claim) -> list[float]:
    """Return the combined scores of the items that a claim holds."""
    query = (
        sa.select(Assessment.relevance, Assessment.misinformation)
        .join(ClaimAppearance, ClaimAppearance.item_id == Assessment.item_id)
        .where(ClaimAppearance.claim_id == claim.id)
    )
    return [combined_score(relevance, misinformation) for relevance, misinformation in db.session.execute(query)]


def reports_without_claim() -> sa.Select[int]:
    """Return the query for ids of reports that no claim holds and nobody rejected, oldest first."""
    return (
        sa.select(Report.id)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.id.is_(None), Report.rejected_at.is_(None))
        .order_by(Report.id)
    )
