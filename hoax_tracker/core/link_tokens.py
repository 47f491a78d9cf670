"""Tokens that open something to whoever holds them: the holder has the token, the database its digest."""

from __future__ import annotations

import hashlib
import secrets


def make_token() -> str:
    """Return a token of 256 random bits that can stand in an address."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return what the database keeps of a token. It needs no salt: nobody tries 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
