"""Encryption at rest of reporters' contacts and officers' secrets. The key is not in the database."""

from __future__ import annotations

import zlib

from cryptography.fernet import Fernet, InvalidToken

from hoax_tracker.errors import HoaxTrackerError


class DecryptionError(HoaxTrackerError):
    """The ciphertext was encrypted with another key, is damaged, or is too old."""


def encrypt_contact(contact: str, key: str) -> bytes:
    """Return the encrypted contact (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return Fernet(key.encode()).encrypt(contact.encode())


def encrypt_bytes(data: bytes, key: str) -> bytes:
    """Return the encrypted bytes, which include the time of encryption."""
    return Fernet(key.encode()).encrypt(data)


def decrypt_contact(sealed: bytes, key: str) -> str:
    """Return the decrypted contact. Raises DecryptionError for another key or damaged bytes."""
    return decrypt_bytes(sealed, key).decode()


def decrypt_bytes(sealed: bytes, key: str, *, max_age_s: int | None = None) -> bytes:
    """Return the decrypted bytes.

    Raises DecryptionError for another key, damaged bytes, or an expired ``max_age_s``.
    """
    try:
        return Fernet(key.encode()).decrypt(sealed, ttl=max_age_s)
    except InvalidToken as error:
        raise DecryptionError("what was sealed cannot be decrypted with this key") from error


def compress_and_encrypt(data: bytes, key: str) -> bytes:
    """Return the bytes compressed and encrypted."""
    return Fernet(key.encode()).encrypt(zlib.compress(data, 6))


def decrypt_and_decompress(sealed: bytes, key: str) -> bytes:
    """Return the original bytes. Raises DecryptionError for another key or damaged bytes."""
    return zlib.decompress(decrypt_bytes(sealed, key))
