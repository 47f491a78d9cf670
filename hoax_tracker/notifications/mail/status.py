"""Mail status for the administrator: what waits, since when and why, and what was rejected lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.models import OutgoingMail, db

RECENT_PERIOD = timedelta(days=7)


@dataclass(frozen=True)
class MailStatus:
    """Waiting letters and the oldest of them, the server's last error, and the last seven days."""

    waiting: int
    oldest_at: datetime | None
    last_error: str | None
    sent: int
    refused: int


def load_mail_status(now: datetime) -> MailStatus:
    """Return how the mail is doing."""
    waits = OutgoingMail.next_try_at.is_not(None)
    lately = now - RECENT_PERIOD
    row = db.session.execute(
        sa.select(
            sa.func.count().filter(waits),
            sa.func.min(OutgoingMail.posted_at).filter(waits),
            sa.func.count().filter(OutgoingMail.sent_at >= lately),
            sa.func.count().filter(OutgoingMail.failed_at >= lately),
        ).select_from(OutgoingMail)
    ).one()
    newest = sa.select(OutgoingMail.last_error).where(waits, OutgoingMail.last_error.is_not(None))
    error = db.session.scalars(newest.order_by(OutgoingMail.next_try_at.desc()).limit(1)).first()
    return MailStatus(row[0], row[1], error, row[2], row[3])
