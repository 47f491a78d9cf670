"""The outbox of conversations: a reply, or word of a ticket or a page, waits here until its channel takes it.

The tipline sends it (tipline/sending.py). A reporter's contact may be a conversation: it is written as
``chat:telegram:12`` and encrypted as an address is. An e-mail address may follow (``chat:telegram:12 a@b.id``): to it
goes what cannot be told in the conversation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from hoax_tracker.core.config.mail_server import is_mail_address
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import encrypt_bytes
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.models import Chat, ChatReply, OutgoingMail, db
from hoax_tracker.notifications.mail import Letter

CHANNEL_NAMES = {"telegram": "Telegram", "whatsapp": "WhatsApp"}
_CONTACT = re.compile(r"chat:([a-z]{1,20}):([0-9]{1,10})(?: (\S+))?\Z")


def chat_contact(chat: Chat) -> str:
    """Return the conversation as a reporter's contact."""
    return f"chat:{chat.channel}:{chat.id}"


def find_chat_of_contact(contact: str | None) -> Chat | None:
    """Return the conversation that a contact names; None for an address, or where the conversation is gone."""
    chat_id = read_chat_id(contact)
    return db.session.get(Chat, chat_id) if chat_id else None


def read_chat_id(contact: str | None) -> int | None:
    """Return the id of the conversation that a contact names; None for an address."""
    names = _CONTACT.match(contact or "")
    return int(names[2]) if names else None


def mail_of_contact(contact: str | None) -> str | None:
    """Return the e-mail address in a contact, alone or beside a conversation; None for another contact."""
    names = _CONTACT.match(contact or "")
    address = names[3] if names else contact
    return address if address and is_mail_address(address) else None


def with_mail(contact: str, address: str) -> str:
    """Return a conversation as a contact, with that e-mail address beside it; "" for none."""
    return f"{contact.partition(' ')[0]} {address}".rstrip()


def describe_contact(contact: str | None) -> str | None:
    """Return a contact as officers read it: an address, or in which program the person is told."""
    names = _CONTACT.match(contact or "")
    if not names:
        return contact
    channel = CHANNEL_NAMES.get(names[1], names[1])
    words = str(_("percakapan di %(channel)s; pelapor dikabari di sana", channel=channel))
    return "; ".join([words, _("bila tidak sampai: %(address)s", address=names[3])]) if names[3] else words


def enqueue_reply(
    chat: Chat,
    key: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    report_id: int | None = None,
    confirmation_id: int | None = None,
) -> bool:
    """Queue a reply (the fields of ``tipline.messages.Reply``) in the current transaction, once a key.

    ``report_id``: the report whose step it tells. ``confirmation_id``: the proposal on which an officer's words stand.
    Return whether it was new. Whoever has news of their own accord to tell asks ``may_tell`` first.
    """
    sealed = encrypt_bytes(json.dumps(dict(body), ensure_ascii=False).encode(), current_settings().contact_key)
    row = {
        "chat_id": chat.id,
        "key": key,
        "body_encrypted": sealed,
        "posted_at": now,
        "next_try_at": now,
        "attempts": 0,
        "awaits_message": False,
        "report_id": report_id,
        "confirmation_id": confirmation_id,
    }
    stored = insert_into(ChatReply).values(row).on_conflict_do_nothing(index_elements=["chat_id", "key"])
    is_new = db.session.execute(stored.returning(ChatReply.id)).first() is not None
    if is_new:
        wake_job(WokenJob.CHATS)
    return is_new


def may_tell(chat: Chat) -> bool:
    """Tell whether the person is told of news by themselves."""
    return chat.stopped_at is None and not chat.erase_when_sent


def list_untold_reports(report_ids: Collection[int]) -> set[int]:
    """Return those of the reports whose newest step could be told neither in the chat nor by e-mail.

    In the chat, because no template asks or it was refused. Whoever made them is told as soon as they write again,
    where the window was closed.
    """
    if not report_ids:
        return set()
    newest = (
        sa.select(sa.func.max(ChatReply.id)).where(ChatReply.report_id.in_(report_ids)).group_by(ChatReply.report_id)
    )
    is_stuck = sa.and_(ChatReply.awaits_message, ChatReply.sent_at.is_(None), ChatReply.template_sent_at.is_(None))
    is_mailed = (OutgoingMail.key == ChatReply.key, OutgoingMail.failed_at.is_(None))
    stuck = sa.select(ChatReply.report_id).where(
        ChatReply.id.in_(newest),
        sa.or_(is_stuck, ChatReply.failed_at.is_not(None)),
        ~sa.select(OutgoingMail.id).where(*is_mailed).exists(),
    )
    return set(db.session.scalars(stuck))


def letter_as_reply(letter: Letter) -> dict[str, Any]:
    """Return a letter as the body of a reply: its words without what only a letter needs, and where it leads."""
    quote = f"“{letter.quote}”" if letter.quote else ""
    text = "\n\n".join(filter(None, (letter.subject + ".", *letter.paragraphs, quote)))
    return {"text": text, "choices": [], "card_url": "", "link": letter.action[1] if letter.action else ""}
