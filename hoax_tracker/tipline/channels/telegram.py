"""Telegram's Bot API: send a reply, fetch a file, say where to deliver, ask for what waits.

The token is part of every address (https://core.telegram.org/bots/api#making-requests), so that no address of this
module is ever logged or shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.tipline.channels.access import TELEGRAM, ChannelAccess
from hoax_tracker.tipline.channels.api_client import (
    AGAIN_AFTER_S,
    MEDIA_LIMIT_BYTES,
    ApiAnswer,
    ask_api,
    download,
    read_seconds,
    shorten_words,
)
from hoax_tracker.tipline.channels.reply_text import fit_text, number_choices, write_text
from hoax_tracker.tipline.messages import Choice, MediaUnavailable, Reply, SendRefused, TemporarySendError

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
    """Return a button of an inline keyboard."""
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
