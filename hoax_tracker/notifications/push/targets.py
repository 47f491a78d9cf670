"""A browser's address at its push service: which are taken, and how they are kept.

Only addresses of the push services of browsers are taken: nobody lets us write to another site.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from flask_babel import gettext as _

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.current import current_settings
from hoax_tracker.core.encryption import decrypt_bytes, derivation_key, encrypt_bytes
from hoax_tracker.core.fetch import AddressRefusedError
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.errors import InvalidInputError
from hoax_tracker.notifications.push.encryption import decode_key

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
    settings = current_settings()
    return settings.secure and not settings.demo


def seal_push_target(target: PushTarget, settings: Settings) -> bytes:
    """Return address and keys as they are kept: encrypted."""
    return encrypt_bytes(target.as_bytes(), settings.contact_key)


def open_push_target(sealed: bytes, settings: Settings) -> PushTarget:
    """Return address and keys. Raises DecryptionError where another key sealed them."""
    return PushTarget(*json.loads(decrypt_bytes(sealed, settings.contact_key)))


def endpoint_digest(endpoint: str, settings: Settings) -> str:
    """Return the keyed digest by which a browser is found."""
    return hmac.new(derivation_key(settings.contact_key), f"push|{endpoint}".encode(), hashlib.sha256).hexdigest()


def require_push_target(target: PushTarget, settings: Settings) -> None:
    """Raise InvalidInputError unless the address is one of a push service and the keys are keys."""
    if not (_is_push_endpoint(target.endpoint, settings) and _are_push_keys(target)):
        message = _("Browser ini tidak dapat dikabari. Coba lewat email.")
        raise InvalidInputError("no push subscription", user_message=message)


def _is_push_endpoint(endpoint: str, settings: Settings) -> bool:
    """Tell whether an address is one of a push service."""
    if len(endpoint) > LONGEST_ENDPOINT or not (endpoint.isascii() and endpoint.isprintable()):
        return False
    try:
        target = parse_target(endpoint, settings.fetch_allow)
    except AddressRefusedError:
        return False
    is_known = any(target.host == host or target.host.endswith(f".{host}") for host in PUSH_SERVICES)
    return target.loopback_allowed or (is_known and target.scheme == "https")


def _are_push_keys(target: PushTarget) -> bool:
    """Tell whether the browser's keys are a point of the curve and a secret."""
    try:
        point, auth = decode_key(target.p256dh[:100]), decode_key(target.auth[:100])
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return False
    return len(point) == POINT_BYTES and len(auth) == AUTH_BYTES
