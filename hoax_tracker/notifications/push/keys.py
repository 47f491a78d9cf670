"""The instance's key for Web Push (VAPID, RFC 8292), derived from the contact key, so that every host has the same."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from hoax_tracker.core.encryption import derivation_key

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
