"""The C library's memory arenas in processes that read many feeds at once."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share_one_arena() -> bool:
    """Let all threads share one malloc arena; tell whether the C library supports it. Call before threads start.

    glibc gives each thread an arena and keeps memory freed there: tens of unused megabytes. Threads that take turns
    with the interpreter's lock gain nothing from own arenas.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "mallopt") and library.mallopt(_ARENA_MAX, 1) == 1
