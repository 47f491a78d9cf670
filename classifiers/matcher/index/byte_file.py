"""Random access to the bytes of a file.

A memory map would fill every process with the pages of the file around the few rows that a message needs.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock


class ByteFile:
    """A file that several threads may read at any offset. It closes with the object."""

    def __init__(self, path: Path) -> None:
        """Open the file for reading."""
        self._file = path.open("rb", buffering=0)
        self._reading = Lock()

    def read(self, start: int, size: int) -> bytes:
        """Return at most ``size`` bytes from an offset."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, start)
        with self._reading:  # threads share the file position
            self._file.seek(start)
            return self._file.read(size)

    def __del__(self) -> None:
        """Close the file, if it could be opened."""
        if hasattr(self, "_file"):
            self._file.close()
