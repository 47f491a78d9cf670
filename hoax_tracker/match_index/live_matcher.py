"""The live matcher follows its rows: pages from the files, and in memory those that changed since.

It learns of changes from a log: each reader remembers its own position in the table of changes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import SessionTransaction

from classifiers.matcher.document import Document
from classifiers.matcher.match import Matcher, MatchResult
from classifiers.matcher.reading import Reading
from hoax_tracker.clock import utc_now
from hoax_tracker.core.database.transactions import is_reading
from hoax_tracker.match_index.documents import HEAD_CHARACTERS, MatchedRows, differing_row_ids
from hoax_tracker.match_index.files import IndexFiles, OpenedIndex
from hoax_tracker.models import IndexChange, db


@dataclass(frozen=True)
class MatcherState:
    """What is matched against: ``fresh`` pages by id, and ``touched``, the ids whose pages in the files are outdated.

    ``pointer``: the current folder when the files were opened, usable (``base``) or not; ``read_at``: the time in
    seconds since 1970 when the rows were read.
    """

    pointer: str
    base: OpenedIndex | None
    fresh: dict[int, Document]
    touched: frozenset[int]
    matcher: Matcher
    read_at: float

    def has(self, key: int) -> bool:
        """Tell whether a row is or was among the matched ones."""
        return key in self.fresh or key in self.touched or (self.base is not None and self.base.has(key))


class LiveMatcher:
    """The matcher over one kind of rows. Thread-safe."""

    def __init__(self, rows: MatchedRows, root: Path | None) -> None:
        self.rows = rows
        self.files = IndexFiles(root, rows)
        self._changes = ChangeLog()
        self._held: MatcherState | None = None
        self._following = Lock()

    def decide(self, text: str | Reading) -> MatchResult:
        """Return the decision for a text, parsed or not, against the present rows."""
        return self.current().matcher.decide(text[:HEAD_CHARACTERS] if isinstance(text, str) else text)

    @property
    def held(self) -> MatcherState | None:
        """Return the state of the last read, outdated or not."""
        return self._held

    def behind(self) -> int:
        """Return how many changes were not read yet."""
        return sum(change.table_name == self.rows.table_name for change in self._changes.unread())

    def current(self) -> MatcherState:
        """Return the matcher for the rows as this transaction or a newer one sees them."""
        state = self._held
        if state is None:
            db.session.connection()  # before the lock: who holds SQLite's write lock may be waiting for this one
            with self._following:
                return self._held or self._load()
        if self._changes.unread():
            with self._following:
                state = self._follow()
        if self.files.current() != state.pointer and self._following.acquire(blocking=False):
            try:  # others go on with what they have
                return self._load()
            finally:
                self._following.release()
        return state

    def _load(self) -> MatcherState:
        """Load the files, and read rows that differ from them into memory."""
        read_at = time.time()
        self._changes.start()
        pointer, base, marks = self.files.current(), self.files.open(), self.rows.marks()
        touched = differing_row_ids(base.marks if base else marks[:0], marks)
        self._held = self._made(pointer, base, self.rows.documents(touched), touched, read_at)
        return self._held

    def _follow(self) -> MatcherState:
        """Read the changes since."""
        read_at, changes, state = time.time(), self._changes.unread(), self._held
        if state is None:
            return self._load()
        changed = {change.row_id for change in changes if change.table_name == self.rows.table_name}
        read = self.rows.documents(changed)
        ours = frozenset(key for key in changed if key in read or state.has(key))  # others of the table are not ours
        if ours:
            fresh = {key: page for key, page in state.fresh.items() if key not in ours} | read
            state = self._made(state.pointer, state.base, fresh, state.touched | ours, read_at)
        self._held = state
        self._changes.take(changes)
        return state

    def _made(
        self,
        pointer: str,
        base: OpenedIndex | None,
        fresh: dict[int, Document],
        touched: frozenset[int],
        read_at: float,
    ) -> MatcherState:
        fresh = dict(sorted(fresh.items()))
        documents, gone = list(fresh.values()), {str(key) for key in touched if base and base.has(key)}
        segment, earlier = base.segment if base else None, self._held.matcher if self._held else None
        matcher = Matcher(documents, base=segment, gone=gone, earlier=earlier)
        return MatcherState(pointer, base, fresh, touched, matcher, read_at)


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
