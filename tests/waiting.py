"""Waiting for what another process or thread does. Standard library only: tests/services.py runs without the rest.

A test that sleeps guesses how long something takes: too short on a busy machine, too long on any other. What is here
looks again and again, goes on in the moment it holds, and gives up only at a deadline that no machine should need.
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
    """Wait until the condition holds. Raises TimeoutError, which says what did not come."""
    end, nothing = time.monotonic() + limit_s, threading.Event()
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {limit_s:.0f} s: {what}")
        nothing.wait(LOOK_EVERY_S)


def wait_until_or_ended(condition: Callable[[], object], process: subprocess.Popen[str], what: str) -> None:
    """Wait until the condition holds; a process that ended before is a failure that shows what it said."""

    def looked() -> object:
        held = condition()
        assert held or process.poll() is None, f"ended before: {what}\n{process.communicate()[0]}"
        return held

    wait_until(looked, what)


def is_port_open(port: int) -> bool:
    """Whether something listens on the port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
