"""The lock on a data folder: commands and servers hold it shared, a restore holds it exclusively.

It is a kernel lock on a file in the folder, so the kernel releases it however a process dies.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask_babel import lazy_gettext as _l

from hoax_tracker.errors import HoaxTrackerError

LOCK_FILE_NAME = "in-use.lock"


class InstanceInUseError(HoaxTrackerError):
    """Another process uses the instance."""

    user_message = _l("Layanan masih berjalan. Hentikan web dan pekerjanya dulu. Tidak ada yang diubah.")


@contextmanager
def lock_instance_shared(folder: Path) -> Iterator[None]:
    """Hold the shared lock on the folder. Raises InstanceInUseError during a restore."""
    with _hold_instance_lock(folder, alone=False):
        yield


@contextmanager
def lock_instance_exclusively(folder: Path) -> Iterator[None]:
    """Hold the exclusive lock on the folder.

    Raises InstanceInUseError where another process holds the lock.
    """
    with _hold_instance_lock(folder, alone=True):
        yield


@contextmanager
def _hold_instance_lock(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lock. A read-only folder is not locked, because nobody can restore into it."""
    try:
        handle = os.open(folder / LOCK_FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        _acquire_file_lock(handle, folder, alone)
        yield
    finally:
        os.close(handle)


def _acquire_file_lock(handle: int, folder: Path, alone: bool) -> None:
    """Acquire the lock without waiting, or raise InstanceInUseError.

    Windows has no such lock, but there a restore cannot rename an open file.
    """
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InstanceInUseError(f"{folder} is in use") from error
