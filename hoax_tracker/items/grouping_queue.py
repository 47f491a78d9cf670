"""The grouping queue: assessed items about the city that have yet to join or open a claim.

Assessing needs no other item, so any number of workers do it side by side. Which claim an item joins depends on the
claims before it, so one worker groups at a time, in the order in which items were published. An item is queued in the
transaction that assesses it and dequeued in the one that groups it, so a killed worker loses nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from hoax_tracker.items.assessment_queue import ORDER, WITHOUT_SYNC, in_order
from hoax_tracker.models import Item, UnassessedItem, UngroupedItem, db


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
