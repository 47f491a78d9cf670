"""The outbox of webhooks: messages are leased one at a time, and marked with what the endpoint answered.

What concerns an endpoint as a whole (nobody answers, 5xx, 404, a redirect) puts all its messages off, so that a service
that is away costs one try a pause; what may lie in one message (400, 422) only that one. Eight tries of one message, or
a 410, turn the endpoint off; what waits is kept for when it is turned on again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from flask_babel import force_locale
from flask_babel import gettext as _

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import DecryptionError, decrypt_bytes
from hoax_tracker.models import NoticeKind, WebhookDelivery, WebhookEndpoint, db
from hoax_tracker.notifications import notices
from hoax_tracker.notifications.outbox_leases import is_row_unleased, lease_next_row, retry_pause, update_rows

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


def record_failure(delivery: LeasedDelivery, answer: DeliveryAnswer, now: datetime) -> None:
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
