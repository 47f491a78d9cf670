"""Delivery of mail by the worker: due letters are sent one by one over one connection.

No transaction is open while the server is contacted. A letter is leased (its next try is postponed), handed over, and
marked. Wherever this stops, the row says what is left to do. The administrator sees what waits, since when and why, and
what was rejected lately.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import sqlalchemy as sa

from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.mail import outbox
from hoax_tracker.notifications.mail.outbox import Letter, render_letter
from hoax_tracker.notifications.mail.smtp import (
    MailDeferredError,
    MailRejectedError,
    MailServerError,
    deliver_letter,
    smtp_session,
)

log = logging.getLogger(__name__)

# The worker has other things to do: what is left is sent in its next round.
ROUND_S = 60.0


def send_due_letters(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send due letters for at most a minute; return how many the server accepted."""
    if settings.mail is None:
        return 0
    first = lease_detached_letter(now)
    if first is None:
        return 0
    try:
        with smtp_session(settings.mail) as connection:
            return _send_over_connection(first, connection, settings, settings.mail, now, beat)
    except MailServerError as error:
        _note_server_unreachable(first, error, now)
        return 0


def _send_over_connection(
    row: OutgoingMail | None,
    connection: smtplib.SMTP,
    settings: Settings,
    server: MailServer,
    now: datetime,
    beat: Callable[[], None],
) -> int:
    """Send a letter and the next ones over an open connection; stop where the server has trouble."""
    sent, end = 0, monotonic() + ROUND_S
    while row is not None:
        try:
            sent += _send_letter(row, connection, settings, server, now)
        except MailServerError as error:
            _note_server_unreachable(row, error, now)
            break
        beat()
        row = lease_detached_letter(now) if monotonic() < end else None
    return sent


def lease_detached_letter(now: datetime) -> OutgoingMail | None:
    """Return the leased due letter, detached from any transaction."""
    with write_transaction(None):
        row = outbox.lease_next_letter(now)
        if row is not None:
            db.session.flush()
            db.session.refresh(row)
            db.session.expunge(row)
    return row


def _send_letter(
    row: OutgoingMail, connection: smtplib.SMTP, settings: Settings, server: MailServer, now: datetime
) -> bool:
    """Send one letter and record the outcome; True where the server accepted it. Raises MailServerError."""
    try:
        deliver_letter(connection, server, row.key, outbox.decrypt_letter(row, settings), now)
    except (MailRejectedError, outbox.LetterUnreadableError) as error:
        with write_transaction(None):
            outbox.mark_letter_rejected(row.id, str(error), now)
        log.warning("a letter was refused", extra=log_fields(letter=row.id, code=str(error)))
        return False
    except MailDeferredError as error:
        with write_transaction(None):
            outbox.defer_letter(row, str(error), now)
        log.info("a letter was put off", extra=log_fields(letter=row.id, code=str(error)))
        return False
    with write_transaction(None):
        outbox.mark_letter_sent(row.id, now)
    return True


def _note_server_unreachable(row: OutgoingMail, error: MailServerError, now: datetime) -> None:
    """Record that the server accepted nothing."""
    with write_transaction(None):
        outbox.defer_all_letters(row, str(error), now)
    log.warning("the mail server took no letter", extra=log_fields(reason=str(error), tries=row.attempts))


def send_letter_now(to: str, letter: Letter, settings: Settings, now: datetime) -> None:
    """Send a letter at once, past the outbox: the administrator's test.

    Raises MailRejectedError, MailDeferredError or MailServerError. Success makes all waiting letters due.
    """
    if settings.mail is None:
        raise MailServerError("no mail server is set")
    with smtp_session(settings.mail) as connection:
        deliver_letter(connection, settings.mail, f"test:{now.isoformat()}", render_letter(to, letter), now)
    with write_transaction(None):
        outbox.release_waiting_letters(now)


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
