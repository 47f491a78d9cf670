"""How a process keeps memory: when Python looks for garbage, and what the C library (glibc) does with freed memory."""

from __future__ import annotations

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


@contextmanager
def load_for_good() -> Iterator[None]:
    """Import and build in the block what stays until the process ends: Python never looks for garbage among it.

    To look while it loads takes a tenth of a start; later each whole look among 265,000 objects stops all threads for
    a sixth of a second, and would copy the memory that a web process shares with its parent.
    """
    gc.disable()
    try:
        yield
    finally:
        _keep_for_good()
        gc.enable()


@cache
def _keep_for_good() -> None:
    """Exempt what lives now, once: what a later block finds besides may be garbage."""
    gc.freeze()


def share_one_arena() -> bool:
    """Let all threads share one malloc arena; tell whether the C library supports it. Call before threads start.

    glibc gives each thread an arena and keeps memory freed there: tens of unused megabytes. Threads that take turns
    with the interpreter's lock gain nothing from own arenas.
    """
    return _call_glibc("mallopt", _ARENA_MAX, 1)


def return_freed_memory() -> bool:
    """Give freed memory back to the system; tell whether any was given back.

    glibc keeps what was freed below anything that is still used: a hundred megabytes after a round of large feeds.
    """
    return _call_glibc("malloc_trim", 0)


def _call_glibc(name: str, *arguments: int) -> bool:
    """Tell whether the C library has a function, and it succeeded."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return hasattr(library, name) and getattr(library, name)(*arguments) == 1
