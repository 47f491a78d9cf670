"""Bytes of a file, read where they are wanted.

Mapped, the few rows that each message looks at would fill the memory of every process with what surrounds them.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock


class ByteFile:
    """A file that many threads read at any place; closed with this."""

    def __init__(self, path: Path) -> None:
        """Open the file."""
        self._file = path.open("rb", buffering=0)
        self._reading = Lock()

    def read(self, start: int, size: int) -> bytes:
        """Return the bytes from a place on."""
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, start)
        with self._reading:  # two threads have one place in the file
            self._file.seek(start)
            return self._file.read(size)

    def __del__(self) -> None:
        """Close the file, if it could be opened."""
        if hasattr(self, "_file"):
            self._file.close()
