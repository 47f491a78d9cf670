"""The change log: each reader remembers its own position in the table of changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import SessionTransaction

from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import is_reading
from hoax_tracker.models import IndexChange, db

SETTLED_AFTER = timedelta(minutes=10)
"""No transaction runs this long: a number that is still missing by then was rolled back."""


class RowChange(NamedTuple):
    """A changed row."""

    id: int
    table_name: str
    row_id: int
    changed_at: datetime


class _ListedChanges(NamedTuple):
    """The changes after a number, as one transaction sees them."""

    transaction: SessionTransaction | None
    after: int
    changes: list[RowChange]


def _list_changes_after(number: int) -> list[RowChange]:
    """Return the changes with a higher number, oldest first.

    They are asked once in a reading transaction: it sees one snapshot, and a message meets several kinds of rows.
    """
    session = db.session()
    listed: _ListedChanges | None = session.info.get("index_changes") if is_reading() else None
    if listed is None or listed.transaction is not session.get_transaction() or listed.after > number:
        changes = _load_changes_after(number)
        listed = _ListedChanges(session.get_transaction(), number, changes)
        session.info["index_changes"] = listed
    return [change for change in listed.changes if change.id > number]


def _load_changes_after(number: int) -> list[RowChange]:
    columns = (IndexChange.id, IndexChange.table_name, IndexChange.row_id, IndexChange.changed_at)
    query = sa.select(*columns).where(IndexChange.id > number).order_by(IndexChange.id)
    return [RowChange(*row) for row in db.session.execute(query)]


class ChangeLog:
    """The position of one reader. Numbers are assigned before a transaction ends, so a lower one can appear later."""

    def __init__(self) -> None:
        self._settled = 0
        self._seen: dict[int, datetime] = {}

    def start(self) -> None:
        """Start at this transaction's present: what it sees is taken as read."""
        quiet = IndexChange.changed_at < utc_now() - SETTLED_AFTER
        self._settled = db.session.scalar(sa.select(sa.func.max(IndexChange.id)).where(quiet)) or 0
        self._seen = {}
        self.take(self.unread())

    def unread(self) -> list[RowChange]:
        """Return the unread changes, oldest first."""
        settled, seen = self._settled, self._seen
        return [row for row in _list_changes_after(settled) if row.id not in seen]

    def take(self, changes: Sequence[RowChange]) -> None:
        """Mark changes as read."""
        seen = self._seen | {change.id: change.changed_at for change in changes}
        quiet_until = utc_now() - SETTLED_AFTER
        settled = max([self._settled, *(number for number, moment in seen.items() if moment < quiet_until)])
        while settled + 1 in seen:
            settled += 1
        self._settled, self._seen = settled, {number: moment for number, moment in seen.items() if number > settled}
