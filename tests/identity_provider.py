"""An OpenID Connect provider on loopback, in its documented shape, with the faults that a test asks for.

with IdentityProvider() as provider:
    provider.person = Person("sub-1", "maria@kupang.example")
    back = provider.approve(address)     # what the browser does at the provider: the address it is sent back to
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "kabas", "rahasia-klien-untuk-uji"


@dataclass(frozen=True)
class Person:
    """The person who signs in at the provider."""

    subject: str
    email: str
    verified: bool = True


@dataclass
class Grant:
    """The data behind a code until it is used."""

    nonce: str
    challenge: str
    callback: str


@dataclass
class IdentityProvider:
    """The provider; ``claims`` override those of the ID token, ``metadata`` those of the discovery document."""

    person: Person = Person("sub-1", "petugas@kupang.example")
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        self.keys = [new_key()]
        self.grants: dict[str, Grant] = {}
        self.sign_with: RSAKey | None = None
        self.algorithm = "RS256"

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(self))
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def issuer(self) -> str:
        """The issuer's address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def rotate_keys(self) -> None:
        """Sign with a new key and stop publishing the old one."""
        self.keys = [new_key()]

    def discovery_document(self) -> dict[str, Any]:
        """Return the metadata."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def approve(self, address: str) -> str:
        """Sign the person in, and return the address to which the browser is redirected."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.grants[code] = Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state'], 'iss': self.issuer})}"

    def exchange(self, fields: Mapping[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """Return status and body of the token endpoint. A code works once, for its client, callback and verifier."""
        pair = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {pair}":
            return 401, {"error": "invalid_client"}
        grant = self.grants.pop(fields.get("code", ""), None)
        if grant is None or fields.get("redirect_uri") != grant.callback:
            return 400, {"error": "invalid_grant"}
        digest = sha256(fields.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "akses", "token_type": "Bearer", "id_token": self.id_token(grant.nonce)}

    def id_token(self, nonce: str) -> str:
        """Return a signed ID token."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": self.person.subject,
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": nonce,
            "email": self.person.email,
            "email_verified": self.person.verified,
        } | self.claims
        key = self.sign_with or self.keys[0]
        return jwt.encode({"alg": self.algorithm, "kid": self.keys[0].kid}, claims, key, algorithms=[self.algorithm])


def new_key() -> RSAKey:
    """Return a fresh signing key with an id."""
    return RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4), "use": "sig"}, private=True)


def handler_for(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    """Return the HTTP handler of the provider."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            if self.path.startswith("/authorize?"):
                self.send_response(303)
                self.send_header("Location", provider.approve(self.path))
                self.end_headers()
                return
            documents: dict[str, dict[str, Any]] = {
                "/.well-known/openid-configuration": provider.discovery_document(),
                "/keys": {"keys": [key.as_dict(private=False) for key in provider.keys]},
            }
            known = documents.get(self.path)
            self.reply(404 if known is None else 200, known or {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {name: values[0] for name, values in parse_qs(body).items()}
            self.reply(*provider.exchange(fields, self.headers.get("Authorization", "")))

        def reply(self, status: int, document: Mapping[str, Any]) -> None:
            if provider.is_down:
                status, document = 503, {}
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """Print nothing."""

    return Handler
