"""The messages: what they say, and how they are queued with the act that they tell of, leased and marked.

They hold what the city publishes, and numbers. Nothing of a report leaves but the number and the unit of its claim, and
no word of a claim that nobody has examined: both may name anybody.

The worker signs and sends due messages one by one, through the guarded client; no transaction is open meanwhile.
Wherever this stops, the row says what is left to do; a receiver knows a message that comes twice by its ``webhook-id``.
"""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from time import monotonic
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, gettext as _, lazy_gettext as _l
from standardwebhooks.webhooks import Webhook

from hoax_tracker.clock import utc_now
from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.fetch import Fetcher, FetchError
from hoax_tracker.core.structured_logging import log_fields
from hoax_tracker.models import (
    Claim,
    Clarification,
    NoticeKind,
    Unit,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    db,
)
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.mail.outbox import public_url_for
from hoax_tracker.notifications.outbox_leases import is_row_unleased, lease_next_row, retry_pause, update_rows

EventData = dict[str, Any]


def enqueue_clarification_event(event: WebhookEvent, page: Clarification, note: str, now: datetime) -> None:
    """Tell, in the current transaction, that a page was published, corrected or withdrawn; ``note`` is public."""
    _enqueue_messages(event, lambda: [_describe_clarification(event, page, note)], now)


def enqueue_report_event(claim: Claim, now: datetime) -> None:
    """Tell, in the current transaction, that a resident's report came to a claim."""
    _enqueue_messages(WebhookEvent.REPORT_RECEIVED, lambda: [_identify_claim(claim)], now)


def enqueue_flagged_events(claims: Iterable[Claim], now: datetime) -> None:
    """Tell, in the current transaction, of stored claims that the model's flags opened."""
    if opened := list(claims):
        _enqueue_messages(WebhookEvent.CLAIM_FLAGGED, lambda: [_describe_flagged_claim(claim) for claim in opened], now)


def _enqueue_messages(event: WebhookEvent, describe: Callable[[], list[EventData]], now: datetime) -> None:
    """Queue the messages that ``describe`` returns for every endpoint that wants them. The demo tells nobody."""
    settings = current_settings()
    endpoint_ids = [] if settings.demo else _list_listening_endpoints(event)
    if not endpoint_ids:
        return
    rows = []
    for data in describe():
        message = {"message_id": f"msg_{secrets.token_hex(12)}", "body": _render_message(event, data, now)}
        rows += [{"endpoint_id": endpoint_id} | message for endpoint_id in endpoint_ids]
    waiting = {"event": event.value, "posted_at": now, "next_try_at": now, "attempts": 0}
    db.session.execute(sa.insert(WebhookDelivery), [row | waiting for row in rows])
    wake_job(WokenJob.WEBHOOKS)


def _list_listening_endpoints(event: WebhookEvent) -> list[int]:
    """Return the ids of the active endpoints that want an event."""
    query = sa.select(WebhookEndpoint.id, WebhookEndpoint.events).where(WebhookEndpoint.is_active)
    return [row.id for row in db.session.execute(query.order_by(WebhookEndpoint.id)) if event.value in row.events]


def _render_message(event: WebhookEvent, data: EventData, now: datetime) -> str:
    """Return the body, as it is signed and sent."""
    message = {"type": event.value, "timestamp": now.isoformat(timespec="seconds"), "data": data}
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def _describe_clarification(event: WebhookEvent, page: Clarification, note: str) -> EventData:
    """Return what the public page says. A withdrawn one has no verdict any more."""
    data: EventData = {
        "number": page.number,
        "url": public_url_for("pages.page", slug=page.slug),
        "title": page.title,
        "topic": page.topic.value,
        "unit": _identify_unit(page.unit_id),
        "published_at": page.published_at.isoformat(timespec="seconds") if page.published_at else None,
        "note": note,
    }
    if event is not WebhookEvent.WITHDRAWN:
        data |= {"verdict": page.verdict.value if page.verdict else None, "summary": page.summary}
    return data


def _describe_flagged_claim(claim: Claim) -> EventData:
    """Return what the desk knows of a new claim, without its words."""
    return _identify_claim(claim) | {
        "topic": claim.topic.value,
        "priority": round(claim.priority, 3),
        "first_seen_at": claim.first_seen_at.isoformat(timespec="seconds"),
    }


def _identify_claim(claim: Claim) -> EventData:
    """Return a claim's number and unit."""
    return {"claim": claim.id, "unit": _identify_unit(claim.unit_id)}


def _identify_unit(unit_id: int | None) -> EventData | None:
    """Return a unit's code and name; None where there is no unit."""
    unit = db.session.get(Unit, unit_id) if unit_id is not None else None
    return {"code": unit.code, "name": unit.name} if unit else None


# After the first failure, the second, …: the eighth try comes two days after the first.
RETRY_PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
)
MOST_TRIES = len(RETRY_PAUSES) + 1
MESSAGE_FAULTS = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)


@dataclass(frozen=True)
class LeasedDelivery:
    """A message in hand: where it goes, what it says, how often it was tried, and the secrets that sign it."""

    id: int
    endpoint_id: int
    url: str
    message_id: str
    body: str
    attempts: int
    secrets: tuple[str, ...]


@dataclass(frozen=True)
class DeliveryAnswer:
    """What came of a try: the status (None where none came), the first line, the fault in our words ("" for none)."""

    status: int | None
    line: str
    fault: str

    @property
    def is_about_endpoint(self) -> bool:
        """True where the other messages to the endpoint would fail alike."""
        return self.status not in MESSAGE_FAULTS


def lease_next_delivery(contact_key: str, now: datetime) -> LeasedDelivery | None:
    """Lease the message that has been due longest, in a transaction of its own; None where none is due."""
    with write_transaction(None):
        listening = WebhookDelivery.endpoint.has(WebhookEndpoint.is_active)
        row = lease_next_row(WebhookDelivery, now, RETRY_PAUSES, listening)
        if row is None:
            return None
        endpoint = row.endpoint
        return LeasedDelivery(
            id=row.id,
            endpoint_id=endpoint.id,
            url=endpoint.url,
            message_id=row.message_id,
            body=row.body,
            attempts=row.attempts,
            secrets=_list_signing_secrets(endpoint, contact_key, now),
        )


def _list_signing_secrets(endpoint: WebhookEndpoint, contact_key: str, now: datetime) -> tuple[str, ...]:
    """Return the present secret, and the previous one for its last day; none where another key sealed them."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_previous_secret and endpoint.previous_until and now < endpoint.previous_until:
        sealed.append(endpoint.sealed_previous_secret)
    try:
        return tuple(decrypt_bytes(secret, contact_key).decode() for secret in sealed)
    except DecryptionError:
        return ()


def record_delivery(delivery: LeasedDelivery, answer: DeliveryAnswer, now: datetime) -> None:
    """Record that the endpoint accepted the message."""
    with write_transaction(None):
        _end_delivery(delivery, answer, now, sent_at=now, last_error=None)


def _record_failure(delivery: LeasedDelivery, answer: DeliveryAnswer, now: datetime) -> None:
    """Record a failed try: it is put off, or given up with the endpoint."""
    with write_transaction():
        if answer.status == HTTPStatus.GONE or delivery.attempts >= MOST_TRIES or not delivery.secrets:
            _end_delivery(delivery, answer, now, failed_at=now, last_error=answer.fault[:120])
            turn_endpoint_off(delivery.endpoint_id, answer.fault, now)
            return
        later = now + retry_pause(RETRY_PAUSES, delivery.attempts)
        again = {"next_try_at": later, "held_until": None, "last_error": answer.fault[:120]}
        update_rows(WebhookDelivery, WebhookDelivery.id == delivery.id, **again, **_answer_values(answer, now))
        if answer.is_about_endpoint:
            waiting = (WebhookDelivery.next_try_at < later, is_row_unleased(WebhookDelivery, now))
            update_rows(
                WebhookDelivery, WebhookDelivery.endpoint_id == delivery.endpoint_id, *waiting, next_try_at=later
            )


def _end_delivery(delivery: LeasedDelivery, answer: DeliveryAnswer, now: datetime, **end: object) -> None:
    """Mark a message as sent or as given up."""
    values = {"next_try_at": None, "held_until": None} | _answer_values(answer, now) | end
    update_rows(WebhookDelivery, WebhookDelivery.id == delivery.id, **values)


def _answer_values(answer: DeliveryAnswer, now: datetime) -> dict[str, object]:
    """Return what is kept of an answer."""
    return {"answered_at": now, "answer_status": answer.status, "answer_line": answer.line or None}


def turn_endpoint_off(endpoint_id: int, fault: str, now: datetime) -> None:
    """Turn an endpoint off and tell the administrators why, in the current transaction."""
    endpoint = db.session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if endpoint is None or not endpoint.is_active:
        return
    endpoint.is_active, endpoint.off_reason = False, fault[:120]
    with force_locale("id"):
        words = _("%(name)s tidak lagi dikabari: %(reason)s", name=endpoint.name, reason=fault)
    notices.notify_officers(notices.list_administrators(), NoticeKind.WEBHOOK_OFF, now, text=words)
    detail = {"name": endpoint.name, "reason": fault}
    audit_log.record_event("webhook_turned_off", f"webhook:{endpoint.id}", officer=None, now=now, detail=detail)


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
    while monotonic() < end and (delivery := lease_next_delivery(settings.contact_key, now)):
        answer = post_delivery(delivery, fetcher)
        if answer.fault:
            _record_failure(delivery, answer, now)
            log.info("a webhook was not accepted", extra=log_fields(delivery=delivery.id, status=answer.status))
        else:
            record_delivery(delivery, answer, now)
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
