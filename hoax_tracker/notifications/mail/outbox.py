"""The outbox: letters are queued with the act that causes them, leased one at a time, and marked with the outcome.

A letter's content is rendered as plain text and HTML when it is sent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from flask_babel import get_locale

from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes, encrypt_bytes
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import OutgoingMail, db
from hoax_tracker.notifications.outbox_leases import is_row_unleased, lease_next_row, retry_pause, update_rows


@dataclass(frozen=True)
class Letter:
    """One letter in one language, already translated.

    ``quote`` is an officer's text, shown as a quotation; ``action`` a label with its address (see ``public_url_for``);
    ``entries`` are lines with the addresses of their pages; ``why`` says why the reader gets the letter, and at
    ``unsubscribe_url`` a POST ends that (RFC 8058). A resident's text is never quoted, because anybody may enter
    anybody's address.
    """

    subject: str
    paragraphs: tuple[str, ...]
    quote: str = ""
    action: tuple[str, str] | None = None
    closing: tuple[str, ...] = ()
    why: str = ""
    entries: tuple[tuple[str, str], ...] = ()
    unsubscribe_url: str = ""


@dataclass(frozen=True)
class RenderedLetter:
    """A letter ready to send: ``to`` is one address, ``language`` "id" or "en"."""

    to: str
    subject: str
    text: str
    html: str
    language: str
    unsubscribe_url: str = ""

    def as_bytes(self) -> bytes:
        """Return the letter as bytes for encryption."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> RenderedLetter:
        """Read what ``as_bytes`` made."""
        return cls(**json.loads(content))


def render_letter(to: str, letter: Letter) -> RenderedLetter:
    """Return the letter in the current language (``force_locale``)."""
    settings = current_settings()
    language = str(get_locale() or "id")
    facts = {"letter": letter, "settings": settings, "language": language}
    return RenderedLetter(
        to=to,
        subject=" ".join(letter.subject.split()),
        text=_render_mail_template("mail/letter.txt", facts).strip() + "\n",
        html=_render_mail_template("mail/letter.html", facts),
        language=language,
        unsubscribe_url=letter.unsubscribe_url,
    )


def _render_mail_template(template: str, facts: dict[str, Any]) -> str:
    """Return a rendered template without a page frame: there may be no request."""
    return current_app.jinja_env.get_template(template).render(**facts)


def public_url_for(endpoint: str, **values: Any) -> str:
    """Return the public address of a page, also outside a request."""
    base = urlsplit(current_settings().base_url)
    adapter = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)


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
