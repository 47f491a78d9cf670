"""The webhooks: they verify, store and answer. What is to be said is thought of by the worker."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any

from apiflask import APIBlueprint
from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from hoax_tracker.clock import utc_now
from hoax_tracker.core.extensions import csrf, current_settings
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.core.web.downloads import discard_request_body
from hoax_tracker.tipline.channels import telegram, whatsapp_deliveries
from hoax_tracker.tipline.channels.access import TELEGRAM, WHATSAPP, ChannelAccess, read_serving, read_webhook_secret
from hoax_tracker.tipline.channels.api_client import read_object
from hoax_tracker.tipline.channels.registry import note_fault
from hoax_tracker.tipline.channels.whatsapp import WINDOW_CLOSED
from hoax_tracker.tipline.inbox import store_messages
from hoax_tracker.tipline.messages import IncomingMessage
from hoax_tracker.tipline.sending import reopen_reply

StoreMessages = Callable[[Sequence[IncomingMessage]], int]

BODY_LIMIT_BYTES = 2**20
"""A delivery of a hundred long messages has a tenth of it."""
CHALLENGE_LIMIT = 1_000
SIGNATURE_BEGINS = "sha256="


def create_blueprint(store: StoreMessages = store_messages, name: str = "tipline_hooks") -> APIBlueprint:
    """Return the webhooks, which give each delivery's messages to ``store``."""
    bp = APIBlueprint(name, __name__, url_prefix="/hook", enable_openapi=False)

    @bp.post("/telegram")
    def receive_telegram() -> Response:
        """Take an update of the bot."""
        return _receive_update(_require_serving(TELEGRAM), store)

    @bp.get("/whatsapp")
    def verify_whatsapp() -> Response:
        """Answer the challenge by which WhatsApp asks whether the address is ours."""
        return _answer_challenge(read_webhook_secret(WHATSAPP, current_settings()))

    @bp.post("/whatsapp")
    def receive_whatsapp() -> Response:
        """Take a delivery of the number."""
        return _receive_delivery(_require_serving(WHATSAPP), store)

    csrf.exempt(bp)  # the services have no form; the secret or the signature says who sends
    return bp


def _require_serving(name: str) -> ChannelAccess | None:
    """Return a channel that receives through its webhook; None for any other."""
    access = read_serving(name, current_settings())
    return None if access is None or access.is_polled else access


def _receive_update(access: ChannelAccess | None, store: StoreMessages) -> Response:
    """Store what is addressed to the bot. The answer stops the waiting of a button that was pressed."""
    if access is None:
        return _answer_text(_("Saluran ini tidak melayani."), HTTPStatus.NOT_FOUND)
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    if not _is_same_secret(given, access.keys.webhook_secret):
        return _refuse_forged(access.name)
    body = _read_body()
    if body is None:
        return _refuse_large()
    update = read_object(body)
    bot = telegram.Bot(access.account_id, access.account)
    _store_all(telegram.read_updates([update], bot, utc_now()), store)
    pressed = telegram.callback_id_of(update.get("callback_query") or {})
    return _answer_object({"method": "answerCallbackQuery", "callback_query_id": pressed} if pressed else {})


def _answer_challenge(secret: str) -> Response:
    """Return the challenge to who knows the verify token. A channel is verified before it is in service."""
    asked = request.args
    if not _is_same_secret(asked.get("hub.verify_token", ""), secret):
        return _refuse_forged(WHATSAPP)
    if asked.get("hub.mode") != "subscribe":
        return _answer_text(_("Permintaan itu tidak dikenal."), HTTPStatus.BAD_REQUEST)
    return _answer_text(asked.get("hub.challenge", "")[:CHALLENGE_LIMIT], HTTPStatus.OK)


def _receive_delivery(access: ChannelAccess | None, store: StoreMessages) -> Response:
    """Store the messages of a signed delivery, and put back the replies that a closed window swallowed."""
    if access is None:
        return _answer_text(_("Saluran ini tidak melayani."), HTTPStatus.NOT_FOUND)
    body = _read_body()
    if body is None:
        return _refuse_large()
    if not _is_signed(body, request.headers.get("X-Hub-Signature-256", ""), access.keys.app_secret):
        return _refuse_forged(access.name)
    payload = read_object(body)
    _store_all(whatsapp_deliveries.read_messages(payload, access.account_id, utc_now()), store)
    failures = whatsapp_deliveries.read_failures(payload, access.account_id)
    for failure in failures[:1]:
        note_fault(access.name, failure.words)
    taken = [_take_failure(one) for one in failures]
    if not all(taken):
        return _answer_text(_("Balasan itu sedang dikirim. Ulangi nanti."), HTTPStatus.SERVICE_UNAVAILABLE)
    return _answer_object({})


def _take_failure(failure: whatsapp_deliveries.FailedMessage) -> bool:
    """Put back a reply that WhatsApp took after its window was closed; False where it has to be said again."""
    if failure.code != WINDOW_CLOSED or not failure.message_id:
        return True
    return reopen_reply(WHATSAPP, failure.message_id, failure.recipients, current_settings(), utc_now())


def _store_all(messages: Sequence[IncomingMessage], store: StoreMessages) -> None:
    """Store messages, where there are any. What fails here is not acknowledged, and comes again."""
    if messages:
        new = store(messages)
        current_app.logger.info("chat messages received", extra=log_fields(messages=len(messages), new=new))


def _read_body() -> bytes | None:
    """Return the raw bytes of the request; None for more than a delivery has, of which nothing is kept."""
    if (request.content_length or 0) > BODY_LIMIT_BYTES:
        discard_request_body()
        return None
    request.max_content_length = BODY_LIMIT_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        return None


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Tell whether WhatsApp signed these bytes (HMAC-SHA256 with the app's secret), in constant time."""
    begins, _sign, given = signature.partition("=")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return f"{begins}=" == SIGNATURE_BEGINS and _is_same_secret(given.lower(), expected)


def _is_same_secret(given: str, expected: str) -> bool:
    """Tell whether two texts are the same, in a time that does not depend on where they differ."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _refuse_forged(name: str) -> Response:
    """Refuse what does not come from the service."""
    current_app.logger.info("a delivery was refused: it is not signed by the service", extra=log_fields(channel=name))
    return _answer_text(_("Kiriman itu tidak ditandatangani oleh layanannya."), HTTPStatus.FORBIDDEN)


def _refuse_large() -> Response:
    """Refuse a delivery that is larger than any is."""
    return _answer_text(_("Kiriman itu terlalu besar dan tidak dibaca."), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


def _answer_text(words: str, status: HTTPStatus) -> Response:
    return current_app.response_class(words, status=status, mimetype="text/plain")


def _answer_object(content: dict[str, Any]) -> Response:
    """Return an answer that accepts the delivery."""
    return current_app.response_class(current_app.json.dumps(content), mimetype="application/json")


bp = create_blueprint()
