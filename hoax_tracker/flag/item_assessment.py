"""Assessing items: the active model's scores and reasons, and what is about the city queued for grouping.

Nothing here depends on other items, so workers do it side by side. Only who rewords or deletes such an item, or puts
another model into use, waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.core.database.transactions import Turn, share_turn
from hoax_tracker.core.fetch.site_locks import reading_since
from hoax_tracker.flag.model import model_files
from hoax_tracker.flag.public_questions import awaiting_page_condition, request_full_texts
from hoax_tracker.flag.scoring import score_and_route_texts
from hoax_tracker.flag.unit_suggestion import UnitRouter
from hoax_tracker.flag.withdrawn_flags import list_openers
from hoax_tracker.items import assessment_queue
from hoax_tracker.items.assessment_queue import enqueue_for_grouping, withdraw_from_grouping
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import Assessment, Item, ModelVersion, Source, UnassessedItem, db, table_of

ASSESSMENT_BATCH = 500


@dataclass(frozen=True)
class AssessedBatch:
    """How many items a batch took from the queue, and how many of them were flagged."""

    items: int
    flagged: int


def assess_next_items(version: ModelVersion, now: datetime, limit: int = ASSESSMENT_BATCH) -> AssessedBatch:
    """Assess the next items of the queue in the current transaction.

    Takes none where another version came into use meanwhile: the queue will be that one's.
    """
    if not is_still_active(version):
        return AssessedBatch(0, 0)
    items = assessment_queue.lock_next_items(version, is_assessable(now), limit)
    return AssessedBatch(len(items), assess_items(items, version, now)) if items else AssessedBatch(0, 0)


def is_still_active(version: ModelVersion) -> bool:
    """Tell whether a version is the active one, and keep it so until the current transaction ends."""
    share_turn(Turn.MODEL)
    active = sa.select(ModelVersion.id).where(ModelVersion.id == version.id, ModelVersion.is_active)
    return db.session.scalar(active) is not None


def is_assessable(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition on ``UnassessedItem`` that an item waits for nothing else.

    An item waits for its page, and for sources that were being read when it was stored, which may bring earlier items.
    A killed worker's lease ends that after five minutes.
    """
    ready = ~awaiting_page_condition(UnassessedItem.item_id, now)
    if begun := reading_since(now):
        ready &= sa.exists().where(Item.id == UnassessedItem.item_id, Item.fetched_at < begun)
    return ready


def assess_items(items: Sequence[Item], version: ModelVersion, now: datetime) -> int:
    """Assess queued items in the current transaction; return how many were flagged.

    A teaser that may be about the city waits until its page was read.
    """
    bundle = model_files.load_version_bundle(version)
    texts = [claim_text_of(item) for item in items]
    scored_texts = score_and_route_texts(bundle, texts, UnitRouter(), local=are_local(items))
    seen = [(item, scored.scores.relevance) for item, scored in zip(items, scored_texts, strict=True)]
    put_off = request_full_texts(seen, bundle.thresholds["relevance"], now)
    pairs = [(item, scored) for item, scored in zip(items, scored_texts, strict=True) if item.id not in put_off]
    if pairs:
        rows = [scored.row(version, now) | {"item_id": item.id} for item, scored in pairs]
        db.session.execute(sa.insert(table_of(Assessment)), rows)
    # What another version took to be about the city, or opened a claim with, is this one's to judge.
    openers = list_openers([item.id for item, scored in pairs if not scored.suggestion.flagged])
    grouped = {item: scored for item, scored in pairs if scored.about_city or item.id in openers}
    withdraw_from_grouping([item.id for item, _ in pairs if item not in grouped])
    enqueue_for_grouping({item: scored.suggestion.as_json() for item, scored in grouped.items()})
    assessment_queue.dequeue_items([item.id for item, _ in pairs])
    return sum(scored.suggestion.flagged for _, scored in pairs)


def are_local(items: Sequence[Item]) -> list[bool]:
    """Tell for each item whether its source writes about the city only."""
    marked = set(db.session.scalars(sa.select(Source.id).where(Source.is_local)))
    return [item.source_id in marked for item in items]
