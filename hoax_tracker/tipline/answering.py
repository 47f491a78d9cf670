"""Answer the batches that wait: lease a conversation, do what its messages ask, and store the one reply.

1. A conversation is due a moment after its last message, and leased for as long as an answer may take. A killed worker
   loses nothing: the lease ends, and the next worker reads the same messages.
2. The acts use the services of the web, which commit by themselves and may be repeated (``acts/``).
3. One transaction stores the reply, marks the messages as answered, and remembers what the reply said. A worker that
   lost its lease meanwhile stores nothing.
4. What fails is tried again after a pause; after MOST_TRIES the person is told.

The person behind a conversation can get another id in their channel, for example with a new number.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale

from hoax_tracker.check.answers.question_log import count_together
from hoax_tracker.clock import CLOCK_TOLERANCE, WITA
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import decrypt_bytes, encrypt_bytes, encrypt_contact
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import Base, Chat, ChatAnswer, ChatMessage, ChatReply, db
from hoax_tracker.notifications.chats import chat_contact, enqueue_reply
from hoax_tracker.privacy.retention import forget_deleted
from hoax_tracker.tipline.acts import wording
from hoax_tracker.tipline.acts.performing import perform_act
from hoax_tracker.tipline.acts.scene import Scene
from hoax_tracker.tipline.conversation.passages import Passage, compose_reply
from hoax_tracker.tipline.conversation.planning import ActKind, Plan, plan_batch, plan_for_blocked, plan_for_officer
from hoax_tracker.tipline.conversation.state import ChatState
from hoax_tracker.tipline.inbox import open_message, sender_digest
from hoax_tracker.tipline.messages import Channel, IncomingMessage, MediaUnavailable, Reply

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Reading a picture takes up to half of it."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
MOST_TRIES = 6
MESSAGES_AT_ONCE = 50
"""Of more that wait, the others are the next batch."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of a conversation that wait, under a lease that lasts to ``held_until``."""

    chat_id: int
    channel: str
    contact: str
    who: str
    state: ChatState
    message_ids: tuple[int, ...]
    messages: tuple[IncomingMessage, ...]
    held_until: datetime
    attempts: int
    is_blocked: bool = False
    is_paused: bool = False

    @property
    def key(self) -> str:
        """The key of the reply: that of the last message."""
        return f"batch:{self.message_ids[-1]}"


def answer_next_batch(channels: Mapping[str, Channel], settings: Settings, now: datetime) -> bool:
    """Answer the batch that has been due longest; return whether there was one."""
    batch = lease_next_batch(settings, now)
    if batch is None:
        return False
    if not batch.messages:
        finish_batch(batch, Plan((), batch.state), [], settings, now)
        return True
    try:
        plan = _plan(batch, now)
        scene = _open_scene(batch, plan, channels, settings, now)
        with force_locale(plan.state.language):
            passages = list(dict.fromkeys(perform_act(act, scene) for act in plan.acts))  # each is said once
            finish_batch(batch, plan, passages, settings, now)
    except Exception:
        log.exception("a batch of messages could not be answered", extra=log_fields(chat=batch.chat_id))
        db.session.rollback()
        _put_off(batch, settings, now)
    return True


def _plan(batch: Batch, now: datetime) -> Plan:
    """Return what is done for a batch, by the machine or in the place of an officer."""
    state = batch.state.without_old_subjects(_local_day(now))
    if batch.is_blocked:
        return plan_for_blocked(plan_batch(state, batch.messages))
    return (plan_for_officer if batch.is_paused else plan_batch)(state, batch.messages)


def _local_day(now: datetime) -> int:
    """Return the number of the day in Kupang."""
    return now.astimezone(WITA).date().toordinal()


def lease_next_batch(settings: Settings, now: datetime) -> Batch | None:
    """Lease the conversation whose messages have been due longest, in a transaction of its own; None where none is."""
    free = sa.or_(
        Chat.held_until.is_(None), Chat.held_until <= now, Chat.held_until > now + LONGEST_PAUSE + CLOCK_TOLERANCE
    )
    due = sa.or_(Chat.due_at <= now, Chat.due_at > now + CLOCK_TOLERANCE)  # noted by a clock that was set back since
    query = sa.select(Chat).where(due, free).order_by(Chat.due_at, Chat.id).limit(1).with_for_update(skip_locked=True)
    with write_transaction(None):
        chat = db.session.scalar(query)
        if chat is None:
            return None
        chat.attempts += 1
        chat.held_until = now + LEASE
        return _read_batch(chat, settings, now)


def _read_batch(chat: Chat, settings: Settings, now: datetime) -> Batch:
    """Return the messages of a conversation that wait, as a batch."""
    waiting = sa.select(ChatMessage).where(ChatMessage.chat_id == chat.id, ChatMessage.answered_at.is_(None))
    oldest = db.session.scalars(waiting.order_by(ChatMessage.id).limit(MESSAGES_AT_ONCE))
    rows = [row for row in oldest if row.body_encrypted]
    state = ChatState(language=chat.language)
    if chat.state_encrypted:
        state = ChatState.from_bytes(decrypt_bytes(chat.state_encrypted, settings.contact_key))
    return Batch(
        chat_id=chat.id,
        channel=chat.channel,
        contact=chat_contact(chat),
        who=f"chat {chat.sender_digest}",
        state=state,
        message_ids=tuple(row.id for row in rows),
        messages=tuple(open_message(row.body_encrypted or b"", settings) for row in rows),
        held_until=chat.held_until or chat.last_message_at,
        attempts=chat.attempts,
        is_blocked=chat.blocked_until is not None and chat.blocked_until > now,
        is_paused=chat.paused_until is not None and chat.paused_until > now,
    )


def _open_scene(batch: Batch, plan: Plan, channels: Mapping[str, Channel], settings: Settings, now: datetime) -> Scene:
    """Return what the acts are given."""
    channel = channels.get(batch.channel)

    def fetch_media(media_id: str) -> bytes:
        if channel is None:
            raise MediaUnavailable("the channel is not open")
        return channel.fetch_media(media_id)

    return Scene(batch.chat_id, batch.channel, batch.who, batch.contact, plan.state, settings, now, fetch_media)


def _put_off(batch: Batch, settings: Settings, now: datetime) -> None:
    """Let a batch that failed be tried again after a pause, or tell the person where it failed too often."""
    if batch.attempts >= MOST_TRIES:
        with force_locale(batch.state.language):
            finish_batch(batch, Plan((), batch.state), [wording.apologise()], settings, now)
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (batch.attempts - 1))
    with write_transaction(None):
        mine = sa.update(Chat).where(Chat.id == batch.chat_id, Chat.held_until == batch.held_until)
        db.session.execute(mine.values(held_until=now + pause), execution_options={"synchronize_session": False})


def finish_batch(batch: Batch, plan: Plan, passages: Sequence[Passage], settings: Settings, now: datetime) -> None:
    """Store the reply, mark the messages as answered, and remember, in one transaction."""
    reply, state = compose_reply(plan.state, passages, _local_day(now))
    kinds = {act.kind for act in plan.acts}
    with write_transaction(None):
        chat = db.session.get(Chat, batch.chat_id, with_for_update=True, populate_existing=True)
        if chat is None or chat.held_until != batch.held_until:
            return  # another worker has it since, or it was erased
        chat.attempts, chat.held_until = 0, None
        chat.language = state.language
        chat.state_encrypted = encrypt_bytes(state.as_bytes(), settings.contact_key)
        if ActKind.STOP in kinds:
            chat.stopped_at = now
        if ActKind.RESUME in kinds or ActKind.REPORT in kinds:
            chat.stopped_at = None
        _mark_answered(batch, chat, now)
        if ActKind.ERASE in kinds:
            _erase_chat(chat, settings, now)
        else:
            _remember_pages(chat.id, passages, now)
            count_together([one.counted_as for one in passages], now)
            _release_waiting_replies(chat.id, now)
        if reply is not None:
            enqueue_reply(chat, batch.key, _reply_as_body(reply), now)
        for act in plan.acts:
            if act.kind is ActKind.MOVE:
                _move_chat(chat, act.text, settings)
    if ActKind.ERASE in kinds:
        forget_deleted()


def _mark_answered(batch: Batch, chat: Chat, now: datetime) -> None:
    """Mark the batch as answered; the conversation is due again only where a message came since."""
    answered = sa.update(ChatMessage).where(ChatMessage.id.in_(batch.message_ids)).values(answered_at=now)
    db.session.execute(answered, execution_options={"synchronize_session": False})
    waits = sa.select(ChatMessage.id).where(ChatMessage.chat_id == chat.id, ChatMessage.answered_at.is_(None)).limit(1)
    if db.session.scalar(waits) is None:
        chat.due_at = None


def _remember_pages(chat_id: int, passages: Sequence[Passage], now: datetime) -> None:
    """Note with which pages the person was answered, to tell them where one changes."""
    for page in sorted({one.page for one in passages if one.page}):
        row = {"chat_id": chat_id, "clarification_id": page, "answered_at": now}
        newer = insert_into(ChatAnswer).values(row)
        db.session.execute(
            newer.on_conflict_do_update(index_elements=["chat_id", "clarification_id"], set_={"answered_at": now})
        )


def _release_waiting_replies(chat_id: int, now: datetime) -> None:
    """Let replies that waited for the person's next message go out now, before the one to that message."""
    waiting = sa.update(ChatReply).where(ChatReply.chat_id == chat_id, ChatReply.awaits_message)
    db.session.execute(
        waiting.values(awaits_message=False, next_try_at=now), execution_options={"synchronize_session": False}
    )


def _erase_chat(chat: Chat, settings: Settings, now: datetime) -> None:
    """Erase what the conversation said, in the current transaction; the row itself goes with its last reply.

    Digests of messages stay for a month: what a channel delivers again must not begin the conversation anew.
    """
    for table in (ChatAnswer, ChatReply):
        db.session.execute(
            sa.delete(table).where(table.chat_id == chat.id), execution_options={"synchronize_session": False}
        )
    blank = sa.update(ChatMessage).where(ChatMessage.chat_id == chat.id).values(chat_id=None, body_encrypted=None)
    db.session.execute(blank, execution_options={"synchronize_session": False})
    chat.state_encrypted, chat.due_at, chat.erase_when_sent = None, None, True
    audit_log.record_event("chat_erased", f"chat:{chat.id}", officer=None, now=now)


def _reply_as_body(reply: Reply) -> dict[str, Any]:
    return asdict(reply)


def _move_chat(chat: Chat, new_sender: str, settings: Settings) -> None:
    """Let a conversation go on under another id, in the current transaction.

    What the person already wrote under the new id joins it.
    """
    if not new_sender:
        return
    digest = sender_digest(chat.channel, new_sender, settings)
    begun = db.session.scalar(sa.select(Chat).filter_by(channel=chat.channel, sender_digest=digest))
    if begun is not None and begun.id != chat.id:
        _join_chats(begun, chat)
    chat.sender_digest = digest
    chat.sender_encrypted = encrypt_contact(new_sender, settings.contact_key)


def _join_chats(newer: Chat, chat: Chat) -> None:
    tables: tuple[type[Base], ...] = (ChatMessage, ChatReply)
    for table in tables:
        moved = sa.update(table).where(table.chat_id == newer.id).values(chat_id=chat.id)  # type: ignore[attr-defined]
        db.session.execute(moved, execution_options={"synchronize_session": False})
    known = sa.select(ChatAnswer.clarification_id).where(ChatAnswer.chat_id == chat.id)
    others = sa.update(ChatAnswer).where(ChatAnswer.chat_id == newer.id, ChatAnswer.clarification_id.not_in(known))
    db.session.execute(others.values(chat_id=chat.id), execution_options={"synchronize_session": False})
    chat.last_message_at = max(chat.last_message_at, newer.last_message_at)
    chat.due_at = newer.due_at or chat.due_at
    if chat.blocked_until is None:
        chat.blocked_until, chat.blocked_reason = newer.blocked_until, newer.blocked_reason
    chat.paused_until = chat.paused_until or newer.paused_until
    db.session.execute(sa.delete(Chat).where(Chat.id == newer.id), execution_options={"synchronize_session": False})
    db.session.expunge(newer)
