"""The person behind a conversation gets another id in their channel, for example with a new number."""

from __future__ import annotations

import sqlalchemy as sa

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import encrypt_contact
from hoax_tracker.models import Base, Chat, ChatAnswer, ChatMessage, ChatReply, db
from hoax_tracker.tipline.inbox import sender_digest


def move_chat(chat: Chat, new_sender: str, settings: Settings) -> None:
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
