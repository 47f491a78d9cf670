"""Secrets that the environment does not set: generated once, stored in the data folder.

Only the owner of the files can read them.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from hoax_tracker.errors import SettingsError

SECRET_FILE_MODE = 0o600


def load_or_create_secret(path: Path, fresh: str) -> str:
    """Return the secret in ``path``, first writing ``fresh`` to it where it is missing.

    The file is created atomically (written to a temporary file, then linked), so two processes that start together
    agree. Raises SettingsError where the folder cannot be used.
    """
    try:
        return read_or_create_file(path, fresh)
    except OSError as error:
        raise SettingsError(
            f"HOAX_TRACKER_DATA: {path.parent} cannot be used: {path.name}: {error.strerror}"
        ) from error


def replace_secret(path: Path, value: str) -> None:
    """Put another secret into the file. Whoever reads it meanwhile or after a power cut finds one of the two, whole."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_or_create_file(path: Path, fresh: str) -> str:
    """Return the content of ``path``, first creating the file where it is missing."""
    if not path.exists():
        aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(fresh)
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_text(encoding="ascii").strip()
