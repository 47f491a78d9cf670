"""WhatsApp's Cloud API: send a reply, fetch a file, ask who the number is.

A provider with the same interface serves as well: the server and the name of the header that holds the key are
settings. With Meta's own header the number's id stands in the address; a provider with a header of its own knows the
number by the key, and passes on files at its own address.

Meta bills the templates, and nothing that is sent within a day of the person's last message. What a provider bills is
in its contract, so that every message of ours through one counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from hoax_tracker.core.fetch import Fetcher
from hoax_tracker.tipline.channels.access import AUTHORIZATION, WHATSAPP, ChannelAccess
from hoax_tracker.tipline.channels.api_client import (
    AGAIN_AFTER_S,
    MEDIA_LIMIT_BYTES,
    ApiAnswer,
    ask_api,
    download,
    shorten_words,
)
from hoax_tracker.tipline.channels.reply_ceiling import fit_text, number_choices, write_text
from hoax_tracker.tipline.messages import MediaUnavailable, Reply, SendRefused, TemporarySendError, WindowClosed

# https://developers.facebook.com/docs/whatsapp/cloud-api: text, image and interactive messages.
LONGEST_TEXT, LONGEST_CAPTION, LONGEST_BODY = 4096, 1024, 1024
MOST_BUTTONS, MOST_ROWS = 3, 10
LONGEST_TITLE, LONGEST_BUTTON_PAYLOAD, LONGEST_ROW_PAYLOAD = 20, 256, 200
LIST_BUTTON = "Pilih"
TEMPLATE_PAYLOAD = "news"
WINDOW = timedelta(hours=23, minutes=55)
"""A day, less what a message may take to reach us."""

WINDOW_CLOSED = 131047
PAIR_RATE = 131056
UNDELIVERABLE = 131026
"""The person cannot be reached any more: nothing is wrong with the number."""
OURS_TO_WAIT = {
    PAIR_RATE: 6.0,  # too many messages to the same person within a short time
    130429: AGAIN_AFTER_S,  # throughput of the number
    131048: 600.0,  # limited because of how many blocked or reported the number
    131016: AGAIN_AFTER_S,  # service unavailable
    131000: AGAIN_AFTER_S,  # something went wrong, without more
    131057: 600.0,  # the account is being maintained
    80007: 600.0,  # requests of the account
    4: 600.0,  # requests of the app
    1: AGAIN_AFTER_S,
    2: AGAIN_AFTER_S,
}
"""Error codes that say nothing of the resident, and how many seconds to wait."""
FOR_THE_OFFICE = frozenset({0, 3, 10, 190, 200, 368, 131005, 131031, 131042, 131045, 133010})
"""Keys that expired, rights that lack, a bill that is not paid: somebody has to act, and then messages go out."""
MENDED_AFTER_S = 600.0

RecordFault = Callable[[str], None]


class WhatsAppChannel:
    """A telephone number of the Cloud API.

    ``has_room`` tells whether this month's ceiling leaves room for what may be billed; ``count_reply`` is called for
    each such message that was taken.
    """

    name = WHATSAPP
    window: timedelta | None = WINDOW

    def __init__(
        self,
        access: ChannelAccess,
        fetcher: Fetcher,
        *,
        has_room: Callable[[], bool] = lambda: True,
        count_reply: Callable[[], None] = lambda: None,
        record_fault: RecordFault = lambda words: None,
    ) -> None:
        self._access, self._fetcher = access, fetcher
        self._has_room, self._count_reply, self._record_fault = has_room, count_reply, record_fault

    def send(self, recipient: str, reply: Reply) -> str:
        """Send a reply and return its id. Raises TemporarySendError, WindowClosed or SendRefused."""
        if reply.card_url and not self._is_meta and not self._has_room():
            reply = replace(reply, card_url="")
        answer = self._post(recipient, _compose_message(reply))
        if not self._is_meta:
            self._count_reply()
        return _sent_id(answer)

    def send_template(self, recipient: str) -> bool:
        """Ask the person by the approved template whether to read what waits; its button opens the window.

        False where no template is set, or the month's ceiling is reached. Raises as ``send`` does.
        """
        access = self._access
        if not access.template_name or not self._has_room():
            return False
        self._post(recipient, _compose_template(access.template_name, access.template_language))
        self._count_reply()
        return True

    def _post(self, recipient: str, content: Mapping[str, Any]) -> ApiAnswer:
        """Return the answer that took a message. Raises TemporarySendError, WindowClosed or SendRefused."""
        message = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        answer = self.call("/messages", {**message, **_address_of(recipient), **content})
        if not 200 <= answer.status < 300:
            raise self._error_of(answer)
        return answer

    def find_templates(self) -> ApiAnswer:
        """Return what Meta says of the templates with the template's name."""
        server = self._access.base_url.rstrip("/")
        business, name = quote(self._access.business_id, safe=""), quote(self._access.template_name, safe="")
        return ask_api(self._fetcher, f"{server}/{business}/message_templates?name={name}", self._headers)

    def fetch_media(self, media_id: str) -> bytes:
        """Return the bytes of a file: its address first, which is good for minutes, then the file itself."""
        server = self._access.base_url.rstrip("/")
        try:
            answer = ask_api(self._fetcher, f"{server}/{quote(media_id, safe='')}", self._headers)
        except TemporarySendError as error:
            raise MediaUnavailable(str(error)) from None
        url, size = answer.content.get("url"), answer.content.get("file_size") or 0
        if answer.status != HTTPStatus.OK or not isinstance(url, str) or not isinstance(size, int | str):
            raise MediaUnavailable(describe_answer(answer))
        if not str(size).isdecimal() or int(size) > MEDIA_LIMIT_BYTES:
            raise MediaUnavailable("larger than what is read")
        return download(self._fetcher, self._media_address(url), self._headers)

    def call(self, path: str, payload: Mapping[str, Any] | None = None) -> ApiAnswer:
        """Return the answer at an address of the number. Raises TemporarySendError where none comes."""
        number = f"/{self._access.account_id}" if self._is_meta else ""
        return ask_api(self._fetcher, f"{self._access.base_url.rstrip('/')}{number}{path}", self._headers, payload)

    @property
    def _is_meta(self) -> bool:
        return self._access.auth_header.lower() == AUTHORIZATION.lower()

    @property
    def _headers(self) -> dict[str, str]:
        token = self._access.keys.token
        return {self._access.auth_header: f"Bearer {token}" if self._is_meta else token}

    def _media_address(self, url: str) -> str:
        """Return where a file lies. Raises MediaUnavailable for an address that the key must not be sent to."""
        parts, server = urlsplit(url), urlsplit(self._access.base_url)
        if not self._is_meta:
            return urlunsplit((server.scheme, server.netloc, parts.path, parts.query, ""))
        if parts.scheme != "https" and parts.netloc != server.netloc:
            raise MediaUnavailable("an address without TLS")
        return url

    def _error_of(self, answer: ApiAnswer) -> Exception:
        """Return the error for an answer: whose it is to wait, or to act."""
        code, words = error_code(answer), describe_answer(answer)
        if code == WINDOW_CLOSED:
            return WindowClosed(words)
        if code in OURS_TO_WAIT or answer.is_server_fault:
            waits = answer.retry_after if answer.retry_after is not None else OURS_TO_WAIT.get(code, AGAIN_AFTER_S)
            return TemporarySendError(words, retry_after=waits)
        if code != UNDELIVERABLE:
            self._record_fault(words)
        if code in FOR_THE_OFFICE or answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return TemporarySendError(words, retry_after=MENDED_AFTER_S)
        return SendRefused(words)


def _address_of(recipient: str) -> dict[str, str]:
    """Return to whom a message goes: a telephone number, or the id by which this business knows the person."""
    return {"to": recipient} if recipient.isdecimal() else {"recipient": recipient}


def _compose_template(name: str, language: str) -> dict[str, Any]:
    """Return the template, whose only button says in our words what its press asks for."""
    payload = {"type": "payload", "payload": TEMPLATE_PAYLOAD}
    button = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [payload]}
    return {"type": "template", "template": {"name": name, "language": {"code": language}, "components": [button]}}


def _compose_message(reply: Reply) -> dict[str, Any]:
    """Return the message of a reply: buttons or a list where it has choices, a picture with its caption, or text."""
    text = write_text(reply)
    if reply.choices:
        if len(text) <= LONGEST_BODY and (interactive := _compose_choices(text, reply)):
            return {"type": "interactive", "interactive": interactive}
        text = number_choices(text, reply.choices)
    if reply.card_url and len(text) <= LONGEST_CAPTION:
        return {"type": "image", "image": {"link": reply.card_url, "caption": text}}
    body = fit_text(text, LONGEST_TEXT, reply.link)
    return {"type": "text", "text": {"body": body, "preview_url": bool(reply.link)}}


def _compose_choices(text: str, reply: Reply) -> dict[str, Any] | None:
    """Return the choices as buttons below the picture, more of them as a list; None where neither can hold them."""
    choices, body = reply.choices, {"text": text}
    longest = max(len(choice.payload) for choice in choices)
    if any(not 0 < len(choice.title) <= LONGEST_TITLE for choice in choices):
        return None
    if len(choices) <= MOST_BUTTONS and longest <= LONGEST_BUTTON_PAYLOAD:
        buttons = [{"type": "reply", "reply": {"id": one.payload, "title": one.title}} for one in choices]
        header = {"header": {"type": "image", "image": {"link": reply.card_url}}} if reply.card_url else {}
        return {"type": "button", "body": body, "action": {"buttons": buttons}} | header
    if len(choices) <= MOST_ROWS and longest <= LONGEST_ROW_PAYLOAD:
        rows = [{"id": choice.payload, "title": choice.title} for choice in choices]
        return {"type": "list", "body": body, "action": {"button": LIST_BUTTON, "sections": [{"rows": rows}]}}
    return None


def _sent_id(answer: ApiAnswer) -> str:
    """Return the id of a message that was taken; "" where the answer names none."""
    messages = answer.content.get("messages")
    first = messages[0] if isinstance(messages, list) and messages else {}
    return str(first.get("id", "")) if isinstance(first, dict) else ""


def _read_error(answer: ApiAnswer) -> Mapping[str, Any]:
    error = answer.content.get("error")
    return error if isinstance(error, dict) else {}


def error_code(answer: ApiAnswer) -> int:
    """Return the error's number; -1 where it has none."""
    code = _read_error(answer).get("code")
    return code if isinstance(code, int) else -1


def describe_answer(answer: ApiAnswer) -> str:
    """Return what WhatsApp said: the status, the number of the error and its words."""
    error = _read_error(answer)
    data = error.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    return shorten_words(f"HTTP {answer.status} {error.get('message') or ''} {details or ''}")
