"""The outbox: letters are queued with the act that causes them, leased one at a time, and marked with the outcome."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes, encrypt_bytes
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.mail.messages import Letter, RenderedLetter, render_letter
from hoax_tracker.notifications.outbox_leases import (
    TRY_LASTS,
    is_row_unleased,
    lease_next_row,
    retry_pause,
    update_rows,
)

# After the first failure, the second, …; the last one for all others.
RETRY_PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))
# A server that was away for long is asked at least this often, and a letter that it gets late is still worth reading.
LONGEST_SERVER_PAUSE = timedelta(hours=1)
# RFC 5321, 4.5.4.1: "the give-up time generally needs to be at least 4-5 days".
GIVE_UP_AFTER = timedelta(days=5)
SERVER_FAULT_PREFIX = "server: "


def is_mail_enabled() -> bool:
    """Tell whether a mail server is set."""
    settings = current_settings()
    return settings.mail is not None


def enqueue_letter(
    key: str,
    to: str,
    letter: Letter,
    now: datetime,
    *,
    report_id: int | None = None,
    subscription_id: int | None = None,
) -> bool:
    """Queue a letter in the current transaction; False where it was queued before or mail is disabled.

    ``key`` (up to 200 characters, no personal data) names the act and the reader. With ``report_id`` or
    ``subscription_id`` the letter is erased with that row. Raises InvalidInputError unless the address is a single
    e-mail address.
    """
    settings = current_settings()
    if settings.mail is None:
        return False
    if not is_mail_address(to):
        raise InvalidInputError(f"letter {key}: no e-mail address")
    sealed = encrypt_bytes(render_letter(to, letter).as_bytes(), settings.contact_key)
    about = {"report_id": report_id, "subscription_id": subscription_id}
    row = {"key": key, "sealed": sealed, "posted_at": now, "next_try_at": now, "attempts": 0} | about
    once = insert_into(OutgoingMail).values(row).on_conflict_do_nothing(index_elements=["key"])
    is_new = db.session.execute(once.returning(OutgoingMail.id)).scalar() is not None
    if is_new:
        wake_job(WokenJob.LETTERS)
    return is_new


def lease_next_letter(now: datetime) -> OutgoingMail | None:
    """Lease the letter that has been due longest, in the current transaction; None where none is due.

    Letters to subscribers come last: there may be thousands, and a password link must not wait for them.
    """
    # Two queries, each by the index of what is due: one that sorts ten thousand letters takes ten times as long.
    subscribers = OutgoingMail.subscription_id
    return lease_next_row(OutgoingMail, now, RETRY_PAUSES, subscribers.is_(None)) or lease_next_row(
        OutgoingMail, now, RETRY_PAUSES, subscribers.is_not(None)
    )


def decrypt_letter(row: OutgoingMail, settings: Settings) -> RenderedLetter:
    """Return the content of a letter. Raises LetterUnreadableError where it was encrypted with another key."""
    if row.sealed is None:
        raise LetterUnreadableError(f"letter {row.id} is empty")
    try:
        return RenderedLetter.from_bytes(decrypt_bytes(row.sealed, settings.contact_key))
    except DecryptionError as error:
        raise LetterUnreadableError(f"letter {row.id} was sealed with another key") from error


class LetterUnreadableError(InvalidInputError):
    """The letter cannot be decrypted, so it cannot be sent."""


def mark_letter_sent(letter_id: int, now: datetime) -> None:
    """Record that the server accepted it, and delete address and content. Letters that waited for it are due now."""
    _finish_letter(letter_id, sent_at=now, last_error=None)
    release_waiting_letters(now)


def release_waiting_letters(now: datetime) -> None:
    """Make every letter due that waited for the server."""
    waits_for_server = OutgoingMail.last_error.startswith(SERVER_FAULT_PREFIX)
    conditions = (OutgoingMail.next_try_at > now, waits_for_server, is_row_unleased(OutgoingMail, now))
    update_rows(OutgoingMail, *conditions, next_try_at=now, last_error=None)


def mark_letter_rejected(letter_id: int, reason: str, now: datetime) -> None:
    """Record that it cannot be delivered, and delete address and content."""
    _finish_letter(letter_id, failed_at=now, last_error=reason[:120])


def defer_letter(row: OutgoingMail, reason: str, now: datetime) -> None:
    """Postpone one letter; after five days it is given up."""
    # Days that a clock jumped over were no tries.
    if now - row.posted_at >= GIVE_UP_AFTER and row.attempts > len(RETRY_PAUSES):
        mark_letter_rejected(row.id, reason, now)
        return
    again = {"next_try_at": now + retry_pause(RETRY_PAUSES, row.attempts), "held_until": None}
    update_rows(OutgoingMail, OutgoingMail.id == row.id, last_error=reason[:120], **again)


def defer_all_letters(row: OutgoingMail, reason: str, now: datetime) -> None:
    """Postpone all letters due before the server is tried again. None is given up: the fault is the server's.

    Letters that other senders have leased are left alone.
    """
    later = now + min(LONGEST_SERVER_PAUSE, retry_pause(RETRY_PAUSES, row.attempts))
    reason_kept = (SERVER_FAULT_PREFIX + reason)[:120]
    waiting = sa.and_(OutgoingMail.next_try_at < later, is_row_unleased(OutgoingMail, now))
    again = {"next_try_at": later, "held_until": None, "last_error": reason_kept}
    update_rows(OutgoingMail, sa.or_(OutgoingMail.id == row.id, waiting), **again)


def _finish_letter(letter_id: int, **values: object) -> None:
    """Delete address and content of a letter."""
    cleared = {"sealed": None, "next_try_at": None, "held_until": None} | values
    update_rows(OutgoingMail, OutgoingMail.id == letter_id, **cleared)


__all__ = [
    "TRY_LASTS",
    "LetterUnreadableError",
    "decrypt_letter",
    "defer_all_letters",
    "defer_letter",
    "enqueue_letter",
    "is_mail_enabled",
    "lease_next_letter",
    "mark_letter_rejected",
    "mark_letter_sent",
    "release_waiting_letters",
]
