"""A server in the shape of WhatsApp's Cloud API, and the people who write to the number.

with WhatsAppServer() as whatsapp:
    whatsapp.deliver(hook, whatsapp.nest([[whatsapp.change([whatsapp.text("Air PAM beracun?")])]]))
    whatsapp.sent[-1].text
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from json import dumps
from typing import Any
from urllib.parse import urlsplit

from tests.tipline.chat_servers.loopback import LoopbackServer, ServerAnswer, ServerRequest, WebhookAnswer, deliver

NUMBER, NUMBER_ID = "6281200000001", "100200300400"
BUSINESS_ID, TEMPLATE = "500600700800", "kabar_laporan"
TOKEN, APP_SECRET = "peragaan-token-wa-0001", "peragaan-rahasia-0001"  # they open nothing
PERSON, PERSON_NUMBER = "ID.9000000000000000001", "6281200009999"
ERROR_WORDS = {
    131047: "Re-engagement message",
    131056: "(Business Account, Consumer Account) pair rate limit hit",
    130429: "Rate limit hit",
    131026: "Message undeliverable",
    132001: "Template name does not exist in the translation",
    190: "Error validating access token",
}

Message = dict[str, Any]


@dataclass
class SentMessage:
    """What the number sent, as its reader sees it."""

    message_id: str
    recipient: str
    kind: str
    text: str
    picture: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


class WhatsAppServer(LoopbackServer):
    """The Cloud API of one number. Another ``header`` makes it a provider's with the same interface."""

    def __init__(self, port: int = 0, *, token: str = TOKEN, header: str = "Authorization") -> None:
        super().__init__(port)
        self.token, self.header = token, header
        self.sent: list[SentMessage] = []
        self.media: dict[str, tuple[str, bytes]] = {}
        self.templates: list[dict[str, Any]] = [make_template()]
        self.closed: set[str] = set()
        self._ids = count(1)

    def answer(self, request: ServerRequest) -> ServerAnswer:
        """Answer a request to the number, or about a file."""
        expected = f"Bearer {self.token}" if self.header == "Authorization" else self.token
        if request.headers.get(self.header.lower()) != expected:
            return refuse(190, HTTPStatus.UNAUTHORIZED)
        parts = urlsplit(request.path).path.strip("/").split("/")
        if parts[-1] == "messages" and request.method == "POST":
            return self.send_message(request.content)
        if parts[-1] == "message_templates":
            return ServerAnswer(content={"data": self.templates if parts[-2] == BUSINESS_ID else []})
        if parts[-1] == NUMBER_ID:
            return ServerAnswer(content={"display_phone_number": f"+{NUMBER}", "verified_name": "Kabas Hoaks"})
        if parts[0] == "files":
            return self.send_file(parts[-1])
        return self.describe_file(parts[-1])

    def send_message(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Take a message, unless a fault waits or WhatsApp would refuse its form."""
        if fault := self.take_fault():
            return fault
        recipient = str(asked.get("to") or asked.get("recipient") or "")
        if not recipient or _find_form_fault(asked):
            return refuse(100, HTTPStatus.BAD_REQUEST, _find_form_fault(asked) or "Invalid parameter")
        if asked.get("type") != "template" and recipient in self.closed:
            return refuse(131047)
        if asked.get("type") == "template" and not self._has_template(asked["template"]):
            return refuse(132001, HTTPStatus.NOT_FOUND)
        message = _read_sent(f"wamid.keluar{next(self._ids)}", recipient, asked)
        self.sent.append(message)
        told = {"messaging_product": "whatsapp", "messages": [{"id": message.message_id}]}
        return ServerAnswer(content=told | {"contacts": [{"input": recipient}]})

    def _has_template(self, asked: Mapping[str, Any]) -> bool:
        """Tell whether a template of that name and language was approved."""
        wanted = (asked["name"], asked["language"]["code"])
        return any((one["name"], one["language"]) == wanted and one["status"] == "APPROVED" for one in self.templates)

    def describe_file(self, media_id: str) -> ServerAnswer:
        """Say where a file lies; one that expired is not known any more."""
        if media_id not in self.media:
            return refuse(100, HTTPStatus.BAD_REQUEST, "Unsupported get request. Object does not exist")
        kind, data = self.media[media_id]
        digest = hashlib.sha256(data).hexdigest()
        where = {"url": f"{self.url}/files/{media_id}", "id": media_id, "messaging_product": "whatsapp"}
        return ServerAnswer(content=where | {"mime_type": kind, "sha256": digest, "file_size": len(data)})

    def send_file(self, media_id: str) -> ServerAnswer:
        """Send the bytes of a file."""
        if media_id not in self.media:
            return ServerAnswer(HTTPStatus.NOT_FOUND)
        return ServerAnswer(body=self.media[media_id][1])

    def add_media(self, media_id: str, kind: str, data: bytes) -> str:
        """Keep a file and return its id; ``media.pop`` lets it expire."""
        self.media[media_id] = (kind, data)
        return media_id

    # --- The people

    def message(self, content: Mapping[str, Any], *, at: datetime | None = None, **more: Any) -> Message:
        """Return a message with any content. ``more`` replaces who sends it: None leaves a field out."""
        sent_at = str(int((at or datetime.now(UTC)).timestamp()))
        begun = {"from": PERSON_NUMBER, "from_user_id": PERSON, "id": f"wamid.masuk{next(self._ids)}"}
        whole = begun | {"timestamp": sent_at} | dict(content) | more
        return {name: value for name, value in whole.items() if value is not None}

    def text(self, text: str, **more: Any) -> Message:
        """Return a text that a person sends."""
        return self.message({"type": "text", "text": {"body": text}}, **more)

    def press(self, message: SentMessage, payload: str, **more: Any) -> Message:
        """Return the press of a button or a row below a message of the number."""
        title = next((title for title, own in message.buttons if own == payload), "")
        kind = "list_reply" if len(message.buttons) > 3 else "button_reply"
        pressed = {"type": kind, kind: {"id": payload, "title": title}}
        return self.message({"type": "interactive", "interactive": pressed}, **more)

    def press_template(self, message: SentMessage, **more: Any) -> Message:
        """Return the press of the button below a template; whoever writes has opened the window."""
        self.closed.discard(message.recipient)
        ((title, payload),) = message.buttons
        return self.message({"type": "button", "button": {"text": title, "payload": payload}}, **more)

    def status(self, message_id: str, state: str, **more: Any) -> dict[str, Any]:
        """Return what became of a message of the number."""
        sent_at = str(int(datetime.now(UTC).timestamp()))
        return {"id": message_id, "status": state, "timestamp": sent_at, "recipient_user_id": PERSON, **more}

    # --- Deliveries

    def change(
        self,
        messages: Sequence[Message] = (),
        *,
        statuses: Sequence[Mapping[str, Any]] = (),
        contacts: Sequence[Mapping[str, Any]] | None = None,
        field_name: str = "messages",
        number_id: str = NUMBER_ID,
        **more: Any,
    ) -> dict[str, Any]:
        """Return a change with messages and states; without ``contacts``, those of the senders."""
        known = contacts if contacts is not None else [_describe_contact(one) for one in messages]
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": NUMBER, "phone_number_id": number_id},
            **({"contacts": list(known)} if known else {}),
            **({"messages": list(messages)} if messages else {}),
            **({"statuses": list(statuses)} if statuses else {}),
        }
        return {"field": field_name, "value": value | more}

    def nest(self, entries: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        """Return a delivery: entries of changes."""
        listed = [{"id": f"akun{place}", "changes": list(changes)} for place, changes in enumerate(entries)]
        return {"object": "whatsapp_business_account", "entry": listed}

    def deliver(
        self, hook: str, delivery: Mapping[str, Any] | bytes, *, secret: str = APP_SECRET, signature: str | None = None
    ) -> WebhookAnswer:
        """Post a delivery to the program's webhook, signed with the app's secret, another one, or as given."""
        body = delivery if isinstance(delivery, bytes) else dumps(delivery).encode()
        return deliver(hook, body, {"X-Hub-Signature-256": sign(body, secret) if signature is None else signature})

    def say(self, hook: str, *messages: Message) -> WebhookAnswer:
        """Deliver messages in the simplest form."""
        return self.deliver(hook, self.nest([[self.change(messages)]]))


def make_template(name: str = TEMPLATE, language: str = "id", **fields: Any) -> dict[str, Any]:
    """Return an approved template with one button, as Meta describes it; ``fields`` replace parts of it."""
    words = {"type": "BODY", "text": "Ada kabar tentang laporan atau pertanyaan Anda kepada Kupang Kabas Hoaks."}
    button = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Baca kabarnya"}]}
    stated = {"name": name, "language": language, "status": "APPROVED", "category": "UTILITY"}
    return stated | {"components": [words, button]} | fields


def sign(body: bytes, secret: str = APP_SECRET) -> str:
    """Return the signature of a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _describe_contact(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the contact that a delivery names for a sender."""
    ids = {"wa_id": message.get("from"), "user_id": message.get("from_user_id")}
    return {"profile": {"name": "Warga Contoh"}} | {name: value for name, value in ids.items() if value}


def refuse(code: int, status: int = HTTPStatus.BAD_REQUEST, words: str = "", **headers: str) -> ServerAnswer:
    """Return an error as the Cloud API words it."""
    message = f"(#{code}) {words or ERROR_WORDS.get(code, 'Unknown error')}"
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "peragaan"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ServerAnswer(status, {"error": error}, headers=named)


def _read_sent(message_id: str, recipient: str, asked: Mapping[str, Any]) -> SentMessage:
    """Return what a reader sees of a message that was sent."""
    kind = str(asked.get("type"))
    part = asked.get(kind) or {}
    if kind == "text":
        return SentMessage(message_id, recipient, kind, part["body"], payload=asked)
    if kind == "template":
        payload = part["components"][0]["parameters"][0]["payload"]
        return SentMessage(message_id, recipient, kind, part["name"], "", (("Baca kabarnya", payload),), asked)
    if kind == "image":
        return SentMessage(message_id, recipient, kind, part.get("caption", ""), part["link"], payload=asked)
    picture = (part.get("header") or {}).get("image", {}).get("link", "")
    buttons = tuple((title, payload) for title, payload in _list_choices(part))
    return SentMessage(message_id, recipient, kind, part["body"]["text"], picture, buttons, asked)


def _list_choices(part: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return title and payload of the buttons or rows of an interactive message."""
    action = part.get("action") or {}
    buttons = [(one["reply"]["title"], one["reply"]["id"]) for one in action.get("buttons", [])]
    rows = [(row["title"], row["id"]) for section in action.get("sections", []) for row in section["rows"]]
    return buttons or rows


def _find_form_fault(asked: Mapping[str, Any]) -> str:
    """Return what WhatsApp would refuse in a message; "" for nothing."""
    part = asked.get(str(asked.get("type"))) or {}
    body = part.get("body", "")
    if isinstance(body, str) and len(body) > 4096:
        return "text.body is too long"
    if len(part.get("caption", "")) > 1024:
        return "image.caption is too long"
    if isinstance(body, dict) and len(body["text"]) > 1024:
        return "interactive.body.text is too long"
    choices = _list_choices(part)
    is_list = part.get("type") == "list"
    most, longest = (10, 24) if is_list else (3, 20)
    if len(choices) > most or any(not 0 < len(title) <= longest for title, _payload in choices):
        return "interactive.action is not valid"
    return ""
