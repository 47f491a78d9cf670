"""Bearer tokens in links: the holder has the token, the database stores only its digest."""

from __future__ import annotations

import hashlib
import secrets


def make_token() -> str:
    """Return a URL-safe token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return the digest of a token for the database. It needs no salt: nobody can try out 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
