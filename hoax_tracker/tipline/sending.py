"""Send what waits in the outbox of conversations, one reply at a time, in the order in which a person gets them.

No transaction is open while a channel is asked. Where a worker is killed between sending and recording, the reply is
sent once more when its lease ends: that is the only way in which one is doubled.

Where the channel's window is closed, the person is asked by an approved template whether to read what waits, at most
once a day; the button opens the window, and everything goes out (answering.py). Without one it waits for them to write.
A step of a report that can be told in neither way goes out by e-mail, where its person gave an address in the chat.
WhatsApp may take a reply and say only later that the window was closed: then it is put back, and the template asks.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from hoax_tracker.check.reports.status_mail import mail_untold_step
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes, decrypt_contact
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import Chat, ChatReply, db
from hoax_tracker.notifications.outbox_leases import lease_next_row, retry_pause, update_rows
from hoax_tracker.privacy.retention import forget_deleted
from hoax_tracker.tipline.inbox import sender_digest, sent_digest
from hoax_tracker.tipline.messages import Channel, Choice, Reply, SendRefused, TemporarySendError, WindowClosed

log = logging.getLogger(__name__)

TRY_LASTS = timedelta(seconds=60)
RETRY_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300, 900, 3600))
TEMPLATE_PAUSE = timedelta(days=1)
MOST_TRIES = 24
"""The last tries are an hour apart: a channel may be away for the better part of a day."""


@dataclass(frozen=True, slots=True)
class LeasedReply:
    """A reply in hand: to whom it goes, and how often it was tried. ``recipient`` is "" where another key sealed it.

    ``template_sent_at``: when the person was last asked by a template, while a further one would be too many.
    ``window_closed_at``: when the channel said, of this very reply, that its window was closed.
    """

    id: int
    key: str
    report_id: int | None
    chat_id: int
    channel: str
    recipient: str
    reply: Reply
    attempts: int
    last_message_at: datetime
    template_sent_at: datetime | None
    window_closed_at: datetime | None

    def is_window_closed(self, window: timedelta | None, now: datetime) -> bool:
        """Tell whether the channel takes no reply: the person wrote too long ago, by its clock or by ours."""
        if self.window_closed_at is not None and self.window_closed_at > self.last_message_at:
            return True
        return window is not None and now - self.last_message_at >= window


def send_next_reply(channels: Mapping[str, Channel], settings: Settings, now: datetime) -> bool:
    """Send the reply that has been due longest; return whether there was one."""
    leased = lease_next_reply(channels, settings, now)
    if leased is None:
        return False
    record_outcome(leased, _try_to_send(leased, channels[leased.channel], settings, now), now)
    return True


def lease_next_reply(channels: Mapping[str, Channel], settings: Settings, now: datetime) -> LeasedReply | None:
    """Lease a reply in a transaction of its own; None where none is due in a channel that is open."""
    earlier = aliased(ChatReply)
    is_next = (
        sa.select(earlier.id)
        .where(
            earlier.chat_id == ChatReply.chat_id,
            earlier.id < ChatReply.id,
            earlier.next_try_at.is_not(None),
            ~earlier.awaits_message,
        )
        .exists()
    )
    open_chats = sa.select(Chat.id).where(Chat.channel.in_(list(channels)))
    conditions = (~ChatReply.awaits_message, ~is_next, ChatReply.chat_id.in_(open_chats))
    with write_transaction(None):
        row = lease_next_row(ChatReply, now, RETRY_PAUSES, *conditions, lasts=TRY_LASTS)
        if row is None:
            return None
        chat = db.session.get_one(Chat, row.chat_id)
        try:
            recipient = decrypt_contact(chat.sender_encrypted, settings.contact_key)
            reply = read_reply(row.body_encrypted, settings)
        except DecryptionError:
            recipient, reply = "", Reply("")
        return LeasedReply(
            id=row.id,
            key=row.key,
            report_id=row.report_id,
            chat_id=chat.id,
            channel=chat.channel,
            recipient=recipient,
            reply=reply,
            attempts=row.attempts,
            last_message_at=chat.last_message_at,
            template_sent_at=_last_template(chat, now),
            window_closed_at=row.window_closed_at,
        )


def _last_template(chat: Chat, now: datetime) -> datetime | None:
    """Return when a template asked the person within the last day, and since they wrote; None for never."""
    since = max(chat.last_message_at, now - TEMPLATE_PAUSE)
    asked = sa.select(sa.func.max(ChatReply.template_sent_at)).where(ChatReply.chat_id == chat.id)
    return db.session.scalar(asked.where(ChatReply.template_sent_at > since))


def read_reply(sealed: bytes, settings: Settings) -> Reply:
    """Return a stored reply."""
    body = json.loads(decrypt_bytes(sealed, settings.contact_key))
    choices = tuple(Choice(one["payload"], one["title"]) for one in body["choices"])
    return Reply(body["text"], choices, body["card_url"], body["link"])


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """What came of a try: ``fault`` is "" where it was sent."""

    fault: str = ""
    retry_after: timedelta = timedelta(0)
    awaits_message: bool = False
    template_sent_at: datetime | None = None
    is_final: bool = False
    sent_digest: str | None = None


def _try_to_send(leased: LeasedReply, channel: Channel, settings: Settings, now: datetime) -> SendOutcome:
    """Give a reply to its channel and return what came of it."""
    if not leased.recipient:
        return SendOutcome("sealed with another key", is_final=True)
    try:
        if leased.is_window_closed(channel.window, now):
            return _ask_by_template(leased, channel, now)
        return _send_reply(leased, channel, settings, now)
    except TemporarySendError as error:
        return SendOutcome("temporary", retry_after=timedelta(seconds=error.retry_after))
    except SendRefused:
        return SendOutcome("refused", is_final=True)
    except Exception:
        log.exception("a reply could not be sent", extra=log_fields(reply=leased.id))
        return SendOutcome("failed")


def _send_reply(leased: LeasedReply, channel: Channel, settings: Settings, now: datetime) -> SendOutcome:
    """Send a reply, or ask by a template where the channel says that its window is closed. Raises as ``send`` does."""
    try:
        message_id = channel.send(leased.recipient, leased.reply)
    except WindowClosed:
        return _ask_by_template(leased, channel, now)
    return SendOutcome(sent_digest=sent_digest(leased.channel, message_id, settings) if message_id else None)


def _ask_by_template(leased: LeasedReply, channel: Channel, now: datetime) -> SendOutcome:
    """Ask the person whether to read what waits, unless they were asked a moment ago. Raises TemporarySendError."""
    asked_at = leased.template_sent_at
    if asked_at is None:
        try:
            asked_at = now if channel.send_template(leased.recipient) else None
        except (SendRefused, WindowClosed):
            return SendOutcome("template refused", awaits_message=True)
    return SendOutcome("window closed", awaits_message=True, template_sent_at=asked_at)


def record_outcome(leased: LeasedReply, outcome: SendOutcome, now: datetime) -> None:
    """Record what came of a try, in a transaction of its own."""
    is_given_up = outcome.is_final or (bool(outcome.fault) and leased.attempts >= MOST_TRIES)
    values: dict[str, Any] = {"held_until": None, "last_error": outcome.fault or None}
    if not outcome.fault:
        values |= {"sent_at": now, "next_try_at": None, "sent_digest": outcome.sent_digest}
    elif is_given_up:
        values |= {"failed_at": now, "next_try_at": None}
    elif outcome.awaits_message:
        values |= {"awaits_message": True, "next_try_at": now, "template_sent_at": outcome.template_sent_at}
    else:
        pause = max(outcome.retry_after, retry_pause(RETRY_PAUSES, leased.attempts))
        values |= {"next_try_at": now + min(pause, RETRY_PAUSES[-1])}
    is_over = not outcome.fault or is_given_up or outcome.awaits_message
    is_untold = is_given_up or (outcome.awaits_message and outcome.template_sent_at is None)
    with write_transaction(None):
        update_rows(ChatReply, ChatReply.id == leased.id, **values)
        if is_untold and leased.report_id is not None:
            mail_untold_step(leased.report_id, leased.key, current_settings(), now)
        is_erased = is_over and _delete_erased_chat(leased.chat_id)
    if is_erased:
        forget_deleted()


def reopen_reply(channel: str, message_id: str, recipients: Collection[str], settings: Settings, now: datetime) -> bool:
    """Put back a reply of which the channel says that its window was closed after all, once. Commits.

    False where the reply is being sent at this moment, so that its id is not known: the channel has to say it again.
    ``recipients``: by what ids the channel names the person.
    """
    put_back = {"sent_at": None, "sent_digest": None, "next_try_at": now, "attempts": 0, "window_closed_at": now}
    is_it = ChatReply.sent_digest == sent_digest(channel, message_id, settings)
    with write_transaction(None):
        reopened = sa.update(ChatReply).where(is_it).values(put_back).returning(ChatReply.id)
        found = db.session.execute(reopened, execution_options={"synchronize_session": False}).first() is not None
        if found:
            wake_job(WokenJob.CHATS)
        db.session.expire_all()
        return found or not _is_being_written_to(channel, recipients, settings, now)


def _is_being_written_to(channel: str, recipients: Collection[str], settings: Settings, now: datetime) -> bool:
    """Tell whether a reply to the person is in a worker's hands."""
    digests = [sender_digest(channel, one, settings) for one in recipients]
    query = sa.select(ChatReply.id).join(Chat).where(Chat.channel == channel, Chat.sender_digest.in_(digests))
    return db.session.execute(query.where(ChatReply.held_until > now).limit(1)).first() is not None


def _delete_erased_chat(chat_id: int) -> bool:
    """Delete a conversation whose person had everything erased, once they were told; return whether it was one."""
    erased = sa.delete(Chat).where(Chat.id == chat_id, Chat.erase_when_sent).returning(Chat.id)
    gone = db.session.execute(erased, execution_options={"synchronize_session": False}).first()
    db.session.expire_all()
    return gone is not None
