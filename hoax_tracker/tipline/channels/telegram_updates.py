"""What Telegram delivers, as messages: what is written to the bot, and in groups only what is addressed to it.

In a group the bot is addressed by its @name, or by a reply to it. Who replies to somebody else's message with nothing
but the @name asks about that message. Everything else in a group is dropped unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from hoax_tracker.tipline.channels.access import TELEGRAM
from hoax_tracker.tipline.channels.api_client import MEDIA_LIMIT_BYTES
from hoax_tracker.tipline.channels.payloads import (
    LONGEST_MEDIA_ID,
    is_too_old,
    read_count,
    read_dict,
    read_dicts,
    read_id,
    read_moment,
    read_text,
)
from hoax_tracker.tipline.messages import IncomingMessage

KEPT_FOR = timedelta(days=7)
"""Telegram keeps an update for a day: what is older was made by somebody."""
GROUPS = frozenset({"group", "supergroup"})
MEDIA_PARTS = {
    "voice": "audio",
    "audio": "audio",
    "video": "video",
    "video_note": "video",
    "animation": "video",
    "document": "document",
    "sticker": "sticker",
}
SILENT_PARTS = {"location": "location", "venue": "location", "contact": "contacts"}
UNREADABLE_PARTS = ("poll", "dice", "story", "game", "paid_media", "checklist")
STANDARD_TYPES = {"voice": "audio/ogg", "video_note": "video/mp4", "sticker": "image/webp"}


@dataclass(frozen=True)
class Bot:
    """Who the bot is: its number, and its user name without the @."""

    number: str
    username: str

    def is_author(self, message: Mapping[str, Any]) -> bool:
        """Tell whether the bot itself wrote a message."""
        return read_id(read_dict(message.get("from")).get("id")) == self.number

    @property
    def mention(self) -> re.Pattern[str]:
        """What addresses the bot in a text: @name, also behind a command."""
        return re.compile(rf"@{re.escape(self.username)}\b", re.IGNORECASE)


def read_updates(updates: list[Any], bot: Bot, now: datetime) -> list[IncomingMessage]:
    """Return the messages of updates, in their order, each id once."""
    messages = (_read_update(update, bot, now) for update in read_dicts(updates))
    return list({message.message_id: message for message in messages if message is not None}.values())


def _read_update(update: Mapping[str, Any], bot: Bot, now: datetime) -> IncomingMessage | None:
    if pressed := read_dict(update.get("callback_query")):
        return _read_callback(pressed, now)
    message = read_dict(update.get("message"))
    return _read_message(message, bot, now) if message else None


def _read_callback(pressed: Mapping[str, Any], now: datetime) -> IncomingMessage | None:
    """Return the choice of a button below a message of the bot."""
    message = read_dict(pressed.get("message"))
    callback_id, payload = callback_id_of(pressed), read_text(pressed.get("data"), 300)
    sender = read_id(read_dict(message.get("chat")).get("id"))
    if not callback_id or not sender or not payload:
        return None
    text = _find_title(message, payload)
    return IncomingMessage(TELEGRAM, f"callback:{callback_id}", sender, now, "choice", text=text, choice=payload)


def callback_id_of(pressed: Mapping[str, Any]) -> str:
    """Return the id of a pressed button, which the button waits for to be answered."""
    return read_id(pressed.get("id"), 100)


def _find_title(message: Mapping[str, Any], payload: str) -> str:
    """Return what stands on the button with a payload; "" where the message does not show it any more."""
    rows = read_dict(message.get("reply_markup")).get("inline_keyboard")
    buttons = [button for row in rows for button in read_dicts(row)] if isinstance(rows, list) else []
    return next((read_text(one.get("text")) for one in buttons if one.get("callback_data") == payload), "")


def _read_message(message: Mapping[str, Any], bot: Bot, now: datetime) -> IncomingMessage | None:
    """Return a message that is for the bot; None for any other, one that is too old, and news of a group."""
    chat = read_dict(message.get("chat"))
    sender, number = read_id(chat.get("id")), read_id(message.get("message_id"))
    sent_at = read_moment(message.get("date"), now)
    if not sender or not number or is_too_old(sent_at, now, KEPT_FOR) or bot.is_author(message):
        return None
    begun = IncomingMessage(TELEGRAM, f"{sender}:{number}", sender, sent_at, "unsupported")
    if moved := read_id(message.get("migrate_to_chat_id")):
        return replace(begun, kind="identity_changed", new_sender=moved)
    if chat.get("type") == "private":
        return _fill_message(begun, message)
    return _read_group_message(begun, message, bot) if chat.get("type") in GROUPS else None


def _read_group_message(begun: IncomingMessage, message: Mapping[str, Any], bot: Bot) -> IncomingMessage | None:
    """Return a group's message where it addresses the bot, without the bot's name."""
    quoted = read_dict(message.get("reply_to_message"))
    written = read_text(message.get("text")) or read_text(message.get("caption"))
    if not bot.mention.search(written):
        return _fill_message(begun, message) if bot.is_author(quoted) else None
    rest = " ".join(bot.mention.sub(" ", written).split())
    if not rest and quoted and not bot.is_author(quoted):
        return _fill_message(begun, quoted)
    filled = _fill_message(begun, message)
    return replace(filled, text=rest) if filled else None


def _fill_message(begun: IncomingMessage, message: Mapping[str, Any]) -> IncomingMessage | None:
    """Return the message with its kind and what it holds; None for news such as a changed picture."""
    begun = replace(begun, forwarded="forward_origin" in message or "forward_date" in message)
    if isinstance(message.get("text"), str):
        return replace(begun, kind="text", text=read_text(message["text"]))
    begun = replace(begun, text=read_text(message.get("caption")))
    if sizes := read_dicts(message.get("photo")):
        return replace(begun, kind="image", media_id=_largest_photo(sizes), media_type="image/jpeg")
    for part, kind in MEDIA_PARTS.items():
        if media := read_dict(message.get(part)):
            return _fill_media(begun, part, kind, media)
    silent = next((kind for part, kind in SILENT_PARTS.items() if part in message), "")
    if silent:
        return replace(begun, kind=silent)
    return begun if any(part in message for part in UNREADABLE_PARTS) else None


def _fill_media(begun: IncomingMessage, part: str, kind: str, media: Mapping[str, Any]) -> IncomingMessage:
    """Return the message with its file. A picture that was sent as a file is a picture."""
    media_type = read_text(media.get("mime_type"), 100) or STANDARD_TYPES.get(part, "")
    if kind == "document" and media_type.startswith("image/"):
        kind = "image"
    media_id = read_id(media.get("file_id"), LONGEST_MEDIA_ID)
    return replace(begun, kind=kind if media_id else "unsupported", media_id=media_id, media_type=media_type)


def _largest_photo(sizes: list[dict[str, Any]]) -> str:
    """Return the file of the largest size that is fetched."""
    small = [size for size in sizes if read_count(size.get("file_size")) <= MEDIA_LIMIT_BYTES] or sizes[:1]
    largest = max(small, key=lambda size: read_count(size.get("width")) * read_count(size.get("height")))
    return read_id(largest.get("file_id"), LONGEST_MEDIA_ID)
