"""Near-copies are tied to the first of them, and widen the claim that one of them becomes.

1. An item about the city that repeats an earlier one, all but word for word, is tied to it (``copy_of_id``), as those
   of the very same words are when they are stored. Only the first of each text is looked for, so that the cost of one
   more does not grow with how often a text goes round.
2. When a claim opens, earlier items that tell it in the same words and that no claim holds become its appearances:
   reach that was seen before anybody knew it was one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from hoax_tracker.database import Turn, take_turn
from hoax_tracker.flag.grouping import JOIN_WITHIN
from hoax_tracker.models import ClaimAppearance, Item, ItemBand, Source, SourceKind, db
from hoax_tracker.subjects import text_of

COMPARED = 8
GATHERED = 200
"""The newest near-copies of a new claim; beyond, more of them say nothing new of how far it went."""


def tie(items: Sequence[Item]) -> None:
    """Tie items to the first near-copy of each, in the current transaction, or know them as the first.

    Items of one text may be among them: the older one is the first.
    """
    if not items:
        return
    take_turn(Turn.STORE)  # nobody rewords them meanwhile
    known = set(db.session.scalars(sa.select(ItemBand.item_id).where(ItemBand.item_id.in_([one.id for one in items]))))
    for item in sorted(items, key=lambda one: one.id):
        if item.copy_of_id is not None:
            beyond = db.session.scalar(sa.select(Item.copy_of_id).where(Item.id == item.copy_of_id))
            item.copy_of_id = beyond or item.copy_of_id
        elif item.id not in known:
            tie_one(item)


def tie_one(item: Item) -> None:
    """Tie an item to the first one that is all but the same, or let later ones be tied to it."""
    from classifiers.near import bands, copy_likeness

    text = text_of(item)
    found = bands(text)
    for other in db.session.scalars(sa.select(Item).where(Item.id.in_(nearest(found)))):
        if other.id < item.id and copy_likeness(text, text_of(other)):
            item.copy_of_id = other.copy_of_id or other.id
            return
    if found:
        db.session.execute(sa.insert(ItemBand), [{"band": band, "item_id": item.id} for band in set(found)])


def nearest(found: Sequence[int]) -> list[int]:
    """Return the ids of the items that share most of the bands, a few of them."""
    shared = sa.func.count()
    query = sa.select(ItemBand.item_id).where(ItemBand.band.in_(found)).group_by(ItemBand.item_id)
    return list(db.session.scalars(query.order_by(shared.desc(), ItemBand.item_id).limit(COMPARED))) if found else []


def gather(text: str, opener: Item | None, now: datetime) -> list[tuple[Item, float]]:
    """Return earlier items that tell a new claim in the same words and that no claim holds, with their likeness."""
    from classifiers.near import bands, copy_likeness

    first = set(nearest(bands(text)))
    if opener is not None:
        first.add(opener.copy_of_id or opener.id)
    if not first:
        return []
    held = sa.select(ClaimAppearance.id).where(ClaimAppearance.item_id == Item.id).exists()
    checked = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    query = (
        sa.select(Item)
        .where(sa.or_(Item.id.in_(first), Item.copy_of_id.in_(first)))
        .where(~held, Item.source_id.not_in(checked), Item.fetched_at >= now - JOIN_WITHIN)
        .where(Item.id != (opener.id if opener is not None else 0))
        .order_by(Item.id.desc())
        .limit(GATHERED)
    )
    found = [(item, copy_likeness(text_of(item), text)) for item in db.session.scalars(query)]
    return [(item, alike) for item, alike in found if alike]
