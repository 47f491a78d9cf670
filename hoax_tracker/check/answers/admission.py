"""How many messages a web process decides at once, and how many wait for that: what is more is refused at once.

To decide a message costs a hundred times what a page does. So one is decided at a time, and those that wait are as many
as this machine decides within two seconds, by what the last ones took it; never so many that reports and uploads have
no thread left (pages have threads of their own, server/gunicorn_arbiter.py). Who is refused is told in words when to
come again, and loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from time import monotonic

from flask import current_app

from hoax_tracker.errors import Overloaded

AT_ONCE = 1
"""Messages that are decided at once in a process: Python computes on one processor anyway."""
PLACES = 8
"""Messages that are decided or wait in a process at most; the server has three times as many threads."""
WAIT_S, LONGEST_WAIT_S = 2.0, 8.0
"""How long a message should wait at most, by what the last ones took; and how long it does, whatever they take."""
FIRST_GUESS_S, LONGEST_COUNTED_S, WEIGHT = 0.05, 2.0, 0.1
LATEST_RETRY_S = 30


class Admission:
    """The messages of one process that are decided, or wait for it. Safe to use from many threads."""

    def __init__(self, at_once: int = AT_ONCE, places: int = PLACES) -> None:
        self._at_once, self._places = at_once, places
        self._slots, self._lock = BoundedSemaphore(at_once), Lock()
        self._inside, self._mean_s = 0, FIRST_GUESS_S

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """Run a block that decides a message, when its turn comes. Raises Overloaded where too many wait."""
        with self._lock:
            if self._inside >= self._room():
                raise self._refusal()
            self._inside += 1
        try:
            if not self._slots.acquire(timeout=LONGEST_WAIT_S):
                raise self._refusal()
            begun = monotonic()
            try:
                yield
            finally:
                self._slots.release()
                self._note(monotonic() - begun)
        finally:
            with self._lock:
                self._inside -= 1

    def _room(self) -> int:
        """Return how many may be inside: those that are decided, and those whose turn comes soon; one at least."""
        soon = max(1, int(WAIT_S * self._at_once / self._mean_s))
        return min(self._places, self._at_once + soon)

    def _note(self, took_s: float) -> None:
        with self._lock:
            self._mean_s += WEIGHT * (min(took_s, LONGEST_COUNTED_S) - self._mean_s)

    def _refusal(self) -> Overloaded:
        left_s = math.ceil(self._inside * self._mean_s / self._at_once)
        return Overloaded(f"{self._inside} messages wait", retry_after_s=min(LATEST_RETRY_S, 1 + left_s))


def admission() -> Admission:
    """Return the app's admission, made on first use."""
    held = current_app.extensions
    made: Admission = held.get("admission") or held.setdefault("admission", Admission())
    return made
