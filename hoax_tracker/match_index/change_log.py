"""The change log: each reader remembers its own position in the table of changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.models import IndexChange, db

SETTLED_AFTER = timedelta(minutes=10)
"""No transaction runs this long: a number that is still missing by then was rolled back."""


class RowChange(NamedTuple):
    """A changed row."""

    id: int
    table_name: str
    row_id: int
    changed_at: datetime


def list_changes_after(number: int) -> list[RowChange]:
    """Return the changes with a higher number, oldest first."""
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

    @property
    def settled(self) -> int:
        """The number up to which every change was read."""
        return self._settled

    def unread(self, read: Sequence[RowChange] | None = None) -> list[RowChange]:
        """Return the unread changes, oldest first; ``read`` holds those loaded just now, if any."""
        settled, seen = self._settled, self._seen
        rows = list_changes_after(settled) if read is None else read
        return [row for row in rows if row.id > settled and row.id not in seen]

    def take(self, changes: Sequence[RowChange]) -> None:
        """Mark changes as read."""
        seen = self._seen | {change.id: change.changed_at for change in changes}
        quiet_until = utc_now() - SETTLED_AFTER
        settled = max([self._settled, *(number for number, moment in seen.items() if moment < quiet_until)])
        while settled + 1 in seen:
            settled += 1
        self._settled, self._seen = settled, {number: moment for number, moment in seen.items() if number > settled}
