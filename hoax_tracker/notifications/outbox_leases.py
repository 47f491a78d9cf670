"""The lease rule of every outbox: a row is handed to one sender at a time, and none is lost with a killed one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.models import Base, db
from hoax_tracker.models.outgoing import OutboxRow

# No try takes longer: what a killed sender had in hand may be taken again after it.
TRY_LASTS = timedelta(minutes=10)

Row = TypeVar("Row", bound=OutboxRow)


def lease_next_row(
    table: type[Row],
    now: datetime,
    pauses: Sequence[timedelta],
    *conditions: sa.ColumnElement[bool],
    lasts: timedelta = TRY_LASTS,
) -> Row | None:
    """Lease the row that has been due longest, in the current transaction; None where none is due.

    The lease ``lasts`` as long as a try may take; afterwards, or after the pause of the next failure, the row is due
    again. So a killed sender neither loses it nor lets another send it meanwhile, and a row that kills its sender gets
    growing pauses.
    """
    due = (
        sa.select(table)
        .where(_is_row_due(table, now, pauses), is_row_unleased(table, now), *conditions)
        .order_by(table.next_try_at, table.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.scalar(due)
    if row is not None:
        row.attempts += 1
        row.held_until = now + lasts
        row.next_try_at = now + max(lasts, retry_pause(pauses, row.attempts))
    return row


def _is_row_due(table: type[OutboxRow], now: datetime, pauses: Sequence[timedelta]) -> sa.ColumnElement[bool]:
    """Return the condition for rows whose time has come.

    Nothing waits longer than the longest pause: what is noted to was noted by a clock that was set back since.
    """
    longest = max(*pauses, TRY_LASTS) + CLOCK_TOLERANCE
    return sa.or_(table.next_try_at <= now, table.next_try_at > now + longest)


def is_row_unleased(table: type[OutboxRow], now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for rows without a lease."""
    leased_until = table.held_until
    return sa.or_(leased_until.is_(None), leased_until <= now, leased_until > now + TRY_LASTS + CLOCK_TOLERANCE)


def retry_pause(pauses: Sequence[timedelta], attempts: int) -> timedelta:
    """Return the pause after that many failures; the last one counts for all others."""
    return pauses[min(attempts, len(pauses)) - 1]


def update_rows(table: type[Base], *conditions: sa.ColumnElement[bool], **values: object) -> None:
    """Change the rows that meet the conditions, in the current transaction, and expire loaded rows."""
    statement = sa.update(table).where(*conditions).values(values)
    db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.expire_all()
