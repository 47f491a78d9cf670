"""Near-copies: each is linked to the first of its text, and earlier ones widen a claim when it opens.

1. An item about the city that repeats an earlier one almost literally is linked to it (``copy_of_id``), as identical
   texts are when stored. Only the first of each text is searched, so the cost does not grow with the number of copies.
   The first is the one assessed first, which is the one published first in a round.
2. When a claim opens, earlier near-copies that repeat it and have no claim become its appearances: reach from before
   anybody knew.

The bands are ours and not the datasketch package's: they are stored, and its numbers changed with its version 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice

import sqlalchemy as sa

from classifiers.matcher.document import message_as_document
from classifiers.matcher.minhash import copy_likeness, minhash_bands
from classifiers.matcher.same_claim import find_same_claim
from hoax_tracker.core.database.transactions import Turn, take_turn
from hoax_tracker.items.claim_text import claim_text_of
from hoax_tracker.models import JOIN_WITHIN, ClaimAppearance, Item, ItemBand, Source, SourceKind, db, table_of

BANDS_PER_QUERY = 2_000
"""Bands in one query: below the limit of every database."""
COMPARED_ITEMS = 8
AS_PUBLISHED = (sa.func.coalesce(Item.published_at, Item.fetched_at), Item.content_key, Item.id)
EARLIER_COPIES_LIMIT = 200
"""The newest near-copies of a new claim; beyond, more of them say nothing new of how far it went."""


def ids_with_copies(items: Sequence[Item]) -> set[int]:
    """Return the ids of those items that may be copies of stored ones, with few queries for all.

    Most texts occur once, so a batch need not ask for each.
    """
    ids = [item.id for item in items]
    told_again = set(db.session.scalars(sa.select(Item.copy_of_id).where(Item.copy_of_id.in_(ids)).distinct()))
    bands_by_item = {item.id: minhash_bands(claim_text_of(item)) for item in items}
    stored = _stored_bands(chain.from_iterable(bands_by_item.values()))
    return {
        item.id
        for item in items
        if item.copy_of_id or item.id in told_again or not stored.isdisjoint(bands_by_item[item.id])
    }


def _stored_bands(bands: Iterable[int]) -> set[int]:
    """Return which of the bands belong to stored items."""
    unasked, stored = iter(dict.fromkeys(bands)), set[int]()
    while part := list(islice(unasked, BANDS_PER_QUERY)):
        stored |= set(db.session.scalars(sa.select(ItemBand.band).where(ItemBand.band.in_(part)).distinct()))
    return stored


def link_near_copies(items: Sequence[Item]) -> None:
    """Link items to the first near-copy of each, in the current transaction, or record them as first.

    A batch may hold several of one text: the earliest is the first. An item assessed in a later round but published
    earlier is linked, with its own copies, to the one assessed before.
    """
    if not items:
        return
    take_turn(Turn.STORE)  # nobody rewords them meanwhile
    _untie_from_unassessed(items)
    banded_ids = _with_bands(item.id for item in items)
    bands_by_item = {
        item.id: minhash_bands(claim_text_of(item))
        for item in items
        if item.id not in banded_ids and item.copy_of_id is None
    }
    stored = _stored_bands(chain.from_iterable(bands_by_item.values()))
    firsts: list[dict[str, int]] = []
    for item in items:
        if item.copy_of_id is not None:
            beyond = db.session.scalar(sa.select(Item.copy_of_id).where(Item.id == item.copy_of_id))
            item.copy_of_id = beyond or item.copy_of_id
        elif item.id not in banded_ids:
            if not stored.isdisjoint(bands_by_item[item.id]):
                _store_bands(firsts)
                item.copy_of_id = _find_first_copy(item, bands_by_item[item.id])
                if item.copy_of_id is not None:
                    _relink_copies(item.id, item.copy_of_id)
            if item.copy_of_id is None:
                firsts += [{"band": band, "item_id": item.id} for band in set(bands_by_item[item.id])]
                stored.update(bands_by_item[item.id])
    _store_bands(firsts)


def _untie_from_unassessed(items: Sequence[Item]) -> None:
    """Reverse links to an identical text that was stored before but is ordered after.

    That one has no bands until it is assessed, so nothing would be found by them.
    """
    originals = {
        item.copy_of_id for item in items if item.copy_of_id is not None and minhash_bands(claim_text_of(item))
    }
    if not originals:
        return
    untied = sa.select(Item.id).where(Item.id.in_(originals), Item.copy_of_id.is_(None))
    waiting = set(db.session.scalars(untied)) - _with_bands(originals)
    for item in items:
        waiting.discard(item.id)  # it comes before the rest
        if item.copy_of_id in waiting:
            original, item.copy_of_id = item.copy_of_id, None
            db.session.flush()
            db.session.execute(sa.update(Item).where(Item.id == original).values(copy_of_id=item.id))
            _relink_copies(original, item.id)
            waiting.discard(original)


def _with_bands(ids: Iterable[int]) -> set[int]:
    return set(db.session.scalars(sa.select(ItemBand.item_id).where(ItemBand.item_id.in_(set(ids))).distinct()))


def _store_bands(firsts: list[dict[str, int]]) -> None:
    """Store the bands of first items, and clear the list."""
    if firsts:
        db.session.execute(sa.insert(table_of(ItemBand)), firsts)
        firsts.clear()


def _find_first_copy(item: Item, bands: Sequence[int]) -> int | None:
    """Return the id of the first item that this one nearly copies, or None."""
    text = claim_text_of(item)
    for other in db.session.scalars(
        sa.select(Item).where(Item.id.in_(nearest_item_ids(bands))).order_by(*AS_PUBLISHED)
    ):
        first = other.copy_of_id or other.id
        if first != item.id and copy_likeness(text, claim_text_of(other)):
            return first
    return None


def _relink_copies(item_id: int, first_id: int) -> None:
    """Link the copies of an item to the one it is itself linked to."""
    db.session.execute(sa.update(Item).where(Item.copy_of_id == item_id).values(copy_of_id=first_id))


def nearest_item_ids(bands: Sequence[int]) -> list[int]:
    """Return the ids of the few items that share most bands."""
    shared = sa.func.count()
    query = sa.select(ItemBand.item_id).where(ItemBand.band.in_(bands)).group_by(ItemBand.item_id)
    return (
        list(db.session.scalars(query.order_by(shared.desc(), ItemBand.item_id).limit(COMPARED_ITEMS))) if bands else []
    )


def list_earlier_copies(text: str, opener: Item | None, now: datetime) -> list[tuple[Item, float]]:
    """Return earlier items without a claim that repeat a new claim in nearly its words, with their likeness."""
    first = set(nearest_item_ids(minhash_bands(text)))
    if opener is not None:
        first.add(opener.copy_of_id or opener.id)
    if not first:
        return []
    in_claim = sa.select(ClaimAppearance.id).where(ClaimAppearance.item_id == Item.id).exists()
    checked = sa.select(Source.id).where(Source.kind == SourceKind.CLAIM_REVIEW)
    query = (
        sa.select(Item)
        .where(sa.or_(Item.id.in_(first), Item.copy_of_id.in_(first)))
        .where(~in_claim, Item.source_id.not_in(checked), Item.fetched_at >= now - JOIN_WITHIN)
        .where(Item.id != (opener.id if opener is not None else 0))
        .order_by(*(column.desc() for column in AS_PUBLISHED))
        .limit(EARLIER_COPIES_LIMIT)
    )
    copies = [(item, claim_text_of(item)) for item in db.session.scalars(query)]
    likeness = {copy: copy_likeness(copy, text) for _item, copy in copies}
    claim = [message_as_document("", text)]
    repeats = {copy for copy, alike in likeness.items() if alike and find_same_claim(copy, claim)}
    return [(item, likeness[copy]) for item, copy in copies if copy in repeats]
