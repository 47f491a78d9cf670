"""A server in the shape of Telegram's Bot API, and the people who write to the bot.

with TelegramServer() as telegram:
    telegram.deliver(hook, telegram.text("Air PAM beracun?"))
    telegram.sent[-1].text
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from itertools import count
from json import dumps
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.tipline.chat_servers.loopback import LoopbackServer, ServerAnswer, ServerRequest, WebhookAnswer, deliver

BOT_NUMBER, BOT_NAME = "7000000001", "kabas_contoh_bot"
TOKEN = f"{BOT_NUMBER}:peragaan-token-bukan-rahasia-0001"
PERSON = 81_000_001

Update = dict[str, Any]


@dataclass
class SentMessage:
    """What the bot sent: a text, or a picture with its caption, and its buttons."""

    number: int
    chat: str
    text: str
    photo: str = ""
    buttons: tuple[tuple[str, str], ...] = ()

    @property
    def keyboard(self) -> list[list[dict[str, str]]]:
        """The buttons as Telegram gives them back when one is pressed."""
        return [[{"text": title, "callback_data": payload}] for title, payload in self.buttons]


@dataclass
class TelegramState:
    """What the server knows."""

    updates: list[Update] = field(default_factory=list)
    webhook: str = ""
    secret: str = ""
    blocked: set[str] = field(default_factory=set)
    moved: dict[str, int] = field(default_factory=dict)
    unreadable_photos: bool = False
    reads_groups: bool = False


class TelegramServer(LoopbackServer):
    """The Bot API of one bot."""

    def __init__(self, port: int = 0, token: str = TOKEN) -> None:
        super().__init__(port)
        self.token, self.state = token, TelegramState()
        self.sent: list[SentMessage] = []
        self.answered_choices: list[str] = []
        self.media: dict[str, bytes] = {}
        self._numbers, self._update_ids = count(1), count(100)

    def answer(self, request: ServerRequest) -> ServerAnswer:
        """Answer a method of the bot, or send a file."""
        path = urlsplit(request.path).path
        if path.startswith(f"/file/bot{self.token}/"):
            return self.send_file(unquote(path.rsplit("/", 1)[1]))
        if not path.startswith(f"/bot{self.token}/"):
            return refuse(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        method = path.rsplit("/", 1)[1]
        answers = {
            "getMe": self.get_me,
            "getUpdates": self.get_updates,
            "setWebhook": self.set_webhook,
            "deleteWebhook": self.delete_webhook,
            "getWebhookInfo": self.get_webhook_info,
            "getFile": self.get_file,
            "answerCallbackQuery": self.answer_callback,
            "sendMessage": self.send_message,
            "sendPhoto": self.send_message,
        }
        known = answers.get(method)
        return known(request.content) if known else refuse(HTTPStatus.NOT_FOUND, "Not Found")

    # --- The methods

    def get_me(self, _asked: Mapping[str, Any]) -> ServerAnswer:
        """Say who the bot is."""
        about = {"id": int(BOT_NUMBER), "is_bot": True, "first_name": "Kabas Hoaks", "username": BOT_NAME}
        return accept(about | {"can_read_all_group_messages": self.state.reads_groups})

    def get_updates(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Return what waits from an offset on, and forget what is older; refused while there is a webhook."""
        if self.state.webhook:
            return refuse(HTTPStatus.CONFLICT, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(asked.get("offset", 0))
        self.state.updates = [one for one in self.state.updates if one["update_id"] >= offset]
        return accept(self.state.updates[: int(asked.get("limit", 100))])

    def set_webhook(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Deliver to an address from now on."""
        self.state.webhook, self.state.secret = str(asked["url"]), str(asked.get("secret_token", ""))
        return accept(True)

    def delete_webhook(self, _asked: Mapping[str, Any]) -> ServerAnswer:
        """Keep what comes from now on."""
        self.state.webhook, self.state.secret = "", ""
        return accept(True)

    def get_webhook_info(self, _asked: Mapping[str, Any]) -> ServerAnswer:
        """Say where it delivers."""
        return accept({"url": self.state.webhook, "pending_update_count": len(self.state.updates)})

    def get_file(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Say where a file lies; one that expired is refused."""
        file_id = str(asked.get("file_id"))
        if file_id not in self.media:
            return refuse(HTTPStatus.BAD_REQUEST, "Bad Request: wrong file_id or the file is temporarily unavailable")
        found = {"file_id": file_id, "file_size": len(self.media[file_id]), "file_path": f"files/{file_id}"}
        return accept(found)

    def send_file(self, file_id: str) -> ServerAnswer:
        """Send the bytes of a file."""
        if file_id not in self.media:
            return refuse(HTTPStatus.NOT_FOUND, "Not Found")
        return ServerAnswer(body=self.media[file_id])

    def answer_callback(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Let a button stop waiting."""
        self.answered_choices.append(str(asked.get("callback_query_id")))
        return accept(True)

    def send_message(self, asked: Mapping[str, Any]) -> ServerAnswer:
        """Take a message of the bot, unless a fault waits, the person blocked it, or the group moved."""
        chat = str(asked.get("chat_id"))
        if fault := self.take_fault():
            return fault
        if chat in self.state.blocked:
            return refuse(HTTPStatus.FORBIDDEN, "Forbidden: bot was blocked by the user")
        if moved := self.state.moved.get(chat):
            words = "Bad Request: group chat was upgraded to a supergroup chat"
            return refuse(HTTPStatus.BAD_REQUEST, words, migrate_to_chat_id=moved)
        if "photo" in asked and self.state.unreadable_photos:
            return refuse(HTTPStatus.BAD_REQUEST, "Bad Request: failed to get HTTP URL content")
        if words := _find_form_fault(asked):
            return refuse(HTTPStatus.BAD_REQUEST, words)
        rows = (asked.get("reply_markup") or {}).get("inline_keyboard", [])
        buttons = tuple((button["text"], button["callback_data"]) for row in rows for button in row)
        text = str(asked.get("text") or asked.get("caption") or "")
        message = SentMessage(next(self._numbers), chat, text, str(asked.get("photo", "")), buttons)
        self.sent.append(message)
        return accept({"message_id": message.number, "chat": {"id": chat}, "date": 0, "text": text})

    # --- The people

    def text(self, text: str, *, person: int = PERSON, **more: Any) -> Update:
        """Return the update of a text that a person sends."""
        return self.message({"text": text, **more}, person=person)

    def message(self, content: Mapping[str, Any], *, person: int = PERSON, at: datetime | None = None) -> Update:
        """Return the update of a message with any content in the private chat of a person."""
        chat = {"id": person, "type": "private"}
        return self.update({"message": self.fill(content, chat, person, at)})

    def group_message(self, content: Mapping[str, Any], *, group: int = -5001, person: int = PERSON) -> Update:
        """Return the update of a message in a group."""
        chat = {"id": group, "type": "supergroup", "title": "RT 05 Oesapa"}
        return self.update({"message": self.fill(content, chat, person, None)})

    def press(self, message: SentMessage, payload: str, *, person: int = PERSON) -> Update:
        """Return the update of a button that a person presses below a message of the bot."""
        below = {
            "message_id": message.number,
            "chat": {"id": person, "type": "private"},
            "reply_markup": {"inline_keyboard": message.keyboard},
        }
        pressed = {"id": f"cb{next(self._numbers)}", "from": {"id": person}, "message": below, "data": payload}
        return self.update({"callback_query": pressed})

    def fill(
        self, content: Mapping[str, Any], chat: Mapping[str, Any], person: int, at: datetime | None
    ) -> dict[str, Any]:
        """Return a message with what every one has."""
        sent_at = int((at or datetime.now(UTC)).timestamp())
        author = {"id": person, "is_bot": False, "first_name": "Warga", "username": "warga_contoh"}
        return {"message_id": next(self._numbers), "from": author, "chat": chat, "date": sent_at, **content}

    def update(self, content: Mapping[str, Any]) -> Update:
        """Return an update with its number."""
        return {"update_id": next(self._update_ids), **content}

    def add_media(self, file_id: str, data: bytes) -> str:
        """Keep a file and return its id; ``media.pop`` lets it expire."""
        self.media[file_id] = data
        return file_id

    # --- Deliveries

    def deliver(self, hook: str, update: Update, *, secret: str | None = None) -> WebhookAnswer:
        """Post an update to the program's webhook, with the secret that it was told or another one."""
        given = self.state.secret if secret is None else secret
        return deliver(hook, dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": given})

    def keep(self, *updates: Update) -> None:
        """Let updates wait until they are asked for."""
        with self.lock:
            self.state.updates += updates


def accept(result: bool | Mapping[str, Any] | Sequence[Any]) -> ServerAnswer:
    """Return the answer to a method that worked."""
    return ServerAnswer(content={"ok": True, "result": result})


def refuse(status: int, words: str, **parameters: Any) -> ServerAnswer:
    """Return an error as Telegram words it."""
    more = {"parameters": parameters} if parameters else {}
    return ServerAnswer(status, {"ok": False, "error_code": int(status), "description": words} | more)


def too_many_requests(seconds: int) -> ServerAnswer:
    """Return the error for a bot that sends too fast."""
    words = f"Too Many Requests: retry after {seconds}"
    return refuse(HTTPStatus.TOO_MANY_REQUESTS, words, retry_after=seconds)


def _find_form_fault(asked: Mapping[str, Any]) -> str:
    """Return what Telegram would refuse in a message; "" for nothing."""
    if len(str(asked.get("text", ""))) > 4096 or len(str(asked.get("caption", ""))) > 1024:
        return "Bad Request: message is too long"
    rows = (asked.get("reply_markup") or {}).get("inline_keyboard", [])
    if any(len(button["callback_data"].encode()) > 64 for row in rows for button in row):
        return "Bad Request: BUTTON_DATA_INVALID"
    return ""
