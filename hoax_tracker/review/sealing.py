"""What is kept of evidence, compressed and encrypted with the key that seals what reporters leave."""

from __future__ import annotations

import zlib

from cryptography.fernet import Fernet

from hoax_tracker.contacts import unseal


def seal(data: bytes, key: str) -> bytes:
    """Return the bytes compressed and encrypted."""
    return Fernet(key.encode()).encrypt(zlib.compress(data, 6))


def opened(sealed: bytes, key: str) -> bytes:
    """Return the bytes. Raises ContactUnreadable for another key or damaged bytes."""
    return zlib.decompress(unseal(sealed, key))
