"""Tombstones: entries deleted after their retention do not return while their source keeps listing them.

privacy/retention.py leaves digests of such entries. An entry that says something else now is news, and is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.ingest.storage.deduplication import KeyedEntry
from hoax_tracker.models import ForgottenEntry, db

KEYS_PER_QUERY = 400
NOTED_EVERY = timedelta(days=1)
LISTED_TOGETHER = timedelta(days=7)


def list_forgotten_keys(source_id: int, batch: Sequence[KeyedEntry], now: datetime) -> set[str]:
    """Return the ``worded_key`` of deleted entries, and record that their source still lists them."""
    keys = list(dict.fromkeys(key for keyed in batch for key in (keyed.key, keyed.worded_key)))
    forgotten: dict[str, str] = {}
    for start in range(0, len(keys), KEYS_PER_QUERY):
        part = keys[start : start + KEYS_PER_QUERY]
        query = sa.select(ForgottenEntry.entry_key, ForgottenEntry.content_key).where(
            ForgottenEntry.source_id == source_id, ForgottenEntry.entry_key.in_(part)
        )
        forgotten_part = dict(db.session.execute(query).all())
        if forgotten_part:
            _note_still_listed(source_id, now, ForgottenEntry.entry_key.in_(list(forgotten_part)))
            forgotten |= forgotten_part
    return {
        keyed.worded_key
        for keyed in batch
        if keyed.content in (forgotten.get(keyed.key), forgotten.get(keyed.worded_key))
    }


def note_source_unchanged(source_id: int, now: datetime) -> None:
    """Record that a source still lists what its last full reading listed."""
    last = sa.select(sa.func.max(ForgottenEntry.seen_at)).where(ForgottenEntry.source_id == source_id)
    newest = db.session.scalar(last)
    if newest is not None:
        _note_still_listed(source_id, now, ForgottenEntry.seen_at >= newest - LISTED_TOGETHER)


def _note_still_listed(source_id: int, now: datetime, which: sa.ColumnElement[bool]) -> None:
    """Record that a source lists some of its deleted entries, at most once a day."""
    listed = sa.update(ForgottenEntry).where(
        ForgottenEntry.source_id == source_id, ForgottenEntry.seen_at < now - NOTED_EVERY, which
    )
    db.session.execute(listed.values(seen_at=now).execution_options(synchronize_session=False))
