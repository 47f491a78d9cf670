"""Admission control: how many messages a web process matches at once and how many may wait. Further ones are refused.

Matching a message costs a hundred times as much as a page. One is matched at a time, and as many wait as this machine
matches within two seconds, estimated from the last ones. Threads for reports and uploads always stay free; pages have
threads of their own (server/gunicorn_arbiter.py). A refused resident is told when to come back, and loses nothing.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from time import monotonic

from flask import current_app

from hoax_tracker.errors import OverloadedError

AT_ONCE = 1
"""Messages that are decided at once in a process: Python computes on one processor anyway."""
PLACES = 8
"""Messages that are decided or wait in a process at most; the server has three times as many threads."""
WAIT_S, LONGEST_WAIT_S = 2.0, 8.0
"""How long a message should wait at most, by what the last ones took; and how long it does, whatever they take."""
FIRST_GUESS_S, LONGEST_COUNTED_S, WEIGHT = 0.05, 2.0, 0.1
LATEST_RETRY_S, RETRY_SPREAD_S = 30, 10
"""At the latest; and over how many seconds those who were refused at once are spread, to be no crowd again."""


class Admission:
    """The messages of one process that are being matched or wait for it. Thread-safe."""

    def __init__(self, at_once: int = AT_ONCE, places: int = PLACES) -> None:
        self._at_once, self._places = at_once, places
        self._slots, self._lock = BoundedSemaphore(at_once), Lock()
        self._inside, self._mean_s = 0, FIRST_GUESS_S

    @contextmanager
    def deciding(self, count: Callable[[], object]) -> Iterator[None]:
        """Run a block that matches a message, when its turn comes. Raises OverloadedError where too many wait.

        ``count`` counts who asks against their limit, and may refuse. Who finds no room is not counted, so that a
        refusal costs nothing; who is beyond their limit takes nobody's place.
        """
        self.require_room()
        count()
        with self._lock:
            self._require_room()
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

    def require_room(self) -> None:
        """Raise OverloadedError where no further message may wait."""
        with self._lock:
            self._require_room()

    def _require_room(self) -> None:
        if self._inside >= self._room():
            raise self._refusal()

    def _room(self) -> int:
        """Return how many messages may be matched or wait, at least one."""
        soon = max(1, int(WAIT_S * self._at_once / self._mean_s))
        return min(self._places, self._at_once + soon)

    def _note(self, took_s: float) -> None:
        with self._lock:
            self._mean_s += WEIGHT * (min(took_s, LONGEST_COUNTED_S) - self._mean_s)

    def _refusal(self) -> OverloadedError:
        left_s = math.ceil(self._inside * self._mean_s / self._at_once)
        soonest_s = min(LATEST_RETRY_S - RETRY_SPREAD_S, left_s)
        retry_after_s = soonest_s + 1 + secrets.randbelow(RETRY_SPREAD_S)
        return OverloadedError(f"{self._inside} messages wait", retry_after_s=retry_after_s)


def admission() -> Admission:
    """Return the app's admission control, created on first use."""
    extensions = current_app.extensions
    made: Admission = extensions.get("admission") or extensions.setdefault("admission", Admission())
    return made
