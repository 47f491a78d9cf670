"""How the C library keeps freed memory, in processes that read many feeds at once."""

from __future__ import annotations

import ctypes
import sys

_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def share_one_arena() -> bool:
    """Let all threads take memory from one arena, and tell whether the C library does that. Call before threads start.

    glibc gives each thread that reads feeds an arena of its own and keeps what is freed there: tens of megabytes that
    nothing uses. Threads that hold the interpreter's lock by turns gain nothing from them.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    return hasattr(library, "mallopt") and library.mallopt(_ARENA_MAX, 1) == 1
