"""A browser that decrypts what a push service on loopback was sent for it."""

from __future__ import annotations

import base64
import hmac
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.feed_server import FeedServer, Reply, Request


def encode(data: bytes) -> str:
    """Base64 as in addresses, without padding."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """What ``encode`` made."""
    return base64.urlsafe_b64decode(f"{text}===")


class Browser:
    """One browser with its keys and its address at the push service."""

    def __init__(self, server: FeedServer, path: str, *replies: Reply) -> None:
        self.endpoint = server.answer(path, *(replies or (Reply(status=201),)))
        self._server, self._path = server, path
        self._key, self._auth = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    def fields(self, choice: str = "semua") -> dict[str, str]:
        """What the page sends when this browser subscribes."""
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": encode(point), "auth": encode(self._auth), "tentang": choice}

    def requests(self) -> list[Request]:
        """What came for this browser."""
        return self._server.requests(self._path)

    def shown(self) -> list[dict[str, Any]]:
        """What it showed: everything that came, decrypted."""
        return [json.loads(self.decrypt(request.body)) for request in self.requests()]

    def decrypt(self, body: bytes) -> bytes:
        """A message as RFC 8188 and RFC 8291 write it: one record, with the sender's point in its header."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert (length, len(record) <= size) == (65, True)
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        secret = hkdf(shared, self._auth, b"WebPush: info\x00" + point + sender, 32)
        key, nonce = (
            hkdf(secret, salt, b"Content-Encoding: " + name + b"\x00", size)
            for name, size in ((b"aes128gcm", 16), (b"nonce", 12))
        )
        plain = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\x00")
        assert plain.endswith(b"\x02"), "the last record"
        return plain[:-1]


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, for keys no longer than one digest."""
    extracted = hmac.digest(salt, secret, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def verify_sender(request: Request, public_key: str) -> dict[str, Any]:
    """The claims of the sender's token, checked with the key that browsers subscribed with (RFC 8292)."""
    scheme, _, parameters = request.headers["authorization"].partition(" ")
    values = dict(part.strip().split("=", 1) for part in parameters.split(","))
    assert (scheme, values["k"]) == ("vapid", public_key)
    point = decode(public_key)
    jwk = {"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
    return dict(jwt.decode(values["t"], ECKey.import_key(jwk), algorithms=["ES256"]).claims)
