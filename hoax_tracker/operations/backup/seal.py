"""The seal at the end of a backup reveals an archive that was cut short or rebuilt by somebody else.

The last characters of an archive are an HMAC under the backup key, over everything before it, and the SHA-256 of
everything before that. Anybody can compute the SHA-256 of another archive; it detects damage. The HMAC needs the backup
key, which is never packed: a file of the data folder, made with the first backup, or HOAX_TRACKER_BACKUP_KEY.

A table's rows have a digest that is the same on SQLite and PostgreSQL, in any order. A row is digested by the values
that the product reads through the column types of the models: an aware UTC datetime, a float to its last bit, the value
of an enum, the parsed JSON, every byte of a file. The SHA-256 digests of the rows are added up.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hoax_tracker.core.config.secret_files import load_or_create_secret
from hoax_tracker.core.config.settings import Settings
from hoax_tracker.models import Base

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
    digest, remaining = hashlib.sha256(), max(0, path.stat().st_size - count)
    with path.open("rb") as file:
        while remaining and (chunk := file.read(min(CHUNK, remaining))):
            digest.update(chunk)
            remaining -= len(chunk)
    return digest


ROWS_AT_ONCE = 500
LARGE_ROWS_AT_ONCE = 10
"""Rows with files in them are read few at a time: a screenshot has megabytes."""
MODULUS = 2**256

Rows = Sequence[sa.Row[Any]]


class TableDigest:
    """Counts and digests the rows that are added to it."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add_rows(self, rows: Rows) -> None:
        """Add rows, each with all columns in the order of the models."""
        for row in rows:
            self._sum += int.from_bytes(hashlib.sha256(_row_bytes(row)).digest())
        self._sum %= MODULUS
        self.rows += len(rows)

    def __str__(self) -> str:
        """Return the number of rows and the digest as text."""
        return f"{self.rows} rows {self._sum:064x}"


def _row_bytes(row: Sequence[Any]) -> bytes:
    """Return the bytes of a row that are digested: ASCII, the same for equal values."""
    return json.dumps([_without_nul(value) for value in row], default=_plain_value, sort_keys=True).encode()


def _without_nul(value: Any) -> Any:
    """Return a text without NUL characters, which PostgreSQL cannot store. Other values stay as they are."""
    return value.replace("\x00", "") if isinstance(value, str) and "\x00" in value else value


def _plain_value(value: Any) -> str:
    """Return as text a value that JSON cannot hold. Raises TypeError for a type that no column has."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"a column holds {type(value)}")


def read_rows(connection: sa.Connection, table: sa.Table) -> Iterator[Rows]:
    """Yield all rows of a table in batches, so that memory does not grow with the table."""
    has_files = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    query = sa.select(table).execution_options(yield_per=LARGE_ROWS_AT_ONCE if has_files else ROWS_AT_ONCE)
    with connection.execute(query) as result:
        yield from result.partitions()


def digest_table(connection: sa.Connection, table: sa.Table) -> TableDigest:
    """Read a whole table and return its digest."""
    digest = TableDigest()
    for rows in read_rows(connection, table):
        digest.add_rows(rows)
    return digest


def digest_tables(connection: sa.Connection) -> dict[str, str]:
    """Return the digests of the models' tables, by table name."""
    return {table.name: str(digest_table(connection, table)) for table in Base.metadata.sorted_tables}
