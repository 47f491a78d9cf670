"""Wait for other processes or threads. Standard library only, because tests/services.py runs before installation.

A test that sleeps guesses a duration: too short on a busy machine, too long on others. These functions poll, continue
as soon as the condition holds, and fail at a deadline that no machine should need.
"""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable

DEADLINE_S = 120.0
LOOK_EVERY_S = 0.02


def wait_until(condition: Callable[[], object], what: str, limit_s: float = DEADLINE_S) -> None:
    """Wait until the condition holds. Raises TimeoutError, which names the condition."""
    end, nothing = time.monotonic() + limit_s, threading.Event()
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {limit_s:.0f} s: {what}")
        nothing.wait(LOOK_EVERY_S)


def wait_until_or_ended(condition: Callable[[], object], process: subprocess.Popen[str], what: str) -> None:
    """Wait until the condition holds; fail with the process's output where it ends before."""

    def looked() -> object:
        held = condition()
        assert held or process.poll() is None, f"ended before: {what}\n{process.communicate()[0]}"
        return held

    wait_until(looked, what)


def is_port_open(port: int) -> bool:
    """Tell whether something listens on a local port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
