"""What a clock left behind that was far ahead and was set back: targets that nobody would meet for months.

Moments in the history stay as they were noted. Locks, sessions, letters and the time in which a decision can be undone
look at such moments themselves (``clock.is_recent``).
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from hoax_tracker import targets
from hoax_tracker.clock import SET_BACK
from hoax_tracker.database import reading, writing
from hoax_tracker.models import Claim, ClaimStatus, Question, db

WAITING = (ClaimStatus.NEW, ClaimStatus.TRIAGED, ClaimStatus.INVESTIGATING)


def mend(now: datetime) -> int:
    """Let claims and questions that came in at a moment still ahead be due as if they came now; return how many."""
    claims = sa.select(Claim).where(Claim.created_at > now + SET_BACK, Claim.status.in_(WAITING))
    asked = sa.select(Question).where(Question.closed_at.is_(None), Question.asked_at > now + SET_BACK)
    db.session.rollback()
    with reading():
        found = db.session.scalar(sa.select(sa.or_(claims.exists(), asked.exists())))
        db.session.rollback()
    if not found:
        return 0
    with writing():
        rules, mended = targets.read(), 0
        for row in (*db.session.scalars(claims), *db.session.scalars(asked)):
            claim = row if isinstance(row, Claim) else row.claim
            due_at = rules.due(claim.priority, now)
            if due_at < row.due_at:
                row.due_at, mended = due_at, mended + 1
        return mended
