"""Subscribing a browser by Web Push: the browser's own question is the consent, so nothing is to be confirmed.

Only addresses of the push services of browsers are taken: nobody lets us write to another site.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec
from flask import current_app
from flask_babel import get_locale
from flask_babel import gettext as _

from hoax_tracker.check.subscriptions.page_changes import newest_revision_id
from hoax_tracker.check.subscriptions.push_encryption import decode_key
from hoax_tracker.check.subscriptions.service import REQUESTS_AN_HOUR, REQUESTS_AN_HOUR_IN_TOTAL, ChosenNews
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.database.transactions import write_transaction
from hoax_tracker.core.database.upsert import insert_into
from hoax_tracker.core.encryption import decrypt_bytes, encrypt_bytes
from hoax_tracker.core.fetch import AddressRefusedError
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.core.rate_limiting.limiter import consume_limit
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.models import PushSubscription, db
from hoax_tracker.privacy.secure_delete import forget_deleted

PUSH_SERVICES = ("fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com")
"""Where browsers keep their messages: Chrome and its kin, Firefox, Edge on Windows, Safari; and hosts below these."""
LONGEST_ENDPOINT = 1000
POINT_BYTES, AUTH_BYTES = 65, 16


@dataclass(frozen=True)
class PushTarget:
    """A browser's address at its push service, and the keys for it (RFC 8291), as the browser gave them."""

    endpoint: str
    p256dh: str
    auth: str

    def as_bytes(self) -> bytes:
        """Return it as bytes for encryption."""
        return json.dumps([self.endpoint, self.p256dh, self.auth]).encode()


def is_push_enabled() -> bool:
    """Tell whether browsers can subscribe: they ask for https, and the demo tells nobody anything."""
    settings: Settings = current_app.extensions["settings"]
    return settings.secure and not settings.demo


def store_push_subscription(
    target: PushTarget, choice: ChosenNews, network: str, settings: Settings, now: datetime
) -> None:
    """Store a browser, or its new choice. Raises InvalidInputError or RateLimitedError."""
    require_push_target(target, settings)
    hour, totals = timedelta(hours=1), REQUESTS_AN_HOUR_IN_TOTAL
    row = {
        "endpoint_digest": endpoint_digest(target.endpoint, settings),
        "sealed": encrypt_bytes(target.as_bytes(), settings.contact_key),
        "topic": choice.topic,
        "district_id": choice.district_id,
        "language": str(get_locale() or "id"),
        "asked_at": now,
        "attempts": 0,
    }
    with write_transaction():  # in the officers' turn: nothing is published meanwhile
        secret = settings.secret_key
        consume_limit("push", network, limit=REQUESTS_AN_HOUR, window=hour, secret=secret, now=now, in_total=totals)
        row["told_revision_id"] = newest_revision_id()
        added = insert_into(PushSubscription).values(row)
        db.session.execute(added.on_conflict_do_update(index_elements=["endpoint_digest"], set_=row))


def remove_push_subscription(endpoint: str, settings: Settings) -> None:
    """Delete a browser; nothing for an unknown one."""
    with write_transaction(None):
        digest = endpoint_digest(endpoint, settings)
        db.session.execute(sa.delete(PushSubscription).where(PushSubscription.endpoint_digest == digest))
    forget_deleted()


def open_push_target(row: PushSubscription, settings: Settings) -> PushTarget:
    """Return address and keys. Raises DecryptionError where another key sealed them."""
    return PushTarget(*json.loads(decrypt_bytes(row.sealed, settings.contact_key)))


def endpoint_digest(endpoint: str, settings: Settings) -> str:
    """Return the keyed digest by which a browser is found."""
    return hmac.new(settings.contact_key.encode(), f"push|{endpoint}".encode(), hashlib.sha256).hexdigest()


def require_push_target(target: PushTarget, settings: Settings) -> None:
    """Raise InvalidInputError unless the address is one of a push service and the keys are keys."""
    if not (is_push_endpoint(target.endpoint, settings) and are_push_keys(target)):
        message = _("Browser ini tidak dapat dikabari. Coba lewat email.")
        raise InvalidInputError("no push subscription", user_message=message)


def is_push_endpoint(endpoint: str, settings: Settings) -> bool:
    """Tell whether an address is one of a push service."""
    if len(endpoint) > LONGEST_ENDPOINT or not (endpoint.isascii() and endpoint.isprintable()):
        return False
    try:
        target = parse_target(endpoint, settings.fetch_allow)
    except AddressRefusedError:
        return False
    is_known = any(target.host == host or target.host.endswith(f".{host}") for host in PUSH_SERVICES)
    return target.loopback_allowed or (is_known and target.scheme == "https")


def are_push_keys(target: PushTarget) -> bool:
    """Tell whether the browser's keys are a point of the curve and a secret."""
    try:
        point, auth = decode_key(target.p256dh[:100]), decode_key(target.auth[:100])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == POINT_BYTES and len(auth) == AUTH_BYTES
