"""Two queues: items that the active model has not assessed, and assessed ones about the city that wait for a claim.

Both are found without scanning a million others, and a killed process loses nothing: an item is queued in the
transaction that stores it or deletes its assessment, moved to the second queue in the one that assesses it, and
dequeued in the one that groups it.

1. When another version becomes active, the next assessor queues what that version has not seen (``extend_queue``), one
   slice in the transaction of each batch, so nobody waits long for a write, and what opened claims that no officer has
   changed, seen or not (flag/withdrawn_flags.py). ``ModelVersion.is_listed`` tells whose queue it is, however the
   version became active, and ``listed_to`` how far it got; new items are queued already.
2. Items are assessed in the order of publication, at equal times by their words: which item opens a claim depends
   neither on which source answered first nor on killed workers.
3. Every change of the first queue but assessing takes the turn STORE. On PostgreSQL two changes of one row would
   otherwise wait for each other, and a rebuilt queue would miss what another transaction is about to reset. Assessing
   locks the rows of its items instead, and never waits for another transaction while it has them; whoever rewords such
   an item waits for it, and queues it anew.
4. Assessing needs no other item, so any number of workers do it side by side. Which claim an item joins depends on the
   claims before it, so one worker groups at a time, in the order in which items were published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.models import (
    Assessment,
    Claim,
    ClaimAppearance,
    ClaimStatus,
    Item,
    ModelVersion,
    Source,
    SourceKind,
    UnassessedItem,
    UngroupedItem,
    db,
    table_of,
)

QUEUE_SLICE = 20_000
"""Items that are looked at in one transaction when another version has come into use: a second of a slow machine."""
WITHOUT_SYNC = {"synchronize_session": False}
ORDER = ("seen_at", "content_key")
"""The columns in whose order items are assessed: what feeds say, never when or beside what an item came."""


def enqueue_items(*where: sa.ColumnElement[bool]) -> None:
    """Queue the items that meet the conditions, in the current transaction. Others' fact-checks are never assessed."""
    db.session.execute(_build_enqueueing(db.engine.dialect.name, *where))


def enqueue_new_items(source_id: int, after: int) -> None:
    """Queue the items that the current transaction stored for a source: those with higher ids."""
    db.session.execute(_enqueueing_of_new(db.engine.dialect.name), {"source_id": source_id, "after": after})


@cache
def _enqueueing_of_new(dialect: str) -> sa.Insert:
    """Return the statement, which every reading runs and which takes long to write."""
    return _build_enqueueing(dialect, Item.id > sa.bindparam("after"), Item.source_id == sa.bindparam("source_id"))


def _build_enqueueing(dialect: str, *where: sa.ColumnElement[bool]) -> sa.Insert:
    checked = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    seen_at = sa.func.coalesce(Item.published_at, Item.fetched_at)
    chosen = sa.select(Item.id, seen_at, Item.content_key).where(*where, Item.source_id.not_in(checked))
    insert = (sqlite.insert if dialect == "sqlite" else postgresql.insert)(table_of(UnassessedItem))
    listed = insert.from_select(["item_id", *ORDER], chosen)
    reworded = {name: listed.excluded[name] for name in ORDER}
    return listed.on_conflict_do_update(index_elements=["item_id"], set_=reworded)


def requeue_items(ids: Collection[int]) -> None:
    """Delete assessments of items and queue them, in the current transaction, to be assessed by their present words.

    They are queued first: whoever just assesses one is waited for, and its assessment then deleted.
    """
    enqueue_items(Item.id.in_(ids))
    for table in (Assessment, UngroupedItem):
        db.session.execute(sa.delete(table).where(table.item_id.in_(ids)), execution_options=WITHOUT_SYNC)


def lock_next_items(version: ModelVersion, wanted: sa.ColumnElement[bool], limit: int) -> list[Item]:
    """Return the next items of the version's queue that a condition on ``UnassessedItem`` wants, in order.

    They are this transaction's until it ends: on PostgreSQL the next worker gets those after them. What the version has
    assessed is taken off, should it have been queued anew meanwhile. While the version is not ``is_listed`` there may
    be more items than those returned.
    """
    query = sa.select(UnassessedItem.item_id).where(wanted).order_by(*in_order(UnassessedItem)).limit(limit)
    while True:
        ids = list(db.session.scalars(query.with_for_update(skip_locked=True, of=UnassessedItem)))
        own = sa.and_(Assessment.item_id.in_(ids), Assessment.model_version_id == version.id)
        done = {key for key in db.session.scalars(sa.select(Assessment.item_id).where(own)) if key is not None}
        if done:
            dequeue_items(done)
        if len(done) < len(ids) or not ids:
            break
    # What is just being deleted is left out, and nothing is deleted from here on.
    chosen = sa.select(Item).where(Item.id.in_([key for key in ids if key not in done]))
    items = {item.id: item for item in db.session.scalars(chosen.with_for_update(key_share=True, skip_locked=True))}
    return [items[key] for key in ids if key in items]


def in_order(queue: type[UnassessedItem | UngroupedItem]) -> list[sa.orm.InstrumentedAttribute[Any]]:
    """Return the order of a queue. The id only separates items with equal time and words."""
    return [*(getattr(queue, name) for name in ORDER), queue.item_id]


def dequeue_items(ids: Collection[int]) -> None:
    """Remove items from the queue, in a transaction that locked them or has the turn STORE."""
    db.session.execute(sa.delete(UnassessedItem).where(UnassessedItem.item_id.in_(ids)), execution_options=WITHOUT_SYNC)


def extend_queue(version: ModelVersion) -> None:
    """Queue one more slice of items that the version has not assessed, in the current transaction.

    A single statement in the database: no items are loaded. Those that the version is just assessing are queued, too,
    and taken off when they are next.
    """
    if version.is_listed:
        return
    take_turn(Turn.STORE)
    if version.listed_to is None:
        if _follows_another(version):
            _forget_openers(version)
        others = sa.update(ModelVersion).values(is_listed=False, listed_to=None)
        db.session.execute(others, execution_options=WITHOUT_SYNC)
        db.session.execute(sa.delete(UnassessedItem), execution_options=WITHOUT_SYNC)
    after = Item.id > (version.listed_to or 0)
    last = db.session.scalar(sa.select(Item.id).where(after).order_by(Item.id).offset(QUEUE_SLICE - 1).limit(1))
    seen = sa.exists().where(Assessment.item_id == Item.id, Assessment.model_version_id == version.id)
    enqueue_items(after, ~seen, *([] if last is None else [Item.id <= last]))
    version.listed_to, version.is_listed = last, last is None
    db.session.flush()


def _follows_another(version: ModelVersion) -> bool:
    """Tell whether another version assessed before."""
    listed = sa.or_(ModelVersion.is_listed, ModelVersion.listed_to.is_not(None))
    return db.session.scalar(sa.select(sa.exists().where(ModelVersion.id != version.id, listed))) or False


def _forget_openers(version: ModelVersion) -> None:
    """Let a version that comes back judge anew what opened claims that no officer has changed."""
    opened = (
        sa.select(ClaimAppearance.item_id)
        .join(Claim, Claim.id == ClaimAppearance.claim_id)
        .where(ClaimAppearance.opens, Claim.status == ClaimStatus.NEW, Claim.version == 1)
    )
    own = sa.and_(Assessment.model_version_id == version.id, Assessment.item_id.in_(opened))
    db.session.execute(sa.delete(Assessment).where(own), execution_options=WITHOUT_SYNC)


def enqueue_for_grouping(suggestions: Mapping[Item, dict[str, Any]]) -> None:
    """Queue assessed items, each with what its claim gets, in the current transaction."""
    rows = [
        {"item_id": item.id, "seen_at": item.seen_at, "content_key": item.content_key, "suggestion": suggestion}
        for item, suggestion in suggestions.items()
    ]
    if rows:
        insert = (sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert)(UngroupedItem)
        replaced = {name: insert.excluded[name] for name in (*ORDER, "suggestion")}
        db.session.execute(insert.on_conflict_do_update(index_elements=["item_id"], set_=replaced), rows)


def withdraw_from_grouping(ids: Collection[int]) -> None:
    """Remove items, whatever words they were queued by, in the current transaction."""
    db.session.execute(sa.delete(UngroupedItem).where(UngroupedItem.item_id.in_(ids)), execution_options=WITHOUT_SYNC)


def next_ungrouped_items(assessable: sa.ColumnElement[bool], at_once: int) -> Sequence[UngroupedItem]:
    """Return the next items to be grouped, in the order of publication; always ``at_once`` but for the last ones.

    Those after an item that is being assessed wait for it. ``assessable``: the condition on ``UnassessedItem`` that an
    item does not wait for anything else. So workers that assess side by side, and killed ones, change neither the order
    nor what is grouped together.
    """
    query = sa.select(UngroupedItem).order_by(*in_order(UngroupedItem)).limit(at_once)
    first = sa.select(UnassessedItem).where(assessable).order_by(*in_order(UnassessedItem)).limit(1)
    if (unassessed := db.session.scalar(first)) is None:
        return db.session.scalars(query).all()
    end = (unassessed.seen_at, unassessed.content_key, unassessed.item_id)
    order = in_order(UngroupedItem)
    before = sa.tuple_(*order) < sa.tuple_(*end, types=[column.type for column in order])
    found = db.session.scalars(query.where(before)).all()
    return found if len(found) == at_once else []


def dequeue_grouped_items(rows: Collection[tuple[int, str]]) -> None:
    """Remove items, each with the words it was grouped by, in the transaction that groups them.

    One that was reworded and assessed meanwhile is queued by its new words, and stays.
    """
    grouped = sa.tuple_(UngroupedItem.item_id, UngroupedItem.content_key).in_(rows)
    db.session.execute(sa.delete(UngroupedItem).where(grouped), execution_options=WITHOUT_SYNC)
