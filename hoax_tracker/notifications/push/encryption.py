"""Encryption of a message for one browser: RFC 8291 (Web Push) over RFC 8188 (aes128gcm), one record.

Written out with ``cryptography``, which is here anyway: the usual library brings two HTTP clients that would not pass
the guarded one, a dozen packages, and one that has to be built at installation.
"""

from __future__ import annotations

import base64
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

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
