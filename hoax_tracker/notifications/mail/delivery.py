"""The worker's part: letters that are due leave, one at a time, over one connection.

No transaction is open while the server is spoken to. A letter is taken (its next try is put off), handed over, and
marked; wherever this stops, the row says what is left to do.
"""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from hoax_tracker.core.config.mail_server import MailServer
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import writing
from hoax_tracker.core.structured_logging import facts
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.mail import outbox
from hoax_tracker.notifications.mail.messages import Letter, written
from hoax_tracker.notifications.mail.smtp import PutOff, Refused, ServerTrouble, connected, hand_over

log = logging.getLogger(__name__)

# The worker has other things to do: what is left is sent in its next round.
ROUND_S = 60.0


def send_due(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send the letters that are due, for a minute at most; return how many the server took."""
    if settings.mail is None:
        return 0
    first = taken(now)
    if first is None:
        return 0
    try:
        with connected(settings.mail) as connection:
            return send_from(first, connection, settings, settings.mail, now, beat)
    except ServerTrouble as error:
        away(first, error, now)
        return 0


def send_from(
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
            sent += send_one(row, connection, settings, server, now)
        except ServerTrouble as error:
            away(row, error, now)
            break
        beat()
        row = taken(now) if monotonic() < end else None
    return sent


def taken(now: datetime) -> OutgoingMail | None:
    """Return the letter that is due, taken; its row is not bound to a transaction."""
    with writing(None):
        row = outbox.take_next(now)
        if row is not None:
            db.session.flush()
            db.session.refresh(row)
            db.session.expunge(row)
    return row


def send_one(
    row: OutgoingMail, connection: smtplib.SMTP, settings: Settings, server: MailServer, now: datetime
) -> bool:
    """Hand one letter over and note what became of it; True where the server took it. Raises ServerTrouble."""
    try:
        hand_over(connection, server, row.key, outbox.unsealed(row, settings), now)
    except (Refused, outbox.Unreadable) as error:
        with writing(None):
            outbox.note_refused(row.id, str(error), now)
        log.warning("a letter was refused", extra=facts(letter=row.id, code=str(error)))
        return False
    except PutOff as error:
        with writing(None):
            outbox.note_put_off(row, str(error), now)
        log.info("a letter was put off", extra=facts(letter=row.id, code=str(error)))
        return False
    with writing(None):
        outbox.note_sent(row.id, now)
    return True


def away(row: OutgoingMail, error: ServerTrouble, now: datetime) -> None:
    """Note that the server took nothing."""
    with writing(None):
        outbox.note_server_away(row, str(error), now)
    log.warning("the mail server took no letter", extra=facts(reason=str(error), tries=row.attempts))


def send_now(to: str, letter: Letter, settings: Settings, now: datetime) -> None:
    """Send a letter past the outbox, while somebody waits: the administrator's test.

    Raises Refused, PutOff or ServerTrouble; on success all letters that wait for the server are due.
    """
    if settings.mail is None:
        raise ServerTrouble("no mail server is set")
    with connected(settings.mail) as connection:
        hand_over(connection, settings.mail, f"test:{now.isoformat()}", written(to, letter), now)
    with writing(None):
        outbox.server_is_back(now)
