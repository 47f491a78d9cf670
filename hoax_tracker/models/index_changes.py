"""Changes that the match index must read again: one row in the transaction of each relevant change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from hoax_tracker.clock import utc_now
from hoax_tracker.models.base import Base, UtcDateTime, db, table_of
from hoax_tracker.models.claims import Claim
from hoax_tracker.models.clarifications import PUBLIC_STATUSES, Clarification
from hoax_tracker.models.enums import ClaimStatus

WATCHED: dict[type[Base], tuple[frozenset[Any], tuple[str, ...]]] = {
    Clarification: (frozenset(PUBLIC_STATUSES), ("title", "claim_quote", "summary", "wordings")),
    Claim: (frozenset(ClaimStatus), ("title", "text")),
}
"""The statuses in which a row is matched against, and the columns that are read of it.

What is seen again joins a claim of whatever status; residents are told of the open ones alone.
"""
PUBLISHED_CHANNEL = "hoax_tracker_published"
"""On which PostgreSQL tells every web process that a page was published, corrected or withdrawn."""
ERASED_WORD = "erased"
"""What is told there where a reporter erased what was written: each host's files hold its stems."""


class IndexChange(Base):
    """A row that messages are matched against was added, changed or removed; ``id`` grows over time."""

    __tablename__ = "index_change"

    id: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    table_name: Mapped[str] = mapped_column(sa.String(40))
    row_id: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = {"sqlite_autoincrement": True}


def _record_index_changes(session: Session, _context: Any) -> None:
    """Record the changes of this flush.

    Statements that bypass the session are not seen here: their code records them (record_statement_changes).
    """
    if rows := list(_changed_index_rows(session)):
        session.execute(_insert_changes(session, rows), [row | {"changed_at": utc_now()} for row in rows])


def _insert_changes(session: Session, rows: list[dict[str, Any]]) -> sa.Insert | ReturningInsert[Any]:
    """Return the statement that inserts the changes.

    Where pages changed, PostgreSQL tells every web process when the transaction commits (match_index/live_matcher.py).
    Of claims nothing is told: they come by the thousand, and what tells something is committed one by one.
    """
    insert = sa.insert(table_of(IndexChange))
    is_page = any(row["table_name"] == Clarification.__tablename__ for row in rows)
    if is_page and session.get_bind().dialect.name == "postgresql":
        return insert.returning(sa.func.pg_notify(PUBLISHED_CHANNEL, ""))
    return insert


def tell_hosts_of_erasure() -> None:
    """Let every host write its index files anew once the current transaction is committed (PostgreSQL)."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(sa.select(sa.func.pg_notify(PUBLISHED_CHANNEL, ERASED_WORD)))


def record_statement_changes(table: type[Base], row_ids: Iterable[int]) -> None:
    """Record rows that a statement outside the session changed in a way that affects matching."""
    now = utc_now()
    if rows := [{"table_name": table.__tablename__, "row_id": key, "changed_at": now} for key in row_ids]:
        db.session.execute(sa.insert(IndexChange), rows)


def _changed_index_rows(session: Session) -> Iterator[dict[str, Any]]:
    """Yield the table and id of each row of this flush that matching sees, or saw until now."""
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) in WATCHED and (row in session.deleted or _is_match_relevant(row, is_new=row in session.new)):
            yield {"table_name": row.__tablename__, "row_id": row.id}


def _is_match_relevant(row: Any, *, is_new: bool) -> bool:
    """Tell whether a row is, or was, matched against, and changed in something that matching reads."""
    statuses, columns = WATCHED[type(row)]
    attributes = sa.inspect(row).attrs
    changed = attributes.status.history
    if is_new or row.status in statuses:
        return row.status in statuses and (
            is_new or bool(changed.added) or any(attributes[name].history.has_changes() for name in columns)
        )
    # What it was is not always known: then it may have been one.
    return bool(changed.added) and (not changed.deleted or changed.deleted[0] in statuses)


event.listen(db.session, "after_flush", _record_index_changes)
