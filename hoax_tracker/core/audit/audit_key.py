"""The audit log's key: an HMAC over each row's hash, which nobody can compute from the database alone.

A row's hash covers the row and all earlier rows, and anybody can recompute it. Its seal is the HMAC-SHA256 of that hash
under ``audit_key``: a file in the data folder, or HOAX_TRACKER_AUDIT_KEY. No database and no backup contains the key.
"""

from __future__ import annotations

import hashlib
import hmac

KEY_FILE = "audit_key"
KEY_STARTED_ACTION = "audit_key_started"
"""The event from which on rows are sealed with the key that its detail names. It seals what was written before it."""
STAMP_FILE = "audit_key_began"
"""A file of the data folder that says that the key sealed rows: a log without seals is not from before it, then."""
LABEL = b"hoax-tracker audit|"


def seal_hash(row_hash: str, key: str) -> str:
    """Return the seal of a row hash."""
    return hmac.digest(key.encode(), LABEL + row_hash.encode(), "sha256").hex()


def is_seal_of(seal: str | None, row_hash: str, key: str) -> bool:
    """Tell whether the seal belongs to that hash and key."""
    return seal is not None and hmac.compare_digest(seal.encode(), seal_hash(row_hash, key).encode())


def audit_key_id(key: str) -> str:
    """Return a fingerprint that identifies the key without revealing it."""
    return hmac.new(key.encode(), LABEL + b"fingerprint", hashlib.sha256).hexdigest()[:16]
