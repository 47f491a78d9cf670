"""The inbox: messages are stored once, and wake the worker. A channel that delivers waits for nothing else."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import decrypt_bytes, derivation_key, encrypt_bytes, encrypt_contact
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import Chat, ChatMessage, db
from hoax_tracker.privacy.names import mask_identity_numbers
from hoax_tracker.tipline.messages import IncomingMessage

BATCH_PAUSE = timedelta(seconds=1.5)
"""Messages that are forwarded together come within a second of each other: the last one is waited for."""
LONGEST_BATCH = timedelta(seconds=15)
"""Whoever goes on writing is answered all the same."""
LONGEST_TEXT = 10_000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def store_messages(messages: Sequence[IncomingMessage]) -> int:
    """Store each message that is new, and wake the worker; return how many were new. Commits."""
    settings, now = current_settings(), utc_now()
    with write_transaction(None):
        # In one order everywhere, so that no two transactions wait for each other.
        ordered = sorted(messages, key=lambda one: (one.channel, one.sender))
        new = sum(_store_message(message, settings, now) for message in ordered)
        if new:
            wake_job(WokenJob.CHATS)
    return new


def _store_message(message: IncomingMessage, settings: Settings, now: datetime) -> bool:
    """Store a message in the current transaction; return whether it was new."""
    digest = _keyed_digest("message", message.channel, message.message_id, settings)
    if _is_stored(message.channel, digest):
        return False  # before a conversation is begun: its person may have had it erased
    chat_id = _find_or_add_chat(message.channel, message.sender, settings, now)
    row = {
        "chat_id": chat_id,
        "channel": message.channel,
        "message_digest": digest,
        "body_encrypted": _seal_message(message, settings),
        "received_at": now,
    }
    stored = insert_into(ChatMessage).values(row).on_conflict_do_nothing(index_elements=["channel", "message_digest"])
    if db.session.execute(stored.returning(ChatMessage.id)).first() is None:
        return False
    due_at = min(now + BATCH_PAUSE, _find_first_waiting(chat_id, now) + LONGEST_BATCH)
    _update_chat(chat_id, last_message_at=now, due_at=due_at, erase_when_sent=False)
    return True


def _is_stored(channel: str, digest: str) -> bool:
    """Tell whether a message was stored before, in a conversation that may be gone by now."""
    query = sa.select(ChatMessage.id).filter_by(channel=channel, message_digest=digest)
    return db.session.execute(query).first() is not None


def _find_first_waiting(chat_id: int, now: datetime) -> datetime:
    """Return when the first message came that still waits for an answer; ``now`` where its clock was ahead."""
    waiting = sa.select(ChatMessage.received_at).where(
        ChatMessage.chat_id == chat_id, ChatMessage.answered_at.is_(None)
    )
    first = db.session.execute(waiting.order_by(ChatMessage.id).limit(1)).scalar()
    return min(first or now, now)


def _find_or_add_chat(channel: str, sender: str, settings: Settings, now: datetime) -> int:
    """Return the id of the conversation with a sender, added where there is none."""
    digest = sender_digest(channel, sender, settings)
    row = {
        "channel": channel,
        "sender_digest": digest,
        "sender_encrypted": encrypt_contact(sender, settings.contact_key),
        "language": "id",
        "began_at": now,
        "last_message_at": now,
        "attempts": 0,
        "erase_when_sent": False,
    }
    unless_known = insert_into(Chat).values(row).on_conflict_do_nothing(index_elements=["channel", "sender_digest"])
    db.session.execute(unless_known)
    query = sa.select(Chat.id).filter_by(channel=channel, sender_digest=digest)
    return db.session.execute(query).scalar_one()


def _update_chat(chat_id: int, **values: Any) -> None:
    """Change a conversation in the current transaction, in one statement."""
    changed = sa.update(Chat).where(Chat.id == chat_id).values(values)
    db.session.execute(changed, execution_options={"synchronize_session": False})
    db.session.expire_all()


def sender_digest(channel: str, sender: str, settings: Settings) -> str:
    """Return the digest under which a person's conversation is found."""
    return _keyed_digest("sender", channel, sender, settings)


def sent_digest(channel: str, message_id: str, settings: Settings) -> str:
    """Return the digest under which a message of ours is found, of whose fate the channel tells later."""
    return _keyed_digest("sent", channel, message_id, settings)


def _keyed_digest(kind: str, channel: str, value: str, settings: Settings) -> str:
    """Return a digest from which nothing can be derived without the contact key."""
    key = derivation_key(settings.contact_key)
    return hmac.new(key, f"chat|{kind}|{channel}|{value}".encode(), hashlib.sha256).hexdigest()


def _seal_message(message: IncomingMessage, settings: Settings) -> bytes:
    """Return a message encrypted, without who sent it and with identity numbers masked."""
    text = mask_identity_numbers(_UNSTORABLE.sub("", message.text)[:LONGEST_TEXT])
    content = asdict(replace(message, text=text, sender="")) | {"sent_at": message.sent_at.isoformat()}
    return encrypt_bytes(json.dumps(content, ensure_ascii=False).encode(), settings.contact_key)


def open_message(sealed: bytes, settings: Settings) -> IncomingMessage:
    """Return a stored message; its sender stands with the conversation."""
    content = json.loads(decrypt_bytes(sealed, settings.contact_key))
    known = {field.name: content[field.name] for field in fields(IncomingMessage) if field.name in content}
    return IncomingMessage(**(known | {"sent_at": datetime.fromisoformat(content["sent_at"])}))
