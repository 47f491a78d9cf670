"""Secrets in the database: contacts and officers' secrets encrypted, tokens in links only as digests.

No key is in the database. ``keys`` is the setting ``contact_key``: one key or several, the newest first, with commas.
The newest encrypts, each decrypts (MultiFernet). What is derived from a key and cannot be made anew (digests, the key
of Web Push) stays with the oldest, so that a rotation changes none of it.

Who holds a link has its token (a bearer token); the database stores the token's digest.
"""

from __future__ import annotations

import hashlib
import secrets
import zlib
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from hoax_tracker.errors import HoaxTrackerError

BETWEEN_KEYS = ","


class DecryptionError(HoaxTrackerError):
    """The ciphertext was encrypted with another key, is damaged, or is too old."""


@lru_cache(8)
def _fernet_of(keys: str) -> MultiFernet:
    """Return what encrypts with the newest key and decrypts with each."""
    return MultiFernet([Fernet(key) for key in keys.split(BETWEEN_KEYS)])


def newest_key(keys: str) -> str:
    """Return the key that encrypts."""
    return keys.split(BETWEEN_KEYS)[0]


def derivation_key(keys: str) -> bytes:
    """Return the key of digests and derived keys: the oldest."""
    return keys.split(BETWEEN_KEYS)[-1].encode()


def encrypt_contact(contact: str, keys: str) -> bytes:
    """Return the encrypted contact (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return encrypt_bytes(contact.encode(), keys)


def encrypt_bytes(data: bytes, keys: str) -> bytes:
    """Return the encrypted bytes, which include the time of encryption."""
    return _fernet_of(keys).encrypt(data)


def decrypt_contact(sealed: bytes, keys: str) -> str:
    """Return the decrypted contact. Raises DecryptionError for another key or damaged bytes."""
    return decrypt_bytes(sealed, keys).decode()


def decrypt_bytes(sealed: bytes, keys: str, *, max_age_s: int | None = None) -> bytes:
    """Return the decrypted bytes.

    Raises DecryptionError for another key, damaged bytes, or an expired ``max_age_s``.
    """
    try:
        return _fernet_of(keys).decrypt(sealed, ttl=max_age_s)
    except InvalidToken as error:
        raise DecryptionError("what was sealed cannot be decrypted with this key") from error


def compress_and_encrypt(data: bytes, keys: str) -> bytes:
    """Return the bytes compressed and encrypted."""
    return encrypt_bytes(zlib.compress(data, 6), keys)


def decrypt_and_decompress(sealed: bytes, keys: str) -> bytes:
    """Return the original bytes. Raises DecryptionError for another key or damaged bytes."""
    return zlib.decompress(decrypt_bytes(sealed, keys))


def encrypt_anew(sealed: bytes, keys: str) -> bytes | None:
    """Return the bytes encrypted with the newest key, with their time; None where that key encrypted them already.

    Raises DecryptionError where no key fits.
    """
    try:
        Fernet(newest_key(keys)).decrypt(sealed)
    except InvalidToken:
        pass
    else:
        return None
    try:
        return _fernet_of(keys).rotate(sealed)
    except InvalidToken as error:
        raise DecryptionError("what was sealed cannot be decrypted with any of the keys") from error


def make_token() -> str:
    """Return a URL-safe token of 256 random bits."""
    return secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return the digest of a token for the database. It needs no salt: nobody can try out 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
