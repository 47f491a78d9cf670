"""Reporters' contacts, encrypted at rest with a key that is not in the database."""

from __future__ import annotations

import zlib

from cryptography.fernet import Fernet, InvalidToken

from hoax_tracker.errors import HoaxTrackerError


class ContactUnreadable(HoaxTrackerError):
    """The contact was encrypted with another key, or is damaged."""


def encrypt_contact(contact: str, key: str) -> bytes:
    """Return the contact sealed (AES-128-CBC with HMAC-SHA256, as Fernet does it)."""
    return Fernet(key.encode()).encrypt(contact.encode())


def decrypt_contact(sealed: bytes, key: str) -> str:
    """Return the contact. Raises ContactUnreadable for another key or damaged bytes."""
    return unseal(sealed, key).decode()


def unseal(sealed: bytes, key: str) -> bytes:
    """Return what was sealed. Raises ContactUnreadable for another key or damaged bytes."""
    try:
        return Fernet(key.encode()).decrypt(sealed)
    except InvalidToken as error:
        raise ContactUnreadable("what a reporter left cannot be decrypted with this key") from error


def seal(data: bytes, key: str) -> bytes:
    """Return the bytes compressed and encrypted."""
    return Fernet(key.encode()).encrypt(zlib.compress(data, 6))


def opened(sealed: bytes, key: str) -> bytes:
    """Return the bytes. Raises ContactUnreadable for another key or damaged bytes."""
    return zlib.decompress(unseal(sealed, key))
