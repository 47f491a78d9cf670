"""Delivery of webhooks by the worker: due messages are signed and sent one by one, through the guarded client.

No transaction is open while an endpoint is asked. Wherever this stops, the row says what is left to do; a receiver
knows a message that comes twice by its ``webhook-id``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from standardwebhooks.webhooks import Webhook

from hoax_tracker.clock import utc_now
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.notifications.webhooks import events
from hoax_tracker.notifications.webhooks.events import DeliveryAnswer, LeasedDelivery

log = logging.getLogger(__name__)

# The worker has other things to do: what is left is sent in its next round.
ROUND_S = 30.0
ANSWER_WITHIN_S = 10.0
ACCEPTED = range(200, 300)
LINE_LIMIT = 120


def send_due_deliveries(settings: Settings, now: datetime, beat: Callable[[], None] = lambda: None) -> int:
    """Send due messages for at most half a minute; return how many were accepted."""
    fetcher = Fetcher(settings.fetch_allow, timeout_s=ANSWER_WITHIN_S, connect_timeout_s=ANSWER_WITHIN_S / 2)
    accepted, end = 0, monotonic() + ROUND_S
    while monotonic() < end and (delivery := events.lease_next_delivery(settings.contact_key, now)):
        answer = post_delivery(delivery, fetcher)
        if answer.fault:
            events.record_failure(delivery, answer, now)
            log.info("a webhook was not accepted", extra=log_fields(delivery=delivery.id, status=answer.status))
        else:
            events.record_delivery(delivery, answer, now)
            accepted += 1
        beat()
    return accepted


def post_delivery(delivery: LeasedDelivery, fetcher: Fetcher) -> DeliveryAnswer:
    """Send a message and return the answer. Redirects are not followed, and fail."""
    if not delivery.secrets:
        return DeliveryAnswer(None, "", _say_in_indonesian(_l("Rahasianya disegel dengan kunci lain.")))
    try:
        answer = fetcher.post_message(delivery.url, delivery.body.encode(), _sign_delivery(delivery, utc_now()))
    except FetchError as error:
        return DeliveryAnswer(None, "", _say_in_indonesian(error.user_message))
    fault = "" if answer.status in ACCEPTED else f"HTTP {answer.status}"
    return DeliveryAnswer(answer.status, _first_line(answer.beginning), fault)


def _sign_delivery(delivery: LeasedDelivery, now: datetime) -> dict[str, str]:
    """Return the headers of a try. Receivers refuse a time that is off by minutes, so it is the try's own."""
    signatures = [Webhook(secret).sign(delivery.message_id, now, delivery.body) for secret in delivery.secrets]
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _say_in_indonesian(message: object) -> str:
    """Return the first sentence of a message, which names no address, as it is stored."""
    with force_locale("id"):
        return str(message).split(". ", 1)[0].rstrip(".")[:LINE_LIMIT]


def _first_line(beginning: bytes) -> str:
    """Return the first line of an answer, cut off, without what cannot be printed."""
    line = beginning.decode("utf-8", "replace").strip().split("\n", 1)[0]
    return "".join(character for character in line if character.isprintable())[:LINE_LIMIT]
