"""The rows of letters on their way: posted with an act, taken one at a time, marked with what became of them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from flask import current_app

from hoax_tracker.clock import CLOCK_TOLERANCE
from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.mail.messages import Letter, RenderedLetter, render_letter

# After the first failure, the second, …; the last one for all others.
RETRY_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
# A server that was away for long is asked at least this often, and a letter that it gets late is still worth reading.
LONGEST_SERVER_PAUSE = timedelta(hours=1)
# RFC 5321, 4.5.4.1: "the give-up time generally needs to be at least 4-5 days".
GIVE_UP_AFTER = timedelta(days=5)
# No try takes longer: the letter of a sender that was killed may be taken again after it.
TRY_LASTS = timedelta(minutes=10)
# Nothing waits longer: what is noted to was noted by a clock that was set back since, and is due.
LONGEST_WAIT = max(*RETRY_PAUSES, TRY_LASTS) + CLOCK_TOLERANCE
SERVER_FAULT_PREFIX = "server: "


def is_mail_enabled() -> bool:
    """Tell whether letters can leave at all."""
    settings: Settings = current_app.extensions["settings"]
    return settings.mail is not None


def enqueue_letter(key: str, to: str, letter: Letter, now: datetime, *, report_id: int | None = None) -> bool:
    """Put a letter into the outbox, in the current transaction; False where it was posted before or no mail leaves.

    ``key`` (up to 200 characters, no personal data) names the act and the reader. With ``report_id`` the letter goes
    with that report when it is erased. Raises InvalidInputError for what is not one e-mail address.
    """
    settings: Settings = current_app.extensions["settings"]
    if settings.mail is None:
        return False
    if not is_mail_address(to):
        raise InvalidInputError(f"letter {key}: no e-mail address")
    sealed = Fernet(settings.contact_key.encode()).encrypt(render_letter(to, letter).as_bytes())
    row = {"key": key, "report_id": report_id, "sealed": sealed, "posted_at": now, "next_try_at": now, "attempts": 0}
    once = insert_into(OutgoingMail).values(row).on_conflict_do_nothing(index_elements=["key"])
    return db.session.execute(once.returning(OutgoingMail.id)).scalar() is not None


def lease_next_letter(now: datetime) -> OutgoingMail | None:
    """Take the letter that has been due longest, in the current transaction; None where none is.

    Nobody else takes it until the try must be over, and it is due again after that, or after the pause that the next
    failure would bring: a sender that is killed neither loses it nor lets another send it at the same time, and one
    that it kills has growing pauses.
    """
    due = (
        sa.select(OutgoingMail)
        .where(
            sa.or_(OutgoingMail.next_try_at <= now, OutgoingMail.next_try_at > now + LONGEST_WAIT),
            is_letter_unleased(now),
        )
        .order_by(OutgoingMail.next_try_at, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.session.scalar(due)
    if row is not None:
        row.attempts += 1
        row.held_until = now + TRY_LASTS
        row.next_try_at = now + max(TRY_LASTS, retry_pause(row.attempts))
    return row


def is_letter_unleased(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition for letters that no sender has in hand."""
    held = OutgoingMail.held_until
    return sa.or_(held.is_(None), held <= now, held > now + TRY_LASTS + CLOCK_TOLERANCE)


def decrypt_letter(row: OutgoingMail, settings: Settings) -> RenderedLetter:
    """Return what the letter says. Raises LetterUnreadableError where it was sealed with another key."""
    if row.sealed is None:
        raise LetterUnreadableError(f"letter {row.id} is empty")
    try:
        return RenderedLetter.from_bytes(Fernet(settings.contact_key.encode()).decrypt(row.sealed))
    except InvalidToken as error:
        raise LetterUnreadableError(f"letter {row.id} was sealed with another key") from error


class LetterUnreadableError(InvalidInputError):
    """The letter cannot be opened, so nobody can send it."""


def retry_pause(attempts: int) -> timedelta:
    """Return how long to wait after so many failures."""
    return RETRY_PAUSES[min(attempts, len(RETRY_PAUSES)) - 1]


def mark_letter_sent(letter_id: int, now: datetime) -> None:
    """Note that the server has it; address and words go. What waited for the server alone is due at once."""
    finish_letter(letter_id, sent_at=now, last_error=None)
    release_waiting_letters(now)


def release_waiting_letters(now: datetime) -> None:
    """Let every letter be due that waited for the server alone."""
    for_it = sa.and_(OutgoingMail.last_error.startswith(SERVER_FAULT_PREFIX), is_letter_unleased(now))
    waiting = sa.and_(OutgoingMail.next_try_at > now, for_it)
    execute_update(sa.update(OutgoingMail).where(waiting).values(next_try_at=now, last_error=None))


def mark_letter_rejected(letter_id: int, reason: str, now: datetime) -> None:
    """Note that it cannot be delivered; address and words go."""
    finish_letter(letter_id, failed_at=now, last_error=reason[:120])


def defer_letter(row: OutgoingMail, reason: str, now: datetime) -> None:
    """Let one letter wait; after five days it is given up."""
    # Days that a clock jumped over were no tries.
    if now - row.posted_at >= GIVE_UP_AFTER and row.attempts > len(RETRY_PAUSES):
        mark_letter_rejected(row.id, reason, now)
        return
    again = {"next_try_at": now + retry_pause(row.attempts), "held_until": None, "last_error": reason[:120]}
    execute_update(sa.update(OutgoingMail).where(OutgoingMail.id == row.id).values(again))


def defer_all_letters(row: OutgoingMail, reason: str, now: datetime) -> None:
    """Let every letter wait that is due before the server is asked again. None is given up: it is not their fault.

    What other senders have in hand is left to them.
    """
    later = now + min(LONGEST_SERVER_PAUSE, retry_pause(row.attempts))
    said = (SERVER_FAULT_PREFIX + reason)[:120]
    waiting = sa.or_(OutgoingMail.id == row.id, sa.and_(OutgoingMail.next_try_at < later, is_letter_unleased(now)))
    put_off = sa.update(OutgoingMail).where(waiting)
    execute_update(put_off.values(next_try_at=later, held_until=None, last_error=said))


def finish_letter(letter_id: int, **values: object) -> None:
    """Take address and words out of a letter."""
    gone = {"sealed": None, "next_try_at": None, "held_until": None} | values
    execute_update(sa.update(OutgoingMail).where(OutgoingMail.id == letter_id).values(gone))


def execute_update(statement: sa.Update) -> None:
    """Run a statement in the current transaction; rows that were loaded are read anew afterwards."""
    db.session.execute(statement, execution_options={"synchronize_session": False})
    db.session.expire_all()
