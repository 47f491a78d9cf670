"""Assessed items and reports become or join claims, one transaction at a time (Turn.FLAG).

1. Items were assessed before (item_assessment.py) and are found in a queue of rows: a stopped process loses nothing.
2. A flagged item joins the claim it repeats, or opens one. A report always does: a person asks for an answer. An
   unflagged item about the city also joins a claim it repeats, unless officers dismissed that: a hoax often returns as
   a short question that no score finds. Near-copies from before the claim opened are added (near_duplicates.py).
3. Topic, unit and deadline change only while no officer has touched the claim. The priority of waiting claims follows
   their appearances, that of closed ones stays (claims/priority.py).
4. A claim of a model alone leaves when the model in use does not flag it (withdrawn_flags.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from classifiers.matcher.same_claim import Same
from hoax_tracker.claims import priority
from hoax_tracker.claims.recusal import note_accusations
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.flag import claim_opening
from hoax_tracker.flag.claim_grouping import ClaimGrouper
from hoax_tracker.flag.item_assessment import are_local, is_assessable
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.near_duplicates import ids_with_copies, link_near_copies, list_earlier_copies
from hoax_tracker.flag.scoring import ClaimSuggestion, score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter
from hoax_tracker.flag.withdrawn_flags import withdraw_claims
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
    UnassessedItem,
    UngroupedItem,
    db,
)
from hoax_tracker.notifications import webhooks

GROUPED_AT_ONCE = 100


def group_next_items(grouper: ClaimGrouper, now: datetime, at_once: int = GROUPED_AT_ONCE) -> int:
    """Let the next assessed items join or open claims, in the current transaction; return how many there were."""
    queued = assessment_queue.next_ungrouped_items(is_assessable(now), at_once)
    if not queued:
        return 0
    ids = [row.item_id for row in queued]
    items = {item.id: item for item in db.session.scalars(sa.select(Item).where(Item.id.in_(ids)))}
    done = _items_in_claims(ids)
    # What was reworded since is assessed again.
    waiting = [row for row in queued if row.item_id not in done and items[row.item_id].content_key == row.content_key]
    _group_items([(items[row.item_id], ClaimSuggestion.from_json(row.suggestion)) for row in waiting], grouper, now)
    unflagged = [items[row.item_id] for row in queued if row.item_id in done and not row.suggestion["flagged"]]
    if unflagged and (used := model_files.find_active_version()):
        withdraw_claims(unflagged, used.id)
    assessment_queue.dequeue_grouped_items([(row.item_id, row.content_key) for row in queued])
    return len(queued)


def list_ungrouped_texts(after: int, limit: int) -> list[str]:
    """Return the texts of items that wait to be grouped, those after the first ``after``."""
    queue = sa.select(Item).join(UngroupedItem, UngroupedItem.item_id == Item.id)
    ahead = queue.order_by(*assessment_queue.in_order(UngroupedItem)).offset(after).limit(limit)
    return [claim_text_of(item) for item in db.session.scalars(ahead)]


def _group_items(about_city: Sequence[tuple[Item, ClaimSuggestion]], grouper: ClaimGrouper, now: datetime) -> None:
    """Let assessed items join or open claims, in the current transaction."""
    units = UnitRouter()
    grouper.look_up([claim_text_of(item) for item, _ in about_city])
    told_before = ids_with_copies([item for item, suggestion in about_city if suggestion.flagged])
    # What opens claims first, so that the rest of the batch can join them.
    for item, suggestion in sorted(about_city, key=lambda pair: not pair[1].flagged):
        if item.id in grouper.gathered:
            continue
        if suggestion.flagged:
            join_or_open_claim(item, suggestion, units, grouper, now, told_before=item.id in told_before)
        else:
            _join_known_claim(item, suggestion, units, grouper, now)
    db.session.flush()
    take_turn(Turn.STORE)  # nobody rewords them from here on
    reworded = find_reworded_items([item for item, _ in about_city])
    link_near_copies([item for item, _ in about_city if item.id not in reworded])
    webhooks.enqueue_flagged_events(grouper.opened.values(), now)


def find_reworded_items(items: Sequence[Item]) -> set[int]:
    """Return the ids of items that their source reworded since they were loaded.

    They are queued to be assessed again by their new words. One that joined a claim stays in it: there officers see the
    words that it had, beside the new ones.
    """
    chosen = Item.id.in_([item.id for item in items])
    keys = dict(db.session.execute(sa.select(Item.id, Item.content_key).where(chosen)).all())
    return {item.id for item in items if keys.get(item.id) != item.content_key}


def assess_report(report: Report, version: ModelVersion, grouper: ClaimGrouper, now: datetime) -> Claim:
    """Assess a resident's report in the current transaction and return the claim it joined or opened."""
    existing = _find_claim_of_report(report)
    if existing is not None:
        return existing
    units = UnitRouter()
    scored = score_and_route_texts(
        model_files.load_version_bundle(version), [claim_text_of(report)], units, reported=True, by_resident=True
    )[0]
    db.session.add(Assessment(**scored.row(version, now), report_id=report.id))
    claim = join_or_open_claim(report, scored.suggestion, units, grouper, now)
    db.session.flush()
    webhooks.enqueue_report_event(claim, now)
    webhooks.enqueue_flagged_events(grouper.opened.values() if scored.suggestion.flagged else (), now)
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
    # Whoever just assesses it is waited for.
    db.session.scalar(sa.select(UnassessedItem.item_id).where(UnassessedItem.item_id == item.id).with_for_update())
    assessed = sa.select(Assessment.id).where(Assessment.item_id == item.id, Assessment.model_version_id == version.id)
    if db.session.scalar(assessed) is None:
        db.session.add(Assessment(**scored.row(version, now), item_id=item.id))
    claim = join_or_open_claim(item, scored.suggestion, units, grouper, now)
    db.session.flush()
    webhooks.enqueue_flagged_events(grouper.opened.values() if scored.suggestion.flagged else (), now)
    if version.is_listed:
        assessment_queue.dequeue_items([item.id])
    return claim


def join_or_open_claim(
    subject: Item | Report,
    suggestion: ClaimSuggestion,
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
    claim = _resolve_claim(same, grouper)
    if same is None or claim is None:
        claim = _open_claim_from_subject(subject, text, suggestion, units, now)
        _append_appearance(claim, subject, 1.0, now).opens = True
        grouper.open(claim)
        if told_before:
            _attach_earlier_copies(claim, subject, suggestion, units, grouper, now)
    else:
        _add_appearance(claim, subject, same.likeness, suggestion, units, now)
    return claim


def _attach_earlier_copies(
    claim: Claim,
    subject: Item | Report,
    suggestion: ClaimSuggestion,
    units: UnitRouter,
    grouper: ClaimGrouper,
    now: datetime,
) -> None:
    """Add near-copies from before the claim opened as its appearances."""
    opener = subject if isinstance(subject, Item) else None
    earlier = list_earlier_copies(claim.text, opener, now)
    for item, likeness in earlier:
        _append_appearance(claim, item, likeness, now)
        grouper.gathered.add(item.id)
    db.session.flush()
    seen = [min(item.seen_at, now) for item, _ in earlier]
    for moment in (min(seen), max(seen)) if seen else ():
        widen_claim(claim, suggestion, units, moment, now)


def _join_known_claim(
    item: Item, suggestion: ClaimSuggestion, units: UnitRouter, grouper: ClaimGrouper, now: datetime
) -> None:
    """Add an unflagged item to the claim it repeats, unless officers dismissed that one."""
    same = grouper.find(claim_text_of(item))
    claim = _resolve_claim(same, grouper)
    if same is not None and claim is not None and claim.status is not ClaimStatus.DISMISSED:
        _add_appearance(claim, item, same.likeness, suggestion, units, now)


def _add_appearance(
    claim: Claim, subject: Item | Report, likeness: float, suggestion: ClaimSuggestion, units: UnitRouter, now: datetime
) -> None:
    """Add the item or report to the claim as an appearance, widen the claim, and note whom it accuses as well."""
    appearance = _append_appearance(claim, subject, likeness, now)
    db.session.flush()
    widen_claim(claim, suggestion, units, appearance.seen_at, now)
    route = suggestion.route
    report_id = _report_id_of(subject)
    note_accusations(claim, route.accused, now, report_id=report_id, accuses_anew=route.is_accusation)


def _report_id_of(subject: Item | Report) -> int | None:
    return subject.id if isinstance(subject, Report) else None


def _append_appearance(claim: Claim, subject: Item | Report, likeness: float, now: datetime) -> ClaimAppearance:
    """Add an appearance to a claim without loading the others, of which there may be thousands; return it."""
    is_item = isinstance(subject, Item)
    seen_at = min(subject.seen_at if isinstance(subject, Item) else subject.received_at, now)
    ids = {"item_id" if is_item else "report_id": subject.id}
    appearance = ClaimAppearance(claim=claim, seen_at=seen_at, similarity=likeness, **ids)
    db.session.add(appearance)
    return appearance


def _resolve_claim(same: Same | None, grouper: ClaimGrouper) -> Claim | None:
    """Return the found claim: one opened in this batch, or a stored one after following merges."""
    if same is None:
        return None
    return grouper.opened.get(same.id) or _follow_merges(int(same.id))


def _follow_merges(claim_id: int) -> Claim | None:
    """Return the claim, or the one it was merged into, where its repetitions belong."""
    claim = db.session.get(Claim, claim_id, with_for_update=True)
    while claim is not None and claim.merged_into_id is not None:
        claim = db.session.get(Claim, claim.merged_into_id, with_for_update=True)
    return claim


def _items_in_claims(ids: Sequence[int]) -> set[int]:
    """Return the items that an earlier run (of another model version) gave to a claim."""
    query = sa.select(ClaimAppearance.item_id).where(ClaimAppearance.item_id.in_(ids))
    return {item_id for item_id in db.session.scalars(query) if item_id is not None}


def _find_claim_of_report(report: Report) -> Claim | None:
    return db.session.scalar(sa.select(Claim).join(ClaimAppearance).where(ClaimAppearance.report_id == report.id))


def _open_claim_from_subject(
    subject: Item | Report, text: str, suggestion: ClaimSuggestion, units: UnitRouter, now: datetime
) -> Claim:
    """Add a new claim to the queue."""
    seen_at = min(subject.seen_at, now) if isinstance(subject, Item) else subject.received_at
    return claim_opening.open_claim(
        claim_title_of(subject),
        text,
        suggestion,
        units.targets,
        (seen_at, seen_at),
        now,
        is_report=isinstance(subject, Report),
        report_id=_report_id_of(subject),
    )


def widen_claim(claim: Claim, suggestion: ClaimSuggestion, units: UnitRouter, seen_at: datetime, now: datetime) -> None:
    """Extend the claim's time by an appearance, and raise its priority while it waits.

    While no officer has touched it, a more urgent claim gets an earlier deadline.
    """
    claim.first_seen_at = min(claim.first_seen_at, seen_at)
    claim.last_seen_at = max(claim.last_seen_at, seen_at)
    if claim.status in WAITING_STATUSES:
        priority.set_priority(claim, suggestion.parts)
    if claim.status is ClaimStatus.NEW:
        claim.due_at = min(claim.due_at, units.targets.due(claim.priority, now))


def reports_without_claim(after: int = 0) -> sa.Select[int]:
    """Return the query for ids of unrejected reports without a claim, oldest first: those above an id."""
    return (
        sa.select(Report.id)
        .outerjoin(ClaimAppearance, ClaimAppearance.report_id == Report.id)
        .where(Report.id > after, ClaimAppearance.id.is_(None), Report.rejected_at.is_(None))
        .order_by(Report.id)
    )


def recorded_without_claim() -> sa.Select[int]:
    """Return the query for ids of recorded items that wait for their claim, oldest first."""
    return sa.select(RecordedItem.item_id).order_by(RecordedItem.recorded_at, RecordedItem.item_id)
