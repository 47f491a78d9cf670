"""A browser as the target of Web Push: its address, this instance's key, and a message that only it can read.

Only addresses of the push services of browsers are taken: nobody lets us write to another site. The key (VAPID,
RFC 8292) is derived from the contact key, so that every host has the same. A message is encrypted by RFC 8291 over
RFC 8188 (aes128gcm), one record, written out with ``cryptography``, which is here anyway: the usual library brings two
HTTP clients that would not pass the guarded one, a dozen packages, and one that has to be built at installation.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from flask_babel import gettext as _
from joserfc import jwt
from joserfc.jwk import ECKey

from hoax_tracker.core.config.settings import Settings
from hoax_tracker.core.encryption import decrypt_bytes, derivation_key, encrypt_bytes
from hoax_tracker.core.extensions import current_settings
from hoax_tracker.core.fetch import AddressRefusedError
from hoax_tracker.core.fetch.addresses import parse_target
from hoax_tracker.errors import InvalidInputError

RECORD_BYTES = 4096
SALT_BYTES = 16
LAST_RECORD = b"\x02"


def encrypt_for_browser(
    message: bytes,
    point: bytes,
    auth: bytes,
    salt: bytes | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the body for a browser's public key (a point of P-256) and secret. Salt and key are made anew each time.

    Raises ValueError for what is no point.
    """
    salt, key = salt or os.urandom(SALT_BYTES), key or ec.generate_private_key(ec.SECP256R1())
    own_point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point))
    secret = _derive(shared, auth, b"WebPush: info\0" + point + own_point, 32)
    content_key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4) + len(own_point).to_bytes(1) + own_point
    return header + AESGCM(content_key).encrypt(nonce, message + LAST_RECORD, None)


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """Return a key derived from a secret (HKDF, RFC 5869)."""
    return HKDF(SHA256(), length=length, salt=salt, info=info).derive(secret)


def decode_key(text: str) -> bytes:
    """Return a key that a browser wrote as base64 for addresses. Raises ValueError where it is none."""
    return base64.urlsafe_b64decode(f"{text}===")


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


# The number of points of the curve (FIPS 186-4, D.1.2.3): private keys lie between 1 and it.
CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# RFC 8292: at most 24 hours.
SIGNATURE_LASTS = timedelta(hours=12)


@lru_cache(4)
def push_private_key(contact_key: str) -> ec.EllipticCurvePrivateKey:
    """Return the private key that belongs to a contact key."""
    # Eight bytes more than the order has, so that all keys are about equally likely.
    seed = HKDF(SHA256(), length=40, salt=None, info=b"hoax-tracker web push").derive(derivation_key(contact_key))
    return ec.derive_private_key(int.from_bytes(seed) % (CURVE_ORDER - 1) + 1, ec.SECP256R1())


def push_public_key(contact_key: str) -> str:
    """Return the public key as browsers ask for it (applicationServerKey)."""
    point = push_private_key(contact_key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def sign_push(endpoint: str, contact_key: str, base_url: str, now: datetime) -> str:
    """Return the Authorization header of a message to a push service."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now + SIGNATURE_LASTS).timestamp()),
        "sub": base_url,
    }
    pem = push_private_key(contact_key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(pem))
    return f"vapid t={token}, k={push_public_key(contact_key)}"
