"""A browser that decrypts what a push service on loopback was sent for it."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
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
        return [
            json.loads(http_ece.decrypt(request.body, private_key=self._key, auth_secret=self._auth))
            for request in self.requests()
        ]


def verify_sender(request: Request, public_key: str) -> dict[str, Any]:
    """The claims of the sender's token, checked with the key that browsers subscribed with (RFC 8292)."""
    scheme, _, parameters = request.headers["authorization"].partition(" ")
    values = dict(part.strip().split("=", 1) for part in parameters.split(","))
    assert (scheme, values["k"]) == ("vapid", public_key)
    point = decode(public_key)
    jwk = {"kty": "EC", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])}
    return dict(jwt.decode(values["t"], ECKey.import_key(jwk), algorithms=["ES256"]).claims)
