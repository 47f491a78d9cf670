"""Assessment of items and reports, once for each model version; flagged ones become or join a claim.

1. ``list_pending_items`` finds what the active model has not assessed, from rows: a stopped process loses nothing.
2. The model gives scores and reasons; ``policy`` decides.
3. A flagged item joins the claim it repeats, or opens one. A report always does: a person asks for an answer. An
   unflagged item about the city also joins a claim it repeats, unless officers dismissed that: a hoax often returns as
   a short question that no score finds. Near-copies from before the claim opened are added (near_duplicates.py).
4. Topic, unit and deadline change only while no officer has touched the claim. The priority of waiting claims follows
   their appearances, that of closed ones stays (claims/priority_updates.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from hoax_tracker.claims import priority_updates
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.core.fetch.site_locks import reading_since
from hoax_tracker.flag import claim_opening
from hoax_tracker.flag.claim_grouping import ClaimGrouper
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.near_duplicates import ids_with_copies, link_near_copies, list_earlier_copies
from hoax_tracker.flag.scoring import ScoredText, score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter
from hoax_tracker.flag.waiting_for_full_text import awaiting_page_condition, request_full_texts
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.claim_text import claim_text_of, claim_title_of
from hoax_tracker.models import (
    WAITING_STATUSES,
    Assessment,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    ModelVersion,
    RecordedItem,
    Report,
    Source,
    UnassessedItem,
    db,
    table_of,
)
from hoax_tracker.notifications import webhooks

if TYPE_CHECKING:
    from classifiers.matcher.same_claim import Same

ASSESSMENT_BATCH = 500


def list_pending_items(version: ModelVersion, now: datetime, limit: int = ASSESSMENT_BATCH) -> Sequence[Item]:
    """Return items that the version has not assessed, in order of publication, except those that must wait.

    An item waits for its page, and for sources that were being read when it was stored, which may bring earlier items.
    A killed worker's lease ends that after five minutes. The queue (items/assessment_queue.py) is extended slice by
    slice for a new version: only once the version ``is_listed`` does a short list mean that nothing is left.
    """
    ready = ~awaiting_page_condition(UnassessedItem.item_id, now)
    if begun := reading_since(now):
        ready &= sa.exists().where(Item.id == UnassessedItem.item_id, Item.fetched_at < begun)
    ids = assessment_queue.next_item_ids(version, ready, limit)
    items_by_id = {item.id: item for item in db.session.scalars(sa.select(Item).where(Item.id.in_(ids)))}
    return [items_by_id[key] for key in ids]


def assess_items(items: Sequence[Item], version: ModelVersion, grouper: ClaimGrouper, now: datetime) -> int:
    """Assess items in the current transaction; return how many were flagged.

    A teaser that may be about the city waits until its page was read.
    """
    units, bundle = UnitRouter(), model_files.load_version_bundle(version)
    scored_texts = score_and_route_texts(bundle, [claim_text_of(item) for item in items], units, local=are_local(items))
    seen = [(item, scored.scores.relevance) for item, scored in zip(items, scored_texts, strict=True)]
    left = request_full_texts(seen, bundle.thresholds["relevance"], now)
    pairs = [(item, scored) for item, scored in zip(items, scored_texts, strict=True) if item.id not in left]
    if pairs:
        db.session.execute(
            sa.insert(table_of(Assessment)), [scored.row(version, now) | {"item_id": item.id} for item, scored in pairs]
        )
    about_city = [(item, scored) for item, scored in pairs if scored.about_city]
    ids_in_claims = items_in_claims([item.id for item, _ in about_city]) if about_city else set()
    about_city = [(item, scored) for item, scored in about_city if item.id not in ids_in_claims]
    grouper.look_up([claim_text_of(item) for item, _ in about_city])
    told_before = ids_with_copies([item for item, scored in about_city if scored.flagged])
    # What opens claims first, so that the rest of the batch can join them.
    for item, scored in sorted(about_city, key=lambda pair: not pair[1].flagged):
        if item.id in grouper.gathered:
            continue
        if scored.flagged:
            join_or_open_claim(item, scored, units, grouper, now, told_before=item.id in told_before)
        else:
            join_known_claim(item, scored, units, grouper, now)
    db.session.flush()
    take_turn(Turn.STORE)  # nobody rewords them, or lists them anew, from here on
    assessment_queue.dequeue_items([item.id for item, _ in pairs])
    reworded = requeue_reworded_items([item for item, _ in pairs])
    link_near_copies([item for item, _ in about_city if item.id not in reworded])
    webhooks.enqueue_flagged_events(grouper.opened.values(), now)
    return sum(scored.flagged for _, scored in pairs)


def requeue_reworded_items(items: Sequence[Item]) -> set[int]:
    """Reset items that their source reworded during assessment; return their ids.

    They are assessed again by their new words, except in a claim: there officers see what was assessed.
    """
    keys = dict(
        db.session.execute(sa.select(Item.id, Item.content_key).where(Item.id.in_([item.id for item in items]))).all()
    )
    reworded = {item.id for item in items if keys.get(item.id) != item.content_key}
    again = reworded - items_in_claims(sorted(reworded)) if reworded else reworded
    if again:
        assessment_queue.requeue_items(again)
    return reworded


def are_local(items: Sequence[Item]) -> list[bool]:
    """Tell for each item whether its source writes about the city only."""
    marked = set(db.session.scalars(sa.select(Source.id).where(Source.is_local)))
    return [item.source_id in marked for item in items]


def assess_report(report: Report, version: ModelVersion, grouper: ClaimGrouper, now: datetime) -> Claim:
    """Assess a resident's report in the current transaction and return the claim it joined or opened."""
    existing = find_claim_of_report(report)
    if existing is not None:
        return existing
    units = UnitRouter()
    scored = score_and_route_texts(
        model_files.load_version_bundle(version), [claim_text_of(report)], units, reported=True
    )[0]
    db.session.add(Assessment(**scored.row(version, now), report_id=report.id))
    claim = join_or_open_claim(report, scored, units, grouper, now)
    db.session.flush()
    webhooks.enqueue_report_event(claim, now)
    webhooks.enqueue_flagged_events(grouper.opened.values() if scored.flagged else (), now)
    return claim


def assess_manual_entry(item: Item, version: ModelVersion, grouper: ClaimGrouper, now: datetime) -> Claim:
    """Assess an item that an officer recorded, in the current transaction, and return the claim it joined or opened."""
    db.session.execute(sa.delete(RecordedItem).where(RecordedItem.item_id == item.id))
    existing = db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.item_id == item.id))
    if existing is not None:
        return existing
    units = UnitRouter()
    scored = score_and_route_texts(
        model_files.load_version_bundle(version), [claim_text_of(item)], units, reported=True, local=are_local([item])
    )[0]
    assessed = sa.select(Assessment.id).where(Assessment.item_id == item.id, Assessment.model_version_id == version.id)
    if db.session.scalar(assessed) is None:
        db.session.add(Assessment(**scored.row(version, now), item_id=item.id))
    claim = join_or_open_claim(item, scored, units, grouper, now)
    db.session.flush()
    webhooks.enqueue_flagged_events(grouper.opened.values() if scored.flagged else (), now)
    if version.is_listed:
        take_turn(Turn.STORE)
        assessment_queue.dequeue_items([item.id])
    return claim


def join_or_open_claim(
    subject: Item | Report,
    scored: ScoredText,
    units: UnitRouter,
    grouper: ClaimGrouper,
    now: datetime,
    *,
    told_before: bool = True,
) -> Claim:
    """Add the item or report to the claim it repeats, or open one; return the claim, which may not be stored yet.

    ``told_before`` False: no stored item is its copy.
    """
    text = claim_text_of(subject)
    same = grouper.find(text)
    # Held until the batch is stored: an officer's change waits, instead of the batch being stored over it.
    claim = resolve_claim(same, grouper)
    if same is None or claim is None:
        claim = open_claim_from_subject(subject, text, scored, units, now)
        opening = new_appearance(subject, 1.0, now)
        opening.opens = True
        claim.appearances.append(opening)
        grouper.open(claim)
        if told_before:
            attach_earlier_copies(claim, subject, scored, units, grouper, now)
    else:
        add_appearance(claim, subject, same.likeness, scored, units, now)
    return claim


def attach_earlier_copies(
    claim: Claim, subject: Item | Report, scored: ScoredText, units: UnitRouter, grouper: ClaimGrouper, now: datetime
) -> None:
    """Add near-copies from before the claim opened as its appearances."""
    opener = subject if isinstance(subject, Item) else None
    earlier = list_earlier_copies(claim.text, opener, now)
    for item, likeness in earlier:
        claim.appearances.append(new_appearance(item, likeness, now))
        grouper.gathered.add(item.id)
    db.session.flush()
    seen = [min(item.seen_at, now) for item, _ in earlier]
    for moment in (min(seen), max(seen)) if seen else ():
        widen_claim(claim, scored, units, moment, now)


def join_known_claim(item: Item, scored: ScoredText, units: UnitRouter, grouper: ClaimGrouper, now: datetime) -> None:
    """Add an unflagged item to the claim it repeats, unless officers dismissed that one."""
    same = grouper.find(claim_text_of(item))
    claim = resolve_claim(same, grouper)
    if same is not None and claim is not None and claim.status is not ClaimStatus.DISMISSED:
        add_appearance(claim, item, same.likeness, scored, units, now)


def add_appearance(
    claim: Claim, subject: Item | Report, likeness: float, scored: ScoredText, units: UnitRouter, now: datetime
) -> None:
    """Add the item or report to the claim as an appearance, and widen the claim."""
    appearance = new_appearance(subject, likeness, now)
    claim.appearances.append(appearance)
    db.session.flush()
    widen_claim(claim, scored, units, appearance.seen_at, now)


def new_appearance(subject: Item | Report, likeness: float, now: datetime) -> ClaimAppearance:
    """Return an appearance without a claim."""
    is_item = isinstance(subject, Item)
    seen_at = min(subject.seen_at if isinstance(subject, Item) else subject.received_at, now)
    ids = {"item_id" if is_item else "report_id": subject.id}
    return ClaimAppearance(seen_at=seen_at, similarity=likeness, **ids)


def resolve_claim(same: Same | None, grouper: ClaimGrouper) -> Claim | None:
    """Return the found claim: one opened in this batch, or a stored one after following merges."""
    if same is None:
        return None
    return grouper.opened.get(same.id) or follow_merges(int(same.id))


def follow_merges(claim_id: int) -> Claim | None:
    """Return the claim, or the one it was merged into, where its repetitions belong."""
    claim = db.session.get(Claim, claim_id, with_for_update=True)
    while claim is not None and claim.merged_into_id is not None:
        claim = db.session.get(Claim, claim.merged_into_id, with_for_update=True)
    return claim


def items_in_claims(ids: Sequence[int]) -> set[int]:
    """Return the items that an earlier run (of another model version) gave to a claim."""
    query = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id.in_(ids))
    return {item_id for item_id in db.session.scalars(query) if item_id is not None}


def find_claim_of_report(report: Report) -> Claim | None:
    """Return the claim that has the report, if any."""
    return db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id))


def open_claim_from_subject(
    subject: Item | Report, text: str, scored: ScoredText, units: UnitRouter, now: datetime
) -> Claim:
    """Add a new claim to the queue."""
    seen_at = min(subject.seen_at, now) if isinstance(subject, Item) else subject.received_at
    return claim_opening.open_claim(
        claim_title_of(subject),
        text,
        scored,
        units.targets,
        (seen_at, seen_at),
        now,
        is_report=isinstance(subject, Report),
    )


def widen_claim(claim: Claim, scored: ScoredText, units: UnitRouter, seen_at: datetime, now: datetime) -> None:
    """Extend the claim's time by an appearance, and raise its priority while it waits.

    While no officer has touched it, a more urgent claim gets an earlier deadline, and one that proves to accuse a unit
    is taken from that unit.
    """
    claim.first_seen_at = min(claim.first_seen_at, seen_at)
    claim.last_seen_at = max(claim.last_seen_at, seen_at)
    if claim.status in WAITING_STATUSES:
        priority_updates.set_priority(claim, scored.parts)
    if claim.status is ClaimStatus.NEW:
        claim.due_at = min(claim.due_at, units.targets.due(claim.priority, now))
        units.turn_away(claim, scored.route.accused_unit_id)


def reports_without_claim() -> sa.Select[int]:
    """Return the query for ids of unrejected reports without a claim, oldest first."""
    return (
        sa.select(Report.id)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(ClaimAppearance.id.is_(None), Report.rejected_at.is_(None))
        .order_by(Report.id)
    )


def recorded_without_claim() -> sa.Select[int]:
    """Return the query for ids of recorded items that wait for their claim, oldest first."""
    return sa.select(RecordedItem.item_id).order_by(RecordedItem.recorded_at, RecordedItem.item_id)
