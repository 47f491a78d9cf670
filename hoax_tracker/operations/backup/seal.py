"""The seal at the end of a backup reveals an archive that was cut short or rebuilt by somebody else.

The last characters of an archive are an HMAC under the backup key, over everything before it, and the SHA-256 of
everything before that. Anybody can compute the SHA-256 of another archive; it detects damage. The HMAC needs the backup
key, which is never packed: a file of the data folder, made with the first backup, or HOAX_TRACKER_BACKUP_KEY.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from hoax_tracker.core.config.secret_files import load_or_create_secret
from hoax_tracker.core.config.settings import Settings

KEY_FILE = "backup_key"
DIGITS = 64
SEAL = 2 * DIGITS
"""Characters at the very end of the file. Archives of format 1 end with the SHA-256 alone."""
CHUNK = 2**20
LABEL = b"hoax-tracker backup|"


def backup_key(settings: Settings) -> str:
    """Return the key that seals backups of this host. It is made on first use. Raises SettingsError."""
    return settings.backup_key or load_or_create_secret(settings.data_folder / KEY_FILE, secrets.token_urlsafe(48))


def known_backup_key(settings: Settings) -> str:
    """Return the key that seals backups of this host, or "" where there is none."""
    path = settings.data_folder / KEY_FILE
    return settings.backup_key or (path.read_text(encoding="ascii").strip() if path.exists() else "")


def fingerprint_of(key: str) -> str:
    """Return a fingerprint that tells two backup keys apart without revealing them."""
    return hmac.new(key.encode(), LABEL + b"fingerprint", hashlib.sha256).hexdigest()[:16]


def put_seal(path: Path, key: str) -> str:
    """Write the seal over the last characters of the file. Return its SHA-256, to be noted elsewhere."""
    content = _digest_before(path, SEAL)
    proof = _hmac_of(content, key).encode()
    content.update(proof)
    with path.open("r+b") as file:
        file.seek(-SEAL, os.SEEK_END)
        file.write(proof + content.hexdigest().encode())
        file.flush()
        os.fsync(file.fileno())
    return content.hexdigest()


def is_whole(path: Path) -> bool:
    """Tell whether a file ends with the SHA-256 of everything before it: nothing is missing or damaged."""
    stored_digest = _last_characters(path, DIGITS)
    return len(stored_digest) == DIGITS and stored_digest == _digest_before(path, DIGITS).hexdigest().encode()


def is_proven(path: Path, key: str) -> bool:
    """Tell whether the file was sealed with this key."""
    stored_digest = _last_characters(path, SEAL)[:DIGITS]
    return hmac.compare_digest(stored_digest, _hmac_of(_digest_before(path, SEAL), key).encode())


def _hmac_of(content: hashlib._Hash, key: str) -> str:
    """Return the HMAC over all the digested content."""
    return hmac.new(key.encode(), LABEL + content.digest(), hashlib.sha256).hexdigest()


def _last_characters(path: Path, count: int) -> bytes:
    """Return the last bytes of a file, or all bytes of a shorter one."""
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - count))
        return file.read()


def _digest_before(path: Path, count: int) -> hashlib._Hash:
    """Return an updatable SHA-256 of all but the last bytes of a file."""
    digest, left = hashlib.sha256(), max(0, path.stat().st_size - count)
    with path.open("rb") as file:
        while left and (chunk := file.read(min(CHUNK, left))):
            digest.update(chunk)
            left -= len(chunk)
    return digest
