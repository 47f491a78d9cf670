"""Telegram's Bot API: send a reply, fetch a file, say where to deliver, ask for what waits, read what was delivered.

The token is part of every address (https://core.telegram.org/bots/api#making-requests), so that no address of this
module is ever logged or shown.

Read is what is written to the bot, and in groups only what is addressed to it, by its @name or by a reply to it. Who
replies to somebody else's message with nothing but the @name asks about that message. Everything else in a group is
dropped unread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.tipline.channels.access import TELEGRAM, ChannelAccess
from hoax_tracker.tipline.channels.api_client import (
    AGAIN_AFTER_S,
    LONGEST_MEDIA_ID,
    MEDIA_LIMIT_BYTES,
    ApiAnswer,
    ask_api,
    download,
    is_too_old,
    read_count,
    read_dict,
    read_dicts,
    read_id,
    read_moment,
    read_seconds,
    read_text,
    shorten_words,
)
from hoax_tracker.tipline.channels.reply_ceiling import fit_text, number_choices, write_text
from hoax_tracker.tipline.messages import (
    Choice,
    IncomingMessage,
    MediaUnavailable,
    Reply,
    SendRefused,
    TemporarySendError,
)

# https://core.telegram.org/bots/api: sendMessage, sendPhoto, InlineKeyboardButton.
LONGEST_TEXT, LONGEST_CAPTION, LONGEST_PAYLOAD_BYTES = 4096, 1024, 64
UPDATES_AT_ONCE = 100
UPDATE_KINDS = ("message", "callback_query")
MENDED_AFTER_S = 600.0
"""How long to wait where the keys are refused: somebody has to enter others."""

RecordFault = Callable[[str], None]


def _ignore_fault(_words: str) -> None:
    """Keep nothing of a fault."""


class TelegramChannel:
    """A bot. It keeps no state: it may be made anew for each use."""

    name = TELEGRAM
    window: timedelta | None = None

    def __init__(self, access: ChannelAccess, fetcher: Fetcher, record_fault: RecordFault = _ignore_fault) -> None:
        self._access, self._fetcher, self._record_fault = access, fetcher, record_fault

    def send(self, recipient: str, reply: Reply) -> str:
        """Send a reply and return its id. Raises TemporarySendError or SendRefused."""
        answer = self._send(recipient, reply)
        moved = _parameters_of(answer).get("migrate_to_chat_id")
        if answer.status == HTTPStatus.BAD_REQUEST and moved:  # the group became a supergroup
            answer = self._send(str(moved), reply)
        result = self._require_sent(answer)
        return f"{recipient}:{result.get('message_id', '')}"

    def _send(self, recipient: str, reply: Reply) -> ApiAnswer:
        """Send the picture with the text below it; the text alone where there is no picture, or none can be fetched."""
        text, buttons = _compose_text(reply)
        target: dict[str, Any] = {"chat_id": recipient} | buttons
        if reply.card_url and len(text) <= LONGEST_CAPTION:
            answer = self.call("sendPhoto", target | {"photo": reply.card_url, "caption": text})
            if answer.status != HTTPStatus.BAD_REQUEST or _parameters_of(answer):
                return answer
        return self.call("sendMessage", target | {"text": fit_text(text, LONGEST_TEXT, reply.link)})

    def send_template(self, recipient: str) -> bool:
        """Return False: a bot may always write to who wrote to it."""
        return False

    def fetch_media(self, media_id: str) -> bytes:
        """Return the bytes of a file. Raises MediaUnavailable."""
        try:
            answer = self.call("getFile", {"file_id": media_id})
        except TemporarySendError as error:
            raise MediaUnavailable(str(error)) from None
        result = result_of(answer)
        path, size = result.get("file_path"), result.get("file_size") or 0
        if not isinstance(path, str) or not isinstance(size, int) or size > MEDIA_LIMIT_BYTES:
            raise MediaUnavailable(f"getFile: {describe_answer(answer)}")
        return download(self._fetcher, f"{self._server}/file/bot{self._access.keys.token}/{quote(path)}", {})

    def answer_choice(self, callback_id: str) -> None:
        """Let the button that was pressed stop waiting. Nothing is lost where that fails."""
        self.call("answerCallbackQuery", {"callback_query_id": callback_id})

    def get_updates(self, offset: int) -> list[Any]:
        """Return what waits from this update on, oldest first; what is older is forgotten at Telegram."""
        wanted = {"offset": offset, "limit": UPDATES_AT_ONCE, "timeout": 0, "allowed_updates": list(UPDATE_KINDS)}
        updates = self._require_result(self.call("getUpdates", wanted))
        return updates if isinstance(updates, list) else []

    def set_webhook(self, url: str) -> None:
        """Let Telegram deliver to an address, with the secret that the webhook checks."""
        secret = {"secret_token": self._access.keys.webhook_secret, "allowed_updates": list(UPDATE_KINDS)}
        self._require_result(self.call("setWebhook", {"url": url} | secret))

    def delete_webhook(self) -> None:
        """Let Telegram keep what comes until it is asked for."""
        self._require_result(self.call("deleteWebhook", {}))

    def call(self, method: str, payload: Mapping[str, Any]) -> ApiAnswer:
        """Return the answer to a method. Raises TemporarySendError where none comes."""
        return ask_api(self._fetcher, f"{self._server}/bot{self._access.keys.token}/{method}", {}, payload)

    @property
    def _server(self) -> str:
        return self._access.base_url.rstrip("/")

    def _require_sent(self, answer: ApiAnswer) -> Mapping[str, Any]:
        result = self._require_result(answer)
        return result if isinstance(result, dict) else {}

    def _require_result(self, answer: ApiAnswer) -> Any:
        """Return the result of an answer. Raises TemporarySendError or SendRefused for an error."""
        if answer.status == HTTPStatus.OK and answer.content.get("ok") is True:
            return answer.content.get("result")
        words = describe_answer(answer)
        if answer.is_server_fault or answer.status == HTTPStatus.CONFLICT or answer.status == HTTPStatus.OK:
            waits = read_seconds(_parameters_of(answer).get("retry_after")) or answer.retry_after or AGAIN_AFTER_S
            raise TemporarySendError(words, retry_after=waits)
        if answer.status != HTTPStatus.FORBIDDEN:  # somebody blocked the bot, which is theirs to do
            self._record_fault(words)
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND):
            raise TemporarySendError(words, retry_after=MENDED_AFTER_S)
        raise SendRefused(words)


def _compose_text(reply: Reply) -> tuple[str, dict[str, Any]]:
    """Return the text, and the buttons as parameters; choices that no button can hold are numbered in the text."""
    text = write_text(reply)
    if not reply.choices:
        return text, {}
    if any(len(choice.payload.encode()) > LONGEST_PAYLOAD_BYTES for choice in reply.choices):
        return number_choices(text, reply.choices), {}
    return text, {"reply_markup": {"inline_keyboard": [[_make_button(choice)] for choice in reply.choices]}}


def _make_button(choice: Choice) -> dict[str, str]:
    return {"text": choice.title, "callback_data": choice.payload}


def result_of(answer: ApiAnswer) -> Mapping[str, Any]:
    """Return the result of an answer, where it is an object."""
    result = answer.content.get("result")
    return result if answer.content.get("ok") is True and isinstance(result, dict) else {}


def _parameters_of(answer: ApiAnswer) -> Mapping[str, Any]:
    """Return what an error says beside its words: how long to wait, where a group went."""
    parameters = answer.content.get("parameters")
    return parameters if isinstance(parameters, dict) else {}


def describe_answer(answer: ApiAnswer) -> str:
    """Return what Telegram said: the status and its words."""
    return shorten_words(f"HTTP {answer.status} {answer.content.get('description') or ''}".strip())


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
