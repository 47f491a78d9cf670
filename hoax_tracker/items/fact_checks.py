"""Reviews by other fact-checkers: items of sources that are marked so. They are shown beside ours and never flagged."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.items.assessment_queue import dequeue_items, enqueue_items
from hoax_tracker.models import (
    Assessment,
    Item,
    Source,
    SourceKind,
    UnassessedItem,
    UngroupedItem,
    db,
    record_statement_changes,
)


def record_changed_fact_checks(source: Source, *where: sa.ColumnElement[bool]) -> None:
    """Tell the match index which items of a fact-checker changed, in the current transaction."""
    record_statement_changes(Item, db.session.scalars(sa.select(Item.id).where(Item.source_id == source.id, *where)))


def apply_fact_checker_mark(source: Source) -> None:
    """Follow a source that was just marked as a fact-checker, or unmarked: what is assessed and what is matched."""
    take_turn(Turn.STORE)
    own = sa.select(Item.id).where(Item.source_id == source.id)
    if source.is_fact_checker:
        dequeue_items(db.session.scalars(own.join(UnassessedItem, UnassessedItem.item_id == Item.id)).all())
        db.session.execute(sa.delete(UngroupedItem).where(UngroupedItem.item_id.in_(own)))
    else:
        assessed = sa.exists().where(Assessment.item_id == Item.id)
        enqueue_items(Item.source_id == source.id, ~assessed)
    record_changed_fact_checks(source)


def load_fact_checks(ids: Sequence[int]) -> list[Item]:
    """Return those of the items that are reviews with a web address, in the order of the ids, with their sources."""
    query = (
        sa.select(Item)
        .join(Item.source)
        .where(Item.id.in_(ids), Source.kind == SourceKind.CLAIM_REVIEW)
        .where(sa.or_(Item.url.startswith("https://"), Item.url.startswith("http://")))
        .options(contains_eager(Item.source))
    )
    found = {item.id: item for item in db.session.scalars(query)} if ids else {}
    return [found[key] for key in ids if key in found]
