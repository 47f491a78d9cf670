"""Who uses a data folder: every command and server holds it together with others, a restore holds it alone.

The lock is the kernel's, on a file in the folder: a process that dies, however it dies, lets go of it.
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
    """Other processes use the instance."""

    user_message = _l("Layanan masih berjalan. Hentikan web dan pekerjanya dulu. Tidak ada yang diubah.")


@contextmanager
def lock_instance_shared(folder: Path) -> Iterator[None]:
    """Hold the folder beside others. Raises InstanceInUseError while it is being restored."""
    with hold_instance_lock(folder, alone=False):
        yield


@contextmanager
def lock_instance_exclusively(folder: Path) -> Iterator[None]:
    """Hold the folder alone. Raises InstanceInUseError where somebody holds it."""
    with hold_instance_lock(folder, alone=True):
        yield


@contextmanager
def hold_instance_lock(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lock. Where the folder may only be read nobody can restore into it either, so nothing is held."""
    try:
        handle = os.open(folder / LOCK_FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        acquire_file_lock(handle, folder, alone)
        yield
    finally:
        os.close(handle)


def acquire_file_lock(handle: int, folder: Path, alone: bool) -> None:
    """Take the lock at once or raise InstanceInUseError.

    Windows has no such lock: there a restore cannot rename an open file.
    """
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InstanceInUseError(f"{folder} is in use") from error
