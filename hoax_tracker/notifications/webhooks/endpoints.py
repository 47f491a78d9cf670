"""Administrators' acts on endpoints: add, change, turn the secret over, remove, send a message again.

The audit log names the endpoint, its host and its events: a whole address may hold a password of the other service, and
the secret is shown once to whoever made it.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _, lazy_gettext as _l

from hoax_tracker.core.audit import audit_log
from hoax_tracker.core.audit.audit_log import AuditAct, register_acts
from hoax_tracker.core.audit.tracked_edits import Values, lock_row, require_unchanged_values
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.job_wakeups import WokenJob, wake_job
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.encryption import encrypt_bytes
from hoax_tracker.core.fetch import AddressRefusedError
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import Officer, WebhookDelivery, WebhookEndpoint, db
from hoax_tracker.notifications.outbox_leases import is_row_unleased, update_rows

PREVIOUS_SECRET_SIGNS = timedelta(days=1)
MOST_ENDPOINTS = 20
SHOWN_DELIVERIES = 20
SECRET_BYTES = 32

register_acts(
    AuditAct("webhook_added", _l("menambah %(what)s"), _l("menambah webhook")),
    AuditAct("webhook_changed", _l("mengubah %(what)s"), _l("mengubah webhook")),
    AuditAct("webhook_removed", _l("menghapus %(what)s"), _l("menghapus webhook")),
    AuditAct("webhook_secret_renewed", _l("mengganti rahasia %(what)s"), _l("mengganti rahasia webhook")),
    AuditAct("webhook_resent", _l("mengirim ulang pesan %(what)s"), _l("mengirim ulang pesan webhook")),
    AuditAct("webhook_turned_off", _l("mematikan %(what)s karena tidak menerima pesan"), actor=_l("Program")),
    is_setup=True,
)


def list_endpoints() -> Sequence[WebhookEndpoint]:
    """Return all endpoints by name."""
    return db.session.scalars(sa.select(WebhookEndpoint).order_by(WebhookEndpoint.name, WebhookEndpoint.id)).all()


def list_recent_deliveries(endpoint_id: int) -> Sequence[WebhookDelivery]:
    """Return the newest messages to an endpoint."""
    query = sa.select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id)
    return db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(SHOWN_DELIVERIES)).all()


def endpoint_values(row: WebhookEndpoint) -> Values:
    """Return the editable values of an endpoint."""
    return {"name": row.name, "url": row.url, "events": list(row.events), "is_active": row.is_active}


def make_secret() -> str:
    """Return a new secret in the form of the standard."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def add_endpoint(values: Values, *, settings: Settings, by: Officer, now: datetime) -> str:
    """Add an endpoint and return its secret. Raises InvalidInputError."""
    secret = make_secret()
    with write_transaction():
        _require_valid_endpoint(None, values, settings)
        sealed = encrypt_bytes(secret.encode(), settings.contact_key)
        row = WebhookEndpoint(added_at=now, sealed_secret=sealed, **values)
        db.session.add(row)
        db.session.flush()
        record_endpoint_event("webhook_added", row, by, now)
    return secret


def change_endpoint(
    endpoint_id: int, values: Values, seen: str, *, settings: Settings, by: Officer, now: datetime
) -> None:
    """Change an endpoint. One that is turned on again gets what waits. Raises EditConflictError, InvalidInputError."""
    with write_transaction():
        _require_valid_endpoint(endpoint_id, values, settings)
        row = lock_row(WebhookEndpoint, endpoint_id)
        before = endpoint_values(row)
        require_unchanged_values(f"webhook:{endpoint_id}", before, seen)
        changed = sorted(name for name, value in values.items() if value != before[name])
        if not changed:
            return
        for name in changed:
            setattr(row, name, values[name])
        row.edited_at, row.off_reason = now, None
        record_endpoint_event("webhook_changed", row, by, now, changed=changed)
        if "is_active" in changed and row.is_active:
            waits = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.next_try_at.is_not(None))
            db.session.flush()
            update_rows(WebhookDelivery, *waits, next_try_at=now, attempts=0)


def renew_secret(endpoint_id: int, *, settings: Settings, by: Officer, now: datetime) -> str:
    """Give an endpoint a new secret and return it; the old one signs too for a day."""
    secret = make_secret()
    with write_transaction():
        row = lock_row(WebhookEndpoint, endpoint_id)
        row.sealed_previous_secret, row.previous_until = row.sealed_secret, now + PREVIOUS_SECRET_SIGNS
        row.sealed_secret = encrypt_bytes(secret.encode(), settings.contact_key)
        record_endpoint_event("webhook_secret_renewed", row, by, now)
    return secret


def remove_endpoint(endpoint_id: int, *, by: Officer, now: datetime) -> None:
    """Remove an endpoint with its messages."""
    with write_transaction():
        row = lock_row(WebhookEndpoint, endpoint_id)
        record_endpoint_event("webhook_removed", row, by, now)
        db.session.execute(sa.delete(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id))


def resend_delivery(delivery_id: int, *, by: Officer, now: datetime) -> int:
    """Queue a message once more, with its id and its words; return its endpoint. Raises InvalidInputError."""
    with write_transaction():
        row = lock_row(WebhookDelivery, delivery_id)
        if not row.endpoint.is_active:
            message = _("Webhook ini sedang mati. Nyalakan dulu, lalu kirim ulang.")
            raise InvalidInputError("the endpoint is off", user_message=message)
        again = {"next_try_at": now, "sent_at": None, "failed_at": None, "held_until": None, "attempts": 0}
        # One that a worker has in hand is being sent at this moment.
        update_rows(WebhookDelivery, WebhookDelivery.id == delivery_id, is_row_unleased(WebhookDelivery, now), **again)
        wake_job(WokenJob.WEBHOOKS)
        record_endpoint_event("webhook_resent", row.endpoint, by, now, message=row.message_id)
        return row.endpoint_id


def record_endpoint_event(action: str, row: WebhookEndpoint, by: Officer, now: datetime, **more: Any) -> None:
    """Add the audit event of an act, in the current transaction."""
    detail = {"name": row.name, "host": urlsplit(row.url).hostname, "events": list(row.events)} | more
    audit_log.record_event(action, f"webhook:{row.id}", officer=by, now=now, detail=detail)


def _require_valid_endpoint(endpoint_id: int | None, values: Values, settings: Settings) -> None:
    """Raise InvalidInputError for an address that may not be asked or is listed already, or for one too many."""
    _require_webhook_url(values["url"], settings)
    others = {row.id: row.url for row in list_endpoints() if row.id != endpoint_id}
    if values["url"] in others.values():
        raise _refuse_url(_("Alamat itu sudah terdaftar."))
    if endpoint_id is None and len(others) >= MOST_ENDPOINTS:
        raise _refuse_url(_("Paling banyak %(count)s webhook. Hapus dulu yang tidak dipakai.", count=MOST_ENDPOINTS))


def _require_webhook_url(url: str, settings: Settings) -> None:
    """Raise InvalidInputError unless the address is public and uses TLS; its name is looked up when sending."""
    try:
        target = parse_target(url, settings.fetch_allow)
    except AddressRefusedError as error:
        message = _("Alamat itu tidak dapat dikirimi. Gunakan alamat publik yang diawali https://.")
        raise _refuse_url(message) from error
    if target.scheme != "https" and not target.loopback_allowed:
        raise _refuse_url(_("Alamatnya harus diawali https://, supaya isi pesan tidak terbaca di jalan."))


def _refuse_url(message: str) -> InvalidInputError:
    """Return an error that the form shows beside the address."""
    return InvalidInputError("the address of a webhook is refused", user_message=message, field="url")
