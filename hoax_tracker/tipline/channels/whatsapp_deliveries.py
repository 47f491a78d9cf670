"""What WhatsApp delivers to the webhook, as messages: every entry, change and message, whatever else is in it.

The sender is the id by which this business knows the person (``from_user_id``, or ``user_id`` of the contact); the
telephone number stands in for it only where there is none. Names, positions and the contacts of others are dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hoax_tracker.tipline.channels.access import WHATSAPP
from hoax_tracker.tipline.channels.api_client import (
    LONGEST_MEDIA_ID,
    LONGEST_SENDER,
    is_too_old,
    read_count,
    read_dict,
    read_dicts,
    read_id,
    read_moment,
    read_sha256,
    read_text,
    shorten_words,
)
from hoax_tracker.tipline.messages import IncomingMessage

REPEATED_FOR = timedelta(days=7)
"""So long a delivery that was not accepted is repeated: what is older was made by somebody."""
MEDIA_KINDS = frozenset({"image", "audio", "video", "document", "sticker"})
SILENT_KINDS = frozenset({"location", "contacts"})
IDENTITY_CHANGES = frozenset({"user_changed_number", "user_changed_user_id"})
CALL_BEGINS = "connect"

_FROM_TO = re.compile(r"\bfrom (\S+) to (\S+)")

Contact = Mapping[str, Any]


def read_messages(payload: Mapping[str, Any], phone_number_id: str, now: datetime) -> list[IncomingMessage]:
    """Return all messages and calls to the number in a delivery, in its order, each id once."""
    messages: dict[str, IncomingMessage] = {}
    for field, value in _walk_changes(payload, phone_number_id):
        contacts = read_dicts(value.get("contacts"))
        for raw in read_dicts(value.get("messages")) if field == "messages" else []:
            message = _read_message(raw, contacts, now)
            if message is not None:
                messages.setdefault(message.message_id, message)
        for raw in read_dicts(value.get("calls")) if field == "calls" else []:
            call = _read_call(raw, contacts, now)
            if call is not None:
                messages.setdefault(call.message_id, call)
    return list(messages.values())


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """A message of ours that failed after it was taken: its id, to whom it went, the error's number and words."""

    message_id: str
    recipients: tuple[str, ...]
    code: int
    words: str


def read_failures(payload: Mapping[str, Any], phone_number_id: str) -> list[FailedMessage]:
    """Return what a delivery says of messages of ours that failed; other states need nothing."""
    return [
        _read_failure(status, error)
        for _field, value in _walk_changes(payload, phone_number_id)
        for status in read_dicts(value.get("statuses"))
        if status.get("status") == "failed"
        for error in read_dicts(status.get("errors"))
    ]


def _read_failure(status: Mapping[str, Any], error: Mapping[str, Any]) -> FailedMessage:
    """Return one error of one message."""
    named = (read_id(status.get(name), LONGEST_SENDER) for name in ("recipient_user_id", "recipient_id"))
    words = shorten_words(f"{error.get('code', '')} {error.get('title') or error.get('message') or ''}")
    return FailedMessage(read_id(status.get("id")), tuple(filter(None, named)), read_count(error.get("code")), words)


def _walk_changes(payload: Mapping[str, Any], phone_number_id: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the field and the value of each change that is about the number. Other numbers of the app are others'."""
    for entry in read_dicts(payload.get("entry")):
        for change in read_dicts(entry.get("changes")):
            value = read_dict(change.get("value"))
            if read_dict(value.get("metadata")).get("phone_number_id") == phone_number_id:
                yield read_text(change.get("field")), value


def _read_message(raw: Mapping[str, Any], contacts: list[dict[str, Any]], now: datetime) -> IncomingMessage | None:
    """Return a message; None for one without id or sender, one that is too old, and news that concern nobody."""
    message_id, sender = read_id(raw.get("id")), _find_sender(raw, contacts)
    sent_at = read_moment(raw.get("timestamp"), now)
    if not message_id or is_too_old(sent_at, now, REPEATED_FOR):
        return None
    if raw.get("type") == "system":
        return _read_identity_change(raw, message_id, sender, sent_at)
    if not sender:
        return None
    context = read_dict(raw.get("context"))
    often = context.get("frequently_forwarded") is True
    return IncomingMessage(
        channel=WHATSAPP,
        message_id=message_id,
        sender=sender,
        sent_at=sent_at,
        forwarded=often or context.get("forwarded") is True,
        often_forwarded=often,
        **_read_content(raw),
    )


def _find_sender(raw: Mapping[str, Any], contacts: list[dict[str, Any]]) -> str:
    """Return the sender's scoped id, or the number where there is none; "" where nothing names the sender."""
    number = read_id(raw.get("from"), LONGEST_SENDER)
    contact = _find_contact(number, contacts)
    named = (raw.get("from_user_id"), contact.get("user_id"), number, contact.get("wa_id"))
    return next((found for name in named if (found := read_id(name, LONGEST_SENDER))), "")


def _find_contact(number: str, contacts: list[dict[str, Any]]) -> Contact:
    """Return the contact with a number, or the only one of a delivery; {} for none."""
    same = [contact for contact in contacts if number and contact.get("wa_id") == number]
    if same:
        return same[0]
    return contacts[0] if len(contacts) == 1 and not (number and contacts[0].get("wa_id")) else {}


def _read_content(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the kind of a message and what it holds."""
    kind = read_text(raw.get("type"))
    part = read_dict(raw.get(kind))
    if kind == "text":
        return {"kind": "text", "text": read_text(part.get("body"))}
    if kind in MEDIA_KINDS:
        return _read_media(kind, part)
    if kind == "button":
        return _read_choice(part.get("payload"), part.get("text"))
    if kind == "interactive":
        pressed = read_dict(part.get("button_reply")) or read_dict(part.get("list_reply"))
        return _read_choice(pressed.get("id"), pressed.get("title"))
    if kind == "reaction":
        return {"kind": "reaction", "text": read_text(part.get("emoji"))}
    return {"kind": kind if kind in SILENT_KINDS else "unsupported"}


def _read_media(kind: str, part: Mapping[str, Any]) -> dict[str, str]:
    """Return a picture, voice note, video or file with its caption; its name is left out."""
    media_id = read_id(part.get("id"), LONGEST_MEDIA_ID)
    if not media_id:
        return {"kind": "unsupported"}
    return {
        "kind": kind,
        "text": read_text(part.get("caption")),
        "media_id": media_id,
        "media_type": read_text(part.get("mime_type"), 100),
        "media_sha256": read_sha256(part.get("sha256")),
    }


def _read_choice(payload: Any, title: Any) -> dict[str, str]:
    """Return the choice of a button or a row; one without a payload is no choice of ours."""
    chosen = read_text(payload, 300)
    return {"kind": "choice", "choice": chosen, "text": read_text(title)} if chosen else {"kind": "unsupported"}


def _read_identity_change(
    raw: Mapping[str, Any], message_id: str, sender: str, sent_at: datetime
) -> IncomingMessage | None:
    """Return that a person has another id from now on; None where it is not said which became which."""
    system = read_dict(raw.get("system"))
    if system.get("type") not in IDENTITY_CHANGES:
        return None
    ids = (system.get("user_id"), system.get("new_wa_id"), system.get("wa_id"))
    new = next((found for one in ids if (found := read_id(one, LONGEST_SENDER))), "")
    old = read_id(system.get("previous_user_id"), LONGEST_SENDER) or sender
    if old == new and (numbers := _FROM_TO.search(read_text(system.get("body")))):
        old = numbers[1]
    if not old or not new or old == new:
        return None
    return IncomingMessage(WHATSAPP, message_id, old, sent_at, "identity_changed", new_sender=new)


def _read_call(raw: Mapping[str, Any], contacts: list[dict[str, Any]], now: datetime) -> IncomingMessage | None:
    """Return that somebody calls; None for the end of a call, and for our own."""
    call_id, sender = read_id(raw.get("id")), _find_sender(raw, contacts)
    sent_at = read_moment(raw.get("timestamp"), now)
    if raw.get("event") != CALL_BEGINS or raw.get("direction") == "BUSINESS_INITIATED":
        return None
    if not call_id or not sender or is_too_old(sent_at, now, REPEATED_FOR):
        return None
    return IncomingMessage(WHATSAPP, call_id, sender, sent_at, "call")
