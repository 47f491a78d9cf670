"""The assessment queue: items that the active model has not assessed, found without scanning a million others.

1. An item is queued in the transaction that stores it or deletes its assessment, and dequeued in the one that assesses
   it, so a killed process loses nothing.
2. When another version becomes active, the next assessor queues what that version has not seen (``extend_queue``), one
   slice in the transaction of each batch, so nobody waits long for a write. ``ModelVersion.is_listed`` tells whose
   queue it is, however the version became active, and ``listed_to`` how far it got; new items are queued already.
3. Items are assessed in the order of publication, at equal times by their words: which item opens a claim depends
   neither on which source answered first nor on killed workers.
4. Every change of the queue takes the turn STORE. On PostgreSQL two changes of one row would otherwise wait for each
   other, and a rebuilt queue would miss what another transaction is about to reset.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.models import Assessment, Item, ModelVersion, Source, SourceKind, UnassessedItem, db

QUEUE_SLICE = 20_000
"""Items that are looked at in one transaction when another version has come into use: a second of a slow machine."""
WITHOUT_SYNC = {"synchronize_session": False}
ORDER = ("seen_at", "content_key")
"""The columns in whose order items are assessed: what feeds say, never when or beside what an item came."""


def enqueue_items(*where: sa.ColumnElement[bool]) -> None:
    """Queue the items that meet the conditions, in the current transaction. Others' fact-checks are never assessed."""
    checked = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    seen_at = sa.func.coalesce(Item.published_at, Item.fetched_at)
    chosen = sa.select(Item.id, seen_at, Item.content_key).where(*where, Item.source_id.not_in(checked))
    insert = (sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert)(UnassessedItem)
    listed = insert.from_select(["item_id", *ORDER], chosen)
    reworded = {name: listed.excluded[name] for name in ORDER}
    db.session.execute(listed.on_conflict_do_update(index_elements=["item_id"], set_=reworded))


def requeue_items(ids: Collection[int]) -> None:
    """Delete assessments of items and queue them, in the current transaction, to be assessed by their present words.

    An assessed item is removed first, in case an older program did not dequeue it. While the version is not
    ``is_listed``, more items than the returned ids may be due.
    """
    db.session.execute(sa.delete(Assessment).where(Assessment.item_id.in_(ids)))
    enqueue_items(Item.id.in_(ids))


def next_item_ids(version: ModelVersion, wanted: sa.ColumnElement[bool], limit: int) -> list[int]:
    """Return the ids on the version's list that a condition on ``UnassessedItem`` wants, in the order of assessing.

    What the version assessed is taken off, should a program that knows no list have done so. While the version is not
    ``is_listed`` there may be more than the ids returned.
    """
    extend_queue(version)
    query = sa.select(UnassessedItem.item_id).where(wanted).order_by(*in_order()).limit(limit)
    ids = list(db.session.scalars(query))
    seen = sa.select(Assessment.item_id).where(Assessment.item_id.in_(ids), Assessment.model_version_id == version.id)
    if done := {key for key in db.session.scalars(seen) if key is not None}:
        take_turn(Turn.STORE)
        dequeue_items(done)
    return [key for key in ids if key not in done]


def in_order() -> list[sa.ColumnElement[object]]:
    """Return the order of the queue. The id only separates items with equal time and words."""
    return [*(getattr(UnassessedItem, name) for name in ORDER), UnassessedItem.item_id]


def dequeue_items(ids: Collection[int]) -> None:
    """Remove items from the queue, in the transaction that assesses them and has the turn STORE."""
    db.session.execute(sa.delete(UnassessedItem).where(UnassessedItem.item_id.in_(ids)), execution_options=WITHOUT_SYNC)


def extend_queue(version: ModelVersion) -> None:
    """Queue one more slice of items that the version has not assessed, in the current transaction.

    A single statement in the database: no items are loaded.
    """
    if version.is_listed:
        return
    take_turn(Turn.STORE)
    if version.listed_to is None:
        others = sa.update(ModelVersion).values(is_listed=False, listed_to=None)
        db.session.execute(others, execution_options=WITHOUT_SYNC)
        db.session.execute(sa.delete(UnassessedItem), execution_options=WITHOUT_SYNC)
    after = Item.id > (version.listed_to or 0)
    last = db.session.scalar(sa.select(Item.id).where(after).order_by(Item.id).offset(QUEUE_SLICE - 1).limit(1))
    seen = sa.exists().where(Assessment.item_id == Item.id, Assessment.model_version_id == version.id)
    enqueue_items(after, ~seen, *([] if last is None else [Item.id <= last]))
    version.listed_to, version.is_listed = last, last is None
    db.session.flush()
