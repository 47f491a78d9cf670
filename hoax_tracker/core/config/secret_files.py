"""Secrets that the environment does not set: generated once, stored in the data folder.

Only the owner of the files can read them.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hoax_tracker.errors import SettingsError

SECRET_FILE_MODE = 0o600
_ASIDE = re.compile(r".+\.[0-9]+\.[0-9a-f]{8}")
"""What ``_write_aside`` calls a temporary file: the secret's name, the process, and what tells two of them apart."""


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
    with _write_aside(path, value) as aside:
        aside.replace(path)


def read_or_create_file(path: Path, fresh: str) -> str:
    """Return the content of ``path``, first creating the file where it is missing."""
    if not path.exists():
        with _write_aside(path, fresh) as aside, suppress(FileExistsError):
            os.link(aside, path)
    return path.read_text(encoding="ascii").strip()


def is_left_over(name: str) -> bool:
    """Tell whether a file is the temporary one of a process that was killed while it wrote a secret."""
    return _ASIDE.fullmatch(name) is not None


@contextmanager
def _write_aside(path: Path, value: str) -> Iterator[Path]:
    """Yield a temporary file beside ``path`` that holds the value, whole and on the disk, to be put in its place.

    It is removed afterwards, also where the disk is full. The folder is flushed, too: a key that seals data must not be
    another one after a power cut.
    """
    aside = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SECRET_FILE_MODE)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(value)
            file.flush()
            os.fsync(file.fileno())
        yield aside
        _flush_folder(path.parent)
    finally:
        aside.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    """Write the names in a folder to the disk; Windows opens no folder for that."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
