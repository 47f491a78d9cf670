"""What a clock left behind that was far ahead and was set back: targets and waits that would last for months.

Moments in the history stay as they were noted. Locks, sessions, letters and the time in which a decision can be undone
look at such moments themselves (``clock.is_recent``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from hoax_tracker.claims import response_targets
from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.database.transactions import Turn, read_transaction, write_transaction
from hoax_tracker.flag import waiting_for_full_text
from hoax_tracker.ingest.pages import full_text, snapshots
from hoax_tracker.ingest.websub import subscriptions
from hoax_tracker.models import (
    WAITING_STATUSES,
    Claim,
    EvidenceCopy,
    HubSubscription,
    LinkedPage,
    PageCopy,
    Question,
    db,
)
from hoax_tracker.review.evidence import snapshots as evidence

DateColumn = InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
NEXT_TIME_COLUMNS: tuple[tuple[DateColumn, timedelta], ...] = (
    (PageCopy.next_at, max(snapshots.SNAPSHOT_REVISIT_DELAYS + snapshots.SNAPSHOT_RETRY_DELAYS)),
    (EvidenceCopy.next_look_at, max(evidence.REVISIT_DELAYS + evidence.RETRY_DELAYS)),
    (LinkedPage.next_at, max(full_text.FULL_TEXT_RETRY_DELAYS)),
    (HubSubscription.next_at, subscriptions.LONGEST_LEASE),
)
"""When something is done next, and the longest wait that a right clock would have noted: what waits longer is due."""
END_TIME_COLUMNS: tuple[tuple[DateColumn, timedelta], ...] = (
    (LinkedPage.awaited_until, waiting_for_full_text.PAGE_WAIT),
    (HubSubscription.sent_until, subscriptions.LONGEST_LEASE),
)
"""How long something holds, likewise: what would hold longer is over."""


def repair_future_dates(now: datetime) -> int:
    """Let what waits for a moment that a right clock would not have noted wait no longer; return how many."""
    return repair_due_dates(now) + release_waits(now)


def release_waits(now: datetime) -> int:
    """Let pages and hubs be asked now, and end what would hold for too long; return how many moments were mended."""
    found = [(column, column > now + longest + CLOCK_TOLERANCE, now) for column, longest in NEXT_TIME_COLUMNS]
    wrong = [
        *found,
        *((column, column > now + longest + CLOCK_TOLERANCE, None) for column, longest in END_TIME_COLUMNS),
    ]
    if not has_any_row([sa.select(column).where(ahead) for column, ahead, _ in wrong]):
        return 0
    with write_transaction(Turn.STORE):
        return sum(set_column_where(column, ahead, then) for column, ahead, then in wrong)


def set_column_where(column: DateColumn, condition: sa.ColumnElement[bool], moment: datetime | None) -> int:
    """Set a column in the rows that a condition finds, in the current transaction; return how many."""
    update = sa.update(column.class_).where(condition).values({column: moment})
    done: Any = db.session.execute(update, execution_options={"synchronize_session": False})
    return int(done.rowcount)


def has_any_row(queries: Sequence[sa.Select[Any]]) -> bool:
    """Tell whether any query finds a row, without waiting for writers."""
    db.session.rollback()
    with read_transaction():
        found = db.session.scalar(sa.select(sa.or_(*(query.exists() for query in queries))))
        db.session.rollback()
    return bool(found)


def repair_due_dates(now: datetime) -> int:
    """Let claims and questions that came in at a moment still ahead be due as if they came now; return how many."""
    claims = sa.select(Claim).where(Claim.created_at > now + CLOCK_TOLERANCE, Claim.status.in_(WAITING_STATUSES))
    asked = sa.select(Question).where(Question.closed_at.is_(None), Question.asked_at > now + CLOCK_TOLERANCE)
    if not has_any_row([claims, asked]):
        return 0
    with write_transaction():
        rules, mended = response_targets.load_targets(), 0
        for row in (*db.session.scalars(claims), *db.session.scalars(asked)):
            claim = row if isinstance(row, Claim) else row.claim
            due_at = rules.due(claim.priority, now)
            if due_at < row.due_at:
                row.due_at, mended = due_at, mended + 1
        return mended
